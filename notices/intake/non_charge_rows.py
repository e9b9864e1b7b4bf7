"""Detection of rows that are not charges: totals, page footers, repeated headers, building names above their units."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from notices.intake.cleaning import clean_text
from notices.intake.header import Header, is_heading_row
from notices.intake.problems import Note
from notices.intake.records import Record
from notices.intake.totals import Totals
from notices.intake.units import normalise_unit
from notices.messages import say
from notices.tables import Cell

SUM = r"合计|小计|总计|累计|共计|汇总|总(?:欠费|欠款|金额|应收|未收)|(?:欠费|欠款|应收|未收)总(?:额|计)"
TOTALS = re.compile(
    rf"^.{{0,20}}(?:{SUM})(?:\([^)]*\)|金额|欠费)?[:：]?(?:人民币)?(?:[¥￥]?[\d,]+(?:\.\d+)?(?:元整?)?)?$"
)
SUM_SIGNS = frozenset("计总汇")  # a row without either has no total; looking for them is cheap
FOOTER = re.compile(
    r"^(?:制表|制单|审核|复核|打印|导出|填表|经办|编制|主管|审批|财务)(?:人|日期|时间|员|部门|部)?(?:签字)?[:：]|"
    r"^(?:打印|导出|制表|生成)(?:时间|日期)|^(?:制表人|审核人?|复核人?|经办人)$|^第\d+页|^共\d+页|^-?\d+/\d+页?-?$|^page\d+",
    re.IGNORECASE,
)
FULL = 7  # a row with more filled cells is not a page footer: footers are short and hold no amounts
BARE_TOTALS = frozenset({"合计", "小计", "总计", "累计", "合计:", "小计:", "总计:", "共计", "汇总", "总欠费", "总金额"})
BUILDING = re.compile(r"^[0-9A-Za-z一二三四五六七八九十]{1,6}(?:栋|幢|座|号楼|#楼|#)$")


@dataclass(slots=True)
class NonChargeRows:
    """Filter for rows that are not charges: notes them in `notes` and compares totals with the amounts read."""

    header: Header
    totals: Totals
    building: str = ""
    notes: list[Note] = field(default_factory=list)

    def take(self, record: Record) -> bool:
        """Handle a row that is not a charge; return whether it was one."""
        filled = [cell for cell in record.cells if cell is not None]
        if SUM_SIGNS.intersection("".join(record.texts)) and _holds_total(filled):
            return self._take_total(record)
        if is_heading_row(record.cells, self.header):
            record.note("repeated-header", say("This row repeats the header; it is skipped."))
        elif len(filled) > FULL:
            return not any(text.strip() for text in record.texts)
        elif _is_charge(record) or not self._is_footer_or_building(record, filled):
            return False
        self.notes += record.notes
        return True

    def _is_footer_or_building(self, record: Record, filled: Sequence[Cell]) -> bool:
        """Return whether a row of few cells is a page footer, a building's name or blank."""
        texts = [_joined(cell) for cell in filled if isinstance(cell, str)]
        numbers = len(filled) - len(texts)
        if numbers <= 1 and any(FOOTER.match(text) for text in texts[:2]):
            record.note("footer-row", say("This row is a page footer; it is skipped."))
        elif len(texts) == 1 and not numbers and BUILDING.match(texts[0]):
            self.building = normalise_unit(texts[0])
            record.note("building-row", say("This row names the building of the rows below it."))
        elif any(texts) or numbers:
            return False
        return True

    def _take_total(self, record: Record) -> bool:
        if record.cell("unit") is not None and record.cell("owner") is not None and not _says_total(record):
            return False
        record.note("totals-row", say("This is a totals row; it is skipped."))
        self.notes += record.notes
        self.notes += self.totals.compare(record)
        return True


def _is_charge(record: Record) -> bool:
    """Return whether a row has what a charge has: 101/102 is then a unit, not the page of a footer."""
    money = any(record.cell(meaning) is not None for meaning in ("due", "owed", "period-columns"))
    return money and record.cell("unit") is not None and record.cell("owner") is not None


def _says_total(record: Record) -> bool:
    """Return whether an identifying cell says "total"; as an owner only the bare word counts: 王小计 is a name."""
    if _joined(record.cell("owner")) in BARE_TOTALS:
        return True
    return any(TOTALS.match(_joined(record.cell(meaning))) for meaning in ("estate", "building", "entrance", "unit"))


def _joined(cell: Cell) -> str:
    return "".join(clean_text(cell).split()) if isinstance(cell, str) else ""


def _holds_total(filled: Sequence[Cell]) -> bool:
    return any(TOTALS.match(_joined(cell)) for cell in filled if isinstance(cell, str))
