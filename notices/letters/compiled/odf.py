"""Helpers for the XML of OpenDocument (ISO/IEC 26300)."""

from __future__ import annotations

from typing import Any, cast

from lxml import etree

Element = etree._Element

NAMESPACES = {
    "draw": "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0",
    "fo": "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0",
    "form": "urn:oasis:names:tc:opendocument:xmlns:form:1.0",
    "loext": "urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0",
    "meta": "urn:oasis:names:tc:opendocument:xmlns:meta:1.0",
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
    "svg": "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    "xlink": "http://www.w3.org/1999/xlink",
    "xml": "http://www.w3.org/XML/1998/namespace",
}
PREFIXES = {uri: prefix for prefix, uri in NAMESPACES.items()}


def q(name: str) -> str:
    """Return the qualified name of `text:p` and the like."""
    prefix, local = name.split(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def name_of(element: Element) -> tuple[str, str]:
    """Return prefix and local name; the prefix is empty for a namespace not in NAMESPACES."""
    qualified = etree.QName(element)
    return PREFIXES.get(qualified.namespace or "", ""), qualified.localname


def parse(xml: str) -> Element:
    """Parse XML without resolving entities and return its root; raise lxml's XMLSyntaxError."""
    return etree.fromstring(xml.encode(), etree.XMLParser(resolve_entities=False, huge_tree=True))


def find(element: Element, path: str) -> list[Element]:
    """Return the elements matching an XPath, in document order."""
    return cast("list[Element]", element.xpath(path, namespaces=cast("Any", NAMESPACES)))


def new(name: str, **attributes: str) -> Element:
    """Create an element; attributes are written as `style__name`."""
    made = etree.Element(q(name), nsmap=None)
    for key, value in attributes.items():
        made.set(q(key.replace("__", ":").replace("_", "-")), value)
    return made


def replace_by_text(element: Element, text: str) -> None:
    """Replace the element by text."""
    parent = element.getparent()
    assert parent is not None  # noqa: S101 - never called for a root
    text += element.tail or ""
    before = element.getprevious()
    if before is None:
        parent.text = (parent.text or "") + text
    else:
        before.tail = (before.tail or "") + text
    parent.remove(element)
