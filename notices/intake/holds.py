"""Reader of tables of holds: disputes, promises, instalment plans and channel wishes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from notices.errors import UsageMistake
from notices.intake.amounts import parse_money
from notices.intake.cleaning import clean, clean_text, is_placeholder
from notices.intake.dates import parse_date
from notices.intake.header import Vocabulary
from notices.intake.headings import HOLDS, INSTALMENTS
from notices.intake.open_table import open_table
from notices.intake.party import Party, default_estate, read_party
from notices.intake.problems import Note, Problem, Unreadable
from notices.intake.records import Record, checked_records
from notices.intake.results import Source
from notices.intake.saved_mappings import Choices
from notices.messages import listed, say
from notices.model import CaseKey, Hold, HoldKind, Instalment
from notices.rules.commitments import LONGEST
from notices.tables import Cell, Limits
from notices.words import word

VOCABULARY = Vocabulary(HOLDS, (("unit",), ("owner",), ("kind",), ("registered",)))
PLAN = Vocabulary(INSTALMENTS, (("until",), ("amount",)))
KINDS: Mapping[str, HoldKind] = {
    **{kind.value: kind for kind in HoldKind},
    **{
        word: kind
        for kind, words in {
            HoldKind.DISPUTED: "异议 争议 有异议 dispute",
            HoldKind.HARDSHIP: "困难 生活困难 经济困难",
            HoldKind.DO_NOT_CONTACT: "勿扰 不得联系 请勿打扰 勿联系 免打扰",
            HoldKind.OWNER_UNKNOWN: "查无此人 业主不明 失联",
            HoldKind.PROMISE: "承诺 承诺付款 承诺缴费 承诺还款 promise-to-pay",
            HoldKind.INSTALMENTS: "分期 分期付款 分期缴纳 分期计划 plan instalment-plan instalment installments",
            HoldKind.PAPER_ONLY: "只寄纸质 只收纸质 仅纸质 只要纸质 paper",
            HoldKind.EMAIL_ONLY: "只发邮件 只收邮件 仅邮件 只要邮件 只发电子邮件 email",
        }.items()
        for word in words.split()
    },
}


@dataclass(frozen=True, slots=True)
class HoldTable:
    """Parsed table of holds with their parties, in the table's order; rows with problems are left out."""

    source: Source
    holds: tuple[tuple[Party, Hold], ...]
    problems: tuple[Problem, ...]
    notes: tuple[Note, ...]


def hold_kind(text: str) -> HoldKind:
    """Look up a kind of hold by its Chinese or English name; raises UsageMistake for an unknown name."""
    kind = KINDS.get("-".join(clean_text(text).lower().replace("_", "-").split()))
    if kind is None:
        raise UsageMistake(
            say("{kind} is not a kind of hold.", kind=text),
            say("Use one of: {kinds}.", kinds=listed(map(word, HoldKind))),
        )
    return kind


def read_holds(
    path: Path,
    *,
    known_estates: Sequence[str],
    estate: str | None = None,
    sheet: str | None = None,
    limits: Limits | None = None,
    latest: date = date.max,
) -> HoldTable:
    """Read a table of holds; instalments of one account with the same registration date form one plan.

    A hold registered after `latest`, and a payment promised for when claims have lapsed, are mistyped years.
    Raises Unusable and UsageMistake like `read_arrears`.
    """
    opened = open_table(path, VOCABULARY, limits or Limits(), Choices(sheet=sheet))
    meanings = frozenset(heading.meaning for heading in opened.header.columns.values())
    default = default_estate(known_estates, estate, meanings, path.name)
    rows: list[tuple[Party, Hold]] = []
    spoilt: set[tuple[CaseKey, date | None]] = set()
    problems: list[Problem] = []
    notes = list(opened.notes)
    for record in checked_records(opened):
        party = read_party(record, known_estates, default)
        hold = _hold(record, latest)
        if party is not None and hold is not None:
            rows.append((party, hold))
        elif party is not None:
            spoilt.add((party.case, _registered_date(record)))
        problems += record.problems
        notes += record.notes
    return HoldTable(opened.source, tuple(_with_plans(rows, spoilt)), tuple(problems), tuple(notes))


def read_instalments(path: Path, *, limits: Limits | None = None) -> tuple[Instalment, ...]:
    """Read an instalment plan, one date and amount per row; raises UsageMistake naming every bad row."""
    opened = open_table(path, PLAN, limits or Limits())
    found: list[Instalment] = []
    problems: list[Problem] = []
    for record in checked_records(opened):
        instalment = _instalment(record)
        found += [instalment] if instalment else []
        problems += record.problems
    if problems or not found:
        raise UsageMistake(
            say("{file} has no usable instalment plan.", file=path.name),
            say("Give each instalment a date such as 2026-12-31 and an amount such as 500.00."),
            [say("Row {row}: {problem}", row=problem.row, problem=problem.problem) for problem in problems],
        )
    return tuple(sorted(found, key=lambda instalment: instalment.date))


def _hold(record: Record, latest: date) -> Hold | None:
    kind = record.read("kind", _kind, None)
    if kind is None and not record.problems:
        record.complain("kind", say("The kind of hold is missing."), say("Enter one such as 异议, 承诺 or 分期."))
    registered = record.read("registered", parse_date, None)
    if registered is None and not record.problems:
        record.complain(
            "registered", say("The registration date is missing."), say("Enter the date on which it was registered.")
        )
    if registered is not None and registered > latest:
        record.complain("registered", say("The date is too far in the future."), say("Correct the year."))
    until, amount = record.read("until", parse_date, None), record.read("amount", parse_money, None)
    if kind is None or registered is None or record.problems:
        return None
    _refuse_contradictions(record, kind, registered, until, amount)
    if record.problems:
        return None
    note = record.prose("note")
    if kind is HoldKind.INSTALMENTS and until is not None and amount is not None:
        return Hold(kind, registered, instalments=(Instalment(until, amount),), note=note)
    return Hold(kind, registered, until, amount, note=note)


def _refuse_contradictions(
    record: Record, kind: HoldKind, registered: date, until: date | None, amount: Decimal | None
) -> None:
    if kind in {HoldKind.PROMISE, HoldKind.INSTALMENTS} and until is None:
        record.complain("until", say("The date is missing."), say("Enter the date by which it is to be paid."))
    if kind is HoldKind.INSTALMENTS and amount is None:
        record.complain("amount", say("The amount is missing."), say("Enter the amount to be paid by that date."))
    if amount is not None and amount <= 0:
        record.complain("amount", say("The amount must be above 0."), say("Correct the amount."))
    if until is not None and until < registered:
        record.complain("until", say("The date is before the registration date."), say("Correct one of the two dates."))
    if kind in {HoldKind.PROMISE, HoldKind.INSTALMENTS} and until is not None and until > registered + LONGEST:
        record.complain(
            "until", say("The date is more than three years after the registration date."), say("Correct the year.")
        )


def _instalment(record: Record) -> Instalment | None:
    until, amount = record.read("until", parse_date, None), record.read("amount", parse_money, None)
    if until is None and not record.problems:
        record.complain("until", say("The date is missing."), say("Enter the date by which it is to be paid."))
    if (amount is None or amount <= 0) and not record.problems:
        record.complain("amount", say("The amount is missing."), say("Enter the amount to be paid by that date."))
    return Instalment(until, amount) if until and amount and not record.problems else None


def _with_plans(
    rows: Sequence[tuple[Party, Hold]], spoilt: set[tuple[CaseKey, date | None]]
) -> list[tuple[Party, Hold]]:
    """Merge the instalments of one account and day into one plan; drop a plan with a bad row entirely."""
    plans: dict[tuple[CaseKey, date], int] = {}
    holds: list[tuple[Party, Hold]] = []
    for party, hold in rows:
        key = (party.case, hold.registered)
        if hold.kind is not HoldKind.INSTALMENTS:
            holds.append((party, hold))
        elif key in plans:
            owner, plan = holds[plans[key]]
            holds[plans[key]] = (owner, _merged_plan(plan, hold))
        elif key not in spoilt:
            plans[key] = len(holds)
            holds.append((party, hold))
    return holds


def _merged_plan(plan: Hold, more: Hold) -> Hold:
    instalments = sorted((*plan.instalments, *more.instalments), key=lambda instalment: instalment.date)
    note = plan.note if more.note in plan.note else f"{plan.note}；{more.note}".strip("；")
    return replace(plan, instalments=tuple(instalments), note=note)


def _registered_date(record: Record) -> date | None:
    return Record(record.sheet, record.row, record.cells, record.columns).read("registered", parse_date, None)


def _kind(cell: Cell) -> HoldKind | None:
    text = clean(cell)
    if is_placeholder(text):
        return None
    try:
        return hold_kind(text)
    except UsageMistake as mistake:
        raise Unreadable(mistake.fact, mistake.remedy) from None
