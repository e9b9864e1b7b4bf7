"""Small words for a document's XML: find, read and make its elements."""

from __future__ import annotations

from typing import cast

from docx.oxml import OxmlElement
from docx.oxml.ns import nsmap, qn
from docx.oxml.xmlchemy import BaseOxmlElement
from lxml import etree

Xml = BaseOxmlElement


def find(element: Xml, path: str) -> list[Xml]:
    """The elements that an XPath finds, in document order; Word's usual prefixes are known."""
    return cast("list[Xml]", _evaluate(element, path))


def values(element: Xml, path: str) -> list[str]:
    """The attribute values that an XPath finds."""
    return cast("list[str]", _evaluate(element, path))


def value(element: Xml, name: str) -> str:
    """An attribute such as w:name; empty where it is not set."""
    return element.get(qn(name)) or ""


def new(tag: str, **attributes: str) -> Xml:
    """A new element of Word's own namespace with attributes of that namespace."""
    element = cast("Xml", OxmlElement(f"w:{tag}"))
    for name, content in attributes.items():
        element.set(qn(f"w:{name}"), content)
    return element


def parent(element: Xml) -> Xml:
    """The element that holds this one; the caller knows that there is one."""
    return cast("Xml", element.getparent())


def _evaluate(element: Xml, path: str) -> object:
    # python-docx knows the prefixes only for elements that it has a class for; w:lvl has none.
    return etree._Element.xpath(element, path, namespaces=nsmap)
