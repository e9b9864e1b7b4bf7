"""`slip import` of scans and photographs: the notice by its code, clear marks recorded, everything else listed."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pikepdf
import pillow_heif
import pytest
from desk import Desk
from generated import Blank
from paper import scanned
from pens import CLEAR, Pen, Picture, blackened_and_struck, draw, writing
from PIL import Image
from printed_slips import OWNERS, page_picture

from notices.flow.replies import review
from notices.flow.replies.scan_reading import PrintedSlip
from notices.flow.workspace import Workspace
from notices.ledger import Ledger
from notices.qr import qr_png

pytestmark = [pytest.mark.office, pytest.mark.slow]
Blanks = Callable[[int], Blank]
PEN = Pen(20, 0.5)
DAY = ("--date", "2026-11-30")


def slip(
    blank: Blank, *marked: str, doubtful: tuple[str, ...] = (), signed: bool = True, note: bool = False
) -> Picture:
    """Return a slip at 200 dpi with ticks, and with boxes blackened and struck out."""
    random = np.random.default_rng(7)
    page = blank.images[200].copy()
    for name in marked:
        draw(page, CLEAR["tick"](_box(blank, name), random), PEN, 200 / 25.4, random)
    for name in doubtful:
        draw(page, blackened_and_struck(_box(blank, name), random), PEN, 200 / 25.4, random)
    for room, wanted in (("signature", signed), ("problems-1", note)):
        if wanted:
            draw(page, writing(np.array(blank.rooms[room]) * 200 / 72, random), PEN, 200 / 25.4, random)
    return page


def _box(blank: Blank, name: str) -> Any:
    return np.array(blank.boxes[name]) * 200 / 72


def saved(path: Path, *pages: Picture) -> Path:
    images = [Image.fromarray(page) for page in pages]
    more: dict[str, Any] = {"save_all": True, "append_images": images[1:]} if len(images) > 1 else {}
    images[0].save(path, resolution=200, **more)
    return path


def imported(desk: Desk, *files: Path, status: int = 0) -> Any:
    return desk("slip", "import", *files, *DAY, "--json", status=status).json


def codes(entry: Any) -> list[str]:
    return [each["code"] for each in entry["objections"]]


def test_slips_in_one_file_in_any_order_and_upside_down_are_recorded(
    desk: Desk, numbers: list[str], blanks: Blanks, forms: list[PrintedSlip]
) -> None:
    random = np.random.default_rng(1)
    pages = [
        np.rot90(slip(blanks(2), "heating-cold", "noise-outside"), 2).copy(),
        np.full((2339, 1654), 255, np.uint8),  # the back of a sheet
        scanned(slip(blanks(0), "loss-theft", signed=False), 200, random, "telephone").image,
        page_picture(forms[0].pdf, 1, 200),  # the first page of the same letter
        slip(blanks(1), "service-poor", note=True),
    ]
    done = imported(desk, saved(desk.folder / "post.pdf", *pages))
    found = {entry["notice"]: entry for entry in done["slips"]}
    assert {number: codes(entry) for number, entry in found.items()} == {
        numbers[2]: ["heating-cold", "noise-outside"],
        numbers[0]: ["loss-theft"],
        numbers[1]: ["service-poor"],
    }
    assert all(entry["recorded"] and entry["source"] == "scan" and entry["doubtful"] == [] for entry in done["slips"])
    assert [found[numbers[place]]["page"] for place in (2, 0, 1)] == [1, 3, 5]
    assert [found[numbers[place]]["signed"] for place in (2, 0, 1)] == [True, False, True]
    assert done["attention"] == []
    (written,) = found[numbers[1]]["suggestions"]
    picture = desk.folder / next(word.rstrip(",") for word in written.split() if word.startswith("batches/"))
    assert stat.S_IMODE(picture.stat().st_mode) == 0o600
    assert desk("ledger", "verify", "--json").json["files"] == []
    content = picture.read_bytes()
    picture.write_bytes(b"another hand")
    faults = desk("ledger", "verify", "--json", status=1).json["files"]
    assert faults == [{"file": picture.relative_to(desk.folder).as_posix(), "what": "changed"}]
    picture.write_bytes(content)
    assert [entry["source"] for entry in desk("slip", "list", "b", "--json").json["slips"]] == ["scan"] * 3
    assert desk.decisions()[OWNERS[0].account]["state"] == "answered"


def test_forty_slips_in_one_file_are_read_and_each_notice_is_recorded_once(
    desk: Desk, numbers: list[str], blanks: Blanks
) -> None:
    ticked = ("heating-cold", "noise-outside", "loss-theft", "service-poor", "fee-too-high", "no-money-now")
    slips = [slip(blanks(place), code) for place, code in enumerate(ticked)]
    done = imported(desk, saved(desk.folder / "forty.pdf", *(slips[place % 6] for place in range(40))))
    assert [it["notice"] for it in done["slips"]] == [numbers[place % 6] for place in range(40)]
    assert [it["recorded"] for it in done["slips"]] == [True] * 6 + [False] * 34
    assert [codes(it) for it in done["slips"]] == [[ticked[place % 6]] for place in range(40)]
    assert done["attention"] == []


def test_the_same_slip_twice_changes_nothing(desk: Desk, blanks: Blanks) -> None:
    page = slip(blanks(0), "heating-cold")
    first = saved(desk.folder / "a.png", page)
    imported(desk, first)
    before = desk.rows()
    assert [entry["recorded"] for entry in imported(desk, first)["slips"]] == [False]
    other = saved(desk.folder / "b.jpg", scanned(page, 200, np.random.default_rng(3), "flatbed").image)
    assert [entry["recorded"] for entry in imported(desk, other)["slips"]] == [False]
    assert desk.rows() == before


def test_a_doubtful_mark_is_not_guessed_and_waits_for_a_person(desk: Desk, numbers: list[str], blanks: Blanks) -> None:
    file = saved(
        desk.folder / "a.tiff",
        slip(blanks(0), "heating-cold", doubtful=("loss-theft",)),
        slip(blanks(1), "service-poor"),
    )
    done = imported(desk, file, status=1)
    (waits, taken) = done["slips"]
    assert (waits["recorded"], codes(waits), taken["recorded"]) == (False, ["heating-cold"], True)
    (mark,) = waits["doubtful"]
    assert (mark["objection"], 0 < mark["ink"] <= 1) == ("loss-theft", True)
    cut_out = desk.folder / mark["picture"]
    assert stat.S_IMODE(cut_out.stat().st_mode) == 0o600
    assert OWNERS[0].owner not in mark["picture"]
    assert "slip review" in done["attention"][0]
    assert desk.decisions()[OWNERS[0].account]["state"] != "answered"
    assert [entry["recorded"] for entry in imported(desk, file, status=1)["slips"]] == [False, False]
    listed = desk("slip", "review", "--to", desk.folder / "look", "--json", status=1).json["slips"]
    assert [(it["notice"], it["objections"], it["doubtful"]) for it in listed] == [
        (numbers[0], ["heating-cold"], [mark])
    ]
    assert {path.name for path in (desk.folder / "look").iterdir()} >= {cut_out.name}
    desk("slip", "set", numbers[0], "--objection", "heating-cold", "--objection", "loss-theft", *DAY)
    assert desk("slip", "review", "--json").json["slips"] == []
    assert [entry["doubtful"] for entry in imported(desk, file)["slips"]] == [[], []]


def test_a_person_can_settle_marks_from_the_list(desk: Desk, blanks: Blanks) -> None:
    imported(desk, saved(desk.folder / "a.png", slip(blanks(0), "heating-cold", doubtful=("loss-theft",))), status=1)
    workspace = Workspace(desk.folder)
    with closing(Ledger.open(workspace.ledger_url, heads=workspace.heads)) as ledger:
        (waits,) = review.waiting(ledger)
        assert review.cut_out(workspace, waits, "loss-theft") is not None
        at = datetime(2026, 11, 30, 9, tzinfo=UTC)
        with pytest.raises(Exception, match="not doubtful"):
            review.settle(workspace, ledger, review.Judgement(waits.scan.id, ("service-poor",), "Clerk", at))
        taken = review.settle(workspace, ledger, review.Judgement(waits.scan.id, (), "Clerk", at))
        assert taken.slip.objections == ("heating-cold",)
        assert review.waiting(ledger) == ()


def test_what_is_no_slip_of_ours_is_listed_with_its_page(
    desk: Desk, numbers: list[str], blanks: Blanks, forms: list[PrintedSlip]
) -> None:
    foreign = slip(blanks(0), "heating-cold")
    _paste(foreign, "OTHER-2026-000009; rm -rf /", 1300, 300, over=True)
    two = slip(blanks(1), "heating-cold")
    _paste(two, numbers[2], 300, 1900)
    half = slip(blanks(3), "heating-cold")[:1150]
    file = saved(desk.folder / "odd.pdf", foreign, two, half, page_picture(forms[4].pdf, 9, 200))
    done = imported(desk, file, status=1)
    assert done["slips"] == []
    told = dict(zip(range(1, 5), done["attention"], strict=True))
    by_page = {page: next(it for it in told.values() if f"page {page}:" in it) for page in range(1, 5)}
    assert "no notice of this ledger" in by_page[1]
    assert "several notices" in by_page[2]
    assert "only a part of the slip" in by_page[3]
    assert "is not its slip" in by_page[4]


def _paste(page: Picture, text: str, left: int, top: int, *, over: bool = False) -> None:
    code = cv2.imdecode(np.frombuffer(qr_png(text), np.uint8), cv2.IMREAD_GRAYSCALE)
    code = cv2.resize(code, (150, 150), interpolation=cv2.INTER_AREA)
    if over:  # instead of the code that is there
        page[420:660, 1250:1460] = 255
        left, top = 1290, 470
    page[top : top + 150, left : left + 150] = code


def test_a_page_without_a_code_is_shown_with_the_likeliest_notices_and_not_recorded(
    desk: Desk, numbers: list[str], blanks: Blanks, forms: list[PrintedSlip]
) -> None:
    picture = slip(blanks(3), "heating-cold")
    picture[420:660, 1250:1460] = 255
    with pikepdf.open(forms[5].pdf) as book:  # with its own text, as a scanner that recognises characters makes it
        del book.pages[12:], book.pages[:11]
        book.pages[0].obj.Resources.XObject = pikepdf.Dictionary()
        book.save(desk.folder / "text.pdf")
    done = imported(desk, saved(desk.folder / "photo.png", picture), desk.folder / "text.pdf", status=1)
    assert done["slips"] == []
    by_picture, by_text = done["attention"]
    assert f"most like {numbers[3]}" in by_picture
    assert f"most like {numbers[5]}" in by_text


def test_files_that_cannot_be_read_are_named_and_the_rest_is_recorded(desk: Desk, blanks: Blanks) -> None:
    folder = desk.folder
    (folder / "empty.png").write_bytes(b"")
    (folder / "cut.jpg").write_bytes(saved(folder / "whole.jpg", slip(blanks(1), "heating-cold")).read_bytes()[:20_000])
    with pikepdf.new() as book:
        book.add_blank_page()
        book.save(folder / "locked.pdf", encryption=pikepdf.Encryption(owner="o", user="u"))
        for _ in range(399):
            book.add_blank_page()
        book.save(folder / "book.pdf")
    Image.new("1", (12_000, 9_000), 1).save(folder / "huge.png")
    names = ("empty.png", "cut.jpg", "locked.pdf", "book.pdf", "huge.png")
    good = saved(folder / "good.png", slip(blanks(0), "heating-cold"))
    done = imported(desk, *(folder / name for name in names), good, status=1)
    assert [codes(entry) for entry in done["slips"]] == [["heating-cold"]]
    for name, said in zip(
        names, ("is empty", "complete picture", "encrypted", "400 pages", "million pixels"), strict=True
    ):
        assert any(name in it and said in it for it in done["attention"]), (name, done["attention"])


def test_a_heic_photograph_and_one_of_a_screen_are_read_or_doubtful_but_never_wrong(
    desk: Desk, numbers: list[str], blanks: Blanks
) -> None:
    photo = scanned(slip(blanks(0), "heating-cold"), 200, np.random.default_rng(5), "telephone").image
    pillow_heif.from_pillow(Image.fromarray(photo).convert("RGB")).save(desk.folder / "a.heic")
    screen = slip(blanks(1), "service-poor").astype(np.float32)
    down, across = np.mgrid[: screen.shape[0], : screen.shape[1]]
    screen *= 0.82 + 0.09 * np.sin(across * 1.93) + 0.09 * np.sin(down * 1.87 + across * 0.05)
    done = desk(
        "slip", "import", desk.folder / "a.heic", saved(desk.folder / "s.jpg", screen.astype(np.uint8)), *DAY, "--json",
        status={0, 1},
    ).json  # fmt: skip
    found = {entry["notice"]: codes(entry) for entry in done["slips"]}
    assert found[numbers[0]] == ["heating-cold"]
    assert found.get(numbers[1], ["service-poor"]) in ([], ["service-poor"])


def test_a_slip_of_a_settled_notice_is_recorded_and_listed(desk: Desk, numbers: list[str], blanks: Blanks) -> None:
    desk("payment", "add", OWNERS[0].account, "--amount", "1337.50", "--date", "2026-11-29", "--yes")
    done = imported(desk, saved(desk.folder / "a.png", slip(blanks(0), "heating-cold")), status=1)
    assert [entry["recorded"] for entry in done["slips"]] == [True]
    assert f"nothing is owed any more on {numbers[0]}" in done["attention"][0]


def test_the_kept_print_job_serves_where_the_letters_are_gone(desk: Desk, blanks: Blanks) -> None:
    for pdf in (desk.folder / "output" / "b" / "letters").glob("*.pdf"):
        pdf.unlink()
    done = imported(desk, saved(desk.folder / "a.png", slip(blanks(4), "heating-cold")))
    assert [codes(entry) for entry in done["slips"]] == [["heating-cold"]]


def test_an_empty_slip_is_listed(desk: Desk, numbers: list[str], blanks: Blanks) -> None:
    done = imported(desk, saved(desk.folder / "a.png", slip(blanks(0))), status=1)
    assert done["slips"] == []
    assert f"nothing is ticked or written on the slip of {numbers[0]}" in done["attention"][0]


def test_without_the_extra_the_message_names_it(desk: Desk, blanks: Blanks) -> None:
    file = saved(desk.folder / "a.png", slip(blanks(0), "heating-cold"))
    without = "import sys; sys.modules['cv2'] = None; from notices.cli import main; main()"
    command = [sys.executable, "-c", without, "--workspace", str(desk.folder), "slip", "import", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    assert "notices[scan]" in done.stderr
