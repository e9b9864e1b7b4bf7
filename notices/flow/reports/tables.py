"""The tables of a report, in the reader's language: the same for the terminal, the workbook and the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from notices.flow.reports.response import Collected, ResponseReport, UndeliveredNotice
from notices.messages import Message, say
from notices.tables import Share, Value
from notices.words import word

Text = Callable[[Message], str]
TierWord = Callable[[str | None], str]


@dataclass(frozen=True, slots=True)
class ReportTable:
    """One table: `code` names it in every language; `right` are its columns of numbers, `bar` the one to draw.

    `by_day` is true if its rows are days, oldest first.
    """

    code: str
    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Value]]
    right: Sequence[int] = ()
    bar: int | None = None
    by_day: bool = False

    @staticmethod
    def as_text(value: Value) -> str:
        """Return a cell as a person reads it."""
        if isinstance(value, Share):
            return f"{value:.1%}"
        if isinstance(value, Decimal):
            return f"{value:,.2f}"
        return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)

    @staticmethod
    def number(value: Value) -> float:
        """Return a cell as the length of a bar."""
        return float(value) if isinstance(value, int | float | Decimal) else 0.0


def tables_of(report: ResponseReport, text: Text, tier: TierWord) -> list[ReportTable]:
    """Return the tables of a report; one without rows is among them, so that it can be said that there is nothing."""
    return [
        _responses(report, text, tier),
        *_collections(report, text),
        _reasons(report, text),
        _undelivered(report, text, tier),
        _promises(report, text),
        _limitation(report, text),
    ]


def _responses(report: ResponseReport, text: Text, tier: TierWord) -> ReportTable:
    headings = (
        say("batch"), say("tier"), say("sent"), say("paid in 15 days"), say("paid in 30 days"), say("expected"),
        say("responded in 15 days"), say("responded in 30 days"), say("collected"),
    )  # fmt: skip
    rows = [
        (
            it.batch,
            tier(it.tier),
            it.sent,
            *map(Share.of, (it.paid_15, it.paid_30, it.expected, it.responded_15, it.responded_30)),
            it.collected,
        )
        for it in report.tiers
    ]
    return ReportTable("response", text(say("Response")), [*map(text, headings)], rows, right=range(2, 9), bar=4)


def _collections(report: ResponseReport, text: Text) -> Iterator[ReportTable]:
    amounts = (say("amount"), say("payments"))
    by_day = [
        (date.fromisoformat(key), amount, count)
        for key, amount, count in sorted(report.collected_by(lambda it: it.day.isoformat()))
    ]
    kinds: list[tuple[str, Message, Sequence[Message], Sequence[Sequence[Value]]]] = [
        ("days", say("Collected by day"), (say("date"),), by_day),
        (
            "estates",
            say("Collected by estate"),
            (say("estate"),),
            [*report.collected_by(lambda it: it.estate)],
        ),
        (
            "buildings",
            say("Collected by building"),
            (say("estate"), say("building")),
            [(*key.split("\t"), amount, count) for key, amount, count in report.collected_by(_home)],
        ),
        (
            "handlers",
            say("Collected by handler"),
            (say("rank"), say("handler")),
            [(rank, *row) for rank, row in enumerate(report.collected_by(lambda it: it.handler), start=1)],
        ),
    ]
    for code, title, keys, rows in kinds:
        headings = [*map(text, (*keys, *amounts))]
        at = len(keys)
        yield ReportTable(code, text(title), headings, rows, right=(at, at + 1), bar=at, by_day=code == "days")


def _home(it: Collected) -> str:
    return f"{it.estate}\t{it.building}"


def _reasons(report: ResponseReport, text: Text) -> ReportTable:
    headings = (say("group"), say("objection"), say("slips"), say("change since the last batch"))
    rows = [(it.group, it.label, it.count, _signed(it.change)) for it in report.reasons]
    return ReportTable("reasons", text(say("Reasons")), [*map(text, headings)], rows, right=(2, 3), bar=2)


def _signed(change: int | None) -> str | None:
    return None if change is None else f"{change:+d}" if change else "0"


def _undelivered(report: ResponseReport, text: Text, tier: TierWord) -> ReportTable:
    headings = (say("batch"), say("notice"), say("account"), say("tier"), say("date"), say("handler"))
    rows = [
        (it.batch, _notice_in_letter(it, text), it.account, tier(it.tier), it.date, it.handler)
        for it in report.undelivered
    ]
    return ReportTable("undelivered", text(say("Undelivered")), [*map(text, headings)], rows)


def _notice_in_letter(undelivered: UndeliveredNotice, text: Text) -> str:
    """Return a notice's number, and in which letter for several units it went."""
    if undelivered.letter in {"", undelivered.notice}:
        return undelivered.notice
    return text(say("{notice} (in letter {letter})", notice=undelivered.notice, letter=undelivered.letter))


def _promises(report: ResponseReport, text: Text) -> ReportTable:
    headings = (say("account"), say("kind"), say("date"), say("amount"), say("state"), say("handler"))
    states = {"due": say("still open"), "broken": say("not kept")}
    rows = [
        (it.account, text(word(it.kind)), it.date, it.amount, text(states[it.state]), it.handler)
        for it in report.promises
    ]
    return ReportTable("promises", text(say("Promises")), [*map(text, headings)], rows, right=(3,))


def _limitation(report: ResponseReport, text: Text) -> ReportTable:
    headings = (say("month"), say("accounts"), say("principal"))
    rows = [(f"{it.month:%Y-%m}", it.accounts, it.principal) for it in report.limitation]
    title = text(say("Principal that lapses in the next twelve months"))
    return ReportTable("limitation", title, [*map(text, headings)], rows, right=(1, 2), bar=2)
