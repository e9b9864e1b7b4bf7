"""Real letters with a slip, rendered once a session; tests copy the desk and scan what they need of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from desk import Desk
from generated import Blank
from printed_slips import OWNERS, blank_of

from notices.flow.replies.scan_reading import PrintedSlip
from notices.letters.answers import read_objections, read_text_fields


@pytest.fixture(scope="session")
def printed_desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Batch `b` of six letters with a slip, rendered and in a print job; a master to be copied."""
    folder = tmp_path_factory.mktemp("scans") / "workspace"
    desk = Desk(folder)
    desk("init", folder)
    desk.import_both_letters(*OWNERS)
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
