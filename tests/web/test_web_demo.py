"""What `make demo` leaves: every page of the navigation has something to show."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from browsing import Browser
from desk import Desk
from support import ROOT

from notices.web.application import make_application
from notices.web.site import Site

pytestmark = [pytest.mark.slow, pytest.mark.office, pytest.mark.timeout(600)]

# Of each page of the navigation, a sign of what it has to show.
SHOWN = {
    "/": '<span class="count">',
    "/tasks/": '<th scope="row">',
    "/lists/": '<th scope="row">',
    "/batches/": '<th scope="row">',
    "/accounts/": 'role="search"',
    "/jobs/": '<th scope="row">',
    "/replies/": 'id="proposals"',
    "/report/": '<p class="value">',
    "/templates/": '<th scope="row">',
    "/history/": '<th scope="row"',
    "/users/": 'action="/users/"',
    "/settings/": 'action="/settings/check"',
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("demo")
    for name, module in (("notices", "-m notices"), ("python", "")):
        shim = folder / "bin" / name
        shim.parent.mkdir(exist_ok=True)
        shim.write_text(f'#!/bin/sh\nexec {sys.executable} {module} "$@"\n')
        shim.chmod(stat.S_IRWXU)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
    environment["PATH"] = f"{folder / 'bin'}:{environment['PATH']}"
    script = (ROOT / "examples" / "demo.sh").read_text("utf-8").replace('export PATH="$PWD/.venv/bin:$PATH"', "")
    made = subprocess.run(
        ["bash", "-c", script, str(ROOT / "examples" / "demo.sh"), str(folder / "workspace")],
        env=environment, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    assert made.stdout.rstrip().endswith(f"notices serve --workspace {folder / 'workspace'}")
    return Desk(folder / "workspace")


@pytest.fixture
def visitor(demo: Desk, site_of: Callable[..., Site]) -> Any:
    browser = Browser(make_application(site_of(demo)).test_client())
    browser.post("/who", {"name": "示例经办人"}, page="/who")
    return browser


def test_every_page_has_something_to_show(visitor: Any) -> None:
    shown = visitor.get("/").text
    assert set(re.findall(r'<li><a href="([^"]+)"', shown)) == set(SHOWN)
    for address, sign in SHOWN.items():
        page = visitor.get(address, follow_redirects=True)
        assert page.status_code == 200, address
        assert sign in page.text, address


def test_what_the_pages_lead_to_has_something_to_show_too(visitor: Any) -> None:
    today = visitor.get("/", headers={"Accept-Language": "en"}).text
    for words in ("message(s) in the outbox", "letter(s) at the print shop", "whose they are", "limitation"):
        assert words in today
    table = visitor.get("/batches/1").text
    assert table.count('<th scope="row" class="account">') > 20
    found = visitor.post("/accounts/", {"words": "洛小川"}, page="/accounts/")
    history = visitor.get(found.location).text
    assert "600.00" in history
    assert re.search(r"\?letter=(\d+)#letter", history)
    job = re.search(r'href="(/jobs/\d+)"', visitor.get("/jobs/").text)
    assert job
    assert "SHA-256" in visitor.get(job[1]).text
    report = visitor.get("/report/", follow_redirects=True).text
    assert "<svg" in report
    paid = visitor.post("/accounts/", {"words": "林晓禾"}, page="/accounts/")
    assert "1,181.40" in visitor.get(paid.location).text
