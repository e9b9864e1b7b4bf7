"""evidence: everything that proves one notice, as a folder and as one PDF that a court can read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from notices.errors import NoticesError, Refused
from notices.files import built_aside, write_whole
from notices.flow.batch.signing_keys import NO_KEYS, SigningKeys
from notices.flow.reports.chain_proof import ChainProof
from notices.flow.reports.evidence_papers import EvidencePart, parts_of, summary
from notices.flow.reports.letters import EMAIL, LetterCopy, copies, page_proof
from notices.flow.reports.list_rows import own_rows
from notices.flow.reports.papers import Paper, PaperFonts, drawing_of
from notices.flow.reports.proven import Proven, changed_files, prove_notice
from notices.flow.reports.wording import in_chinese, label, shown, wording
from notices.flow.workspace import Workspace
from notices.ledger import Ledger, LinkedEvent
from notices.letters.answers import ANSWERS_FILE, read_objections
from notices.messages import Message, say
from notices.pdf import DocumentInfo, sha256_of
from notices.pdf.book import BookPart, bind_book
from notices.pdf.drawing import Drawing, Table
from notices.pdf.reading import count_pages
from notices.pdf.signatures import SignatureText, refuse_unusable_key, signed_pdf
from notices.settings import Estate

BOOK, SUMS, GUIDE, CHAIN = "evidence.pdf", "SHA256SUMS", "VERIFY.txt", "chain"
PATH, STAMPS, ROOTS = "path.txt", "timestamps", "authority.pem"
# The other things have several owners.
WITH_DATA = frozenset({"notice", "delivery", "payment", "hold", "decision", "reply", "reply-delivery"})


@dataclass(frozen=True)
class EvidenceRequest:
    """Notice to prove, the folder to make, the time, and the keys that the book is signed with."""

    notice: str
    folder: Path
    at: datetime
    keys: SigningKeys = NO_KEYS


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

    def add_lines(self, name: str, lines: Iterable[str], what: str) -> None:
        """Add a text of any length, line by line."""
        descriptor = os.open(self.path / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)
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
    refuse_unusable_seal(proven.occasion.estate, request.keys, request.at)
    material = material_of(workspace, proven, request.at)
    with built_aside(request.folder.parent, request.folder.name, remedy=room_needed()) as folder:
        files = fill(folder, material, request.at, request.keys)
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
    parts = parts_of(proven, proofs, own_rows(proven.origin), _objections(workspace, proven), at.tzinfo)
    return EvidenceMaterial(proven, letters, tuple(parts), tuple(faults))


def fill(
    folder: Path, material: EvidenceMaterial, at: datetime, keys: SigningKeys = NO_KEYS
) -> tuple[EvidenceFile, ...]:
    """Write the evidence of a notice into a folder that is being made; return its files."""
    inside, proven = _Folder(folder), material.proven
    for copy in material.letters:
        inside.add(f"{copy.kind}.pdf", copy.content, copy.kind)
    if proven.message is not None and any(copy.kind == EMAIL for copy in material.letters):
        inside.add("message.eml", proven.message.read_bytes(), "message")
    for part in material.parts:
        inside.add_facts(f"{part.code}.json", part.facts, part.code)
    _add_chain(inside, proven.events, proven.chain)
    _add_book(inside, material, at, keys)
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
    if not proven.replies.slips:
        return {}
    try:
        return {it.code: it.label for it in read_objections(workspace.templates / ANSWERS_FILE)}
    except NoticesError:
        return {}


def _add_chain(inside: _Folder, events: Sequence[LinkedEvent], chain: ChainProof) -> None:
    """Add the two texts behind each event's digest and link, their sums as the ledger has them, the way to the head."""
    sums = {}
    for event in events:
        if event.what in WITH_DATA and event.digest_text is not None:
            inside.add(f"{CHAIN}/{event.id}.data", event.digest_text.encode(), "event")
            sums[f"{event.id}.data"] = event.digest
        inside.add(f"{CHAIN}/{event.id}.link", event.link_text.encode(), "event")
        sums[f"{event.id}.link"] = event.link
    inside.add(f"{CHAIN}/{SUMS}", _sums(sums), "checksums")
    inside.add_lines(f"{CHAIN}/{PATH}", chain.lines(), "path")
    for stamp in chain.stamps:
        inside.add(f"{STAMPS}/{stamp.record.event}.data", stamp.stamped.encode(), "timestamp")
        inside.add(f"{STAMPS}/{stamp.record.event}.tsr", stamp.record.answer, "timestamp")
    if chain.stamps and chain.roots:
        inside.add(f"{STAMPS}/{ROOTS}", chain.roots, "timestamp")


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
        return sum(part.count for part in self.parts)


def volume(material: EvidenceMaterial, at: datetime, *, first: int = 1) -> Volume:
    """Return the evidence of a notice, to be bound; its first page is numbered `first`."""
    titles, dated = wording()["titles"], at.date()
    proven, letters, parts = material.proven, material.letters, material.parts
    verify = _verify(proven)
    guide = _guide_paper(material, {}, 0)
    shown_texts = (guide.text, wording()["guide"]["stamp"], verify.text, *(it.paper.text for it in parts))
    fonts = PaperFonts.of("".join(shown_texts))
    papers = drawing_of(fonts, dated)
    drawn = {part.code: _draw(papers, part.paper) for part in parts} | {"verify": _draw(papers, verify)}
    counts = [count_pages(copy.readable) for copy in letters] + [count for _, count in drawn.values()]
    with closing(drawing_of(fonts, dated)) as measured:
        front = _draw(measured, guide)[1]
    starts = {code: first + front + sum(counts[:place]) for place, code in enumerate(material.codes)}
    drawn["guide"] = _draw(papers, _guide_paper(material, starts, front + sum(counts)))
    content = papers.finish()
    return Volume(
        (
            BookPart(titles["guide"], content, pages=drawn.pop("guide")),
            *(BookPart(titles[copy.kind], copy.readable) for copy in letters),
            *(BookPart(titles[code], content, pages=pages) for code, pages in drawn.items()),
        ),
        fonts.usual,
    )


def _draw(papers: Drawing, paper: Paper) -> tuple[int, int]:
    return papers.add(paper.heading, paper.lead, paper.tables)


def _add_book(inside: _Folder, material: EvidenceMaterial, at: datetime, keys: SigningKeys) -> None:
    occasion, bound = material.proven.occasion, volume(material, at)
    info = DocumentInfo(
        f"{occasion.tier.title} {material.proven.number}",
        "zh-CN",
        at.date(),
        author=occasion.estate.service_centre.company,
    )
    bind_book(bound.parts, inside.path / BOOK, info, stamp=wording()["guide"]["stamp"], font=bound.font)
    sign_book(inside.path / BOOK, occasion.estate, keys, f"{info.title} {wording()['guide']['signed']}")
    inside.content = {BOOK: "book", **inside.content}


def refuse_unusable_seal(estate: Estate, keys: SigningKeys, now: datetime) -> None:
    """Raise UnusableKey if books of an estate are to be signed, and its key cannot sign now."""
    key = keys.of(estate.name, "service-centre")
    if key is not None:
        refuse_unusable_key(key, now)


def sign_book(book: Path, estate: Estate, keys: SigningKeys, reason: str) -> None:
    """Sign a book with the key of the estate's service centre, if it has one: nothing in it may change any more.

    It is signed by the company of today, which has the key; the letters in it may be from an earlier one.
    """
    key = keys.of(estate.name, "service-centre")
    if key is not None:
        told = SignatureText(keys.companies.get(estate.name, ""), reason)
        write_whole(book, signed_pdf(book.read_bytes(), key, told), durable=False)


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
    chain = proven.chain
    facts = {"first": min(ids), "last": max(ids), "head": chain.head.id, "link": chain.head.link}
    lead = [line.format(**facts) for line in told["lead"]]
    commands = list(told["commands"])
    if chain.stamps:
        stamped = "、".join(
            told["stamp"].format(event=it.record.event, time=shown(it.record.time, UTC)) for it in chain.stamps
        )
        lead.append(told["stamps"].format(stamps=stamped, authority=chain.stamps[-1].record.authority))
        commands += [told["stamp_command"].format(event=it.record.event) for it in chain.stamps]
    return Paper(told["heading"], tuple(lead), (Table("", tuple((line,) for line in commands), (1,)),))


def _guide(proven: Proven) -> str:
    """Return the method of checking as plain text."""
    paper = _verify(proven)
    commands = [f"    {row[0]}" for table in paper.tables for row in table.rows]
    named = f"{label('number')}：{proven.number}"
    return "\n\n".join((paper.heading, named, *paper.lead, "\n".join(commands))) + "\n"
