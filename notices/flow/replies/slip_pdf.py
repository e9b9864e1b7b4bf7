"""Returned slips in fillable PDFs: the values of their fields, and a check that the pages are the notice's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from notices.errors import Refused, Unusable
from notices.intake import clean_slip_text
from notices.ledger import DecisionRecord
from notices.letters.proof import Page
from notices.messages import say
from notices.pdf import ForeignPdfs, field_values, page_texts, sha256_of

LARGEST = 50_000_000  # bytes; the e-mailed copy has one or two million
MOST_TEXT = 1_000_000  # characters; a letter of ten pages has 20,000
TELEPHONE, PROBLEMS, PROPOSAL = "telephone", "problems", "proposal"  # rooms of answers.toml with a meaning of their own


@dataclass(frozen=True)
class SlipPdf:
    """A returned slip: the number in its fields' names, what was ticked and typed, and the text of its pages."""

    file: str
    sha256: str
    number: str
    ticked: tuple[str, ...]
    note: str
    proposal: str
    telephone: str
    pages: tuple[str, ...]


def is_pdf(path: Path) -> bool:
    """Return whether a file begins like a PDF; raises Unusable if it cannot be read."""
    try:
        with path.open("rb") as file:
            return b"%PDF-" in file.read(1024)
    except OSError as error:
        raise Unusable(
            say("{file} cannot be read: {mistake}.", file=path.name, mistake=error.strerror or error),
            say("Check the file's name and that you may read it."),
        ) from error


def read_slip_pdf(path: Path, foreign: ForeignPdfs) -> SlipPdf | None:
    """Read a returned slip; None if the file has no fields of a slip, so that it may be a scan.

    Raises DamagedPdf, ExcessivePdf, or Refused if the file has the fields of several slips.
    """
    if path.stat().st_size > LARGEST:
        raise Refused(
            say("{file} is larger than {limit} MB.", file=path.name, limit=LARGEST // 1_000_000),
            say("Ask the owner to fill in the PDF of the letter, save it and send it back."),
        )
    fields, pages = foreign.read(_content, path)
    numbers = {name.rpartition("/")[0] for name in fields}
    if not numbers:
        return None
    if len(numbers) > 1:
        raise Refused(say("{file} has the fields of several slips; import each one by itself.", file=path.name))
    answers = {name.rpartition("/")[2]: value for name, value in fields.items()}
    return SlipPdf(
        file=path.name,
        sha256=sha256_of(path),
        number=numbers.pop(),
        ticked=tuple(name for name, value in answers.items() if value is True),
        note=_written(answers, PROBLEMS),
        proposal=_written(answers, PROPOSAL),
        telephone=_written(answers, TELEPHONE),
        pages=pages,
    )


def _content(path: Path) -> tuple[dict[str, str | bool], tuple[str, ...]]:
    """Return the fields of slips and the text of the pages."""
    fields = {name: value for name, value in field_values(path).items() if "/" in name}
    pages = tuple(page_texts(path)) if fields else ()
    if sum(map(len, (*fields, *map(str, fields.values()), *pages))) > MOST_TEXT:
        raise MemoryError
    return fields, pages


def refuse_foreign(slip_pdf: SlipPdf, entry: DecisionRecord) -> None:
    """Raise Refused if the pages show another number, unit or owner than the ledger has for the fields' number."""
    pages = [Page(text) for text in slip_pdf.pages]
    wanted = (slip_pdf.number, entry.account.unit, *entry.account.owners)
    if not pages or not all(any(page.holds(text) for page in pages) for text in wanted):
        raise Refused(
            say("its pages do not show the number, unit and owner of {notice}", notice=slip_pdf.number),
            say("Check the file, then enter the slip with `notices slip set NOTICE`."),
        )


def _written(answers: Mapping[str, str | bool], room: str) -> str:
    """Return the text typed into a room, its lines joined in order."""
    lines = {name: value for name, value in answers.items() if name == room or name.startswith(f"{room}-")}
    ordered = sorted(lines, key=lambda name: (len(name), name))
    return " ".join(words for name in ordered if (words := clean_slip_text(str(lines[name] or ""))))
