"""The day of two people in Chromium: log-in, today, batch, preview, release, render, print; narrow and wide.

Axe-core finds no violation on any page. With NOTICES_SCREENSHOTS=FOLDER the pages are kept as pictures.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import PASSWORDS
from desk import Desk
from playwright.sync_api import Browser, Page, expect, sync_playwright
from test_web_serve import served

CHROMIUM = shutil.which("chromium")
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}

PATIENCE = 120_000  # milliseconds, on a machine that is used by others as well

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.slow,
    pytest.mark.office,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def pages_closed(chromium: Browser) -> Iterator[None]:
    """Close every page after its test: pages ask for news, also of a server that has ended."""
    yield
    for context in chromium.contexts:
        context.close()


def opened(chromium: Browser, address: str, name: str, size: Any, **more: Any) -> Page:
    """Open a browser of its own in which a user has logged in; nothing in it may be blocked by the page's policy."""
    context = chromium.new_context(locale=more.pop("locale", "zh-CN"), viewport=size, **more)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(address)
    page.fill("#name", name)
    page.fill("#password", PASSWORDS[name])
    page.keyboard.press("Enter")
    expect(page.locator("nav[aria-label]").first).to_be_visible(timeout=PATIENCE)
    return page


complaints: list[str] = []


def looked_at(page: Page, name: str) -> None:
    """Check a page with axe and for its width, and keep a picture of it."""
    folder = os.environ.get("NOTICES_SCREENSHOTS")
    if folder:
        page.wait_for_load_state("networkidle")  # pictures of letters come after the page
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"][:150] for node in each["nodes"]]) for each in found] == [], name
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"{name} is {overflow} px too wide"


def test_the_day_of_a_clerk_and_an_approver(chromium: Browser, office: Desk) -> None:
    complaints.clear()
    with served(office) as (address, _):
        anonymous = chromium.new_context(locale="zh-CN", viewport=NARROW).new_page()
        anonymous.goto(address)
        looked_at(anonymous, "1-log-in-360")
        clerk = opened(chromium, address, "clerk", WIDE)
        looked_at(clerk, "2-today-1280")
        clerk.get_by_role("link", name="封函件等待批准", exact=True).click()
        looked_at(clerk, "3-batch-1280")
        clerk.locator("tbody th a").first.click()
        expect(clerk.locator(".leaf svg").first).to_be_visible(timeout=60_000)
        looked_at(clerk, "4-decision-1280")
        first = clerk.url
        clerk.keyboard.press("ArrowRight")
        clerk.wait_for_url(lambda url: url != first, timeout=60_000)
        clerk.keyboard.press("ArrowLeft")
        clerk.wait_for_url(first, timeout=60_000)
        clerk.goto(f"{address}batches/1")
        clerk.get_by_role("link", name="批准 ", exact=False).filter(has_text="催费函").click()
        looked_at(clerk, "5-release-1280")
        clerk.get_by_role("button", name="批准").click()
        expect(clerk.locator(".banner.done, .banner.attention").first).to_be_visible(timeout=60_000)
        approver = opened(chromium, address, "approver", NARROW)
        looked_at(approver, "6-today-360")
        approver.goto(f"{address}batches/1")
        looked_at(approver, "7-batch-360")
        approver.get_by_role("link", name="批准 ", exact=False).filter(has_text="律师函").first.click()
        approver.get_by_role("button", name="批准").click()
        expect(approver.locator(".banner.done, .banner.attention").first).to_be_visible(timeout=60_000)
        lawyers = clerk.get_by_role("link", name="批准 ", exact=False).filter(has_text="律师函")
        expect(lawyers).to_have_count(0, timeout=10_000)  # sees it by itself
        approver.get_by_role("button", name="制作").click()
        looked_at(approver, "8-rendering-360")
        expect(approver.get_by_role("button", name="打印")).to_be_visible(timeout=180_000)
        expect(clerk.get_by_role("button", name="打印")).to_be_visible(timeout=10_000)
        clerk.get_by_role("button", name="打印").click()
        expect(clerk.locator("#live")).to_contain_text("打印任务", timeout=240_000)
        looked_at(clerk, "9-printed-1280")
        dark = opened(chromium, address, "watcher", WIDE, color_scheme="dark", locale="en-GB")
        dark.goto(f"{address}batches/1")
        looked_at(dark, "10-batch-dark-en")
        masked = opened(chromium, address, "viewer", WIDE)
        masked.goto(f"{address}batches/1")
        looked_at(masked, "11-batch-masked")
        plain = chromium.new_context(locale="zh-CN", java_script_enabled=False).new_page()
        plain.goto(f"{address}log-in")
        plain.fill("#name", "clerk")
        plain.fill("#password", PASSWORDS["clerk"])
        plain.locator("main button").click()
        plain.goto(f"{address}batches/1")
        expect(plain.locator("table").first).to_be_visible()
    jobs = office("job", "list", "--json").json["jobs"]
    assert sum(job["letters"] for job in jobs) > 0
    assert complaints == []


def reach(page: Page, words: str, tag: str = "a, button, input, select, textarea, summary") -> None:
    """Press Tab until what has these words in its text, label or name has the focus, and can be seen to have it."""
    for _ in range(150):
        page.keyboard.press("Tab")
        found = page.evaluate(
            """([words, tag]) => {
                const it = document.activeElement, style = getComputedStyle(it);
                const named = [it.innerText, it.value, it.id, it.name, ...[...(it.labels || [])].map(l => l.innerText)];
                const here = it.matches(tag) && named.some(text => (text || "").includes(words));
                const marked = style.outlineStyle !== "none" || style.boxShadow !== "none";
                return here ? (marked ? "seen" : "unseen") : "";
            }""",
            [words, tag],
        )
        if found:
            assert found == "seen", words
            return
    raise AssertionError(f"Tab does not reach {words}")


def enter(page: Page) -> None:
    """Press Enter, and wait for the page that it leads to."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_the_keyboard_alone_leads_through_the_day(chromium: Browser, office: Desk) -> None:
    """Log in, skip to the content, look for an owner, leave out, release, enter a payment, log out; no mouse."""
    complaints.clear()
    with served(office) as (address, _):
        context = chromium.new_context(locale="zh-CN", viewport=WIDE)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto(address)
        for field, words in (("name", "clerk"), ("password", PASSWORDS["clerk"])):
            reach(page, field, "input")
            page.keyboard.type(words)
        enter(page)
        expect(page.locator("nav[aria-label]").first).to_be_visible()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        reach(page, "封函件等待批准")
        enter(page)
        expect(page.locator("#decisions")).to_be_visible()
        reach(page, "f-action", "select")
        here = page.url
        page.keyboard.press("ArrowDown")  # walks through the choices; only the button filters
        page.keyboard.press("ArrowUp")
        page.wait_for_timeout(500)
        assert page.url == here
        page.locator("h1").press("/")
        page.keyboard.type("甲一")
        enter(page)
        expect(page.locator("tbody tr")).to_have_count(1)
        reach(page, "甲一", "tbody a")
        enter(page)
        reach(page, "why", "input")
        page.keyboard.type("在谈")
        enter(page)
        expect(page.locator("main")).to_contain_text("在谈")
        reach(page, "b", ".crumbs a")
        enter(page)
        reach(page, "催费函", "a.button")
        enter(page)
        reach(page, "批准", "main button")
        enter(page)
        expect(page.locator(".banner.done, .banner.attention").first).to_be_visible(timeout=60_000)
        reach(page, "业主账户", "nav a")
        enter(page)
        reach(page, "words", "input")
        page.keyboard.type("乙二")
        enter(page)
        reach(page, "登记付款", "summary")
        page.keyboard.press("Enter")
        reach(page, "amount", "input")
        page.keyboard.type("12.50")
        enter(page)
        expect(page.locator(".banner.done")).to_contain_text("12.50")
        reach(page, "退出", "button")
        enter(page)
        expect(page.locator("#password")).to_be_visible()
    released = {name: each for name, each in office.decisions().items() if each["notice"]}
    assert all(each["tier"] == "reminder" for each in released.values())
    assert released
    (left_out,) = [name for name, each in office.decisions().items() if each["excluded"]]
    assert left_out not in released
    assert [each["amount"] for each in office("payment", "list", "--json").json["payments"]] == ["12.50"]
