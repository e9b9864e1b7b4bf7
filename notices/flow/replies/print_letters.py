"""letter print: make a print job of the letters of reply that go on paper."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from notices.errors import NoticesError
from notices.files import remove_folder
from notices.flow.batch.outside import mark_departure, refuse_older_ledger
from notices.flow.batch.seals import refuse_changed_facts
from notices.flow.caller import Caller
from notices.flow.people import refuse_strangers
from notices.flow.printing.job_parts import language_of_shop, with_contact
from notices.flow.replies.leaving import LeavingOrder, lying_ready, only_letters, ready, spoiled_jobs, stopped
from notices.flow.replies.reply_mail import occasion_now
from notices.flow.workspace import Workspace
from notices.ledger import Books, Ledger, ReplyChange, ReplyDelivery, ReplyRecord
from notices.ledger.replies import JOB_FILES
from notices.messages import Message, say
from notices.model import Channel, State
from notices.press import JobOrder, JobResult, Origin, PrintItem, build_job
from notices.workers.pool import WorkerPool


@dataclass(frozen=True)
class LettersPrinted:
    """Result of `letter print`: the job, None if there was nothing to print, and messages that need a person."""

    job: str | None
    result: JobResult | None
    numbers: tuple[str, ...]
    attention: tuple[Message, ...]


def print_letters(workspace: Workspace, ledger: Ledger, order: LeavingOrder, caller: Caller) -> LettersPrinted:
    """Make one job of the letters that wait to go on paper; what must not leave any more stays and is told."""
    refuse_strangers(workspace, order.by)
    with only_letters(workspace, ledger, by=order.by):
        refuse_older_ledger(workspace, ledger)
        return _printed(workspace, ledger, order, caller)


def _printed(workspace: Workspace, ledger: Ledger, order: LeavingOrder, caller: Caller) -> LettersPrinted:
    folder = workspace.letter_jobs
    with ledger.read() as books:
        refuse_changed_facts(books)
        letters = books.replies.all()
        recorded = {way.job for each in letters for way in each.deliveries if way.job}
        lying = lying_ready(workspace, books, Channel.PRINT, order)
        waiting = ready(books, Channel.PRINT, order)
        why = stopped(workspace, books, [reply for reply, _ in waiting], order)
        going = [(reply, way) for reply, way in waiting if reply.id not in why]
        items = [_item(workspace, books, reply, way) for reply, way in going]
    for each in spoiled_jobs(folder, recorded, [each.number for each in letters]):  # nobody was told of it
        remove_folder(each)
    if not items:
        return LettersPrinted(None, None, (), (*lying, *why.values()))
    job = next(name for place in count(1) if _is_free(folder, name := f"replies-P{place:02d}", recorded))
    result = build_job(
        JobOrder(
            job,
            with_contact(workspace.settings, items[0].estate),
            order.today,
            translate=caller.translate,
            cover=language_of_shop(workspace.settings, items),
            origin=_origin(workspace, items),
        ),
        items,
        folder,
        WorkerPool,
    )
    placed = {letter.item.number for letter in result.placed}
    unfit = [say("{notice}: {reason}", notice=each.number, reason=each.reason) for each in result.unfit]
    told = {JOB_FILES: dict(result.files)}
    changes = [ReplyChange(way.id, State.SPOOLED, job=job, data=told) for reply, way in going if reply.number in placed]
    try:
        with ledger.begin() as books:
            late = stopped(workspace, books, [reply for reply, _ in going if reply.number in placed], order)
            if not late:
                books.replies.set_states(changes, by=order.by, at=order.at)
    except BaseException:  # nobody may carry to the shop what the ledger does not know
        _forget(ledger, result.folder, job)
        raise
    if late or not placed:
        remove_folder(result.folder)
        again = say("Something was recorded meanwhile, and nothing was printed: run it again.")
        return LettersPrinted(
            None, None, (), (*lying, *why.values(), *late.values(), *unfit, *([again] if late else []))
        )
    for batch in dict.fromkeys(reply.batch for reply, _ in going if reply.number in placed):
        mark_departure(workspace, ledger, batch)
    return LettersPrinted(job, result, tuple(sorted(placed)), (*lying, *why.values(), *unfit))


def _forget(ledger: Ledger, folder: Path, job: str) -> None:
    """Remove a job that was not recorded; if the ledger cannot say so, the next `letter print` will."""
    with suppress(NoticesError):
        with ledger.read() as books:
            recorded = any(way.job == job for each in books.replies.all() for way in each.deliveries)
        if not recorded:
            remove_folder(folder)


def _is_free(folder: Path, name: str, recorded: Collection[str]) -> bool:
    return name not in recorded and not (folder / name).exists()


def _item(workspace: Workspace, books: Books, reply: ReplyRecord, way: ReplyDelivery) -> PrintItem:
    entry = books.replies.entry_of(reply)
    account, occasion = entry.account, occasion_now(workspace, entry, reply)
    return PrintItem(
        number=reply.number,
        tier_title=occasion.tier.title,
        estate=account.estate,
        unit=account.unit,
        building=account.building,
        entrance=account.entrance,
        room=account.room,
        recipient=account.owner,
        postcode=account.postcode,
        address=way.recipient,
        source=workspace.root / reply.file,
        source_sha256=reply.sha256,
        first=1,
        count=reply.pages,
        tier=reply.kind,
        telephone=account.telephone,
    )


def _origin(workspace: Workspace, items: list[PrintItem]) -> Origin:
    names = dict.fromkeys(item.estate for item in items)
    centres = [known.service_centre for name in names if (known := workspace.settings.estate(name))]
    return Origin(
        companies=tuple(dict.fromkeys(each.company or each.name for each in centres)),
        senders=tuple(dict.fromkeys(each.name for each in centres if each.name)),
        to_stamp=tuple(dict.fromkeys(each.name for each in centres if each.name and not each.seal)),
        any_seal=any(each.seal for each in centres),
    )
