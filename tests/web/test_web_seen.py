"""All pages in Chromium, narrow and dark, wide and light, at 200 %, in both languages; and the replies of a day.

Axe-core finds no violation on any page. With NOTICES_SCREENSHOTS=FOLDER the pages are kept as pictures.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, Owes, Sent
from letters_without_office import pretend_to_render
from neighbours import BY_MAIL
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect
from statement_files import Money, statement
from test_web_day import CHROMIUM, NARROW, PATIENCE, WIDE, chromium, complaints, looked_at, opened, pages_closed
from test_web_serve import served

from notices.ledger import DoubtfulMark, Ledger, NewScan

assert chromium  # fixtures
assert pages_closed
pytestmark = [
    pytest.mark.timeout(1800),
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]
ONE = Owes("1-1-302", "陈示例")
PAGES = (
    "", "tasks/", "lists/", "batches/", "batches/1", "batches/1/release?tier=lawyer-letter",
    "accounts/", "accounts/1", "jobs/", "replies/", "report/", "templates/", "history/", "users/", "users/3/password",
    "users/own-password", "settings/", "purge/", "nowhere", "batches/1/decisions/2/",
)  # fmt: skip


@pytest.fixture(scope="module")
def answered(users_master: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Workspace in which every page has something to show: letters that lie ready, a scan with a doubtful box."""
    desk = users_master.copy(tmp_path_factory.mktemp("seen") / "office")
    desk("history", "import", desk.history(Sent(ONE, "2026-08-03"), Sent(ONE, "2026-09-28", "律师函")))
    desk.plan(ONE, batch="s")
    desk("approve", "s", "--by", "Releaser")
    pretend_to_render(desk, "s")
    with closing(sqlite3.connect(desk.folder / "batches" / "ledger.db")) as ledger:
        ledger.execute("UPDATE deliveries SET state = 'spooled' WHERE state = 'rendered'")
        ledger.commit()
    desk("hold", "add", BY_MAIL.account, "--kind", "promise", "--until", "2028-12-31", "--amount", "100")
    desk("payment", "add", BY_MAIL.account, "--amount", "50", "--date", "2026-11-24")
    _scan(desk)
    return desk


def _scan(desk: Desk) -> None:
    """Record a scanned slip with a doubtful box, as `slip import` does, without the scan itself."""
    kept = desk.folder / "batches" / "s" / "scans"
    kept.mkdir(parents=True)
    for name, size in (("page.png", (400, 560)), ("box.png", (60, 60))):
        picture = Image.new("L", size, 255)
        ImageDraw.Draw(picture).line((10, 30, 50, 34), fill=60, width=4)
        picture.save(kept / name)
    ledger = Ledger.open(f"sqlite:///{desk.folder / 'batches' / 'ledger.db'}")
    try:
        with ledger.begin() as books:
            (notice,) = [it for it in books.notices.of_case(_case(books)) if it.batch == "s"]
            mark = DoubtfulMark("heating-cold", 0.2, "batches/s/scans/box.png")
            scan = NewScan(notice.id, "0" * 64, 1, (), (mark,), True, "batches/s/scans/page.png", ())
            books.scans.add(scan, date(2026, 11, 24), slip_id=None, by="clerk", at=datetime(2026, 11, 24, tzinfo=UTC))
    finally:
        ledger.close()


def _case(books: Any) -> Any:
    (case,) = books.finding.accounts(ONE.owner)
    return case


@pytest.fixture(scope="module")
def office_address(answered: Desk) -> Iterator[str]:
    with served(answered) as (address, _):
        yield address


def seen(page: Page, address: str, name: str) -> None:
    page.goto(address)
    expect(page.locator("main h1")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("progress")).to_have_count(0, timeout=120_000)
    looked_at(page, name)


@pytest.mark.parametrize(
    ("size", "more"),
    [
        (WIDE, {"locale": "zh-CN"}),
        (NARROW, {"locale": "en-GB", "color_scheme": "dark"}),
        # 200 %: the browser lays out half as many pixels, each twice as wide.
        ({"width": 640, "height": 450}, {"locale": "en-GB", "device_scale_factor": 2}),
    ],
    ids=["1280-zh-light", "360-en-dark", "200-percent-en"],
)
def test_every_page_can_be_read_by_everybody(
    chromium: Browser, office_address: str, size: Any, more: dict[str, str], request: pytest.FixtureRequest
) -> None:
    complaints.clear()
    admin = opened(chromium, office_address, "admin", size, **more)
    kind = str(size["width"])
    wrong: list[str] = []
    for where in PAGES:
        try:
            seen(
                admin,
                f"{office_address}{where}",
                f"{kind}-{where.strip('/').replace('/', '-').split('?')[0] or 'today'}",
            )
        except AssertionError as error:
            wrong.append(f"{where}: {error}"[:1500])
    admin.goto(f"{office_address}lists/")
    admin.set_input_files("#list", files=[{"name": "清单.csv", "mimeType": "text/csv", "buffer": LIST}])
    admin.keyboard.press("Enter")
    admin.locator("main button").first.click()
    expect(admin.locator("#problems")).to_be_visible(timeout=120_000)
    looked_at(admin, f"{kind}-list")
    assert wrong == []
    assert [each for each in complaints if "404" not in each] == []


LIST = (
    "房号,业主姓名,费用期间,应缴日期,应收金额\n"
    "8-1-801,申八,2026年1月至6月,2026-06-30,500\n"
    "8-1-802,酉九,2026年1月至6月,哪天,700\n"
).encode()


def test_the_replies_of_a_day_are_settled_with_the_keyboard(
    chromium: Browser, office_address: str, answered: Desk, tmp_path: Path
) -> None:
    """A bounce is read, a doubtful mark is judged by its digit, a proposed payment is booked."""
    clerk = opened(chromium, office_address, "clerk", WIDE)
    replies = f"{office_address}replies/"
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "mailer-daemon@example.com", "us@example.com", "Undelivered"
    mail.set_content("nothing of ours")
    (tmp_path / "bounce.eml").write_bytes(bytes(mail))
    clerk.goto(replies)
    clerk.set_input_files("#mail", tmp_path / "bounce.eml")
    clerk.locator("form[action='/replies/mail'] button").press("Enter")
    expect(clerk.locator(".banner").first).to_be_visible(timeout=60_000)
    clerk.goto(replies)
    clerk.keyboard.press("1")
    expect(clerk.locator("form.scan input[type=checkbox]").first).to_be_checked(timeout=PATIENCE)
    clerk.keyboard.press("Enter")
    expect(clerk.locator("form.scan")).to_have_count(0, timeout=60_000)
    file = statement(tmp_path, "boc", [Money(date(2026, 11, 25), "09:00:00", "500.00", "外人", "1-1-302", "S1")])
    clerk.set_input_files("#statements", file)
    clerk.locator("form[action='/replies/statements'] button").press("Enter")
    expect(clerk.locator("#proposals")).to_be_visible(timeout=60_000)
    looked_at(clerk, "1280-proposals")
    clerk.get_by_role("button", name=ONE.account).press("Enter")
    expect(clerk.locator("#proposals")).to_have_count(0, timeout=60_000)
    assert [slip["objections"] for slip in answered("slip", "list", "s", "--json").json["slips"]] == [["heating-cold"]]
    assert "500.00" in [each["amount"] for each in answered("payment", "list", "--json").json["payments"]]
