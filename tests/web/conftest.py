"""Fixtures of the page: a workspace with a batch, its site, and browsers of people with each role."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

sys.path.insert(0, str(Path(__file__).parents[1] / "cli"))

from browsing import PASSWORDS, Browser
from desk import Desk
from errands_here import ErrandsHere
from neighbours import EVERYBODY, LETTERS_BEFORE

from notices import passwords
from notices.web.application import make_application
from notices.web.site import Site


@pytest.fixture(scope="session")
def planned_master(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Batch `b` for all owners, planned by Planner; includes one lawyer's letter. A master to be copied."""
    desk = Desk(tmp_path_factory.mktemp("planned") / "workspace")
    desk("init", desk.folder)
    desk("history", "import", desk.history(*LETTERS_BEFORE))
    desk.plan(*EVERYBODY)
    return desk


@pytest.fixture
def desk(planned_master: Desk, tmp_path: Path) -> Desk:
    return planned_master.copy(tmp_path / "workspace")


@pytest.fixture(scope="session")
def users_master(planned_master: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Copy with one user of each role, and a viewer (`watcher`) who sees names."""
    desk = planned_master.copy(tmp_path_factory.mktemp("users") / "workspace")
    with pytest.MonkeyPatch.context() as patch:
        # Verifying takes the parameters from the hash: a log-in costs a millisecond here, not a tenth of a second.
        quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "_hasher", lambda: quick)
        for name, password in PASSWORDS.items():
            patch.setenv("NOTICES_PASSWORD", password)
            role = "viewer" if name == "watcher" else name
            desk("user", "add", name, "--role", role, *(["--names"] if name == "watcher" else []))
    return desk


@pytest.fixture
def office(users_master: Desk, tmp_path: Path) -> Desk:
    """Workspace with users, and batch `b`."""
    return users_master.copy(tmp_path / "office")


@pytest.fixture
def site_of() -> Iterator[Callable[[Desk], Site]]:
    """Return a function that opens the site of a workspace, closed at the end of the test.

    Its errands run in this process, unless it is given `errands=Errands()`.
    """
    opened: list[Site] = []

    def open_site(desk: Desk, **more: object) -> Site:
        opened.append(Site(desk.folder, **{"errands": ErrandsHere(), **more}))  # type: ignore[arg-type]
        return opened[-1]

    yield open_site
    for site in opened:
        site.close()


@pytest.fixture
def site(desk: Desk, site_of: Callable[[Desk], Site]) -> Site:
    """Site of a workspace without users, on loopback."""
    return site_of(desk)


@pytest.fixture
def alone(site: Site) -> Browser:
    """Browser of the one person of a page without users."""
    browser = Browser(make_application(site).test_client())
    browser.post("/who", {"name": "王小明"}, page="/who")
    return browser


@pytest.fixture
def busy_site(office: Desk, site_of: Callable[[Desk], Site]) -> Site:
    """Site of a workspace with users."""
    return site_of(office)


@pytest.fixture
def browsers(busy_site: Site) -> Callable[[str], Browser]:
    """Return a function that opens a browser in which a user has logged in; nobody for ""."""
    application = make_application(busy_site)

    def browser_of(name: str) -> Browser:
        browser = Browser(application.test_client())
        if name:
            assert browser.log_in(name, PASSWORDS[name]).status_code == 303
        return browser

    return browser_of
