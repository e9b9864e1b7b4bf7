"""evidence: everything that proves one notice, as a folder and as one PDF that a court can read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from notices.errors import NoticesError, Refused
from notices.files import built_aside, write_whole
from notices.flow.reports.evidence_papers import EvidencePart, parts_of, summary
from notices.flow.reports.letters import EMAIL, LetterCopy, copies, page_proof
from notices.flow.reports.list_rows import own_cells
from notices.flow.reports.papers import Paper, PaperFonts, drawn
from notices.flow.reports.proven import Proven, changed_files, prove_notice
from notices.flow.reports.wording import in_chinese, label, shown, wording
from notices.flow.workspace import Workspace
from notices.ledger import Ledger, LinkedEvent
from notices.letters.answers import ANSWERS_FILE, read_objections
from notices.messages import Message, say
from notices.pdf import DocumentInfo, sha256_of
from notices.pdf.book import BookPart, bind_book
from notices.pdf.drawing import Table
from notices.pdf.reading import count_pages

BOOK, SUMS, GUIDE, CHAIN = "evidence.pdf", "SHA256SUMS", "VERIFY.txt", "chain"
# The other things have several owners.
WITH_DATA = frozenset({"notice", "delivery", "payment", "hold", "decision", "reply", "reply-delivery"})


@dataclass(frozen=True)
class EvidenceRequest:
    """Notice to prove, the folder to make, and the time."""

    notice: str
    folder: Path
    at: datetime


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A file of the evidence: its path in the folder, SHA-256, and a code for its content."""

    file: str
    sha256: str
    what: str


@dataclass(frozen=True)
class NoticeEvidence:
    """Finished evidence; `faults` are what does not match what was recorded."""

    notice: str
    folder: Path
    files: tuple[EvidenceFile, ...]
    faults: tuple[Message, ...]

    @property
    def verified(self) -> bool:
        """True if every record and file matches its checksum."""
        return not self.faults


@dataclass
class _Folder:
    """The folder while it is filled; `content` names what each file is."""

    path: Path
    content: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, content: bytes, what: str) -> None:
        target = self.path / name
        target.parent.mkdir(mode=0o700, exist_ok=True)
        write_whole(target, content, durable=False)
        self.content[name] = what

    def add_facts(self, name: str, facts: Mapping[str, Any], what: str) -> None:
        self.add(name, (json.dumps(facts, ensure_ascii=False, indent=1) + "\n").encode(), what)


def evidence(workspace: Workspace, ledger: Ledger, request: EvidenceRequest) -> NoticeEvidence:
    """Write the evidence of a notice into a new folder: whole, or not at all.

    Raises UsageMistake if there is no such notice, Refused if it has not left or the folder is not empty, Unusable if
    its letter is lost or the disk is full.
    """
    refuse_occupied(request.folder)
    proven = prove_notice(workspace, ledger, request.notice)
    material = material_of(workspace, proven, request.at)
    with built_aside(request.folder.parent, request.folder.name, remedy=room_needed()) as folder:
        files = fill(folder, material, request.at)
    return NoticeEvidence(proven.number, request.folder, files, material.faults)


@dataclass(frozen=True)
class EvidenceMaterial:
    """Material of a notice's evidence: the letter by each way, the drawn parts, and what does not match."""

    proven: Proven
    letters: tuple[LetterCopy, ...]
    parts: tuple[EvidencePart, ...]
    faults: tuple[Message, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the parts after the first pages, in order."""
        return (*(copy.kind for copy in self.letters), *(part.code for part in self.parts), "verify")


def material_of(workspace: Workspace, proven: Proven, at: datetime) -> EvidenceMaterial:
    """Collect the material of a notice's evidence. Raises Unusable if its letter is lost."""
    faults = [*proven.faults, *changed_files(workspace, proven)]
    letters = tuple(copies(workspace, proven))
    proofs = [page_proof(proven, copy) for copy in letters]
    faults += [say("the letter: {reason}", reason=proof.flaw) for proof in proofs if proof.flaw is not None]
    parts = parts_of(proven, proofs, own_cells(proven.origin), _objections(workspace, proven), at.tzinfo)
    return EvidenceMaterial(proven, letters, tuple(parts), tuple(faults))


def fill(folder: Path, material: EvidenceMaterial, at: datetime) -> tuple[EvidenceFile, ...]:
    """Write the evidence of a notice into a folder that is being made; return its files."""
    inside, proven = _Folder(folder), material.proven
    for copy in material.letters:
        inside.add(f"{copy.kind}.pdf", copy.content, copy.kind)
    if proven.message is not None and any(copy.kind == EMAIL for copy in material.letters):
        inside.add("message.eml", proven.message.read_bytes(), "message")
    for part in material.parts:
        inside.add_facts(f"{part.code}.json", part.facts, part.code)
    _add_chain(inside, proven.events)
    _add_book(inside, material, at)
    inside.add(GUIDE, _guide(proven).encode(), "verify")
    inside.add(SUMS, sums_of(folder, inside.content), "checksums")
    return tuple(EvidenceFile(name, sha256_of(folder / name), what) for name, what in inside.content.items())


def sums_of(folder: Path, names: Iterable[str]) -> bytes:
    """Return the SHA-256 of these files, as `sha256sum -c` reads them."""
    return _sums({name: sha256_of(folder / name) for name in names})


def refuse_occupied(folder: Path) -> None:
    """Raise Refused if there is anything in a folder that is to be made, or it is a file."""
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise Refused(
            say("{folder} is not empty; nothing was written.", folder=folder),
            say("Give a new folder, or an empty one, with --to."),
        )


def room_needed() -> Message:
    """Return the remedy where a folder cannot be written."""
    return say("Free some disk space, check that the folder is writable, and run the command again.")


def _objections(workspace: Workspace, proven: Proven) -> dict[str, str]:
    """Return the objections of the slip by code, as it prints them; empty if the file cannot be used any more."""
    if not proven.slips:
        return {}
    try:
        return {it.code: it.label for it in read_objections(workspace.templates / ANSWERS_FILE)}
    except NoticesError:
        return {}


def _add_chain(inside: _Folder, events: Sequence[LinkedEvent]) -> None:
    """Add the two texts behind each event's digest and link, and their sums as the ledger has them."""
    sums = {}
    for event in events:
        if event.what in WITH_DATA and event.digest_text is not None:
            inside.add(f"{CHAIN}/{event.id}.data", event.digest_text.encode(), "event")
            sums[f"{event.id}.data"] = event.digest
        inside.add(f"{CHAIN}/{event.id}.link", event.link_text.encode(), "event")
        sums[f"{event.id}.link"] = event.link
    inside.add(f"{CHAIN}/{SUMS}", _sums(sums), "checksums")


def _sums(sums: Mapping[str, str]) -> bytes:
    return "".join(f"{digest}  {name}\n" for name, digest in sums.items()).encode()


@dataclass(frozen=True)
class Volume:
    """The bound form of a notice's evidence: its parts, and the font of the number on each page."""

    parts: tuple[BookPart, ...]
    font: bytes

    @property
    def pages(self) -> int:
        """Number of pages."""
        return sum(count_pages(part.content) for part in self.parts)


def volume(material: EvidenceMaterial, at: datetime, *, first: int = 1) -> Volume:
    """Return the evidence of a notice, to be bound; its first page is numbered `first`."""
    titles, dated = wording()["titles"], at.date()
    proven, letters, parts = material.proven, material.letters, material.parts
    verify = _verify(proven)
    guide = _guide_paper(material, {}, 0)
    shown_texts = (guide.text, wording()["guide"]["stamp"], verify.text, *(it.paper.text for it in parts))
    fonts = PaperFonts.of("".join(shown_texts))
    body = [
        *(BookPart(titles[copy.kind], copy.readable) for copy in letters),
        *(BookPart(titles[part.code], drawn(part.paper, fonts, dated)) for part in parts),
        BookPart(titles["verify"], drawn(verify, fonts, dated)),
    ]
    counts = [count_pages(part.content) for part in body]
    front = count_pages(drawn(guide, fonts, dated))
    starts = {code: first + front + sum(counts[:place]) for place, code in enumerate(material.codes)}
    guide = _guide_paper(material, starts, front + sum(counts))
    return Volume((BookPart(titles["guide"], drawn(guide, fonts, dated)), *body), fonts.usual)


def _add_book(inside: _Folder, material: EvidenceMaterial, at: datetime) -> None:
    occasion, bound = material.proven.occasion, volume(material, at)
    info = DocumentInfo(
        f"{occasion.tier.title} {material.proven.number}",
        "zh-CN",
        at.date(),
        author=occasion.estate.service_centre.company,
    )
    bind_book(bound.parts, inside.path / BOOK, info, stamp=wording()["guide"]["stamp"], font=bound.font)
    inside.content = {BOOK: "book", **inside.content}


def _guide_paper(material: EvidenceMaterial, starts: Mapping[str, int], pages: int) -> Paper:
    """Return the first pages: the explanation, the notice, and the contents; without `starts`, to count its pages."""
    told, titles, proves = wording()["guide"], wording()["titles"], wording()["proves"]
    proven, faults = material.proven, material.faults
    occasion, account = proven.occasion, proven.entry.account
    values = {
        "title": occasion.tier.title,
        "number": proven.number,
        "company": occasion.law_firm.name
        if occasion.tier.sender == "law-firm"
        else occasion.estate.service_centre.company,
        "owner": account.owner,
        "estate": account.estate,
        "unit": account.printed_unit,
        "date": shown(proven.notice.date),
        "total": shown(proven.notice.total),
        "pages": pages or 99,
    }
    lead = [line.format(**values) for line in told["lead"]]
    lead.append(told["checks_bad"] if faults else told["checks_good"])
    lead += [in_chinese(fault) for fault in faults]
    rows = [
        (str(place), titles[code], proves[code], str(starts.get(code, 99)))
        for place, code in enumerate(material.codes, start=1)
    ]
    contents = Table(told["contents"], (tuple(told["contents_heads"]), *rows), (1, 5, 8, 1), headings=1, right=(3,))
    return Paper(told["heading"].format(**values), tuple(lead), (summary(proven), contents))


def _verify(proven: Proven) -> Paper:
    told = wording()["verify"]
    ids = [event.id for event in proven.events]
    lead = [line.format(first=min(ids), last=max(ids)) for line in told["lead"]]
    return Paper(told["heading"], tuple(lead), (Table("", tuple((line,) for line in told["commands"]), (1,)),))


def _guide(proven: Proven) -> str:
    """Return the method of checking as plain text."""
    paper = _verify(proven)
    commands = [f"    {row[0]}" for table in paper.tables for row in table.rows]
    named = f"{label('number')}：{proven.number}"
    return "\n\n".join((paper.heading, named, *paper.lead, "\n".join(commands))) + "\n"
