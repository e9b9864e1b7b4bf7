"""court: the file for a court about each account: application or complaint, evidence with its list, calculation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from notices.errors import Refused
from notices.files import built_aside, write_whole
from notices.flow.batch.seals import refuse_changed_facts
from notices.flow.batch.signing_keys import NO_KEYS, SigningKeys
from notices.flow.register.accounts import known_party, refuse_unrecorded
from notices.flow.reports.court_papers import CourtCase, EvidenceEntry, court_fields, to_supply
from notices.flow.reports.evidence import (
    SUMS,
    EvidenceFile,
    EvidenceMaterial,
    Volume,
    fill,
    material_of,
    refuse_occupied,
    refuse_unusable_seal,
    room_needed,
    sign_book,
    sums_of,
    volume,
)
from notices.flow.reports.proven import prove_notice
from notices.flow.reports.wording import in_chinese, wording
from notices.flow.templates.bundled import bundled
from notices.flow.workspace import Workspace
from notices.fonts.installed import office_environment
from notices.ledger import BatchRecord, Books, DecisionRecord, Ledger, NoticeRecord
from notices.letters.answers import ANSWERS_FILE, read_objections
from notices.letters.assemble import assemble
from notices.letters.keep_together import keep_together
from notices.letters.rare_characters import refuse_undrawn
from notices.messages import Message, say
from notices.model import CaseKey, Letter
from notices.office import Engine, WarmOffice, find
from notices.pdf import DocumentInfo, settle, sha256_of
from notices.pdf.book import BookPart, bind_book
from notices.rules.balances import standings
from notices.rules.court import CourtKind, Obstacle, court_claim

LIMIT_SECONDS = 180.0
TEMPLATES = "court"
MAIN = {CourtKind.ORDER: "payment-order", CourtKind.COMPLAINT: "complaint"}
LIST, CALCULATION, BUNDLE, MISSING = "evidence-list", "calculation", "evidence.pdf", "to-supply.txt"
UNUSABLE_IN_NAMES = re.compile(r"[^\w.-]+")


@dataclass(frozen=True)
class CourtRequest:
    """Accounts to take to court, the folder to make, the way (None: a payment order where it is possible), the time.

    Bundles are signed with `keys`.
    """

    accounts: tuple[str, ...]
    folder: Path
    kind: CourtKind | None
    at: datetime
    keys: SigningKeys = NO_KEYS


@dataclass(frozen=True)
class CourtFile:
    """Result for one account: the way, what stands against it, the files, and what a person must still supply.

    Without files where the way is ruled out; then `kind` is the one that was asked for.
    """

    account: str
    kind: CourtKind
    obstacles: tuple[Obstacle, ...]
    files: tuple[EvidenceFile, ...] = ()
    to_supply: tuple[Message, ...] = ()
    attention: tuple[Message, ...] = ()

    @property
    def is_ruled_out(self) -> bool:
        """True if no file was made."""
        return not self.files


def court(workspace: Workspace, ledger: Ledger, request: CourtRequest) -> list[CourtFile]:
    """Write the file of each account into a folder of its own below a new folder: all, or nothing.

    An account whose way is ruled out gets no file; the result says why. Raises UsageMistake or Refused for an account
    that is not on record, Refused if the folder is not empty or every account is ruled out.
    """
    refuse_occupied(request.folder)
    prepared = [_prepared(workspace, ledger, name, request) for name in dict.fromkeys(request.accounts)]
    if all(kind is None for _, kind in prepared):
        return [_ruled_out(case, request) for case, _ in prepared]
    for case, _ in prepared:
        refuse_unusable_seal(case.estate, request.keys, request.at)
    with built_aside(request.folder.parent, request.folder.name, remedy=room_needed()) as folder:
        engine = Engine(
            find(), workspace.office / "profiles", tuple(sorted(office_environment(workspace.office).items()))
        )
        with WarmOffice(engine) as office:
            return [
                _ruled_out(case, request)
                if kind is None
                else _made(workspace, ledger, _Desk(folder, office, request.at, request.keys), case, kind)
                for case, kind in prepared
            ]


@dataclass(frozen=True)
class _Desk:
    """Place in which files are made: the folder, LibreOffice, the time, and the keys that bundles are signed with."""

    folder: Path
    office: WarmOffice
    at: datetime
    keys: SigningKeys


def _ruled_out(case: CourtCase, request: CourtRequest) -> CourtFile:
    return CourtFile(case.entry.account.key, request.kind or CourtKind.ORDER, case.claim.obstacles)


def _prepared(
    workspace: Workspace, ledger: Ledger, account: str, request: CourtRequest
) -> tuple[CourtCase, CourtKind | None]:
    """Return the case of an account, and the way that is taken; None if it is ruled out."""
    party = known_party(workspace, account)
    with ledger.read() as books:
        refuse_unrecorded(books, party)
        case = books.renames.today(party.case)
        found = _latest(books, case)
        if found is None:
            raise Refused(
                say("No list has {account}: what is owed is not known.", account=case.key),
                say("Plan a list with it first."),
            )
        _refuse_changed(books, *found)
        made = _case(workspace, books, *found, request)
    for kind in (request.kind,) if request.kind else (CourtKind.ORDER, CourtKind.COMPLAINT):
        if not made.claim.ruled_out(kind):
            return made, kind
    return made, None


def _latest(books: Books, case: CaseKey) -> tuple[BatchRecord, DecisionRecord] | None:
    """Return the newest list's decision on a case."""
    batches = [batch for batch in books.batches.all() if batch.discarded is None]
    for batch in sorted(batches, key=lambda it: (it.list_date, it.id), reverse=True):
        if (key := books.batches.cases(batch.name).get(case)) is not None:
            return batch, next(books.batches.decision_pages(batch.name, after=key - 1, size=1))[0]
    return None


def _refuse_changed(books: Books, batch: BatchRecord, entry: DecisionRecord) -> None:
    """Raise Refused if another program changed what the claim rests on: charges, notices, slips, payments, holds."""
    refuse_changed_facts(books)
    notices = [notice.id for notice in books.notices.of_case(entry.account.case)]
    rows = [
        ("batches", batch.id),
        *(("notices", key) for key in notices),
        *(("slips", slip.id) for slip in books.slips.of_notices(notices)),
    ]
    changed = list(books.extracts.not_as_sealed(rows))
    if changed or books.seals.changed_plans([entry]):
        raise Refused(
            say("{account}: another program changed its rows in the ledger.", account=entry.account.key),
            say("Restore the ledger from a backup; `notices ledger verify` names every changed row."),
            [say("{row}", row=row) for row in changed],
        )


def _case(
    workspace: Workspace, books: Books, batch: BatchRecord, entry: DecisionRecord, request: CourtRequest
) -> CourtCase:
    account, day = entry.account, request.at.date()
    policy = workspace.policy(account.estate)
    charges = {account.case: account.charges}
    history = books.histories.of_cases(charges, list_date=batch.list_date, as_of=day)[account.case]
    # Payments that were entered after the list and are not in it count, whatever their date.
    late = books.histories.of_cases(
        charges, list_date=batch.list_date, as_of=day, leave_out_batch=batch.name, again=True
    )[account.case]
    standing = standings(
        account.charges, late.payments, batch.list_date, day, policy, claimed_from=history.claimed_from
    )
    notices = books.notices.of_case(account.case)
    # A slip that was entered again counts as it is now.
    slips = {it.notice_id: it for it in books.slips.of_notices([notice.id for notice in notices])}
    ticked = [code for it in slips.values() for code in it.slip.objections]
    estate = workspace.settings.estate(account.estate)
    assert estate is not None  # noqa: S101 - the party was found by it
    return CourtCase(
        entry=entry,
        claim=court_claim(standing, history, ticked, policy, day),
        notices=tuple(notices),
        estate=estate,
        policy=policy,
        law=workspace.settings.law,
        law_firm=workspace.settings.law_firm,
        filing=day,
        objections=tuple(_labels(workspace, ticked)),
    )


def _labels(workspace: Workspace, codes: Sequence[str]) -> Iterator[str]:
    path = workspace.templates / ANSWERS_FILE
    known = {it.code: it.label for it in read_objections(path)} if codes and path.is_file() else {}
    yield from dict.fromkeys(known.get(code, code) for code in codes)


def _made(workspace: Workspace, ledger: Ledger, desk: _Desk, case: CourtCase, kind: CourtKind) -> CourtFile:
    """Write the file of one account into its own folder."""
    account = case.entry.account
    name = UNUSABLE_IN_NAMES.sub("_", f"{account.estate}-{account.printed_unit}-{account.owner}")[:60]
    folder = desk.folder / name
    folder.mkdir(mode=0o700)
    content: dict[str, str] = {}
    attention: list[Message] = []
    materials = list(_materials(workspace, ledger, case, desk.at, attention))
    bound, entries = _bundle(materials, desk.at)
    if bound:
        info = DocumentInfo(
            in_chinese(say("Evidence")), "zh-CN", desk.at.date(), author=case.estate.service_centre.company
        )
        stamp = wording()["guide"]["stamp"]
        bind_book([part for part, _ in bound], folder / BUNDLE, info, stamp=stamp, font=bound[0][1])
        sign_book(folder / BUNDLE, case.estate, desk.keys, info.title)
        content[BUNDLE] = "evidence"
    fields = court_fields(case, kind, entries)
    for template, what in ((MAIN[kind], kind.value), (LIST, LIST), (CALCULATION, CALCULATION)):
        for file in _filled(workspace, desk, template, fields, folder):
            content[file] = what
    for material in materials:
        own = f"notices/{_safe(material.proven.number)}"
        (folder / own).mkdir(parents=True, mode=0o700)
        content |= {f"{own}/{each.file}": each.what for each in fill(folder / own, material, desk.at, desk.keys)}
        attention += material.faults
    missing = to_supply(case, kind)
    write_whole(folder / MISSING, _missing(case, missing).encode(), durable=False)
    content[MISSING] = "to-supply"
    write_whole(folder / SUMS, sums_of(folder, content), durable=False)
    content[SUMS] = "checksums"
    files = tuple(EvidenceFile(f"{name}/{file}", sha256_of(folder / file), what) for file, what in content.items())
    return CourtFile(account.key, kind, case.claim.obstacles, files, missing, tuple(attention))


def _safe(number: str) -> str:
    return UNUSABLE_IN_NAMES.sub("_", number)


def _materials(
    workspace: Workspace, ledger: Ledger, case: CourtCase, at: datetime, attention: list[Message]
) -> Iterator[EvidenceMaterial]:
    """Yield the evidence of each notice of the case that has left; note those sent before this program was used."""
    oldest = min(it.charge.due_date for it in case.claim.charges)
    for notice in case.notices:
        if notice.date is None or notice.date <= oldest:
            continue
        try:
            yield material_of(workspace, prove_notice(workspace, ledger, notice.number or ""), at)
        except Refused as error:
            if _is_proof_elsewhere(notice):
                attention.append(error.fact)


def _is_proof_elsewhere(notice: NoticeRecord) -> bool:
    """Return whether a notice counts as a demand, though this program has no letter of it."""
    return notice.imported


def _bundle(
    materials: Sequence[EvidenceMaterial], at: datetime
) -> tuple[list[tuple[BookPart, bytes]], list[EvidenceEntry]]:
    """Return the parts of the bundle with their font, and the lines of the evidence list."""
    parts: list[tuple[BookPart, bytes]] = []
    entries: list[EvidenceEntry] = []
    page = 1
    for place, material in enumerate(materials, start=1):
        bound = volume(material, at, first=page)
        title = f"{material.proven.occasion.tier.title}，编号{material.proven.number}"
        first, *rest = bound.parts
        parts.append((replace(first, title=title), bound.font))
        parts += [(replace(part, level=1), bound.font) for part in rest]
        entries += _entries(str(place), title, page, bound, material)
        page += bound.pages
    return parts, entries


def _entries(place: str, title: str, first: int, bound: Volume, material: EvidenceMaterial) -> Iterator[EvidenceEntry]:
    """Yield the line of a notice's volume, and one of each of its parts, in order: a judge looks for the delivery.

    Source and object of each piece must be told (Provisions on Evidence in Civil Proceedings, 2019, art. 19).
    """
    told, page = wording(), first
    own = told["court"]["sources"]
    yield EvidenceEntry(place, title, own["usual"], told["court"]["proves"], first, first + bound.pages - 1)
    for number, (code, part) in enumerate(zip(("guide", *material.codes), bound.parts, strict=True), start=1):
        source = own.get(code, own["usual"])
        name = part.title if code != "guide" else told["titles"]["guide"]
        yield EvidenceEntry(f"{place}-{number}", name, source, told["proves"][code], page, page + part.count - 1)
        page += part.count


def _filled(workspace: Workspace, desk: _Desk, template: str, fields: dict[str, object], folder: Path) -> Iterator[str]:
    """Fill a template and convert it; yield the names of the .docx and the PDF."""
    own = workspace.templates / TEMPLATES / f"{template}.docx"
    path = own if own.is_file() else bundled("templates") / TEMPLATES / f"{template}.docx"
    document = folder / f"{template}.docx"
    assemble(path, [Letter(template, path.name, keep_together(fields), ())], document)
    pdf = document.with_suffix(".pdf")
    desk.office.convert(document, pdf, limit=LIMIT_SECONDS)
    refuse_undrawn(pdf)
    settle(pdf, desk.at.date())
    yield document.name
    yield pdf.name


def _missing(case: CourtCase, missing: Sequence[Message]) -> str:
    """Return the list of what a person must still supply, and what is to be weighed, as text."""
    told = wording()["court"]
    lines = [told["to_supply"].format(account=case.entry.account.key)]
    lines += [f"□ {in_chinese(each)}" for each in missing]
    if case.claim.obstacles:
        lines += ["", told["weigh"], *(f"・{in_chinese(each.fact)}" for each in case.claim.obstacles)]
    return "\n".join(lines) + "\n"
