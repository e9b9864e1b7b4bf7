"""Rows of a list that are no charges: totals, footers, the header again, a building's name over its units."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from notices.intake.amounts import parse_money
from notices.intake.cleaning import clean_text
from notices.intake.header import Header, is_heading_row
from notices.intake.headings import MONEY, Heading
from notices.intake.problems import Note, Unreadable
from notices.intake.records import Record
from notices.intake.units import normalise_unit
from notices.messages import say
from notices.model import ZERO
from notices.tables import Cell

TOTALS = re.compile(r"^.{0,20}(?:合计|小计|总计|累计)(?:\([^)]*\)|金额|欠费)?[:：]?(?:人民币)?$")
FOOTER = re.compile(
    r"^(?:制表|制单|审核|复核|打印|导出|填表|经办|编制|主管|审批|财务)(?:人|日期|时间|员|部门|部)?(?:签字)?[:：]|"
    r"^(?:打印|导出|制表|生成)(?:时间|日期)|^(?:制表人|审核人?|复核人?|经办人)$|^第\d+页|^共\d+页|^-?\d+/\d+页?-?$|^page\d+",
    re.IGNORECASE,
)
BARE_TOTALS = frozenset({"合计", "小计", "总计", "累计", "合计:", "小计:", "总计:"})
BUILDING = re.compile(r"^[0-9A-Za-z一二三四五六七八九十]{1,6}(?:栋|幢|座|号楼|#楼|#)$")


@dataclass(slots=True)
class Extras:
    """Tells rows that are no charges apart, says so in `notes`, and compares totals with what was read."""

    header: Header
    building: str = ""
    notes: list[Note] = field(default_factory=list)
    _all: dict[int, Decimal] = field(default_factory=dict)
    _since: dict[int, Decimal] = field(default_factory=dict)

    def take(self, record: Record) -> bool:
        """Whether the row is one of these, and is done with."""
        texts = [_joined(cell) for cell in record.cells if isinstance(cell, str)]
        if any(text.endswith(("计", "计:", ")", "额", "币", "费")) and TOTALS.match(text) for text in texts):
            return self._take_total(record)
        if is_heading_row(record.cells, self.header):
            record.note("repeated-header", say("The header stands here again; the row is skipped."))
        elif _is_footer(record, texts):
            record.note("footer-row", say("This row belongs to the foot of the page; it is skipped."))
        elif len(texts) == 1 and BUILDING.match(texts[0]) and _filled(record.cells) == 1:
            self.building = normalise_unit(texts[0])
            record.note("building-row", say("This row names the building of the rows below it."))
        elif any(texts) or _filled(record.cells) > sum(isinstance(cell, str) for cell in record.cells):
            return False
        self.notes += record.notes
        return True

    def add(self, record: Record) -> None:
        """Count what was read from a charge row towards the totals that follow it."""
        for index, amount in record.amounts.items():
            self._all[index] = self._all.get(index, ZERO) + amount
            self._since[index] = self._since.get(index, ZERO) + amount

    def _take_total(self, record: Record) -> bool:
        if record.cell("unit") is not None and record.cell("owner") is not None and not _says_total(record):
            return False
        record.note("totals-row", say("This row holds totals; it is skipped."))
        self.notes += record.notes
        for index, heading in self._money():
            self._compare(record, index, heading)
        self._since.clear()
        return True

    def _compare(self, record: Record, index: int, heading: Heading) -> None:
        try:
            total = parse_money(record.at(index), unit=heading.scale or self.header.scale)
        except Unreadable:
            return
        ours = (self._since.get(index, ZERO), self._all.get(index, ZERO))
        if total is None or total in ours:
            return
        nearest = min(ours, key=lambda amount: abs(amount - total))
        detail = say("The list says {total}, the rows read make {ours}.", total=total, ours=nearest)
        self.notes.append(Note("totals-differ", record.sheet, record.row, heading.text, str(total), detail))

    def _money(self) -> list[tuple[int, Heading]]:
        return [
            (index, heading)
            for index, heading in self.header.columns.items()
            if heading.period or heading.meaning in MONEY
        ]


def _says_total(record: Record) -> bool:
    """Whether the total's word stands where the row's own name would; an owner may be called 王小计."""
    if _joined(record.cell("owner")) in BARE_TOTALS:
        return True
    return any(TOTALS.match(_joined(record.cell(meaning))) for meaning in ("estate", "building", "entrance", "unit"))


def _joined(cell: Cell) -> str:
    return "".join(clean_text(cell).split()) if isinstance(cell, str) else ""


def _is_footer(record: Record, texts: Sequence[str]) -> bool:
    """A foot says so at its beginning and holds no amounts."""
    numbers = _filled(record.cells) - sum(isinstance(cell, str) for cell in record.cells)
    return bool(texts) and numbers <= 1 and len(texts) <= 6 and any(FOOTER.match(text) for text in texts[:2])


def _filled(cells: Sequence[Cell]) -> int:
    return sum(cell is not None for cell in cells)
