"""Real letters with a slip, rendered once a session; tests copy the desk and scan what they need of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from desk import Desk, Owes, Sent
from generated import RESOLUTIONS, Blank
from pens import Picture

from notices.flow.replies.scan_reading import PrintedSlip, slip_form
from notices.letters.answers import read_objections, read_text_fields
from notices.pdf import draw_page
from notices.scan import Area

OWNERS = tuple(
    Owes(f"1-1-30{place}", name, due=f"{1200 + 137 * place}.50", due_date="2025-06-30")
    for place, name in enumerate(("林一山", "陈示例", "王小明", "李建国", "欧阳娜娜", "赵钱孙"), start=1)
)


@pytest.fixture(scope="session")
def printed_desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Batch `b` of six letters with a slip, rendered and in a print job; a master to be copied."""
    folder = tmp_path_factory.mktemp("scans") / "workspace"
    desk = Desk(folder)
    desk("init", folder)
    before = [sent for owner in OWNERS for sent in (Sent(owner, "2026-08-03"), Sent(owner, "2026-09-28", "律师函"))]
    desk("history", "import", desk.history(*before))
    desk.plan(*OWNERS)
    desk("approve", "b", "--by", "Releaser")
    desk("render", "b")
    desk("print", "b")
    return desk


@pytest.fixture
def desk(printed_desk: Desk, tmp_path: Path) -> Desk:
    return printed_desk.copy(tmp_path / "workspace")


@pytest.fixture
def numbers(desk: Desk) -> list[str]:
    decisions = desk.decisions()
    return [decisions[owner.account]["notice"] for owner in OWNERS]


@pytest.fixture(scope="session")
def forms(printed_desk: Desk) -> list[PrintedSlip]:
    """Return the printed slips of the six letters, in the order of OWNERS."""
    (pdf,) = (printed_desk.folder / "output" / "b" / "letters").glob("*.pdf")
    answers = printed_desk.folder / "templates" / "answers.toml"
    boxes = tuple((each.code, each.label) for each in read_objections(answers))
    rooms = tuple(read_text_fields(answers).items())
    return [PrintedSlip(pdf, 1 + 2 * place, 2, boxes, rooms) for place in range(len(OWNERS))]


@pytest.fixture(scope="session")
def blanks(forms: list[PrintedSlip]) -> Callable[[int], Blank]:
    made: dict[int, Blank] = {}

    def blank(place: int) -> Blank:
        if place not in made:
            made[place] = blank_of(forms[place])
        return made[place]

    return blank


def blank_of(form: PrintedSlip) -> Blank:
    """Return a printed slip to draw on."""
    printed = slip_form(form)
    return Blank(
        {dpi: page_picture(form.pdf, form.first + 1, dpi) for dpi in RESOLUTIONS},
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
