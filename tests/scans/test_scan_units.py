"""The slip of a letter for several units: a tick beside a unit says which of them the reason concerns."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from desk import Desk, Owes
from generated import Blank
from pens import CLEAR, Pen, blackened_and_struck, draw
from PIL import Image
from printed_slips import blank_of
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject

from notices.flow.replies import review
from notices.flow.replies.scan_reading import PrintedSlip
from notices.flow.workspace import Workspace
from notices.ledger import Ledger
from notices.letters.answers import read_objections, read_text_fields
from notices.letters.unit_boxes import unit_boxes

pytestmark = [pytest.mark.office, pytest.mark.slow]
HOME, PHONE, DAY = "示例市幸福路1号3-2-501", "13800000003", ("--date", "2026-11-30")
HEADINGS = ("小区", "房号", "业主姓名", "邮箱", "通讯地址", "费用期间", "应缴日期", "应收金额", "已收金额", "联系电话")
UNITS = tuple(
    Owes(unit, "王三", due=due, address=HOME, due_date="2025-06-30")
    for unit, due in (("3-2-501", "1800.00"), ("车位1", "1300.00"), ("车位12", "1400.00"))
)
FLAT, SPACE, OTHER_SPACE = UNITS


def answerable(folder: Path, email: str) -> Desk:
    """Make a desk whose batch `b` has a follow-up of three units, rendered."""
    desk = Desk(folder)
    desk("init", desk.folder)
    desk.import_both_letters(*UNITS)
    rows = [(*owner.cells[:3], email, *owner.cells[4:], PHONE) for owner in UNITS]
    desk("plan", desk.table(HEADINGS, rows), "--name", "b", "--as-of", "2026-11-23", "--by", "Planner")
    desk("approve", "b", "--by", "Releaser")
    desk("render", "b")
    return desk


@pytest.fixture(scope="module")
def printed_desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = answerable(tmp_path_factory.mktemp("units") / "workspace", "")
    desk("print", "b")
    return desk


@pytest.fixture
def desk(printed_desk: Desk, tmp_path: Path) -> Desk:
    return printed_desk.copy(tmp_path / "workspace")


def number(desk: Desk, owner: Owes) -> str:
    return str(desk.decisions()[owner.account]["notice"])


def box(desk: Desk, owner: Owes) -> str:
    (name,) = unit_boxes({number(desk, owner): owner.unit})
    return name


@pytest.fixture(scope="module")
def blank(printed_desk: Desk) -> Blank:
    (pdf,) = (printed_desk.folder / "output" / "b" / "letters").glob("*.pdf")
    answers = printed_desk.folder / "templates" / "answers.toml"
    boxes = {each.code: each.label for each in read_objections(answers)}
    boxes |= unit_boxes({number(printed_desk, owner): owner.unit for owner in UNITS})
    rooms = tuple(read_text_fields(answers).items())
    return blank_of(PrintedSlip(pdf, 1, len(PdfReader(pdf).pages), tuple(boxes.items()), rooms))


def scan(desk: Desk, blank: Blank, *ticked: str, struck: tuple[str, ...] = ()) -> Path:
    random, page = np.random.default_rng(7), blank.images[200].copy()
    for names, pen in ((ticked, CLEAR["tick"]), (struck, blackened_and_struck)):
        for name in names:
            draw(page, pen(np.array(blank.boxes[name]) * 200 / 72, random), Pen(20, 0.5), 200 / 25.4, random)
    file = desk.folder / f"slip-{len(list(desk.folder.glob('slip-*.png')))}.png"
    Image.fromarray(page).save(file, resolution=200)
    return file


def slips(desk: Desk) -> dict[str, list[str]]:
    """Return the objections on record, by account."""
    return {it["account"]: it["objections"] for it in desk("slip", "list", "b", "--json").json["slips"]}


def test_the_boxes_of_spaces_that_begin_alike_are_told_apart(desk: Desk, blank: Blank) -> None:
    places = [blank.boxes[box(desk, owner)] for owner in UNITS]
    assert len(set(places)) == len(UNITS)


@pytest.mark.parametrize("ticked", [(SPACE,), (FLAT, OTHER_SPACE), ()])
def test_a_scanned_slip_concerns_the_units_ticked_on_it_or_all(
    desk: Desk, blank: Blank, ticked: tuple[Owes, ...]
) -> None:
    file = scan(desk, blank, "heating-cold", *(box(desk, owner) for owner in ticked))
    desk("slip", "import", file, *DAY)
    assert slips(desk) == {owner.account: ["heating-cold"] for owner in ticked or UNITS}
    again = desk("slip", "import", file, *DAY, "--json").json["slips"]
    assert [it["recorded"] for it in again] == [False]


def test_a_doubtful_box_of_a_unit_waits_and_a_person_settles_it(desk: Desk, blank: Blank) -> None:
    file = scan(desk, blank, "heating-cold", box(desk, FLAT), struck=(box(desk, SPACE),))
    desk("slip", "import", file, *DAY, status=1)
    (waits,) = desk("slip", "review", "--json", status=1).json["slips"]
    assert (waits["objections"], waits["units"]) == (["heating-cold"], [number(desk, FLAT)])
    assert [it["objection"] for it in waits["doubtful"]] == [number(desk, SPACE)]
    workspace = Workspace(desk.folder)
    with closing(Ledger.open(workspace.ledger_url, heads=workspace.heads)) as ledger:
        (kept,) = review.waiting(ledger)
        judged = review.Judgement(kept.scan.id, (box(desk, SPACE),), "Clerk", datetime(2026, 11, 30, 9, tzinfo=UTC))
        review.settle(workspace, ledger, judged)
    assert slips(desk) == {owner.account: ["heating-cold"] for owner in (FLAT, SPACE)}
    assert desk("slip", "review", "--json").json["slips"] == []


def test_a_person_enters_a_waiting_slip_for_the_units_ticked(desk: Desk, blank: Blank) -> None:
    desk("slip", "import", scan(desk, blank, "heating-cold", struck=(box(desk, SPACE),)), *DAY, status=1)
    letter = number(desk, FLAT)
    desk("slip", "set", letter, "--objection", "heating-cold", "--unit", "车位99", *DAY, status=2)
    assert slips(desk) == {}
    desk("slip", "set", letter, "--objection", "heating-cold", "--unit", SPACE.unit, *DAY)
    assert slips(desk) == {SPACE.account: ["heating-cold"]}
    assert desk("slip", "review", "--json").json["slips"] == []


def test_a_scan_leaves_what_a_person_has_entered_with_the_same_boxes(desk: Desk, blank: Blank) -> None:
    words = ("--objection", "heating-cold", "--unit", SPACE.unit, "--note", "14度", "--promise", "2026-12-20")
    desk("slip", "set", number(desk, FLAT), *words, *DAY)
    same = scan(desk, blank, "heating-cold", box(desk, SPACE))
    (told,) = desk("slip", "import", same, *DAY, "--json").json["slips"]
    assert told["recorded"] is False
    (entered,) = desk("slip", "list", "b", "--json").json["slips"]
    assert (entered["note"], entered["promise"]) == ("14度", "2026-12-20")
    other = desk("slip", "import", scan(desk, blank, "fee-too-high", box(desk, SPACE)), *DAY, "--json", status=1).json
    assert [it["recorded"] for it in other["slips"]] == [True]
    assert "has other boxes" in other["attention"][0]


@pytest.mark.parametrize("ticked", [(SPACE,), (FLAT, OTHER_SPACE), ()])
def test_a_slip_filled_in_on_screen_concerns_the_units_ticked_on_it_or_all(
    mailed_desk: Desk, tmp_path: Path, ticked: tuple[Owes, ...]
) -> None:
    desk = mailed_desk.copy(tmp_path / "workspace")
    (mail,) = (desk.folder / "output" / "b" / "outbox").glob("*.eml")
    (attachment,) = BytesParser(policy=default).parsebytes(mail.read_bytes()).iter_attachments()
    file = desk.folder / "filled.pdf"
    file.write_bytes(attachment.get_content())
    names = {"heating-cold", *(box(desk, owner) for owner in ticked)}
    writer = PdfWriter(file)
    found = set()
    for page in writer.pages:
        for annotation in page.get("/Annots", ()):
            field: Any = annotation.get_object()
            if (name := str(field.get("/T", "")).rpartition("/")[2]) in names:
                (on,) = [state for state in field["/AP"]["/N"] if state != "/Off"]
                field.update({NameObject("/V"): NameObject(on), NameObject("/AS"): NameObject(on)})
                found.add(name)
    assert found == names
    writer.write(file)
    desk("slip", "import", file, *DAY)
    assert slips(desk) == {owner.account: ["heating-cold"] for owner in ticked or UNITS}


@pytest.fixture(scope="module")
def mailed_desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = answerable(tmp_path_factory.mktemp("units-mail") / "workspace", "wang@example.com")
    desk("send", "b")
    return desk
