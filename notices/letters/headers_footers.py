"""Headers and footers: letters share a part if it is the same for all of them, and get their own otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from docx.opc.packuri import PackURI
from docx.oxml import parse_xml
from docx.parts.story import StoryPart

from notices.letters.ooxml import Xml, new
from notices.letters.template import Template

Fill = Callable[[str, StoryPart], Xml]


@dataclass(slots=True)
class HeadersFooters:
    """The headers and footers of a document under construction."""

    template: Template
    shared: dict[tuple[str, bytes], str] = field(default_factory=dict)
    made: int = 0

    def own(self, rid: str, fill: Fill) -> str:
        """Return the relationship id of the letter's version of a header or footer.

        `fill` renders the source for the part that will hold it; letters with equal results share one part.
        """
        original = self.template.main.rels[rid].target_part
        part = self._copy(original)
        part._element = fill(self.template.stories[rid], part)
        key = (rid, part.blob)
        alike = len(part.rels) == len(original.rels)  # equal XML may still refer to a picture of its own
        if alike and key in self.shared:
            return self.shared[key]
        related = self._relate(part, self.template.main.rels[rid].reltype)
        if alike:
            self.shared[key] = related
        return related

    def blank(self, rid: str) -> str:
        """Return the relationship id of an empty header or footer of the same kind."""
        relation = self.template.main.rels[rid]
        key = (relation.reltype, b"")
        if key not in self.shared:
            part = self._copy(relation.target_part)
            for child in list(part.element):
                part.element.remove(child)
            part.element.append(new("p"))
            self.shared[key] = self._relate(part, relation.reltype)
        return self.shared[key]

    def drop_originals(self) -> None:
        """Remove the template's own parts, which no section refers to any more."""
        for rid in self.template.stories:
            del self.template.main.rels[rid]

    def _copy(self, original: StoryPart) -> StoryPart:
        """Copy a part with its content and relationships, without adding it to the document."""
        self.made += 1
        kind = "header" if "header" in original.content_type else "footer"
        name = PackURI(f"/word/{kind}-of-letter-{self.made}.xml")
        part = type(original)(name, original.content_type, parse_xml(original.blob), original.package)
        for rid, relation in original.rels.items():
            part.load_rel(relation.reltype, relation._target, rid, relation.is_external)
        return part

    def _relate(self, part: StoryPart, kind: str) -> str:
        return self.template.main.relate_to(part, kind)
