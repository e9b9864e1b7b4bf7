"""Reader of tables of earlier notices, sent before this program was used."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from notices.intake.cleaning import clean, is_placeholder
from notices.intake.dates import parse_date
from notices.intake.header import Vocabulary
from notices.intake.headings import HISTORY, normalise_heading
from notices.intake.open_table import open_table
from notices.intake.party import Party, default_estate, read_party
from notices.intake.problems import Note, Problem, Unreadable
from notices.intake.records import Record, checked_records
from notices.intake.results import Source
from notices.intake.saved_mappings import Choices
from notices.messages import say
from notices.model import Channel, Day, PastDelivery, State
from notices.spelling import comparable_number
from notices.tables import Cell, Limits

T = TypeVar("T")
VOCABULARY = Vocabulary(HISTORY, (("unit",), ("owner",), ("tier",), ("date",), ("way",)))
PAPER = re.compile(r"EMS|挂号|快递|专人|邮政|信函|平信|纸质|上门|张贴|顺丰|当面|面交|PRINT|PAPER", re.IGNORECASE)
MAIL = re.compile(r"电子|邮箱|^邮件$|E-?MAIL", re.IGNORECASE)
NOT_SENT = re.compile(r"[未没]|[拟待]|取消|作废|尚")
SEPARATED = re.compile(r"[/、,，+＋&;；和及与]")
DELIVERED = frozenset({"已送达", "送达", "签收", "已签收", "妥投", "已妥投", "本人签收", "他人签收", "delivered"})
REFUSED = frozenset({"拒收", "拒签", "拒收退回", "refused"})
CAME_BACK = REFUSED | {"退回", "已退回", "退件", "退信", "被退回", "无人签收", "退", "returned", "bounced"}


@dataclass(frozen=True, slots=True)
class HistoricNotice:
    """An earlier notice: recipient, tier, number (if it has one), date and deliveries."""

    party: Party
    tier: str
    number: str | None
    date: Day
    deliveries: tuple[PastDelivery, ...]


@dataclass(frozen=True, slots=True)
class HistoryTable:
    """Parsed table of earlier notices; `notices` holds those without a problem in any row."""

    source: Source
    notices: tuple[HistoricNotice, ...]
    problems: tuple[Problem, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    record: Record
    party: Party
    tier: str
    number: str | None
    date: Day
    delivery: PastDelivery

    @property
    def identity(self) -> tuple[object, ...]:
        return self.party.case, self.tier, self.date


def read_history(
    path: Path,
    *,
    tiers: Mapping[str, str],
    known_estates: Sequence[str],
    estate: str | None = None,
    sheet: str | None = None,
    limits: Limits | None = None,
) -> HistoryTable:
    """Read a table of earlier notices; `tiers` maps the titles and names in the table to tiers.

    Rows with the same number, account, tier and date are one notice with several deliveries. Raises Unusable and
    UsageMistake like `read_arrears`.
    """
    opened = open_table(path, VOCABULARY, limits or Limits(), Choices(sheet=sheet))
    meanings = frozenset(heading.meaning for heading in opened.header.columns.values())
    default = default_estate(known_estates, estate, meanings, path.name)
    titles = {normalise_heading(title): tier for title, tier in tiers.items()}
    rows: list[_Row] = []
    problems: list[Problem] = []
    notes = list(opened.notes)
    for record in checked_records(opened):
        party = read_party(record, known_estates, default)
        row = _row(record, party, titles)
        if row is not None:
            rows.append(row)
        problems += record.problems
        notes += record.notes
    notices, contradictions = _notices(rows)
    everything = sorted([*problems, *contradictions], key=lambda problem: problem.row or 0)
    return HistoryTable(opened.source, notices, tuple(everything), tuple(notes))


def _row(record: Record, party: Party | None, titles: Mapping[str, str]) -> _Row | None:
    tier = _required(record, "tier", record.read("tier", lambda cell: _tier(cell, titles), None))
    day = _required(record, "date", record.read("date", parse_date, None))
    channel = _required(record, "way", record.read("way", _channel, None))
    on = record.read("delivered-on", parse_date, None)
    number = record.read("number", clean, "")
    result = record.read("result", _result, None)
    refused = channel is Channel.PRINT and record.read("result", _says_refused, default=False)
    to = record.read("to", clean, "")
    if on is not None and day is not None and on < day:
        record.complain(
            "delivered-on",
            say("This day is before the day of the notice."),
            say("Correct one of the two days, or leave the day of delivery empty."),
        )
    if party is None or tier is None or day is None or channel is None or record.problems:
        return None
    delivery = PastDelivery(channel, _state(result, channel), to or None, on, refused=refused)
    return _Row(record, party, tier, None if is_placeholder(number) else number, day, delivery)


def _required(record: Record, meaning: str, value: T | None) -> T | None:
    if value is None and not any(problem.column == record.said(meaning) for problem in record.problems):
        record.complain(
            meaning,
            say("{heading} is missing.", heading=record.said(meaning)),
            say("Fill in the cell, or delete the row."),
        )
    return value


def _notices(rows: Sequence[_Row]) -> tuple[tuple[HistoricNotice, ...], list[Problem]]:
    numbered: dict[str, _Row] = {}
    groups: dict[tuple[object, ...], list[_Row]] = {}
    spoilt: set[str] = set()
    for row in rows:
        number = comparable_number(row.number or "")
        first = numbered.setdefault(number, row) if number else row
        if first.identity != row.identity:
            row.record.complain(
                "number",
                say("Row {row} has the same number but another account, tier or date.", row=first.record.row),
                say("Each notice needs a number of its own; correct one of the two rows."),
            )
            spoilt.add(number)
        groups.setdefault((number, *row.identity), []).append(row)
    problems = [problem for row in rows for problem in row.record.problems]
    good = [group for group in groups.values() if comparable_number(group[0].number or "") not in spoilt]
    return tuple(_notice(group) for group in good), problems


def _notice(group: Sequence[_Row]) -> HistoricNotice:
    first = group[0]
    deliveries = tuple(dict.fromkeys(row.delivery for row in group))
    return HistoricNotice(first.party, first.tier, first.number, first.date, deliveries)


def _tier(cell: Cell, titles: Mapping[str, str]) -> str | None:
    text = clean(cell)
    if not text:
        return None
    tier = titles.get(normalise_heading(text))
    if tier is None:
        raise Unreadable(
            say("Tier {tier} is not in the settings.", tier=text),
            say("Use the title or the name of a tier: {tiers}.", tiers=", ".join(titles)),
        )
    return tier


def _channel(cell: Cell) -> Channel | None:
    text = "".join(clean(cell).split())
    if is_placeholder(text):
        return None
    if NOT_SENT.search(text):
        raise Unreadable(say("This says that nothing was sent."), say("Delete the row, or correct the cell."))
    found = {_one_channel(part) for part in SEPARATED.split(text)} - {None}
    if len(found) > 1:
        raise Unreadable(say("The cell names several channels."), say("Give each delivery a row of its own."))
    if (channel := next(iter(found), None)) is not None:
        return channel
    raise Unreadable(
        say("This is not a delivery channel."), say("Use EMS, 挂号, 快递 or 专人 for paper, 邮件 for e-mail.")
    )


def _one_channel(text: str) -> Channel | None:
    if MAIL.search(text):
        return Channel.EMAIL
    return Channel.PRINT if PAPER.search(text) else None


def _result(cell: Cell) -> State | None:
    """Return DELIVERED or RETURNED, or None if the result is unknown."""
    text = "".join(clean(cell).lower().split())
    if is_placeholder(text):
        return None
    if text in DELIVERED:
        return State.DELIVERED
    if text in CAME_BACK:
        return State.RETURNED
    raise Unreadable(say("This is not a delivery result."), say("Use 已送达 or 退回, or leave the cell empty."))


def _says_refused(cell: Cell) -> bool:
    return "".join(clean(cell).lower().split()) in REFUSED


def _state(result: State | None, channel: Channel) -> State:
    """Return the state for a result and channel: a returned e-mail is BOUNCED, no result SENT or HANDED_OVER."""
    on_paper = channel is Channel.PRINT
    if result is None:
        return State.HANDED_OVER if on_paper else State.SENT
    return State.BOUNCED if result is State.RETURNED and not on_paper else result
