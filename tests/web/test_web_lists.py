"""Lists on the page: upload, choices, problems and their fix list, the plan, corrected rows; hostile uploads."""

from __future__ import annotations

import re
import stat
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from desk import AS_OF, Desk, Owes
from neighbours import EVERYBODY

from notices.web.site import Site

NEW = (Owes("8-1-801", "申八"), Owes("8-1-802", "酉九", "900.00"))


def uploaded(browser: Any, content: bytes, name: str = "清单.csv") -> Any:
    fields = {"list": (BytesIO(content), name), "csrf_token": browser.token("/lists/")}
    return browser.client.post("/lists/", data=fields, content_type="multipart/form-data")


def planned(browser: Any, site: Site, address: str, **fields: str) -> Any:
    """Plan the list of that page; return the errand that has ended."""
    place = f"list:{next(each for each in (site.folder / 'batches' / '.uploads').glob('*.csv')).stem}"
    assert browser.post(f"{address}/plan", fields, page=address).status_code == 303
    site.errands.wait(place, 60)
    return site.errands.find(place)


def on(browser: Any, address: str, **more: object) -> str:
    """Set the day of the list; return the address of the list as it is read then."""
    answer = browser.post(f"{address}/choices", {"as_of": AS_OF, **more}, page=address)
    assert answer.status_code == 303
    return str(answer.location)


def test_a_list_is_kept_under_a_name_of_our_own_and_shown_as_understood(alone: Any, desk: Desk) -> None:
    answer = uploaded(alone, desk.list(*NEW).read_bytes(), "../../张三 的清单.csv")
    assert answer.status_code == 303
    assert re.fullmatch(r"/lists/[\w-]+", answer.location)
    (kept,) = (desk.folder / "batches" / ".uploads").iterdir()
    assert re.fullmatch(r"[0-9a-f]{16}\.csv", kept.name)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    page = alone.get(answer.location).text
    assert "张三 的清单.csv" in page
    assert "../" not in page.split("<h1>")[1].split("</h1>")[0]
    assert "房号" in page
    assert "8-1-801" in page
    assert 'name="meaning"' in page
    assert kept.name not in page
    other = uploaded(alone, desk.list(*NEW).read_bytes()).location
    assert other != answer.location


def test_the_page_of_a_list_is_its_uploaders_only(browsers: Any, office: Desk) -> None:
    address = uploaded(browsers("clerk"), office.list(*NEW).read_bytes()).location
    assert browsers("approver").get(address).status_code == 404
    assert browsers("clerk").get(address).status_code == 404  # another session of the same user


def test_a_column_is_given_another_meaning_and_it_is_kept_for_the_next_list(alone: Any, desk: Desk) -> None:
    path = desk.list(*NEW)
    text = path.read_text("utf-8").replace("应收金额", "甲乙丙丁")
    address = uploaded(alone, text.encode()).location
    changed = on(alone, address, heading="甲乙丙丁", meaning="due")
    page = alone.get(changed).text
    assert "2,100.00" in page
    assert alone.post(f"{changed}/mapping", {"name": "物业系统"}, page=changed).status_code == 303
    again = uploaded(alone, text.replace("1200.00", "1300.00").encode()).location
    assert "2,200.00" in alone.get(again).text


def test_problems_stand_beside_their_row_and_come_as_a_fix_list(alone: Any, desk: Desk, site: Site) -> None:
    bad = Owes("8-1-803", "戌十", "一千二")
    address = on(alone, uploaded(alone, desk.list(*NEW, bad).read_bytes()).location)
    page = alone.get(address).text
    assert "一千二" in page
    book = openpyxl.load_workbook(BytesIO(alone.get(f"{address}/fix-list.xlsx").data))
    assert book.active is not None
    assert any("※" in str(cell.value) for row in book.active.iter_rows() for cell in row)
    errand = planned(alone, site, address)
    assert len(desk("ledger", "verify").output) >= 0
    assert errand.attention
    assert "/batches/2" not in alone.get(address).text
    errand = planned(alone, site, address, partial="1")
    assert errand.state == "done"
    assert 'href="/batches/2"' in alone.get(address).text


def test_corrected_rows_go_into_the_batch(alone: Any, desk: Desk, site: Site) -> None:
    address = on(alone, uploaded(alone, desk.list(*NEW).read_bytes()).location)
    errand = planned(alone, site, address, into="1")
    assert errand.state == "done", errand
    assert set(desk.decisions()) >= {owner.account for owner in (*NEW, *EVERYBODY)}
    assert alone.post(f"{address}/plan", {"into": "99"}, page=address).status_code == 404


def test_the_plan_says_what_letters_for_several_units_save(alone: Any, desk: Desk, site: Site) -> None:
    units = [Owes(unit, "戌十", address="示例市幸福路1号8-1-804") for unit in ("8-1-804", "车位4", "车位5")]
    address = on(alone, uploaded(alone, desk.list(*units).read_bytes()).location)
    planned(alone, site, address)
    page = alone.get(address).text
    assert "省下 2 个信封" in page


def test_what_changed_since_the_last_list_is_said(alone: Any, desk: Desk) -> None:
    path = desk.list(*EVERYBODY[1:], *NEW)
    address = on(alone, uploaded(alone, path.read_bytes()).location)
    page = alone.get(address).text
    assert EVERYBODY[0].owner in page  # who is missing now


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.xlsx", b"PK\x03\x04 broken"),
        ("x.exe", b"MZ\x00\x01\x02"),
        ("x.csv", b"\x00" * 1000),
        ("", b"x"),
        ("x.pdf", b"%PDF-1.7"),
        ("x.csv", b""),
    ],
)
def test_what_is_no_list_is_refused_without_a_traceback(alone: Any, name: str, content: bytes) -> None:
    answer = uploaded(alone, content, name)
    if answer.status_code == 303:
        answer = alone.get(answer.location)
    assert answer.status_code in {400, 422, 503}
    assert "Traceback" not in answer.text
    assert "/tmp" not in answer.text


def test_a_sheet_is_chosen_where_several_could_be_the_list(alone: Any, desk: Desk, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = "一期"
    for sheet in (book.active, book.create_sheet("二期")):
        for cells in (
            ("房号", "业主姓名", "费用期间", "应缴日期", "欠费金额"),
            ("8-1-801", "申八", "2026年1月至6月", "2026-06-30", 500 if sheet.title == "一期" else 700),
        ):
            sheet.append(list(cells))
    book.save(tmp_path / "two.xlsx")
    address = uploaded(alone, (tmp_path / "two.xlsx").read_bytes(), "two.xlsx").location
    asked = alone.get(address)
    assert asked.status_code == 422
    assert "二期" in asked.text
    assert 'name="sheet"' in asked.text
    assert "700.00" in alone.get(on(alone, address, sheet="二期", estate="示例花园")).text


def test_hostile_values_of_a_list_appear_as_text(alone: Any, desk: Desk) -> None:
    path = desk.list(Owes("8-1-801", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>"))
    page = alone.get(uploaded(alone, path.read_bytes(), "<script>alert(2)<script>.csv").location).text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
