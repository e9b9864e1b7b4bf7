"""The letter of a decision, to be looked at: as it would be made now, or as it was rendered."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from notices.errors import Refused, Unusable
from notices.flow.batch.joining import letter_to_be, waiting_like
from notices.flow.batch.lock import settle_files
from notices.flow.templates.account_data import decision_occasion, occasion_data
from notices.flow.templates.preview import Previewer
from notices.flow.workspace import Workspace
from notices.ledger import BatchRecord, DecisionRecord, Ledger, NoticeRecord
from notices.letters.context import combined
from notices.messages import say
from notices.model import Action
from notices.pdf import DocumentInfo, cut, sha256_of


def is_rendered(entry: DecisionRecord) -> bool:
    """Return whether the notice has its letter, so that this is shown and not a preview."""
    return entry.notice is not None and entry.notice.shard is not None


def last_notice(ledger: Ledger, entry: DecisionRecord) -> NoticeRecord | None:
    """Return the notice that this owner had last before this decision, None if there is none."""
    own = entry.notice.id if entry.notice else None
    with ledger.read() as books:
        known = books.notices.of_case(entry.account.case)
    before = [it for it in known if it.date is not None and (own is None or it.imported or it.id < own)]
    return max(before, key=lambda it: (it.date or date.min, it.id), default=None)


def letter_pdf(
    workspace: Workspace, ledger: Ledger, batch: BatchRecord, entry: DecisionRecord, previewer: Previewer
) -> bytes:
    """Return the letter of a decision as PDF: the rendered one, or a preview. Raises Refused if none is due."""
    if is_rendered(entry):
        if not _is_here(workspace, entry):
            settle_files(workspace, ledger, batch.name, by="page")
        return _rendered(workspace, ledger, entry)
    if entry.decision.action is not Action.ISSUE:
        raise Refused(
            say("No letter is due to {account}.", account=entry.account.key),
            say("Its reason is shown with the decision."),
        )
    with ledger.read() as books:
        waiting = waiting_like(workspace, books, entry)
    occasions = {it.id: decision_occasion(workspace, ledger, batch, it) for it in waiting}
    earlier = {
        it.notice.id: before
        for it in waiting
        if it.notice is not None and (before := occasions[it.id].previous) is not None
    }
    with ledger.read() as books:
        leading, *others = letter_to_be(workspace, books, entry, waiting, earlier)
    occasion = combined(occasions[leading.id], [occasions[it.id] for it in others])
    template, fields = occasion_data(workspace, batch, entry, occasion)
    return previewer.letter(template, fields, batch.as_of)


def _is_here(workspace: Workspace, entry: DecisionRecord) -> bool:
    """Return whether the letter's file is in this workspace, as it was proved: it may be of an earlier rendering."""
    shard = entry.notice.shard if entry.notice else None
    return shard is None or _is_as_proved(workspace.root / shard.file, shard.sha256)


def _is_as_proved(file: Path, sha256: str) -> bool:
    return file.is_file() and sha256_of(file) == sha256


def _rendered(workspace: Workspace, ledger: Ledger, entry: DecisionRecord) -> bytes:
    notice = entry.notice
    assert notice is not None  # noqa: S101 - the caller has asked
    assert notice.shard is not None  # noqa: S101
    file = workspace.root / notice.shard.file
    if not _is_as_proved(file, notice.shard.sha256):
        raise Unusable(
            say("The letter of {notice} is not here, or not as it was proved.", notice=notice.number),
            say("It is on the machine that made it; with `[ledger] files` all machines have it.")
            if ledger.is_server and not workspace.shares_files
            else say("Files of finished print jobs may be removed; the evidence folder keeps what was sent."),
        )
    known = workspace.settings.estate(entry.account.estate)
    language = "en" if known and known.language == "en" else "zh-CN"
    info = DocumentInfo(notice.number or "", language, notice.date or date.min)
    return cut(file, notice.first_page or 1, notice.pages or 1, info)
