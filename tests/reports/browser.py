"""Headless Chromium of the system, without a network: what a page shows, asks for and complains about."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")


@dataclass
class Watched:
    """An open page, with every request beyond its file and every message of its console."""

    page: Page
    requests: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


@contextmanager
def opened(file: Path, *, dark: bool = False, scripts: bool = True, width: int = 1100) -> Iterator[Watched]:
    """Open a file; the browser ends with the block."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        try:
            context = browser.new_context(
                offline=True,
                java_script_enabled=scripts,
                color_scheme="dark" if dark else "light",
                viewport={"width": width, "height": 1000},
            )
            watched = Watched(context.new_page())
            watched.page.on("request", lambda it: watched.requests.append(it.url))
            watched.page.on("console", lambda it: watched.messages.append(it.text))
            watched.page.on("pageerror", lambda it: watched.messages.append(str(it)))
            watched.page.goto(file.as_uri())
            yield watched
        finally:
            browser.close()
