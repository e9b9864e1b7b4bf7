"""Cover sheet: one page with the print instructions and totals, and no data about owners."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from notices.errors import Unusable
from notices.fonts.installed import face_for
from notices.fonts.typeface import subset_font
from notices.messages import Message, Translator, say
from notices.pdf.drawing import Table, draw_page
from notices.press.items import UNKNOWN_ORIGIN, Origin
from notices.press.layout import PlacedLetter, file_name
from notices.settings import Print

COVER = "cover.pdf"
WIDTHS = (3, 7)
ASCII = "".join(map(chr, range(0x20, 0x7F)))
BARS_SAY = say(
    "bars in the left margin of each front page: start; last sheet of the letter; position modulo 8 (4, 2, 1); parity"
)
CODE_SAYS = say("QR code in the left margin of each front page: job/position/sheet-sheets")


@dataclass(frozen=True, slots=True)
class CoverFacts:
    """Content of the cover besides the settings: job, letters, and the other files with their SHA-256.

    `without` are the letters that the version before contained: notice, first sheet, number of sheets.
    """

    job: str
    placed: Sequence[PlacedLetter]
    files: Mapping[str, str]
    replaces: str | None = None
    version: int = 1
    without: tuple[tuple[str, int, int], ...] = ()
    origin: Origin = UNKNOWN_ORIGIN


def write_cover(folder: Path, facts: CoverFacts, how: Print, translate: Translator, *, dated: date) -> str:
    """Draw the cover; return its file name. Raises Unusable if no Chinese font is installed or the disk is full."""
    font = face_for("黑体")
    if font is None:
        raise Unusable(
            say("The print job's cover cannot be drawn: no Chinese font is installed."),
            say("Install Chinese fonts, on Debian and Ubuntu: apt-get install fonts-noto-cjk"),
        )

    def said(message: Message) -> str:
        return message.translated(translate)

    heading = (
        say("Supplement print job {job}", job=facts.job) if facts.replaces else say("Print job {job}", job=facts.job)
    )
    tables = [
        _table(say("Commission"), _commission(facts, how, dated), said),
        replace(
            _table(say("Hand-over (name, date)"), [(say("Handed over by"), ""), (say("Taken over by"), "")], said),
            tall=True,
        ),
        _table(say("Totals"), _totals(facts), said),
        _table(say("How to print"), _how(facts, how), said),
        _table(say("Envelopes"), _envelopes(facts.placed), said),
        _table(say("Files"), _files(facts), said),
        Table(
            said(say("SHA-256 checksums")),
            tuple((name, sha256) for name, sha256 in facts.files.items()),
            WIDTHS,
            small=True,
        ),
    ]
    lead = [said(line) for line in _lead(facts)]
    cells = [cell for table in tables for row in table.rows for cell in row]
    shown = {*ASCII, *"".join([said(heading), *lead, *(table.caption for table in tables), *cells])}
    program = subset_font(*font, "".join(sorted(shown)))
    draw_page(folder / COVER, said(heading), lead, tables, font=program, dated=dated)
    return COVER


def _table(
    caption: Message, rows: Sequence[tuple[Message | str, Message | str]], said: Callable[[Message], str]
) -> Table:
    def cell(value: Message | str) -> str:
        return said(value) if isinstance(value, Message) else value

    return Table(cell(caption), tuple((cell(name), cell(value)) for name, value in rows), WIDTHS)


def _lead(facts: CoverFacts) -> list[Message]:
    lines: list[Message] = []
    if facts.version > 1:
        lines += [
            say(
                "Version {version}, replaces version {before} of {job}; without {notices} (sheets {sheets}).",
                version=facts.version,
                before=facts.version - 1,
                job=facts.job,
                notices=", ".join(notice for notice, _, _ in facts.without),
                sheets=", ".join(_span(first, count) for _, first, count in facts.without),
            ),
            say("If that one is printed already, take these sheets out, destroy them, and do not print this version."),
        ]
    if facts.replaces is not None:
        lines += [
            say("Reprints spoiled letters of job {job}; each keeps its position.", job=facts.replaces),
            say("Destroy the spoiled sheets; put each letter where the spoiled one was."),
        ]
    return lines


def _span(first: int, count: int) -> str:
    """Return a letter's sheets by their numbers, such as 5 or 5-6."""
    return str(first) if count == 1 else f"{first}-{first + count - 1}"


def _commission(facts: CoverFacts, how: Print, dated: date) -> list[tuple[Message | str, Message | str]]:
    origin = facts.origin
    rows: list[tuple[Message | str, Message | str]] = [(say("Date"), dated.isoformat())]
    if origin.companies:
        rows.append((say("Customer"), "、".join(origin.companies)))
    if origin.senders:
        rows.append((say("Sender of the letters"), "、".join(origin.senders)))
    return [*rows, (say("Questions to"), how.contact)] if how.contact else rows


def _totals(facts: CoverFacts) -> list[tuple[Message | str, Message | str]]:
    placed = facts.placed
    blank = sum(letter.blank_backs for letter in placed)
    pages = sum(letter.pages for letter in placed)
    rows: list[tuple[Message | str, Message | str]] = [
        (say("Letters (envelopes)"), str(len(placed))),
        (say("Sheets of paper"), str(sum(letter.sheets for letter in placed))),
        (say("Pages in the files"), say("{pages}, including {blank} blank backs", pages=pages, blank=blank)),
        (say("Most sheets in one letter"), str(max(letter.sheets for letter in placed))),
    ]
    kinds = Counter(letter.item.tier_title for letter in placed)
    return rows + [(title, say("{count} letter(s)", count=count)) for title, count in kinds.items()]


def _how(facts: CoverFacts, how: Print) -> list[tuple[Message | str, Message | str]]:
    sides = (
        say("duplex, long edge; letters, slips and enclosures begin on a front page")
        if how.duplex
        else say("simplex, one side only")
    )
    marks = {"none": say("none"), "omr": BARS_SAY, "code": CODE_SAYS}[how.marks]
    again = any(letter.item.replaces for letter in facts.placed)
    enclosures = Counter(each.file.name for letter in facts.placed for each in letter.item.enclosures)
    order = {
        "walk": say("walking order: estate, building, entrance, floor, door"),
        "post": say("by postcode, then in walking order"),
        "sheets": say("by number of sheets, then in walking order"),
    }[how.group]
    rows: list[tuple[Message | str, Message | str]] = [
        (say("Paper"), how.paper),
        (say("Sides"), sides),
        (say("Colour"), _colour(facts.origin)),
        (say("Scale"), say("100 %, do not fit to page")),
        (say("Order"), order),
        (say("Insert marks"), marks),
        (say("Enclosures"), say("in the files, as printed before") if again else _listed(enclosures)),
    ]
    if facts.origin.to_stamp:
        rows.append(
            (say("Stamp"), say("before folding, with the seal of {houses}", houses="、".join(facts.origin.to_stamp)))
        )
    return rows


def _colour(origin: Origin) -> Message:
    if origin.any_seal:
        return say("as in the file (seals are red); black text in black only")
    return say("black only, unless an enclosure is in colour")


def _listed(enclosures: Mapping[str, int]) -> Message | str:
    return ", ".join(f"{name} × {count}" for name, count in enclosures.items()) if enclosures else say("none")


def _envelopes(placed: Sequence[PlacedLetter]) -> list[tuple[Message | str, Message | str]]:
    rows: list[tuple[Message | str, Message | str]] = []
    for envelope in dict.fromkeys(letter.envelope for letter in placed):
        inside = [letter for letter in placed if letter.envelope == envelope]
        grams = max(letter.grams for letter in inside)
        name: Message | str = say("too thick for any envelope")
        if envelope is not None:
            name = f"{envelope.name} {envelope.width:g} × {envelope.height:g} mm {envelope.fold}"
        rows.append(
            (
                name,
                say(
                    "{count} letter(s), at most {sheets} sheet(s) and {grams} g each",
                    count=len(inside),
                    sheets=max(letter.sheets for letter in inside),
                    grams=f"{grams:g}",
                ),
            )
        )
    return rows


def _files(facts: CoverFacts) -> list[tuple[Message | str, Message | str]]:
    rows: list[tuple[Message | str, Message | str]] = []
    for number in sorted({letter.file for letter in facts.placed}):
        inside = [letter for letter in facts.placed if letter.file == number]
        span = say(
            "positions {first} to {last}, {sheets} sheet(s)",
            first=inside[0].position,
            last=inside[-1].position,
            sheets=sum(letter.sheets for letter in inside),
        )
        rows.append((file_name(number), span))
    return rows
