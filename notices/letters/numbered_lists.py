"""Numbered lists: restart them with each letter of a document."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import cast

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.part import Part
from docx.oxml.ns import qn
from docx.oxml.text.paragraph import CT_P

from notices.letters.ooxml import Xml, find, new, related, value, values

NO_LIST = "0"


@dataclass(frozen=True, slots=True)
class Numbering:
    """The lists of a document, and the list and level that each paragraph style applies."""

    element: Xml
    of_style: Mapping[str, tuple[str, str]]

    @classmethod
    def of(cls, main: Part) -> Numbering | None:
        """Return the document's numbering, or None where it has none."""
        element = related(main, RELATIONSHIP_TYPE.NUMBERING)
        if element is None:
            return None
        styles = related(main, RELATIONSHIP_TYPE.STYLES)
        return cls(element, {} if styles is None else _lists_of_styles(styles))

    def holds(self, paragraph: Xml) -> bool:
        """Return whether a paragraph is a list item, directly or through its style."""
        return self._list_of(paragraph) is not None

    def restart(self, body: Xml) -> None:
        """Give every list of this letter a new definition, so that its numbers start again."""
        renewed: dict[str, str] = {}
        begun: set[int] = set()
        for paragraph in find(body, ".//w:p"):
            found = self._list_of(paragraph)
            if found:
                identity, level = found
                if identity not in renewed:
                    abstract = self._abstract(self._definition(identity)[0])
                    renewed[identity] = self._renew(identity, restart_levels=abstract not in begun)
                    begun.add(abstract)
                _assign(paragraph, renewed[identity], level)

    def _list_of(self, paragraph: Xml) -> tuple[str, str] | None:
        style = "".join(values(paragraph, "./w:pPr/w:pStyle/@w:val"))
        inherited, level = self.of_style.get(style, (NO_LIST, "0"))
        identity = "".join(values(paragraph, "./w:pPr/w:numPr/w:numId/@w:val")) or inherited
        level = "".join(values(paragraph, "./w:pPr/w:numPr/w:ilvl/@w:val")) or level
        return (identity, level) if identity != NO_LIST and self._definition(identity) else None

    def _definition(self, identity: str) -> list[Xml]:
        return find(self.element, f"./w:num[@w:numId='{int(identity)}']")

    def _renew(self, identity: str, *, restart_levels: bool) -> str:
        """Copy the list's definition under a new number; `restart_levels` restarts every level.

        A list that shares its abstract definition with an earlier one continues that one's numbers and is not
        restarted.
        """
        fresh = str(max(int(number) for number in values(self.element, "./w:num/@w:numId")) + 1)
        copy = deepcopy(self._definition(identity)[0])
        copy.set(qn("w:numId"), fresh)
        for level, start in self._starts(copy).items() if restart_levels else ():
            if not find(copy, f"./w:lvlOverride[@w:ilvl='{level}']"):
                override = new("lvlOverride", ilvl=level)
                override.append(new("startOverride", val=start))
                copy.append(override)
        find(self.element, "./w:num")[-1].addnext(copy)
        return fresh

    def _abstract(self, number: Xml) -> int:
        return int(values(number, "./w:abstractNumId/@w:val")[0])

    def _starts(self, number: Xml) -> dict[str, str]:
        abstract = self._abstract(number)
        return {
            value(level, "w:ilvl"): "".join(values(level, "./w:start/@w:val")) or "1"
            for level in find(self.element, f"./w:abstractNum[@w:abstractNumId='{abstract}']/w:lvl")
        }


def _assign(paragraph: Xml, identity: str, level: str) -> None:
    """Assign the paragraph to that list directly, overriding its style."""
    number = cast("CT_P", paragraph).get_or_add_pPr().get_or_add_numPr()  # type: ignore[attr-defined]  # made by its metaclass
    number.get_or_add_ilvl().val = int(level)
    number.get_or_add_numId().val = int(identity)


def _lists_of_styles(styles: Xml) -> dict[str, tuple[str, str]]:
    """Return list and level of each style that numbers its paragraphs, directly or through its base styles."""
    by_name = {value(style, "w:styleId"): style for style in find(styles, "./w:style")}
    lists: dict[str, tuple[str, str]] = {}
    for name in by_name:
        ancestor, seen = name, set[str]()
        while ancestor in by_name and ancestor not in seen:
            seen.add(ancestor)
            identity = "".join(values(by_name[ancestor], "./w:pPr/w:numPr/w:numId/@w:val"))
            if identity:
                level = "".join(values(by_name[ancestor], "./w:pPr/w:numPr/w:ilvl/@w:val"))
                lists[name] = identity, level or "0"
                break
            ancestor = "".join(values(by_name[ancestor], "./w:basedOn/@w:val"))
    return lists
