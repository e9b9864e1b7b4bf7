"""Two browsers and the command line in Chromium: each sees what another does, without loading a page; and print.

How long that takes is no matter of these tests: they wait until it is there. That pages ask more often than every two
seconds is held by `test_each_page_asks_more_often_than_every_two_seconds`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from browsing import PASSWORDS
from desk import Desk, Owes
from letters_without_office import pretend_to_render
from neighbours import BY_MAIL, EVERYBODY, ON_PAPER
from playwright.sync_api import Browser, Page, expect
from test_web_batch import decision_of
from test_web_day import CHROMIUM, NARROW, PATIENCE, WIDE, chromium, complaints, looked_at, opened, pages_closed
from test_web_serve import served

from notices.pdf import page_lines

assert chromium  # fixtures
assert pages_closed
pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]
NEWS = ".news"


def on(page: Page, address: str) -> Callable[[], bool]:
    """Go to a page; return a function that tells whether it is still the one that was loaded now."""
    page.goto(address)
    page.evaluate("window.loadedHere = true")
    return lambda: bool(page.evaluate("window.loadedHere === true"))


def test_a_second_browser_sees_what_the_first_and_the_command_line_do(chromium: Browser, office: Desk) -> None:
    complaints.clear()
    with served(office) as (address, _):
        clerk, other = opened(chromium, address, "clerk", WIDE), opened(chromium, address, "approver", NARROW)
        account = f"{address}accounts/{_account(office)}"

        # The table of a batch renews itself: a click in another browser, then the command line.
        still = on(other, f"{address}batches/1")
        row = other.locator("tbody tr").filter(has_text=BY_MAIL.owner)
        expect(row).not_to_contain_text("在谈")
        clerk.goto(f"{address}batches/1/decisions/{decision_of(office, BY_MAIL.account)}/")
        clerk.fill("#why", "在谈")
        clerk.get_by_role("button", name="排除").click()
        expect(row).to_contain_text("在谈", timeout=PATIENCE)
        released = other.locator("#live .number").first
        before = released.inner_text()
        office("approve", "b", "--by", "Releaser", "--tier", "reminder")
        expect(released).not_to_have_text(before, timeout=PATIENCE)
        expect(other.locator("tbody tr").filter(has_text=ON_PAPER.owner)).to_contain_text("已批准", timeout=PATIENCE)
        assert still()
        expect(other.locator(NEWS)).to_have_count(0)

        # Today, too.
        still = on(other, address)
        expect(other.locator(".todo")).not_to_contain_text("到期")
        office("hold", "add", ON_PAPER.account, "--kind", "promise", "--until", "2026-12-01")
        expect(other.locator(".todo")).to_contain_text("承诺", timeout=PATIENCE)
        assert still()

        # An account has forms: what changed is said, and what was typed stays.
        still = on(other, account)
        other.locator("summary").first.click()
        other.fill("#amount", "12.50")
        clerk.goto(account)
        clerk.locator("summary").first.click()
        clerk.fill("#amount", "99.00")
        clerk.keyboard.press("Enter")
        expect(clerk.locator(".banner.done")).to_contain_text("99.00")
        expect(other.locator(NEWS)).to_be_visible(timeout=PATIENCE)
        assert still()
        assert other.input_value("#amount") == "12.50"
        looked_at(other, "two-news-360")
        other.locator(f"{NEWS} a").click()
        expect(other.locator("tbody")).to_contain_text("99.00")
        expect(other.locator(NEWS)).to_have_count(0)
        assert not still()

        # Something that the page does not show is not said: it has looked, and asks on.
        still = on(other, f"{address}batches/")
        with other.expect_response(lambda it: "/news/" in it.url and it.status == 200):
            office("hold", "add", EVERYBODY[0].account, "--kind", "disputed")
        with other.expect_response(lambda it: "/news/" in it.url and it.status == 204):
            pass
        expect(other.locator(NEWS)).to_have_count(0)
        assert still()
    assert complaints == []


def _account(desk: Desk) -> int:
    return next(int(row[0]) for row in desk.rows()["accounts"] if row[3] == BY_MAIL.account)


def test_each_page_asks_more_often_than_every_two_seconds() -> None:
    static = Path(__file__).parents[2] / "notices" / "web"
    pause = re.search(r"const PAUSE = (\d+);", (static / "static" / "page.js").read_text("utf-8"))
    assert pause
    assert int(pause[1]) < 2000
    live = re.search(r'hx-trigger="every (\d+)ms"', (static / "templates" / "live.html").read_text("utf-8"))
    assert live
    assert int(live[1]) < 2000


# --- width and print --------------------------------------------------------------------------------------------------


@pytest.fixture
def full_office(office: Desk) -> Desk:
    """Batch `w` with as many owners as a page of the table has, with long names, and letters in each state."""
    owners = [
        Owes(f"{n % 12 + 1}-{n % 3 + 1}-{n + 101}", f"欧阳{chr(0x4E00 + n)}{chr(0x5E00 + n)}", f"{n * 1234 + 900}.50",
             email=f"owner{n}@example.com" if n % 2 else "")
        for n in range(50)
    ]  # fmt: skip
    office.plan(*owners, batch="w")
    office("approve", "w", "--by", "Releaser", "--exclude", owners[7].account, "--why", "在谈", status={0, 1})
    pretend_to_render(office, "w")
    return office


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_the_table_of_a_batch_fits_its_page(chromium: Browser, full_office: Desk, locale: str) -> None:
    with served(full_office) as (address, _):
        page = opened(chromium, address, "clerk", WIDE, locale=locale)
        for batch in (1, 2):
            page.goto(f"{address}batches/{batch}")
            table = page.locator("#entries .table")
            expect(table).to_be_visible()
            assert table.evaluate("it => it.scrollWidth - it.clientWidth") <= 0, (batch, locale)
            looked_at(page, f"width-{batch}-{locale}")


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_a_printed_page_has_the_whole_table_and_nothing_to_click(
    chromium: Browser, full_office: Desk, locale: str, tmp_path: Path
) -> None:
    """Also when the reader's screen is dark: paper is white."""
    with served(full_office) as (address, _):
        page = opened(chromium, address, "clerk", WIDE, locale=locale, color_scheme="dark")
        for name, where in (("batch", "batches/2"), ("account", "accounts/1"), ("history", "history/"), ("today", "")):
            page.goto(f"{address}{where}")
            page.wait_for_load_state("networkidle")
            rows = page.locator("tbody tr").count()
            page.emulate_media(media="print", color_scheme="dark")
            assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
            for hidden in ("header.top", "nav", "button", "input:not([type=hidden])", "select", ".crumbs", "footer"):
                assert [it for it in page.locator(hidden).all() if it.is_visible()] == [], (name, hidden)
            paper = _printed(page, f"print-{name}-{locale}", tmp_path)
            page.emulate_media(media="screen")
            assert rows or name == "today"
            if name == "batch":
                _has_every_row(page, paper)


def _printed(page: Page, name: str, tmp_path: Path) -> list[Any]:
    """Print a page on A4; keep a picture of its first sheet where pictures are kept; return the lines of each sheet."""
    content = page.pdf(format="A4")
    path = tmp_path / f"{name}.pdf"
    path.write_bytes(content)
    folder = os.environ.get("NOTICES_SCREENSHOTS")
    if folder:
        (Path(folder) / f"{name}.pdf").write_bytes(content)
    with pikepdf.open(path) as document:
        width = float(document.pages[0].mediabox[2])
    sheets = page_lines(content)
    outside = [line.text for sheet in sheets for line in sheet.lines if line.left < 0 or line.left + line.width > width]
    assert outside == []
    return sheets


def _has_every_row(page: Page, sheets: list[Any]) -> None:
    paper = "".join("".join(line.text for line in sheet.lines) for sheet in sheets).replace(" ", "")
    for row in page.locator("tbody tr").all():
        unit = re.search(r"\d+-\d+-\d+", row.inner_text())
        total = row.locator("td.right").last.inner_text()
        assert unit
        assert unit[0] in paper
        assert total in paper
    assert page.locator("tfoot td.right").last.inner_text() in paper
    assert len(sheets) > 1
    heading = page.locator("thead th.right").first.inner_text()
    with_heading = [heading in "".join(line.text for line in sheet.lines) for sheet in sheets]
    assert all(with_heading[:-1])  # on the last one there may be only the sum


# --- with and without scripts -----------------------------------------------------------------------------------------


def test_without_scripts_a_verb_is_begun_and_seen_to_its_end(chromium: Browser, office: Desk) -> None:
    """A page on which something is at work loads itself again; all else is links and forms."""
    with served(office) as (address, _):
        page = chromium.new_context(locale="zh-CN", viewport=WIDE, java_script_enabled=False).new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{address}log-in")
        page.fill("#name", "clerk")
        page.fill("#password", PASSWORDS["clerk"])
        page.locator("main button").click()
        page.goto(f"{address}batches/1")
        page.get_by_role("link", name="批准 ", exact=False).filter(has_text="催费函").click()
        page.get_by_role("button", name="批准").click()
        expect(page.locator(".banner.done, .banner.attention").first).to_be_visible(timeout=PATIENCE)
        page.goto(f"{address}accounts/{_account(office)}")
        page.locator("summary").first.click()
        page.fill("#amount", "31.00")
        page.locator("details[open] button").click()
        expect(page.locator(".banner.done")).to_contain_text("31.00")
    assert any(each["notice"] for each in office.decisions().values())
    assert [each["amount"] for each in office("payment", "list", "--json").json["payments"]] == ["31.00"]


def test_a_list_is_dropped_onto_the_field(chromium: Browser, office: Desk) -> None:
    complaints.clear()
    with served(office) as (address, _):
        page = opened(chromium, address, "clerk", WIDE)
        page.goto(f"{address}lists/")
        page.evaluate(
            """text => {
                const given = new DataTransfer();
                given.items.add(new File([text], "清单.csv", { type: "text/csv" }));
                const drop = kind => document.querySelector(".drop").dispatchEvent(
                    new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: given }));
                drop("dragover");
                drop("drop");
            }""",
            office.list(Owes("8-1-801", "申八")).read_text("utf-8"),
        )
        page.locator("main button").first.click()
        expect(page.locator("h1")).to_have_text("清单.csv", timeout=PATIENCE)
        expect(page.locator("main")).to_contain_text("8-1-801", timeout=PATIENCE)
    assert complaints == []
