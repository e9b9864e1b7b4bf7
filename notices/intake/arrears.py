"""Reader of arrears lists: from a file to accounts, problems and notes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from itertools import takewhile
from pathlib import Path

from notices.errors import UsageMistake
from notices.garbage import search_put_off
from notices.intake.accounts import Contact, ListedCharge, group_into_accounts
from notices.intake.amounts import parse_area
from notices.intake.charges import ChargeReader
from notices.intake.cleaning import clean, clean_text, is_placeholder, printable, shown
from notices.intake.contacts import read_confirmation, read_email, read_owner_kind, read_postcode, read_telephone
from notices.intake.default_items import DefaultItems
from notices.intake.header import Vocabulary
from notices.intake.headings import ARREARS, IGNORED, MONEY, OTHER_MONEY, money_unit, normalise_heading
from notices.intake.non_charge_rows import NonChargeRows
from notices.intake.not_understood import NotUnderstood
from notices.intake.open_table import NO_CHOICES, Opened, open_table
from notices.intake.owners import telephones_beside
from notices.intake.party import default_estate, read_estate, read_names, read_unit
from notices.intake.problems import Note, Problem
from notices.intake.records import Record, records
from notices.intake.results import ArrearsList, Column
from notices.intake.saved_mappings import Choices
from notices.intake.split_amounts import split_amount, split_problem
from notices.intake.totals import Totals
from notices.messages import Message, say
from notices.model import ZERO
from notices.progress import Progress
from notices.settings import Intake
from notices.tables import Cell, Limits

STRIDE = 1_000  # rows between progress reports
VOCABULARY = Vocabulary(ARREARS, (("unit",), ("owner",), ("due", "owed")), wide=True)
# Remarks that say nothing else than that the row is no debt (any more).
SETTLED = re.compile(
    r"(?:费用?|款项?)?(?:已经?|全部|均已|都已)?(?:[缴交付结]|支付|缴纳)(?:清|讫|完)(?:费用|了)?|已(?:[缴交付](?:费|款)?|缴纳|支付|结算|到账|收款|核销|免除|减免|注销)|"
    r"(?:此行|本行|该笔|此笔)?(?:作废|无效|重复(?:录入|登记|行|数据)?)|无欠费|不欠费?|测试(?:数据)?|免[收缴交]"
)
RUNNING_NUMBERS = frozenset({"序号", "行号", "编号", "no", "no."})


def read_arrears(
    path: Path,
    intake: Intake,
    *,
    known_estates: Sequence[str],
    as_of: date,
    choices: Choices = NO_CHOICES,
    progress: Progress | None = None,
) -> ArrearsList:
    """Read an arrears list, long or wide, in any of the formats of `notices.tables`.

    `progress` is called every STRIDE rows with the rows read so far and the estimated total. Raises Unusable if the
    file cannot be read at all, UsageMistake if the user must choose something first (sheet, column, estate); everything
    else is in the result, problems with their rows.
    """
    with search_put_off():
        opened = open_arrears(path, intake, choices)
        columns = frozenset(heading.meaning for heading in opened.header.columns.values())
        default = default_estate(known_estates, choices.estate, columns, path.name)
        reading = _Reading(opened, intake, known_estates, default, as_of)
        for count, record in enumerate(records(opened), start=1):
            reading.take(record)
            if progress is not None and count % STRIDE == 0:
                progress(count, max(count, opened.sheet.marks.last_row))
        return reading.result()


def open_arrears(path: Path, intake: Intake, choices: Choices) -> Opened:
    """Open an arrears list and interpret its headings; raises the errors of `read_arrears`."""
    return open_table(path, VOCABULARY, limits_of(intake), choices)


def limits_of(intake: Intake) -> Limits:
    """Convert the settings' limits into those of the table readers."""
    size = intake.max_megabytes * 1024**2
    return Limits(max_bytes=size, max_unpacked=5 * size, max_rows=intake.max_rows)


@dataclass(slots=True)
class _Reading:
    opened: Opened
    intake: Intake
    known_estates: Sequence[str]
    default_estate: str | None
    as_of: date
    totals: Totals = field(init=False)
    extras: NonChargeRows = field(init=False)
    charges: ChargeReader = field(init=False)
    unknown: NotUnderstood = field(init=False)
    rows: list[ListedCharge] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    samples: dict[int, str] = field(default_factory=dict)
    seen: dict[bytes, int] = field(default_factory=dict)
    marked: dict[str, list[tuple[int, Decimal]]] = field(default_factory=dict)
    running: frozenset[int] = frozenset()
    hidden: frozenset[int] = frozenset()
    struck: frozenset[int] = frozenset()
    count: int = 0
    header_width: int = 0
    unit_below: str = ""  # a line below the header that names a unit of money
    other_headings: str = ""  # the last row that is the header of another table
    items: DefaultItems = field(init=False)
    shared_amounts: Mapping[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        marks = self.opened.sheet.marks
        self.totals = Totals(self.opened.header, (("hidden", marks.hidden), ("struck", marks.struck)))
        self.extras = NonChargeRows(self.opened.header, self.totals)
        self.charges = ChargeReader(self.intake, self.opened.header.scale, self.as_of)
        self.running = frozenset(index for index, key in self.opened.header.keys.items() if key in RUNNING_NUMBERS)
        columns = self.opened.header.not_understood()
        self.unknown = NotUnderstood({index: columns[index] for index in columns if index not in self.running})
        self.hidden, self.struck = self.opened.sheet.marks.hidden, self.opened.sheet.marks.struck
        self.shared_amounts = self._shared_amounts()
        self.header_width = marks.widths.until(self.opened.header.row) if marks.widths else 0
        items = any(heading.meaning == "item" for heading in self.opened.header.columns.values())
        self.items = DefaultItems(self.intake.default_item, items)
        self.notes += self.opened.notes

    def take(self, record: Record) -> None:
        """Process one row below the header."""
        self._sample(record)
        if self.extras.take(record):
            return
        texts = [text for text in record.texts if text.strip()]
        if len(texts) == 1 and money_unit(texts[0]) not in {None, self.opened.header.scale}:
            self.unit_below = texts[0]
        if self._repeats_part_of_the_header(record):
            self.other_headings = ", ".join(texts)
        if self.items.begin_section(texts):
            record.note("section-row", say("This row names the fee of the rows below it."))
            self.notes += record.notes
            return
        self.count += 1
        self.unknown.take(record.cells)
        if not (self._is_duplicate(record) or self._has_no_owner(record)):
            self._take_charges(record)
        self.notes += record.notes

    def result(self) -> ArrearsList:
        """Assemble the result from all processed rows; raises UsageMistake if a column may matter."""
        sheet = self.opened.sheet.name
        meanings = {heading.meaning for heading in self.opened.header.columns.values()}
        wide = self.opened.source.shape == "wide"
        self.unknown.refuse_likely(meanings, wide=wide, file=self.opened.source.file)
        titles = (sheet, *self._titles())
        self.items.refuse_another(titles, file=self.opened.source.file, rows=len(self.rows))
        self._refuse_other_money()
        self._add_problems(self.items.problems(sheet))
        accounts, rejected, notes = group_into_accounts(self.rows, sheet)
        problems = [problem for row in self.rows for problem in row.problems]
        estates = dict.fromkeys(row.estate for row in self.rows if row.estate)
        return ArrearsList(
            source=self.opened.source,
            columns=self._columns(),
            accounts=tuple(accounts),
            rejected=tuple(rejected),
            problems=tuple(problems),
            notes=(*self._list_notes(estates), *self.items.notes(sheet), *self.extras.notes, *self.notes, *notes),
            rows=self.count,
            home=self.default_estate,
            not_understood=self.unknown.shown(),
        )

    def _refuse_shifted(self, record: Record) -> None:
        """Report a row of a text file in which a separator inside a value has shifted the cells behind it."""
        widths = self.opened.sheet.marks.widths
        if widths is None:
            return
        if record.row == self.opened.sheet.marks.cut_row:
            problem = say("The file ends in the middle of this row.")
            record.complain("", problem, say("Export the list again, and use the whole file."))
        width = widths.of(record.row)
        pieces = split_amount(record.cells, self.opened.header.columns, wider=width > self.header_width)
        if pieces is not None:
            record.complain("", *split_problem(pieces))
        elif width > self.header_width and (width > widths.usual or any(record.cells[self.header_width :])):
            problem = say("The row has more cells than the list has columns.")
            record.complain("", problem, say("Put quotation marks around a value that contains a comma."))

    def _take_charges(self, record: Record) -> None:
        self._refuse_shifted(record)
        if self.other_headings:
            problem = say("The row stands below other headings: {headings}.", headings=self.other_headings)
            record.complain("", problem, say("Put each table on a sheet of its own."))
        if any(SETTLED.fullmatch("".join(text.split())) for text in self._remarks(record)):
            problem = say("The remark says that nothing is owed, but the row has an amount.")
            record.complain("remark", problem, say("Delete the row, or correct the remark."))
        row = ListedCharge(
            row=record.row,
            estate=read_estate(record, self.known_estates, self.default_estate),
            unit=read_unit(record, self.extras.building),
            owners=read_names(record),
            charges=self.charges.read(record),
            contact=_contact(record),
            problems=tuple(record.problems),  # last, because the calls above append to it
        )
        self.rows.append(row)
        self.items.take(record.row, _unless_placeholder(shown(record.cell("item")).strip()), self._remarks(record))
        if (top := self.shared_amounts.get(record.row)) is not None:
            self._refuse_shared(top, row)
        self.totals.add(record)
        if record.row in self.hidden or record.row in self.struck:
            self._mark(row)

    @staticmethod
    def _remarks(record: Record) -> list[str]:
        return [shown(record.at(index)) for index, _ in record.columns.get("remark", ())]

    def _add_problems(self, found: Mapping[int, Problem]) -> None:
        """Add problems that only the whole list shows to their rows."""
        if found:
            self.rows = [
                replace(row, problems=(*row.problems, found[row.row])) if row.row in found else row for row in self.rows
            ]

    def _repeats_part_of_the_header(self, record: Record) -> bool:
        """Return whether a row is the header of another table: some of its cells are this one's headings."""
        keys = self.opened.header.keys
        texts = {place: normalise_heading(text) for place, text in enumerate(record.texts) if text.strip()}
        return len(texts) > 2 and sum(text in keys.values() for text in texts.values()) >= max(2, len(texts) // 2)

    def _refuse_other_money(self) -> None:
        """Raise UsageMistake if a title or a line below says that the amounts are in another unit or money."""
        if self.unit_below:
            raise UsageMistake(
                say(
                    "{file} says “{words}” below its header; it is unclear which amounts that is about.",
                    file=self.opened.source.file,
                    words=self.unit_below,
                ),
                say("Write the unit into the heading, such as 欠费（万元）, and delete that line."),
            )
        found = next((it for text in self._titles() if (it := OTHER_MONEY.search(text))), None)
        if found is not None:
            raise UsageMistake(
                say(
                    "{file} says “{words}” above its header, but letters demand yuan.",
                    file=self.opened.source.file,
                    words=found[0],
                ),
                say("Convert the amounts to yuan, and say 单位：元 there."),
            )

    def _titles(self) -> Iterator[str]:
        """Yield the texts above the header."""
        above = takewhile(lambda row: row[0] < self.opened.header.row, self.opened.sheet.rows())
        return (shown(cell) for _, cells in above for cell in cells if isinstance(cell, str))

    def _refuse_shared(self, top: int, row: ListedCharge) -> None:
        """Report an amount that several accounts share: as a merged cell it stands in the first one's row only."""
        place = next((place for place in range(len(self.rows) - 1, -1, -1) if self.rows[place].row == top), None)
        if place is None or (self.rows[place].unit, self.rows[place].owners) == (row.unit, row.owners):
            return
        problem = say("One amount stands for several units or owners.")
        remedy = say("Divide the merged cell, and give each row its own amount.")
        if all(each.problem != problem for each in self.rows[place].problems):
            found = Problem(self.opened.sheet.name, top, None, None, problem, remedy)
            self.rows[place] = replace(self.rows[place], problems=(*self.rows[place].problems, found))

    def _shared_amounts(self) -> dict[int, int]:
        """Map each row that shares the merged amount of a row above to that row."""
        columns, header = self.opened.header.columns, self.opened.header.row
        money = {index for index, heading in columns.items() if heading.meaning in MONEY or heading.period}
        return {
            row: merge.first_row
            for merge in self.opened.sheet.marks.merges
            if merge.first_row > header and money & set(range(merge.first_column, merge.last_column + 1))
            for row in range(merge.first_row + 1, merge.last_row + 1)
        }

    def _mark(self, row: ListedCharge) -> None:
        owed = sum((charge.owed for charge in row.charges), ZERO)
        for code, marked in (("hidden-rows", self.hidden), ("struck-rows", self.struck)):
            if row.row in marked:
                self.marked.setdefault(code, []).append((row.row, owed))

    def _is_duplicate(self, record: Record) -> bool:
        """Return whether an earlier row has the same cells, running numbers aside."""
        values = [text for index, text in enumerate(record.texts) if index not in self.running]
        while values and not values[-1]:
            values.pop()
        digest = blake2b("\x1f".join(values).encode("utf-8", "surrogatepass"), digest_size=16).digest()
        first = self.seen.setdefault(digest, record.row)
        if first != record.row:
            record.note("duplicate-row", say("This row repeats row {row}; it is counted once.", row=first))
            self.totals.leave_out(record, "repeated")
        return first != record.row

    def _has_no_owner(self, record: Record) -> bool:
        """Return whether the unit has no owner to write to: vacant, unsold or the developer's."""
        cell = record.cell("owner")
        name = "".join(clean_text(cell).split()) if isinstance(cell, str) else ""
        if name not in self.intake.skip_owners:
            return False
        record.note("owner-skipped", say("The owner is {owner}; the row is skipped.", owner=name), "owner")
        self.totals.leave_out(record, "owner-skipped")
        return True

    def _sample(self, record: Record) -> None:
        if len(self.samples) < len(self.opened.header.columns):
            for index in self.opened.header.columns.keys() - self.samples.keys():
                if text := shown(record.at(index)):
                    self.samples[index] = text

    def _columns(self) -> tuple[Column, ...]:
        ordered = sorted(self.opened.header.columns.items())
        return tuple(Column(heading.text, heading.meaning, self.samples.get(index, "")) for index, heading in ordered)

    def _list_notes(self, estates: Mapping[str, None]) -> list[Note]:
        found = [
            ("unknown-estate", name, say("Estate {estate} is not in the settings.", estate=name))
            for name in estates
            if name not in self.known_estates
        ]
        for column in sorted(self.opened.sheet.marks.hidden_columns & self.opened.header.columns.keys()):
            heading = self.opened.header.columns[column]
            if heading.meaning != IGNORED or heading.period:
                detail = say("The column {heading} is hidden; it is read all the same.", heading=heading.text)
                found.append(("hidden-column", heading.text, detail))
        found += self._default_notes()
        for code, rows in self.marked.items():
            numbers, owed = ", ".join(str(row) for row, _ in rows), sum((owed for _, owed in rows), ZERO)
            detail = (
                say("Rows {rows} are hidden; they are included, {owed} yuan in all.", rows=numbers, owed=owed)
                if code == "hidden-rows"
                else say(
                    "Rows {rows} are struck through, wholly or in part; they are included, {owed} yuan in all.",
                    rows=numbers,
                    owed=owed,
                )
            )
            found.append((code, "", detail))
        return [Note(code, self.opened.sheet.name, None, None, value or None, detail) for code, value, detail in found]

    def _default_notes(self) -> list[tuple[str, str, Message]]:
        """Note, once per list, each default applied because the list has no such column."""
        meanings = {heading.meaning for heading in self.opened.header.columns.values()}
        wide = self.opened.source.shape == "wide"
        notes: list[tuple[str, str, Message]] = []
        if not self.count:
            notes.append(("no-rows", "", say("There are no rows below the header.")))
        if "estate" not in meanings and self.default_estate:
            detail = say(
                "The list has no estate column; every row is taken to belong to {estate}.", estate=self.default_estate
            )
            notes.append(("default-estate", self.default_estate, detail))
        if "item" not in meanings:
            detail = say("The list has no item column; every charge is taken as {item}.", item=self.intake.default_item)
            notes.append(("default-item", self.intake.default_item, detail))
        if wide or "due-date" not in meanings:
            notes.append(("due-date-derived", "", say("The list has no due dates; they are derived from the periods.")))
        for heading in self.opened.header.columns.values():
            unit = heading.scale or self.opened.header.scale
            if (heading.period or heading.meaning in MONEY) and unit != 1:
                detail = say(
                    "The amounts under {heading} are in units of {unit} yuan.", heading=heading.text, unit=unit
                )
                notes.append(("unit-of-money", heading.text, detail))
        return notes


def _contact(record: Record) -> Contact:
    area = record.read("area", parse_area, None)
    if area is not None and not area:
        record.note("zero-area", say("The area is 0."), "area")
    return Contact(
        telephone=record.read_with_remarks("telephone", read_telephone, "") or _telephone_beside_owner(record),
        email=record.read_with_remarks("email", read_email, ""),
        confirmed=record.read_with_remarks("email-confirmed", read_confirmation, None),
        address=_unless_placeholder(record.read("address", _written_out, "")),
        postcode=record.read_with_remarks("postcode", read_postcode, ""),
        area=area or None,
        remark=_unless_placeholder(record.prose("remark")),
        owner_kind=record.read_with_remarks("owner-kind", read_owner_kind, None),
    )


def _telephone_beside_owner(record: Record) -> str:
    """Return the telephone number that stands in the owner's cell, if the list has no other."""
    beside = telephones_beside(record.cell("owner"))
    number = read_telephone(beside, lambda _code, _detail: None) if beside else ""
    if number:
        record.note("telephone-beside-owner", say("The telephone number beside the owner's name is used."), "owner")
    return number


def _written_out(cell: Cell) -> str:
    """Return a cell as prose; raises Unreadable for one that only refers to the cell above."""
    clean(cell)
    return printable(cell) if isinstance(cell, str) else shown(cell)


def _unless_placeholder(text: str) -> str:
    return "" if is_placeholder(text) else text
