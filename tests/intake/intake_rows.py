"""Builders for the rows of a list."""

from __future__ import annotations

from datetime import date

HEADINGS = ("小区", "房号", "业主姓名", "费用期间", "应缴日期", "应收金额", "已收金额", "欠费金额")
AS_OF = date(2026, 11, 23)


def row(unit: object = "3-2-501", owner: object = "张三", **cells: object) -> list[object]:
    """Build a valid row with the given cells overridden."""
    usual: dict[str, object] = {
        "estate": "阳光花园",
        "period": "2025年度",
        "due_date": "2025-12-31",
        "due": 1000,
        "paid": 0,
        "owed": 1000,
    }
    usual.update(cells)
    return [usual["estate"], unit, owner, *(usual[name] for name in ("period", "due_date", "due", "paid", "owed"))]
