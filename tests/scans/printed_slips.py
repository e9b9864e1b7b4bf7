"""Printed slips to draw on: the owners of the letters, and pictures of their pages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from desk import Owes
from generated import RESOLUTIONS, Blank
from pens import Picture

from notices.flow.replies.scan_reading import PrintedSlip, slip_form
from notices.pdf import draw_page
from notices.scan import Area

OWNERS = tuple(
    Owes(f"1-1-30{place}", name, due=f"{1200 + 137 * place}.50", due_date="2025-06-30")
    for place, name in enumerate(("林一山", "陈示例", "王小明", "李建国", "欧阳娜娜", "赵钱孙"), start=1)
)


def blank_of(form: PrintedSlip) -> Blank:
    """Return a printed slip to draw on."""
    printed = slip_form(form)
    return Blank(
        {dpi: page_picture(form.pdf, form.first + form.count - 1, dpi) for dpi in RESOLUTIONS},
        {area.name: _points(area) for area in printed.boxes},
        {area.name: _points(area) for area in printed.rooms},
    )


def page_picture(pdf: Path, page: int, dpi: int) -> Picture:
    drawn = draw_page(pdf, page, dpi)
    return np.frombuffer(drawn.rows, np.uint8).reshape(drawn.height, drawn.stride)[:, : drawn.width].copy()


def _points(area: Area) -> tuple[float, float, float, float]:
    sides = (area.window.left, area.window.top, area.window.right, area.window.bottom)
    left, top, right, bottom = (side * 72 / 200 for side in sides)
    return left, top, right, bottom
