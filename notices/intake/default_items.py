"""Charges whose item the list does not name, and what titles and remarks say that they are instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from notices.errors import UsageMistake
from notices.intake.problems import Note, Problem
from notices.messages import say

# Fees that are not the property fee, as a title or a remark names them where no column gives the item.
_OTHER_FEE = (
    r"(?:地下|地面|人防|机动车|非机动车|汽车|电动车|生活|公共|公区)*(?:停车(?:服务|管理|场地|场|泊位)?|车位(?:服务|管理|使用|租赁)?|车库|水|电|"
    r"水电|暖气|供暖|采暖|供热|燃气|煤气|天然气|垃圾(?:清运|处理)?|公摊|公摊水电|能耗|房租|租|储藏[室间]|广告位?|装修|维修|专项维修)"
    r"(?:费用?|租?金|资金)"
)
OTHER_FEE = re.compile(_OTHER_FEE)
_DAY = r"(?:\d{2,4}年?度?|\d{1,4}[年月.\-/~至\d]*[年月日]?)"
ONLY_FEE = re.compile(
    rf"(?:{_DAY})?(?:尚?[欠补]|未[缴交付]|应[缴收交]|补[缴交收])?的?{_OTHER_FEE}(?:欠费|欠款|未[缴交付]清?|欠[缴交]|尾款|差额)?"
    rf"(?:{_DAY})?(?:[(（][^()（）]*[)）])?[。.]?"
)
FOOTNOTE = re.compile(r"^[注*※]|^备注|^说明|以上|上述|[。；;]")
LONGEST_TITLE = 20
FEW = 3


@dataclass(slots=True)
class DefaultItems:
    """Rows whose charges are taken as the `default` item; `has_column` if the list has items all the same."""

    default: str
    has_column: bool
    others: set[str] = field(default_factory=set)  # fees other than the property fee that rows name as their items
    unnamed: list[int] = field(default_factory=list)  # rows without an item
    only: dict[int, str] = field(default_factory=dict)  # rows whose remark is the name of another fee
    beside: dict[int, str] = field(default_factory=dict)  # rows whose remark names another fee among other things
    under: dict[int, str] = field(default_factory=dict)  # rows below a line that names another fee
    section: str = ""  # that line

    def begin_section(self, texts: Sequence[str]) -> bool:
        """Return whether a row of these texts is a line that names the fee of the rows below it."""
        title = "".join(texts[0].split()) if len(set(texts)) == 1 else ""
        if not title or len(title) > LONGEST_TITLE or FOOTNOTE.search(title):
            return False
        if "物业" in title and "费" in title:
            self.section = ""
        elif OTHER_FEE.search(title):
            self.section = title
        else:
            return False
        return True

    def take(self, row: int, item: str, remarks: Sequence[str]) -> None:
        """Take the item and the remarks of one row."""
        if item:
            if OTHER_FEE.search(item):
                self.others.add(item)
            return
        if self.section:
            self.under[row] = self.section
        if self.has_column:
            self.unnamed.append(row)
        for remark in ("".join(each.split()) for each in remarks):
            if ONLY_FEE.fullmatch(remark):
                self.only[row] = remark
            elif "物业" not in remark and (found := OTHER_FEE.search(remark)):
                self.beside[row] = found[0]

    def refuse_another(self, titles: Iterable[str], *, file: str, rows: int) -> None:
        """Raise UsageMistake if a list without items is about another fee by its title, sheet name or remarks."""
        if self.has_column or OTHER_FEE.search(self.default):
            return
        found = next((it[0] for text in titles if "物业" not in text and (it := OTHER_FEE.search(text))), None)
        if found is None and self.only and 2 * len(self.only) >= rows:
            found = next(iter(self.only.values()))
        if found is not None:
            raise UsageMistake(
                say(
                    "{file} seems to be about {fee}, but has no item column; its charges would be {item}.",
                    file=file,
                    fee=found,
                    item=self.default,
                ),
                say("Add a column 费用项目, or set intake.default_item in notices.toml."),
            )

    def problems(self, sheet: str) -> dict[int, Problem]:
        """Return, by row, the problems of charges that may be about another fee."""
        if OTHER_FEE.search(self.default):
            return {}
        remedy = say("Name the item of this charge in a column 费用项目.")
        found = {
            row: Problem(
                sheet,
                row,
                None,
                remark,
                say("The remark names another fee; the charge would be {item}.", item=self.default),
                remedy,
            )
            for row, remark in self.only.items()
        }
        for row, title in self.under.items():
            above = say("The row stands below “{title}”; the charge would be {item}.", title=title, item=self.default)
            found[row] = Problem(sheet, row, None, None, above, remedy)
        if self.others:
            missing = say(
                "The row names no item, but others name {items}; the charge would be {item}.",
                items="、".join(sorted(self.others)[:FEW]),
                item=self.default,
            )
            found |= {row: Problem(sheet, row, None, None, missing, remedy) for row in self.unnamed if row not in found}
        return found

    def notes(self, sheet: str) -> Iterator[Note]:
        """Yield what is to be said of rows that are taken as the default item all the same."""
        if self.has_column and self.unnamed and not self.others:
            rows = ", ".join(map(str, self.unnamed))
            detail = say("Rows {rows} name no item; they are taken as {item}.", rows=rows, item=self.default)
            yield Note("default-item", sheet, None, None, self.default, detail)
        if OTHER_FEE.search(self.default):
            return
        for row, fee in self.beside.items():
            detail = say("The remark names {fee}; the charge is taken as {item}.", fee=fee, item=self.default)
            yield Note("remark-names-fee", sheet, row, None, fee, detail)
