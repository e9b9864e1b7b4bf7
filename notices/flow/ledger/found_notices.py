"""Notices that an older ledger does not know at all, as far as the files prove whose they are; and their numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from string import Formatter

from notices.flow.batch.departed import DepartedMail
from notices.flow.ledger.evidence import Evidence
from notices.flow.workspace import Workspace
from notices.ledger import Books, DecisionRecord, ImportedNotice, Movement, farthest
from notices.model import CaseKey, Channel, PastDelivery, State
from notices.press import ManifestRow
from notices.settings import Policy, series

GONE = {Channel.EMAIL: State.SENT, Channel.PRINT: State.HANDED_OVER}  # for imported notices: the result is unknown


def as_imported(
    workspace: Workspace, books: Books, evidence: Evidence, movement: Movement
) -> tuple[ImportedNotice, ...]:
    """Return an unknown notice as one that was sent before; none if the files do not prove whose it is.

    Of a letter for several units each gets such a notice: none of them must be written to again. At most the leading
    one has its number, because the files do not tell those of the others.
    """
    if found := _on_paper(workspace, books, evidence, movement):
        return found
    return _by_mail(workspace, books, evidence, movement)


def _on_paper(workspace: Workspace, books: Books, evidence: Evidence, movement: Movement) -> tuple[ImportedNotice, ...]:
    """Find the notice in the manifest of a print job."""
    for job in evidence.jobs:
        for row in job.rows:
            if row.number == movement.notice and (tier := _tier_titled(workspace, row)):
                written = datetime.fromtimestamp((job.folder / "manifest.csv").stat().st_mtime, UTC)
                left = evidence.left_at(movement.notice, movement.channel) or written
                day = left.astimezone(workspace.settings.calendar.zone).date()
                first, *others = (
                    _imported(workspace, case, row.recipient, tier, day, movement) for case in _cases_of(books, row)
                )
                return (first, *(replace(each, number=None) for each in others))
    return ()


def _cases_of(books: Books, row: ManifestRow) -> list[CaseKey]:
    """Return the cases that a row of a manifest is about; a list may have several units as one, too."""
    owners = row.recipient.split("、")
    whole = CaseKey.of(row.estate, row.unit, owners)
    parts = [CaseKey.of(row.estate, unit, owners) for unit in row.unit.split("、")]
    if len(parts) == 1 or books.histories.knows(whole):
        return [whole]
    return parts if any(books.histories.knows(each) for each in parts) else [*parts, whole]


def _tier_titled(workspace: Workspace, row: ManifestRow) -> str | None:
    if workspace.settings.estate(row.estate) is None:
        return None
    return next((it.name for it in workspace.policy(row.estate).tiers if it.title == row.tier_title), None)


def _by_mail(workspace: Workspace, books: Books, evidence: Evidence, movement: Movement) -> tuple[ImportedNotice, ...]:
    """Find the one planned notice of the batch that would go to the address to which the e-mail went.

    Of several units of one owner, if their notices go in one letter, each gets such a notice; the number is that of the
    only one with a letter box, if there is one.
    """
    mail = evidence.mail_of(movement.notice) or _same_message(evidence, movement)
    if mail is None or mail.kept.recipient is None or mail.kept.dated is None or books.batches.find(mail.batch) is None:
        return ()
    address, dated = mail.kept.recipient.casefold(), mail.kept.dated
    entries = [
        entry for entry in books.batches.decisions(mail.batch) if _is_planned(entry) and _goes_to(entry, address)
    ]
    if not entries or (len(entries) > 1 and not _are_one_letter(workspace, evidence, mail, entries)):
        return ()
    if workspace.settings.estate(entries[0].account.estate) is None:
        return ()
    no_letter_box = workspace.settings.intake.no_letter_box
    homes = [it for it in entries if not any(word in it.account.printed_unit for word in no_letter_box)]
    leading = entries[0] if len(entries) == 1 else homes[0] if len(homes) == 1 else None
    own = movement.notice if movement.notice == mail.number else None
    return tuple(
        replace(
            _imported(workspace, it.account.case, it.notice.owner, it.notice.tier, dated, movement),
            number=own if it is leading else None,
        )
        for it in entries
        if it.notice
    )


def _same_message(evidence: Evidence, movement: Movement) -> DepartedMail | None:
    """Return the e-mail that a notice left in, if it left in that of another one."""
    return next((it for it in evidence.mails if movement.sha256 and it.sha256 == movement.sha256), None)


def _are_one_letter(
    workspace: Workspace, evidence: Evidence, mail: DepartedMail, entries: Sequence[DecisionRecord]
) -> bool:
    """Return whether the planned notices of one owner to one address can only have left in this one e-mail."""
    alike = {(it.account.estate, it.account.case.owners, it.notice.tier if it.notice else "") for it in entries}
    to_there = [it for it in evidence.mails if it.batch == mail.batch and it.kept.recipient == mail.kept.recipient]
    return len(alike) == len(to_there) == 1 and workspace.settings.combines(entries[0].account.estate)


def _is_planned(entry: DecisionRecord) -> bool:
    return entry.notice is not None and entry.notice.state is State.PLANNED


def _goes_to(entry: DecisionRecord, address: str) -> bool:
    ways = entry.notice.deliveries if entry.notice else ()
    return any(way.channel is Channel.EMAIL and (way.recipient or "").casefold() == address for way in ways)


def _imported(
    workspace: Workspace, case: CaseKey, owner: str, tier: str, day: date, movement: Movement
) -> ImportedNotice:
    policy = workspace.policy(case.estate)
    way = PastDelivery(movement.channel, GONE[movement.channel], on=day)
    return ImportedNotice(case, owner, tier, policy.rank(tier), day, (way,), number=movement.notice)


def series_after(workspace: Workspace, numbers: Iterable[str]) -> dict[str, int]:
    """Return the series of the settings that these numbers belong to, each with the number after the highest."""
    patterns = {tier.number for policy in _policies(workspace) for tier in policy.tiers}
    codes = {estate.code for estate in workspace.settings.estates} | {""}
    return farthest(_series_of(number, pattern, code) for number in numbers for pattern in patterns for code in codes)


def _series_of(number: str, pattern: str, code: str) -> dict[str, int]:
    match = re.fullmatch("".join(_expression(pattern, code)), number)
    if match is None:
        return {}
    parts = match.groupdict()
    key = series(pattern, code, int(parts.get("year", "0")))
    following = int(parts["seq"])
    return {key: following + 1} if key.format(seq=following) == number else {}


def _expression(pattern: str, code: str) -> Iterator[str]:
    seen: set[str] = set()
    for text, name, _, _ in Formatter().parse(pattern):
        yield re.escape(text)
        if name in seen:
            yield f"(?P={name})"
        elif name == "code":
            yield re.escape(code)
        elif name:
            seen.add(name)
            yield rf"(?P<{name}>\d+)"


def _policies(workspace: Workspace) -> Iterator[Policy]:
    yield workspace.settings.policy
    for estate in workspace.settings.estates:
        yield workspace.settings.policy_of(estate.name)
