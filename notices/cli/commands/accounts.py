"""account: what is on record of one owner, whose the charges are after a sale, and corrected spellings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import click

from notices.cli.display import table
from notices.cli.documents import (
    charge_document,
    day,
    hold_document,
    letter_document,
    notice_facts,
    payment_document,
    reply_document,
)
from notices.cli.door import Door, common, pass_door
from notices.cli.options import DAY, acting_option
from notices.cli.translated_help import group
from notices.messages import say
from notices.rules.money import format_plain
from notices.words import period_of

if TYPE_CHECKING:
    from notices.flow.reports.account import AccountHistory
    from notices.ledger import ClaimRecord, NoticeRecord, RenameRecord, SlipRecord
    from notices.model import Charge

Row = tuple[object, ...]


@group()
def account() -> None:
    """One owner of one unit: everything on record, charges after a sale, corrected spellings."""


@account.command("show")
@click.argument("account")
@common
@pass_door
def show_account(door: Door, account: str) -> None:
    """Show everything on record of ACCOUNT: estate/unit/owner, or a part of unit, name, telephone or a number."""
    from notices.flow.reports.account import account_history

    history = account_history(door.workspace, door.ledger, account)
    if door.as_json:
        door.answer({**_document(history), **_newest_document(history), "timeline": _timeline(door, history)})
        return
    door.say(say("{account}:", account=history.record.account))
    if history.newest is not None:
        home = history.newest.account
        told = (home.telephone, home.email, home.address, home.postcode)
        door.say(say("{known}", known=", ".join(it for it in told if it) or "–"))
    headings = door.headings(
        say("date"), say("kind"), say("batch"), say("notice"), say("event"), say("amount"), say("said"), say("by")
    )
    table(headings, _rows(door, history), right=(5,))


@account.command("claim")
@click.argument("account")
@click.option("--from", "claimed_from", type=DAY, required=True, help="Charges from this day on are this owner's.")
@click.option("--unseen", is_flag=True, help="Accept an account that no list contains.")
@acting_option
@common
@pass_door
def claim_account(door: Door, account: str, claimed_from: date, unseen: bool, by: str | None) -> None:
    """Say from when the charges are those of ACCOUNT, a new owner; older ones are not claimed."""
    from notices.flow.register import account_claims

    request = account_claims.ClaimRequest(account, claimed_from, by or door.login(), door.now(), unseen)
    claimed = account_claims.claim_account(door.workspace, door.ledger, request)
    if door.as_json:
        door.answer(
            {
                "account": claimed.account,
                "from": day(claimed_from),
                "by": request.by,
                "not_claimed": [_charge_document(charge) for charge in claimed.dropped],
            }
        )
    door.say_all(claimed.done)


@account.command("rename")
@click.argument("old")
@click.argument("new")
@click.option("--yes", is_flag=True, help="They are one person, though both have had a notice of the same tier.")
@click.option("--undo", is_flag=True, help="Take the rename back: they are two owners.")
@acting_option
@common
@pass_door
@click.pass_context
def rename_account(ctx: click.Context, door: Door, old: str, new: str, yes: bool, undo: bool, by: str | None) -> None:
    """Correct the spelling of an owner: what is on record of OLD counts for NEW."""
    from notices.flow.register import account_renames

    request = account_renames.RenameRequest(old, new, by or door.login(), door.now(), yes)
    if undo:
        undone = account_renames.undo_rename(door.workspace, door.ledger, request)
        if door.as_json:
            counts = {"notices_of_old": undone.notices_of_old, "notices_of_new": undone.notices_of_new}
            door.answer({"old": undone.old, "new": undone.new, "by": request.by, "undone": True, **counts})
        door.say(undone.done)
        return
    renamed = account_renames.rename_account(door.workspace, door.ledger, request)
    if door.as_json:
        door.answer(
            {
                "old": renamed.old,
                "new": renamed.new,
                "by": request.by,
                "notices": renamed.notices,
                "attention": [door.text(message) for message in renamed.attention],
            }
        )
    door.say_all((renamed.done, *renamed.attention))
    ctx.exit(1 if renamed.attention else 0)


@account.command("join")
@click.argument("account")
@click.argument("other")
@click.option("--apart", is_flag=True, help="They are different owners of one name: never in one letter.")
@acting_option
@common
@pass_door
def join_accounts(door: Door, account: str, other: str, apart: bool, by: str | None) -> None:
    """Say that ACCOUNT and OTHER, units of owners with one name, are one owner's: one letter for both."""
    from notices.flow.register import account_joins

    request = account_joins.JoinRequest(account, other, by or door.login(), door.now(), together=not apart)
    joined = account_joins.join_accounts(door.workspace, door.ledger, request)
    if door.as_json:
        door.answer({"accounts": [joined.one, joined.other], "together": request.together, "by": request.by})
    door.say(joined.done)


def _charge_document(charge: Charge) -> dict[str, object]:
    owed = format_plain(charge.owed)
    return {"item": charge.item, "period": period_of(charge), "due_date": day(charge.due_date), "owed": owed}


def _document(history: AccountHistory) -> dict[str, object]:
    record, shared = history.record, history.shared
    return {
        "account": record.account,
        "notices": [{**_notice_document(it), **letter_document(shared.get(it.id))} for it in record.notices],
        "holds": [hold_document(hold) for hold in record.holds],
        "payments": [payment_document(payment) for payment in record.payments],
        "slips": [_slip_document(slip) for slip in record.slips],
        "letters": [reply_document(letter) for letter in record.letters],
        "claims": [_claim_document(claim) for claim in record.claims],
        "renames": [_rename_document(rename) for rename in record.renames],
    }


def _notice_document(notice: NoticeRecord) -> dict[str, object]:
    return {
        "batch": notice.batch,
        "owner": notice.owner,
        "tier": notice.tier,
        "total": None if notice.total is None else format_plain(notice.total),
        **notice_facts(notice, notice.state),
    }


def _slip_document(record: SlipRecord) -> dict[str, object]:
    return {
        "notice": record.number,
        "objections": list(record.slip.objections),
        "note": record.slip.note,
        "promise": day(record.slip.promise),
        "instalments": record.slip.instalments,
        "date": day(record.slip.received),
        "by": record.by,
    }


def _claim_document(claim: ClaimRecord) -> dict[str, object]:
    return {"from": day(claim.claimed_from), "by": claim.by, "at": claim.entered_at.isoformat()}


def _rename_document(rename: RenameRecord) -> dict[str, object]:
    undone = rename.undone_at.isoformat() if rename.undone_at else None
    return {
        "old": rename.old.key,
        "new": rename.new.key,
        "by": rename.by,
        "at": rename.entered_at.isoformat(),
        "undone_by": rename.undone_by,
        "undone_at": undone,
    }


def _newest_document(history: AccountHistory) -> dict[str, object]:
    """Return what the newest list says about the account; empty values if no list has it."""
    entry = history.newest
    home = entry.account if entry else None
    return {
        "telephone": home.telephone if home else "",
        "email": home.email if home else "",
        "address": home.address if home else "",
        "postcode": home.postcode if home else "",
        "building": home.building if home else "",
        "handler": entry.handler if entry else None,
        "batch": entry.batch if entry else None,
        "charges": [charge_document(it) for it in entry.decision.standings] if entry else [],
    }


def _timeline(door: Door, history: AccountHistory) -> list[dict[str, object]]:
    return [
        {
            "day": day(it.day),
            "at": it.at.isoformat() if it.at else None,
            "kind": it.kind,
            "batch": it.batch,
            "notice": it.notice,
            "text": door.text(it.what),
            "amount": None if it.amount is None else format_plain(it.amount),
            "words": it.words,
            "by": it.by,
        }
        for it in history.happenings
    ]


def _rows(door: Door, history: AccountHistory) -> Iterator[Row]:
    for it in history.happenings:
        yield it.day, door.word(it.kind), it.batch, it.notice, door.text(it.what), it.amount, it.words, it.by


COMMANDS = (account,)
