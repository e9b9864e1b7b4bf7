"""Helpers to find, read and create elements of Word's XML."""

from __future__ import annotations

from typing import cast

from docx.opc.part import Part, XmlPart
from docx.oxml import OxmlElement
from docx.oxml.ns import nsmap, qn
from docx.oxml.xmlchemy import BaseOxmlElement
from lxml import etree

Xml = BaseOxmlElement


def find(element: Xml, path: str) -> list[Xml]:
    """Return the elements matching an XPath, in document order; Word's usual prefixes are defined."""
    return cast("list[Xml]", _evaluate(element, path))


def values(element: Xml, path: str) -> list[str]:
    """Return the attribute values matching an XPath."""
    return cast("list[str]", _evaluate(element, path))


def value(element: Xml, name: str) -> str:
    """Return an attribute such as w:name; empty if it is not set."""
    return element.get(qn(name)) or ""


def new(tag: str, **attributes: str) -> Xml:
    """Create an element in Word's main namespace, its attributes in the same namespace."""
    element = cast("Xml", OxmlElement(f"w:{tag}"))
    for name, content in attributes.items():
        element.set(qn(f"w:{name}"), content)
    return element


def related(main: Part, relation: str) -> Xml | None:
    """Return the root of the part that the main part has for this relationship, None if it has none."""
    found = (one.target_part for one in main.rels.values() if one.reltype == relation)
    return next((part.element for part in found if isinstance(part, XmlPart)), None)


def parent(element: Xml) -> Xml:
    """Return the element's parent, which must exist."""
    return cast("Xml", element.getparent())


def _evaluate(element: Xml, path: str) -> object:
    # python-docx defines the prefixes only for elements it has a class for; w:lvl has none.
    return etree._Element.xpath(element, path, namespaces=nsmap)
