"""Checks of a template before letters are made of it: required content, forbidden threats, fonts and pictures."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from docx.image.image import Image
from docx.opc.part import Part
from docx.parts.story import StoryPart
from jinja2 import nodes

from notices.fonts.installed import installed, missing_characters, resolve_families
from notices.letters.answers import Objection
from notices.letters.bookmarks import keywords
from notices.letters.fields import PICTURES
from notices.letters.leftovers import (
    TAGS,
    bound_controls,
    empty_controls,
    fields_filled_anew,
    paragraphs_of,
    parsed,
    placeholders,
    tracked_changes,
    what_fills,
)
from notices.letters.named_fonts import named_fonts
from notices.letters.ooxml import Xml, find, parent, values
from notices.letters.pictures import CODES
from notices.letters.rich_values import BROKEN_IMAGE
from notices.letters.template import Template, split_paragraphs
from notices.messages import Message, say
from notices.text_templates import fields_used

EMU_PER_INCH = 914_400
LEAST_DPI = 300
STYLE_OR_TAG = re.compile(r"<style\b.*?</style>|<!--.*?-->|<[^>]*>", re.DOTALL | re.IGNORECASE)
NOTES = ("/footnotes", "/endnotes")  # suffixes of their relationship types
# Required content, with the fields of which the letter must use at least one.
EVERY_LETTER: Mapping[str, tuple[Message, frozenset[str]]] = {
    "owner": (say("the owner"), frozenset({"owner", "owners"})),
    "unit": (say("the unit"), frozenset({"unit"})),
}
DEMANDS: Mapping[str, tuple[Message, frozenset[str]]] = {
    "total": (say("the total"), frozenset({"total"})),
    "deadline": (say("the deadline"), frozenset({"deadline"})),
    "pay": (say("a way to pay"), frozenset({"bank_account", "online", "payment_link", "payment_qr", "centre_address"})),
}
# Cutting off utilities to collect fees is unlawful (Civil Code art. 944(3)); naming debtors publicly, a tort.
THREATS = (
    re.compile(
        r"(?:停止?|中断|切断|断|限制?)(?:供应|供给|供|使用|用)?(?:生活)?(?:水|电|暖|热|气|燃气|煤气|天然气)(?![梯话子视])"
    ),
    re.compile(r"(?:公开|公示|公布|张贴|曝光|通报|广播)[^。；，]{0,12}(?:姓名|名单|房号|欠费|欠款|住户|业主)"),
    re.compile(r"(?:姓名|名单|房号|欠费情况|欠款情况)[^。；，]{0,12}(?:公开|公示|公布|张贴|曝光|通报)|黑名单"),
    re.compile(
        r"\b(?:cut(?:ting)? off|disconnect\w*|shut(?:ting)? off|turn(?:ing)? off|suspend\w*|stop\w*)\b"
        r"[^.;]{0,40}\b(?:water|power|electricity|heat|heating|gas)\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:publish\w*|post\w*|display\w*|announc\w*)\b[^.;]{0,30}\b(?:your name|names?|debtors?)\b", re.IGNORECASE
    ),
    re.compile(
        r"\b(?:your name|names?|debtors?)\b[^.;]{0,30}\b(?:published|posted|displayed|announced)\b", re.IGNORECASE
    ),
)
# Articles of the Civil Code as letters cite them, without spaces.
ARTICLES = {939: r"第九百三十九条|第939条|art(?:icle|\.)?939", 585: r"第五百八十五条|第585条|art(?:icle|\.)?585"}
DENIED = re.compile(
    r"(?:不会|不得|不能|不以|不采取|绝不|禁止|无权|不因)[^。；，]{0,8}$|\b(?:not|never|without)\b[^.;]{0,20}$",
    re.IGNORECASE,
)


# What the table of a letter for several units must show of each: which unit, under which number, and how much.
OF_UNITS = frozenset({"unit", "notice", "unit_balance"})


def knows_units(template: Template) -> bool:
    """Return whether letters of a template can be for several units: its table of charges names each and its sum."""
    return any(used >= OF_UNITS for source in template.sources() for used in _used_of_rows(template, source, "charges"))


def fewest_pages(template: Template) -> int:
    """Return how many pages a letter has at least: those that the template begins itself, and the first."""
    breaks = (
        ".//w:pageBreakBefore[not(@w:val) or (@w:val != '0' and @w:val != 'false')] | .//w:br[@w:type='page']"
        " | .//w:pPr/w:sectPr[not(w:type) or w:type/@w:val != 'continuous']"
    )
    return 1 + len(find(template.main.element, breaks))


def _used_of_rows(template: Template, source: str, rows: str) -> Iterator[frozenset[str]]:
    """Yield the row fields that each loop over these rows uses."""
    for loop in template.environment.parse(source).find_all(nodes.For):
        if isinstance(loop.iter, nodes.Name) and loop.iter.name == rows:
            row = getattr(loop.target, "name", "")
            yield frozenset(use.attr for use in loop.find_all(nodes.Getattr) if getattr(use.node, "name", "") == row)


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """A fault of a template, and its remedy."""

    fact: Message
    remedy: Message


def missing_content(template: Template, *, demands: bool) -> Iterator[TemplateProblem]:
    """Find required content that the template lacks; `demands` adds what a demand for payment must state."""
    name = template.path.name
    asked = _asked(template.sources())
    duties = {**EVERY_LETTER, **(DEMANDS if demands else {})}
    for what, fields in duties.values():
        if not asked & fields:
            yield _missing_content(name, what, say("Add one of the fields {fields}.", fields=", ".join(sorted(fields))))
    if "number" not in _asked(template.stories.values()):
        yield _missing_content(name, say("the number on every page"), say("Add the field number to header or footer."))
    stories = _stories(template)
    fields_of_word = frozenset[str]().union(*(keywords(part.element) for part in (template.main, *stories)))
    if "PAGE" not in fields_of_word or not fields_of_word & {"NUMPAGES", "SECTIONPAGES"}:
        remedy = say("Add Word's page number and number of pages to the footer: 第 X 页 共 Y 页.")
        yield _missing_content(name, say("the page count"), remedy)


def missing_grounds(
    template: Template, cited: Mapping[str, str], *, preliminary: bool, late_fee: bool
) -> Iterator[TemplateProblem]:
    """Find the legal grounds that a lawyer's letter lacks.

    `cited` are the values of the fields of the law; a field that the template uses cites what it says. A developer's
    `preliminary` contract binds the owner by Civil Code art. 939; the ground of the `late_fee` is art. 585.
    """
    name, asked = template.path.name, _asked(template.sources())
    told = "\n".join((*template.sources(), *(value for field, value in cited.items() if field in asked)))
    words = re.sub(r"<[^>]+>|\s", "", told)
    for wanted, article, field, fact in (
        (
            preliminary,
            939,
            "law_preliminary",
            say("the ground of a developer's preliminary contract (Civil Code art. 939)"),
        ),
        (late_fee, 585, "law_late_fee", say("the ground of the late fee (Civil Code art. 585)")),
    ):
        if wanted and field not in asked and not re.search(ARTICLES[article], words, re.IGNORECASE):
            remedy = say("Cite it, or add the field {field}; the lawyer answers for the wording.", field=field)
            yield _missing_content(name, fact, remedy)


def threats(name: str, source: str) -> Iterator[TemplateProblem]:
    """Find sentences that the law forbids, each with its paragraph; `source` has one paragraph a line."""
    for line in source.split("\n"):
        text = re.sub(r"<[^>]+>", "", line).strip()
        for found in (match for pattern in THREATS for match in pattern.finditer(text)):
            if not DENIED.search(text[: found.start()]):
                yield TemplateProblem(
                    say(
                        "{template} contains the threat “{words}” in “{paragraph}”.",
                        template=name,
                        words=found[0],
                        paragraph=text[:80],
                    ),
                    say("Remove it: the law forbids it (Civil Code art. 944(3); personal rights)."),
                )


def template_threats(template: Template) -> Iterator[TemplateProblem]:
    """Find forbidden sentences in a Word template, including its footnotes and endnotes."""
    for source in (*template.sources(), *_notes(template)):
        yield from threats(template.path.name, split_paragraphs(source))


def unfilled(template: Template) -> Iterator[TemplateProblem]:
    """Find what a letter would print although nobody has filled or accepted it, or what Word would fill anew."""
    name = template.path.name
    stories = _all_stories(template)
    if (words := tracked_changes(stories)) is not None:
        yield TemplateProblem(
            say("{template} has tracked changes, the first at “{words}”.", template=name, words=words[:80]),
            say("Accept or reject all changes in Word, and save it again."),
        )
    for kind in fields_filled_anew(stories):
        fact = say("{template} has the field {field}, which would be filled anew.", template=name, field=kind)
        yield TemplateProblem(fact, what_fills(kind))
    for words in bound_controls(stories):
        yield TemplateProblem(
            say(
                "{template} has “{words}” in a control that Word fills from the document's properties.",
                template=name,
                words=words[:80],
            ),
            say("In Word, right-click the control and choose Remove Content Control; its text stays."),
        )
    for prompt in empty_controls(stories):
        yield _nobody_fills(name, prompt, prompt)
    yield from _left_over(name, paragraphs_of(stories))


def unfilled_text(name: str, source: str) -> Iterator[TemplateProblem]:
    """Find placeholders in the source of an e-mail text."""
    shown = STYLE_OR_TAG.sub("", source) if name.endswith(".html") else source
    yield from _left_over(name, iter(TAGS.sub("", shown).split("\n")))


def _left_over(name: str, paragraphs: Iterator[str]) -> Iterator[TemplateProblem]:
    for words, paragraph in placeholders(paragraphs):
        yield _nobody_fills(name, words, paragraph)


def _nobody_fills(template: str, words: str, paragraph: str) -> TemplateProblem:
    return TemplateProblem(
        say(
            "{template} has “{words}” in “{paragraph}”, which nobody fills.",
            template=template,
            words=words,
            paragraph=paragraph,
        ),
        say("Replace it by text, or by one of our fields; `notices template fields` lists them."),
    )


def template_fonts(template: Template) -> Mapping[str, str | None]:
    """Return each font that the template's text names itself, mapped to the font that draws it here, or None."""
    named: set[str] = set()
    for part in (template.main, *_stories(template)):
        named |= set(values(part.element, ".//w:rFonts/@w:ascii | .//w:rFonts/@w:hAnsi | .//w:rFonts/@w:eastAsia"))
    return resolve_families(sorted(named))


def possible_fonts(template: Template) -> frozenset[str]:
    """Return all fonts that may draw the template's text, those of its styles, lists and theme included."""
    return frozenset(named_fonts(template.main, _all_stories(template)))


def undrawn_text(template: Template) -> Iterator[TemplateProblem]:
    """Find characters of a template's own text that no font of this machine draws."""
    missing = missing_characters("".join(paragraphs_of(_all_stories(template))), installed())
    if missing:
        yield TemplateProblem(
            say(
                "{template} has characters that no font here draws: {characters}.",
                template=template.path.name,
                characters=", ".join(f"{character} (U+{ord(character):04X})" for character in missing),
            ),
            say("Install a font that has them, such as fonts-babelstone-han, or write them otherwise."),
        )


def unmapped_fonts(template: Template) -> Iterator[TemplateProblem]:
    """Find fonts that are neither installed nor mapped to a substitute."""
    for family, drawn in template_fonts(template).items():
        if drawn is None:
            yield TemplateProblem(
                say(
                    "{template} uses the font {font}, which is not installed and has no substitute here.",
                    template=template.path.name,
                    font=family,
                ),
                say("Use 宋体, 仿宋, 黑体 or Times New Roman, or install the font."),
            )


def low_resolution_pictures(template: Template, seals: Mapping[str, Collection[Path]]) -> Iterator[TemplateProblem]:
    """Find pictures that would print at less than 300 dpi; `seals` are the seal files of the settings by field."""
    for part in (template.main, *_stories(template)):
        for properties in find(part.element, ".//wp:docPr"):
            name = next((properties.get(key) for key in ("descr", "name") if properties.get(key) in PICTURES), None)
            if name in CODES:
                continue  # drawn at the resolution needed
            if name is None:
                blobs = _embedded(part, parent(properties))
            else:
                blobs = [(file.name, file.read_bytes()) for file in seals.get(name, ()) if file.is_file()]
            for label, blob in blobs:
                yield from _coarse(template.path.name, label, blob, _inches(parent(properties)))


def missing_slip(template: Template, objections: Iterable[Objection]) -> Iterator[TemplateProblem]:
    """Find objections that a template's reply slip does not print."""
    text = re.sub(r"<[^>]+>|\s", "", template.body)
    lacking = [each.label for each in objections if f"□{''.join(each.label.split())}" not in text]
    if lacking:
        yield TemplateProblem(
            say(
                "{template} has no slip, or its slip lacks: {labels}.",
                template=template.path.name,
                labels="；".join(lacking),
            ),
            say("Print each objection of answers.toml after a box □, or set slip = false for the tier."),
        )


def _asked(sources: Iterable[str]) -> frozenset[str]:
    return frozenset[str]().union(*(fields_used(source) for source in sources))


def _stories(template: Template) -> list[StoryPart]:
    return [template.main.rels[rid].target_part for rid in template.stories]


def _all_stories(template: Template) -> list[Xml]:
    """Return the body, headers, footers and notes of a template."""
    notes = [parsed(part.blob) for part in _note_parts(template)]
    return [template.main.element, *(part.element for part in _stories(template)), *notes]


def _note_parts(template: Template) -> list[Part]:
    return [relation.target_part for relation in template.main.rels.values() if relation.reltype.endswith(NOTES)]


def _notes(template: Template) -> list[str]:
    return [template.document.patch_xml(part.blob.decode("utf-8")) for part in _note_parts(template)]


def _missing_content(template: str, what: Message, remedy: Message) -> TemplateProblem:
    return TemplateProblem(say("{template} lacks {what}.", template=template, what=what), remedy)


def _embedded(part: StoryPart, drawing: Xml) -> list[tuple[str, bytes]]:
    targets = [part.rels[rid].target_part for rid in values(drawing, ".//a:blip/@r:embed") if rid in part.rels]
    return [(target.partname.filename, target.blob) for target in targets]


def _inches(drawing: Xml) -> float:
    widths = [int(extent.get("cx") or 0) for extent in find(drawing, "./wp:extent")]
    return max(widths, default=0) / EMU_PER_INCH


def _coarse(template: str, label: str, blob: bytes, inches: float) -> Iterator[TemplateProblem]:
    try:
        picture = Image.from_blob(blob)
    except BROKEN_IMAGE:
        yield TemplateProblem(
            say("{template} shows {picture}, which is not a picture.", template=template, picture=label),
            say("Save it as .png, preferably at 300 dpi with a transparent background."),
        )
        return
    dpi = picture.px_width / inches if inches else LEAST_DPI
    if dpi < LEAST_DPI:
        yield TemplateProblem(
            say(
                "{template} shows {picture} at only {dpi} dpi.",
                template=template,
                picture=label,
                dpi=int(dpi),
            ),
            say("Use a picture at least {dots} pixels wide, or show it smaller.", dots=round(inches * LEAST_DPI)),
        )
