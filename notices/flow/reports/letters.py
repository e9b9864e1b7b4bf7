"""The letter of a notice as it left: attached to its message, and in the file that went to the printer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default as usual
from pathlib import Path

from notices.errors import Unusable
from notices.flow.reports.proven import Proven
from notices.flow.workspace import Workspace
from notices.fonts.glyphs import codes_with_outlines, only_glyphs
from notices.fonts.reduction import truetype_reduced, type1_reduced
from notices.fonts.truetype import UnsuitableFont
from notices.letters.proof import Page, flaw_of
from notices.messages import Message, say
from notices.pdf import DamagedPdf, DocumentInfo, NotReducible, cut, cut_alone, foreign_parts, page_count, texts_of
from notices.pdf.own_pages import own_pages

PDF = "application/pdf"
NEVER = re.compile("(?!)")  # the number of no other notice is known here
EMAIL, PRINT = "letter-email", "letter-print"


@dataclass(frozen=True)
class LetterCopy:
    """A letter as it left: its kind, its bytes, a copy to be bound that opens without a password, and its texts."""

    kind: str
    content: bytes
    readable: bytes
    texts: tuple[str, ...]


@dataclass(frozen=True)
class PageProof:
    """The proof of a letter's pages: on which of them each required text stands, and why it fails, if it does."""

    kind: str
    labels: tuple[tuple[int, int] | None, ...]
    numbered: tuple[bool, ...]
    required: tuple[tuple[str, tuple[int, ...]], ...]
    flaw: Message | None


def copies(workspace: Workspace, proven: Proven) -> Iterator[LetterCopy]:
    """Yield the letter by each way that it left. Raises Unusable if no file of it is left."""
    found = False
    if proven.message is not None and proven.message.is_file():
        for attached in attached_pdfs(proven.message.read_bytes()):
            found = True
            # Cutting it out of the file that it was made in takes long: only where the attachment has a password.
            shard = None if _opens(attached) else _from_shard(workspace, proven)
            if shard is None:
                yield LetterCopy(EMAIL, attached, attached, tuple(texts_of(attached)))
            else:
                yield LetterCopy(EMAIL, attached, *shard)
    for job in reversed(proven.jobs):
        if job.place is not None and job.path is not None and job.path.is_file() and not job.job.is_cancelled:
            found = True
            pages, texts = _cut(proven, job.path, job.place.first_page, job.place.pages)
            yield LetterCopy(PRINT, pages, pages, texts)
            break
    if found:
        return
    shard = _from_shard(workspace, proven)
    if shard is None:
        raise Unusable(
            say("No file of the letter {notice} is left in the workspace.", notice=proven.number),
            say("Restore the folders batches/ and output/ from a backup."),
        )
    yield LetterCopy(PRINT, shard[0], *shard)


def attached_pdfs(message: bytes) -> list[bytes]:
    """Return the PDFs attached to a message, byte for byte."""
    parts = message_from_bytes(message, policy=usual).walk()
    return [bytes(part.get_payload(decode=True) or b"") for part in parts if part.get_content_type() == PDF]


def page_proof(proven: Proven, copy: LetterCopy) -> PageProof:
    """Read a letter's pages back, as before it left; blank backs and enclosures bear no page number of it."""
    pages, number = [Page(text) for text in copy.texts], proven.letter.number
    # As they were read: without the spaces between them, figures side by side in a table would be one figure.
    own = [text for text, page in zip(copy.texts, pages, strict=True) if page.label is not None or page.holds(number)]
    return PageProof(
        kind=copy.kind,
        labels=tuple(page.label for page in pages),
        numbered=tuple(page.holds(number) for page in pages),
        required=tuple(
            (text, tuple(place for place, page in enumerate(pages, start=1) if page.holds(text)))
            for text in dict.fromkeys(proven.letter.proof)
        ),
        flaw=flaw_of(own, proven.letter, NEVER)
        if own
        else say("it is unclear which pages of the document belong to it"),
    )


def _from_shard(workspace: Workspace, proven: Proven) -> tuple[bytes, tuple[str, ...]] | None:
    notice = proven.notice
    if notice.shard is None or not (workspace.root / notice.shard.file).is_file():
        return None
    return _cut(proven, workspace.root / notice.shard.file, notice.first_page or 0, notice.pages or 0)


def _cut(proven: Proven, source: Path, first: int, count: int) -> tuple[bytes, tuple[str, ...]]:
    """Return pages of a file as a PDF of their own, and their texts; as pictures if nothing else is safe."""
    occasion = proven.occasion
    info = DocumentInfo(
        title=f"{occasion.tier.title} {proven.number}",
        author=occasion.estate.service_centre.company,
        language="zh-CN" if occasion.estate.language == "zh" else "en",
        dated=occasion.letter_date,
    )
    whole = cut(source, first, count, info)
    if count == page_count(source):
        return whole, tuple(texts_of(whole))
    shown = _alone(source, first, count, info)
    if shown is None:  # made with fonts that are not TrueType, as the letters of a small batch are
        shown = own_pages(source, first, count, info, type1=type1_reduced, truetype=truetype_reduced)
    return shown, tuple(texts_of(whole))


def _alone(source: Path, first: int, count: int, info: DocumentInfo) -> bytes | None:
    """Return pages with nothing of the document's other letters in them; None if they cannot be had like that."""
    try:
        letter = cut_alone(source, first, count, info, only_glyphs)
        return None if foreign_parts(letter, texts_of(letter), codes_with_outlines) else letter
    except (NotReducible, UnsuitableFont):
        return None


def _opens(content: bytes) -> bool:
    try:
        return bool(texts_of(content))
    except DamagedPdf:
        return False
