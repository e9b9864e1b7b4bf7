"""EMS list: recipient and declared content of each envelope, in the carrier's own columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from string import Formatter

from notices.model import Charge
from notices.press.layout import PlacedLetter
from notices.settings import Ems
from notices.tables import int_if_whole, write_xlsx

EMS_LIST = "ems.xlsx"


def write_ems_list(folder: Path, placed: Sequence[PlacedLetter], job: str, how: Ems, *, dated: date) -> str:
    """Write the list, one row per letter of the tiers sent by EMS (all if none is named); return its file name.

    A column that shows one number alone holds numbers; all other cells are text, so that telephones and postcodes keep
    their zeros and nothing is taken for a formula. Raises Unusable.
    """
    chosen = _chosen(placed, how)
    rows = ([_cell(pattern, fields) for pattern in how.columns.values()] for fields in _fields(chosen, job, how))
    write_xlsx(folder / EMS_LIST, list(how.columns), rows, dated=dated)
    return EMS_LIST


def empty_values(placed: Sequence[PlacedLetter], how: Ems) -> dict[str, int]:
    """Count the letters in the list that have no telephone or postcode, where a column shows it; only above none."""
    chosen = _chosen(placed, how)
    shown = {name for pattern in how.columns.values() for _, name, _, _ in Formatter().parse(pattern)}
    counted = {
        "telephone": sum(not letter.item.telephone for letter in chosen),
        "postcode": sum(not letter.item.postcode for letter in chosen),
    }
    return {name: count for name, count in counted.items() if count and name in shown}


def _chosen(placed: Sequence[PlacedLetter], how: Ems) -> list[PlacedLetter]:
    return [letter for letter in placed if not how.tiers or letter.item.tier in how.tiers]


def _cell(pattern: str, fields: Mapping[str, str | float]) -> str | float:
    alone = fields.get(pattern.strip()[1:-1]) if pattern.strip().startswith("{") else None
    return pattern.format(**fields) if alone is None or isinstance(alone, str) else alone


def _fields(placed: Iterable[PlacedLetter], job: str, how: Ems) -> Iterable[dict[str, str | float]]:
    """Yield the fields a column may show, for each letter; amounts and reasons are deliberately not among them."""
    for letter in placed:
        item = letter.item
        yield {
            "recipient": item.recipient,
            "telephone": item.telephone,
            "postcode": item.postcode,
            "address": item.address,
            "estate": item.estate,
            "unit": item.shown_units,
            "notice": item.number,
            "content": how.contents.get(item.tier, how.content),
            "period": item.period,
            "position": letter.position,
            "pages": item.count,
            "sheets": letter.sheets,
            "grams": int_if_whole(letter.grams),
            "job": job,
        }


def period_of(charges: Iterable[Charge]) -> str:
    """Return the first to the last month with a balance, as written on the waybill: 2024年1月至2026年6月."""
    owed = [charge for charge in charges if charge.owed > 0]
    if not owed:
        return ""
    first = min(charge.period.start if charge.period else charge.due_date for charge in owed)
    last = max(charge.period_end for charge in owed)
    start, end = (f"{day.year}年{day.month}月" for day in (first, last))
    return start if start == end else f"{start}至{end}"
