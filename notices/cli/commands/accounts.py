"""account: what is on record of one owner, whose the charges are after a sale, and corrected spellings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import click

from notices.cli.display import table
from notices.cli.documents import day, hold_document, notice_facts, payment_document
from notices.cli.door import Door, common, pass_door
from notices.cli.options import DAY, PERSON
from notices.cli.translated_help import group
from notices.messages import say
from notices.rules.money import format_plain
from notices.words import period_of

if TYPE_CHECKING:
    from notices.flow.register.account_records import AccountRecord
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
    """Show everything on record of ACCOUNT (estate/unit/owner)."""
    from notices.flow.register import account_records

    record = account_records.show_account(door.workspace, door.ledger, account)
    if door.as_json:
        door.answer(_document(record))
        return
    door.say(say("{account}:", account=record.account))
    headings = door.headings(say("what"), say("number"), say("date"), say("amount"), say("details"), say("by"))
    table(headings, _rows(door, record), right=(3,))


@account.command("claim")
@click.argument("account")
@click.option("--from", "claimed_from", type=DAY, required=True, help="Charges from this day on are this owner's.")
@click.option("--unseen", is_flag=True, help="Accept an account that no list contains.")
@click.option("--by", type=PERSON, help="The person who acts; default the login name.")
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
@click.option("--by", type=PERSON, help="The person who acts; default the login name.")
@common
@pass_door
@click.pass_context
def rename_account(ctx: click.Context, door: Door, old: str, new: str, yes: bool, by: str | None) -> None:
    """Correct the spelling of an owner: what is on record of OLD counts for NEW."""
    from notices.flow.register import account_renames

    request = account_renames.RenameRequest(old, new, by or door.login(), door.now(), yes)
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


def _charge_document(charge: Charge) -> dict[str, object]:
    owed = format_plain(charge.owed)
    return {"item": charge.item, "period": period_of(charge), "due_date": day(charge.due_date), "owed": owed}


def _document(record: AccountRecord) -> dict[str, object]:
    return {
        "account": record.account,
        "notices": [_notice_document(notice) for notice in record.notices],
        "holds": [hold_document(hold) for hold in record.holds],
        "payments": [payment_document(payment) for payment in record.payments],
        "slips": [_slip_document(slip) for slip in record.slips],
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
    return {"old": rename.old.key, "new": rename.new.key, "by": rename.by, "at": rename.entered_at.isoformat()}


def _rows(door: Door, record: AccountRecord) -> Iterator[Row]:
    for notice in record.notices:
        ways = ", ".join(f"{door.word(each.channel)}: {door.word(each.state)}" for each in notice.deliveries)
        yield door.tier(notice.tier), notice.number, notice.date, notice.total, ways, None
    for held in record.holds:
        hold = held.hold
        details = _hold_details(door, held.lifted_on, hold.until)
        yield door.word(hold.kind), held.id, hold.registered, hold.amount, details, held.by
    for paid in record.payments:
        details = door.text(say("taken back")) if paid.taken_back_at else paid.note
        yield door.text(say("payment")), paid.id, paid.payment.date, paid.payment.amount, details, paid.by
    for slip in record.slips:
        objections = ", ".join(slip.slip.objections)
        yield door.text(say("slip")), slip.number, slip.slip.received, None, objections, slip.by
    for claim in record.claims:
        details = door.text(say("charges from {day} on are this owner's", day=claim.claimed_from.isoformat()))
        yield door.text(say("claim")), None, claim.entered_at.date(), None, details, claim.by
    for rename in record.renames:
        details = door.text(say("{old} is {new}", old="、".join(rename.old.owners), new="、".join(rename.new.owners)))
        yield door.text(say("rename")), None, rename.entered_at.date(), None, details, rename.by


def _hold_details(door: Door, lifted: date | None, until: date | None) -> str:
    if lifted:
        return door.text(say("lifted on {day}", day=lifted.isoformat()))
    return door.text(say("until {day}", day=until.isoformat())) if until else ""


COMMANDS = (account,)
