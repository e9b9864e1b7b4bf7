"""report, log: overviews of what came of the notices, and of who did what."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from notices.cli.bars import table_with_bars
from notices.cli.display import table
from notices.cli.documents import day
from notices.cli.door import Door, common, pass_door
from notices.cli.options import DAY, FILE, PERSON
from notices.cli.translated_help import command
from notices.messages import say
from notices.rules.money import format_plain

if TYPE_CHECKING:
    from notices.flow.reports.commitments import OpenPromise
    from notices.flow.reports.response import Collected, ResponseReport, TierResponse, UndeliveredNotice

LATEST_DAYS = 14  # that a terminal shows


@command()
@click.argument("batch", required=False)
@click.option("--since", type=DAY, help="The first day of what is counted.")
@click.option("--until", type=DAY, help="The last day of what is counted.")
@click.option("--estate", metavar="NAME", help="Only this estate.")
@click.option("--html", type=FILE, help="Write the report as one page for a browser.")
@click.option("--xlsx", type=FILE, help="Write the report as a workbook, one sheet a table.")
@click.option("--names", is_flag=True, help="Show the owners' names, which are masked otherwise.")
@common
@pass_door
def report(
    door: Door,
    batch: str | None,
    since: date | None,
    until: date | None,
    estate: str | None,
    html: Path | None,
    xlsx: Path | None,
    names: bool,
) -> None:
    """Show what came of the notices: response, money collected, reasons, promises, limitation."""
    from notices.flow.reports import response
    from notices.flow.reports.files import write_page, write_report_workbook

    request = response.ReportRequest(door.today(), batch, since, until, estate, names)
    found = response.report(door.workspace, door.ledger, request)
    if html is not None:
        write_page(html, found, door.text, door.tier, door.language_read)
        door.say(say("The report is written to {file}.", file=html))
    if xlsx is not None:
        write_report_workbook(xlsx, found, door.text, door.tier)
        door.say(say("The report is written to {file}.", file=xlsx))
    if door.as_json:
        door.answer(_document(found))
    else:
        _show(door, found)


def _document(found: ResponseReport) -> dict[str, object]:
    return {
        "as_of": day(found.request.as_of),
        "tiers": [_tier(it) for it in found.tiers],
        "collected": [_collected(it) for it in found.collected],
        "reasons": [
            {"group": it.group, "objection": it.objection, "count": it.count, "change": it.change}
            for it in found.reasons
        ],
        "undelivered": [_undelivered(it) for it in found.undelivered],
        "promises": [_promise(it) for it in found.promises],
        "limitation": [
            {"month": f"{it.month:%Y-%m}", "accounts": it.accounts, "principal": format_plain(it.principal)}
            for it in found.limitation
        ],
    }


def _tier(row: TierResponse) -> dict[str, object]:
    return {
        "batch": row.batch,
        "tier": row.tier,
        "sent": row.sent,
        "paid_15": _number(row.paid_15),
        "paid_30": _number(row.paid_30),
        "responded_15": _number(row.responded_15),
        "responded_30": _number(row.responded_30),
        "expected": _number(row.expected),
        "collected": format_plain(row.collected),
    }


def _collected(row: Collected) -> dict[str, object]:
    return {
        "day": day(row.day),
        "estate": row.estate,
        "building": row.building,
        "handler": row.handler or None,
        "amount": format_plain(row.amount),
        "payments": row.payments,
    }


def _undelivered(row: UndeliveredNotice) -> dict[str, object]:
    return {
        "batch": row.batch,
        "notice": row.notice,
        "account": row.account,
        "tier": row.tier,
        "date": day(row.date),
        "handler": row.handler or None,
        **({"letter": row.letter} if row.letter else {}),
    }


def _promise(row: OpenPromise) -> dict[str, object]:
    return {
        "account": row.account,
        "kind": row.kind.value,
        "hold": row.hold,
        "date": day(row.date),
        "amount": None if row.amount is None else format_plain(row.amount),
        "state": row.state,
        "handler": row.handler or None,
    }


def _number(share: Decimal | None) -> float | None:
    return None if share is None else float(share)


def _show(door: Door, found: ResponseReport) -> None:
    from notices.flow.reports.tables import tables_of

    for each in tables_of(found, door.text, door.tier):
        if not each.rows:
            continue
        click.echo()
        click.echo(each.title)
        rows = each.rows[-LATEST_DAYS:] if each.by_day else each.rows
        headings, lines = list(each.headings), [[each.as_text(value) for value in row] for row in rows]
        if each.bar is None:
            table(headings, lines, right=each.right)
        else:
            table_with_bars(headings, lines, [each.number(row[each.bar]) for row in rows], right=each.right)


@command()
@click.option("--since", type=DAY, help="Only what was done on this day or later.")
@click.option("--by", type=PERSON, help="Only what this person did.")
@click.option("--account", metavar="ACCOUNT", help="Only what was done about this account.")
@common
@pass_door
def log(door: Door, since: date | None, by: str | None, account: str | None) -> None:
    """Show who did what, and when."""
    from notices.flow.reports.log import read_log

    entries = read_log(door.workspace, door.ledger, door.zone, since=since, by=by, account=account)
    if door.as_json:
        door.answer(
            {
                "entries": [
                    {
                        "event": it.event,
                        "last": it.last,
                        "at": it.at.isoformat(),
                        "by": it.by,
                        "kind": it.kind,
                        "what": it.what,
                        "count": it.count,
                        "account": it.account,
                        "notice": it.notice,
                        "batch": it.batch,
                    }
                    for it in entries
                ]
            }
        )
        return
    headings = say("time"), say("by"), say("kind"), say("of"), say("count"), say("account"), say("notice"), say("batch")
    rows = [
        (
            it.at.astimezone(door.zone).isoformat(" ", "seconds")[:19],
            it.by,
            door.word(it.kind),
            door.word(it.what),
            it.count,
            it.account if it.count == 1 else None,
            it.notice if it.count == 1 else None,
            it.batch,
        )
        for it in entries
    ]
    table(door.headings(*headings), rows, right=(4,))


COMMANDS = (report, log)
