"""Reading of statements: the format by its headings, each row to a line or a problem, and the end of the file."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeVar

from notices.errors import NoticesError, Unusable, UsageMistake
from notices.intake.cleaning import shown
from notices.intake.dates import serial_from_1904
from notices.intake.headings import IGNORED, Heading, normalise_heading
from notices.intake.problems import Problem, Unreadable
from notices.intake.split_amounts import split_amount, split_problem
from notices.intake.statements.cells import read_clock, read_day, read_yuan, refuse_other_currency, said
from notices.intake.statements.formats import MEANINGS
from notices.intake.statements.kinds import REVERSAL, direction, given_back, kind_of_expense, kind_of_income
from notices.intake.statements.lines import Fate, Statement, StatementLine
from notices.intake.statements.sheets import TABLE, StatementChoices, StatementHeadings, chosen_sheet
from notices.intake.statements.whose_account import account_in
from notices.messages import Message, say
from notices.model import ZERO
from notices.tables import Cell, Limits, Sheet, Workbook, read_packed

BANKS = frozenset({"icbc", "ccb", "abc", "boc", "bocom", "cmb"})
KINDS = dict.fromkeys(("in", "out", "amount", "balance", "fee", "refund-amount"), "amount") | {"remark": "note"}
SUMMARY = re.compile(
    r"#|-{3,}|合计|总计|小计|共计|人民币合计|总交易单数|本页|收入合计|支出合计|收入笔数|支出笔数|期初|期末|上期|承前|"
    r"以上|截止|打印|制表|说明|备注|注[:：]|温馨提示|共\d+笔|\*+"
)
VOID = re.compile(r"已?(?:作废|红冲|冲红|冲正|撤销|退款|退费)")  # a remark that says nothing else
COUNTED = re.compile(r"共\s*(\d+)\s*笔(?:记录)?")


def read_statements(
    path: Path, today: date, choices: StatementChoices, limits: Limits | None = None
) -> tuple[list[Statement], list[tuple[str, NoticesError]]]:
    """Read a statement, or all those in a .zip; return also the files in it that are none, each with the reason.

    Raises Unusable if no file can be read, UsageMistake if its headings are unknown or a sheet must be chosen.
    """
    if unknown := [meaning for meaning in choices.mapping.values() if meaning not in MEANINGS]:
        raise UsageMistake(
            say("{meaning} is not a known column meaning.", meaning=unknown[0]),
            say("Use one of: {meanings}.", meanings=", ".join(MEANINGS)),
        )
    found: list[Statement] = []
    failed: list[tuple[str, NoticesError]] = []
    for name, book in read_packed(path, limits or Limits()):
        try:
            if isinstance(book, Unusable):
                raise book
            found.append(_read(name, book, today, choices))
        except (Unusable, UsageMistake) as error:
            failed.append((name, error))
    if failed and not found:
        raise failed[0][1]
    return found, failed


def _read(file: str, book: Workbook, today: date, choices: StatementChoices) -> Statement:
    page, headings = chosen_sheet(file, book, choices)
    reader = _Reader(file, page, headings, today, text_file=book.kind == "csv")
    return reader.read()


@dataclass
class _Reader:
    """Reader of one sheet."""

    file: str
    page: Sheet
    headings: StatementHeadings
    today: date
    text_file: bool
    lines: list[StatementLine] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    rows: int = 0
    ended: bool = False
    announced: int | None = None
    notes_above: bool = False
    notes_below: bool = False
    account: str = ""
    account_row: int | None = None
    seen: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def read(self) -> Statement:
        """Read all rows."""
        last: _LineCells | None = None
        before = 0
        for number, cells in self.page.rows():
            if number < self.headings.row:
                self._look_above(number, cells)
            elif number > self.headings.row and self._is_line(row := _LineCells(self, number, cells)):
                if last is not None:
                    before = len(last.cells)
                    self._take(last)
                last = row
        if last is not None:
            self.rows += 1
            if self._is_cut(last.cells, before):
                self._complain_of_end(last.number)
            else:
                self._row(last)
        self._check_count(last.number if last else self.headings.row)
        return Statement(
            self.file,
            self.headings.format.name,
            self.rows,
            tuple(self.lines),
            tuple(self.problems),
            self.account,
            self.account_row,
        )

    def _take(self, row: _LineCells) -> None:
        self.rows += 1
        self._row(row)

    def _look_above(self, number: int, cells: tuple[Cell, ...]) -> None:
        text = " ".join(shown(cell) for cell in cells if cell is not None)
        self.notes_above |= text.startswith("#")
        if (found := COUNTED.search(text)) and self.announced is None:
            self.announced = int(found[1])
        if not self.account and (account := account_in(cells)):
            self.account, self.account_row = account, number

    def _is_line(self, row: _LineCells) -> bool:
        """Return whether a row below the headings is a line: not a note, a total, or the headings again."""
        if self.ended:
            return False
        columns = range(len(row.cells))
        first = next((text for column in columns if (text := row.text(column))), "")
        if not first:
            return False
        needed = self.headings.format.summary_needed
        if needed and normalise_heading(first) == needed:
            self.ended = True
            return False
        if shown(row.cells[0] or "").lstrip().startswith("#"):
            self.notes_below = True
            return False
        keys = self.keys
        if normalise_heading(first) in keys:
            texts = filter(None, map(row.text, columns))
            if {*map(normalise_heading, texts)} <= keys:
                return False
        return not (SUMMARY.match(first.replace(" ", "")) and not self._has_day(row))

    @cached_property
    def keys(self) -> frozenset[str]:
        """Headings as they are compared."""
        return self.headings.keys

    @staticmethod
    def _has_day(row: _LineCells) -> bool:
        try:
            return read_day(row.cell("date")) is not None
        except Unreadable:
            return False

    def _is_cut(self, cells: tuple[Cell, ...], before: int) -> bool:
        """Return whether the file ends within its last row: nobody can tell if its last cell is whole."""
        return self.text_file and (
            (bool(self.headings.format.summary_needed) and not self.ended)
            or len(cells) < min(before, len(self.headings.texts))
        )

    def _complain_of_end(self, row: int) -> None:
        self._complain(
            row,
            None,
            say("The file ends in the middle: it was cut off here."),
            say("Download it again and import the whole file; lines that are recorded are recognised."),
        )

    def _check_count(self, row: int) -> None:
        if self.announced is not None and self.rows < self.announced:
            self._complain(
                None,
                str(self.announced),
                say("The file announces {count} lines and has {rows}.", count=self.announced, rows=self.rows),
                say("Download it again and import the whole file; lines that are recorded are recognised."),
            )
        elif self.headings.format.name == "alipay-merchant" and self.notes_above and not self.notes_below:
            self._complain_of_end(row)

    def _row(self, row: _LineCells) -> None:
        line = self._line(row)
        if line is not None:
            self.lines.append(line)

    @cached_property
    def headings_by_column(self) -> Mapping[int, Heading]:
        """Headings by column, for amounts in pieces; a remark may be a number by itself, as the room of who paid."""
        meanings = {column: meaning for meaning, columns in self.headings.columns.items() for column in columns}
        return {
            column: Heading(text, KINDS.get(meanings.get(column, IGNORED), meanings.get(column, IGNORED)))
            for column, text in enumerate(self.headings.texts)
            if text
        }

    def _is_shifted(self, row: _LineCells) -> bool:
        """Report a line of a text file in which an amount was split at its own comma."""
        widths = self.page.marks.widths
        if widths is None:
            return False
        wider = widths.of(row.number) > widths.of(self.headings.row)
        pieces = split_amount(row.cells, self.headings_by_column, wider=wider)
        if pieces is not None:
            row.complain(row.meaning_of_amount, *split_problem(pieces))
        return pieces is not None

    def _line(self, row: _LineCells) -> StatementLine | None:
        if self._is_shifted(row):
            return None
        if row.number in self.page.marks.struck:
            row.complain("date", say("The line is struck through."), say("Delete the line, or take the stroke away."))
            return None
        read = _read_day_from_1904 if self.page.marks.since_1904 else read_day
        day = row.value("date" if "date" in self.headings.columns else "time", read)
        row.value("currency", _in_yuan)
        money = self._money(row)
        if not row.complaints:
            self._check(row, day, money)
        if row.complaints or day is None or not money.amount:
            return None
        kind, status = row.said("kind"), row.said("status")
        payer, remark, serial = row.said("payer"), row.joined("remark"), row.said("serial")
        bank = self.headings.format.name in BANKS | {TABLE}
        fate = _fate(money, kind, status, payer, remark, bank=bank)
        numbered = self.headings.format.unique_serial
        reference = (row.said("reference") or (serial if money.came_in else "")) if numbered else ""
        return StatementLine(
            row=row.number,
            key=self._key(row, day, money, payer, remark, serial),
            fate=fate,
            date=day,
            amount=money.amount,
            payer=payer,
            remark=" ".join(part for part in (remark, kind if bank and kind not in remark else "") if part),
            reference=f"{self._family}:{reference}" if reference else None,
            returned=given_back(status, money.amount) if money.came_in else ZERO,
            takes_back=fate is Fate.REFUND and not money.came_in,
            estate=row.said("estate"),
            unit="-".join(part for name in ("building", "entrance", "unit") if (part := row.said(name))),
            owner=row.said("owner"),
        )

    def _check(self, row: _LineCells, day: date | None, money: _Money) -> None:
        """Complain of a row without day or amount, or with one that cannot be."""
        if day is None:
            row.complain("date", say("The date is missing."), _FILL_IN)
        elif day > self.today:
            row.complain(
                "date", say("The date is in the future."), say("Correct it in a copy of the file, or ask the bank.")
            )
        elif not money.amount and not (money.amount == 0 and money.refund):
            row.complain(row.meaning_of_amount, say("The line has no amount above zero."), _FILL_IN)
        elif money.amount is not None and money.amount < 0:
            row.complain(
                row.meaning_of_amount,
                say("The amount is below zero."),
                say("If it takes back a payment, use `notices payment undo`; otherwise correct the amount."),
            )

    def _money(self, row: _LineCells) -> _Money:
        """Return amount and direction of a row."""
        name = self.headings.format.name
        if name == "wechat-merchant" and row.said("status").upper() in {"REFUND", "REVOKED"}:
            back = row.value("refund-amount", read_yuan) or row.value("amount", read_yuan)
            return _Money(back, came_in=False, refund=True)
        came, went = row.value("in", read_yuan), row.value("out", read_yuan)
        if came and went:
            row.complain("in", say("The line has money in and money out."), say("Correct it in a copy of the file."))
        if came and came < 0 and name in BANKS:  # the reversal of money that came in
            return _Money(-came, came_in=False, refund=True)
        if came or went:
            return _Money(came, came_in=True) if came else _Money(abs(went or ZERO), came_in=False)
        amount = row.value("amount", read_yuan)
        if amount is None:
            return _Money(came if came is not None else went, came_in=True)
        return self._signed(row, amount, name)

    def _signed(self, row: _LineCells, amount: Decimal, name: str) -> _Money:
        """Return amount and direction of a row with one column of amounts, which may have a sign of its own."""
        if "sign" in self.headings.columns:
            towards = direction(row.said("sign"))
            if towards is None and name == TABLE:
                if REVERSAL.search(row.said("sign")) or "支" in row.said("sign"):
                    row.complain("sign", say("It is unclear whether money came in or went out."), _FILL_IN)
                towards = True
            return _Money(amount if towards else abs(amount), came_in=towards)
        if amount < 0 and name != TABLE:
            return _Money(-amount, came_in=False)
        fee = row.value("fee", read_yuan) or ZERO
        return _Money(amount + (abs(fee) if self._is_net else ZERO), came_in=True)

    @property
    def _is_net(self) -> bool:
        """True if the amount is what arrived after the provider's commission: the owner paid more."""
        columns = self.headings.columns.get("amount", ())
        return bool(columns) and normalise_heading(self.headings.texts[columns[0]]).startswith(("到账", "入账", "净"))

    @property
    def _family(self) -> str:
        """Provider of the format: its numbers are the same in all its files."""
        return self.headings.format.name.partition("-")[0]

    def _key(self, row: _LineCells, day: date, money: _Money, payer: str, remark: str, serial: str) -> str:
        """Return what identifies a line: the provider's number, else all that it says and its place among equals."""
        way = {True: "in", False: "out", None: "-"}[money.came_in]
        facts: tuple[str, ...] = (self._family, f"{money.amount:.2f}", way)
        if serial and self.headings.format.unique_serial:
            told = (*facts, serial, row.said("refund-serial") if money.refund else "")
        else:
            clock = read_clock(row.cell("time"), row.cell("date"))
            balance = _as_written(row.said("balance"))
            place = tuple(row.said(name) for name in ("estate", "building", "entrance", "unit", "owner"))
            said_of_it = (payer, row.said("payer-account"), remark, balance, serial, *place)
            told = (*facts, day.isoformat(), clock, *("".join(text.split()) for text in said_of_it))
            self.seen[told] += 1
            told = (*told, str(self.seen[told]))
        return hashlib.sha256("\x1f".join(told).encode()).hexdigest()

    def _complain(self, row: int | None, value: str | None, problem: Message, remedy: Message) -> None:
        self.problems.append(Problem(self.page.name, row, None, value, problem, remedy))


class _Money(NamedTuple):
    """Amount of a row in yuan; `came_in` is None for money that only moved within the payer's own accounts."""

    amount: Decimal | None
    came_in: bool | None
    refund: bool = False


def _fate(money: _Money, kind: str, status: str, payer: str, remark: str, *, bank: bool) -> Fate:
    if money.refund:
        return Fate.REFUND
    if money.came_in:
        if VOID.fullmatch("".join(remark.split())):
            return Fate.REFUND
        return kind_of_income(kind, status, payer, remark, bank=bank)
    return kind_of_expense(kind, status, remark)


T = TypeVar("T")


@dataclass(slots=True)
class _LineCells:
    """The cells of one row by meaning; a cell is cleaned when it is first asked for, as rows have many."""

    reader: _Reader
    number: int
    cells: tuple[Cell, ...]
    complaints: int = 0
    _texts: dict[int, str] = field(default_factory=dict)

    def text(self, column: int) -> str:
        """Return what the cell of a column says; "" beyond the end of the row."""
        found = self._texts.get(column)
        if found is None:
            found = self._texts[column] = _text(self.cells[column]) if column < len(self.cells) else ""
        return found

    def cell(self, meaning: str) -> Cell:
        """Return the first cell of a meaning that says anything."""
        for column in self.reader.headings.columns.get(meaning, ()):
            if self.text(column):
                return self.cells[column]
        return None

    def said(self, meaning: str) -> str:
        """Return what the cell of a meaning says."""
        for column in self.reader.headings.columns.get(meaning, ()):
            if text := self.text(column):
                return text
        return ""

    def joined(self, meaning: str) -> str:
        """Return what all cells of a meaning say."""
        columns = self.reader.headings.columns.get(meaning, ())
        if len(columns) < 2:
            return self.said(meaning)
        return " ".join(filter(None, dict.fromkeys(map(self.text, sorted(columns)))))

    def value(self, meaning: str, parse: Callable[[Cell], T]) -> T | None:
        """Return the parsed cell of a meaning; None, with a problem, if it cannot be read."""
        cell = self.cell(meaning)
        if cell is None:
            return None
        try:
            return parse(cell)
        except Unreadable as mistake:
            self.complain(meaning, mistake.problem, mistake.remedy)
            return None

    @property
    def meaning_of_amount(self) -> str:
        """Meaning of the column that has the amount, or should have it."""
        known = [each for each in ("amount", "in", "out") if each in self.reader.headings.columns]
        return next((each for each in known if self.cell(each) is not None), known[0])

    def complain(self, meaning: str, problem: Message, remedy: Message) -> None:
        """Record a problem with the cell of a meaning."""
        self.complaints += 1
        columns = self.reader.headings.columns.get(meaning, ())
        filled = (each for each in columns if self.text(each))
        column = next(filled, columns[0] if columns else None)
        heading = None if column is None else self.reader.headings.texts[column]
        value = shown(self.cells[column]) if column is not None and column < len(self.cells) else None
        place = self.reader.page.name
        self.reader.problems.append(
            Problem(place, self.number, heading, (value or "").strip(" \t`") or None, problem, remedy)
        )


_FILL_IN = say("Correct the line in a copy of the file and import that, or record it with `notices payment add`.")


def _read_day_from_1904(cell: Cell) -> date | None:
    return read_day(serial_from_1904(cell))


def _text(cell: Cell) -> str:
    try:
        return said(cell)
    except Unreadable:
        return shown(cell)


def _as_written(balance: str) -> str:
    """Return a balance as the same in every file: a workbook's 1000 is 1,000.00 elsewhere."""
    try:
        amount = read_yuan(balance)
    except Unreadable:
        amount = None
    return balance.replace(",", "") if amount is None else f"{amount:.2f}"


def _in_yuan(cell: Cell) -> str:
    refuse_other_currency(cell)
    return ""
