"""Pages of the supervisor and the administrator: report, tasks, history, users, purge, and the greeting."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from browsing import PASSWORDS, Browser
from desk import Desk
from neighbours import BY_MAIL, EVERYBODY

from notices.web.application import make_application
from notices.web.site import Site

Browsers = Callable[[str], Any]


def gathered(browser: Any, address: str, **more: object) -> Any:
    """Return the page that stands at the end of the redirection, and its address."""
    answer = browser.get(address, follow_redirects=True, **more)
    assert answer.status_code == 200, answer.text
    return answer


# --- report ----------------------------------------------------------------------------------------------------------


def test_the_report_shows_its_tables_masked_and_comes_as_files(alone: Any, desk: Desk) -> None:
    desk("hold", "add", BY_MAIL.account, "--kind", "promise", "--until", "2026-12-31", "--amount", "100")
    answer = gathered(alone, "/report/")
    page, where = answer.text, answer.request.path + "?" + answer.request.query_string.decode()
    assert re.search(r"made=[0-9a-f]{16}", where)
    assert BY_MAIL.owner not in page
    assert f"{BY_MAIL.owner[0]}**" in page
    links = dict(re.findall(r'href="(/report/[0-9a-f]{16}\.(xlsx|html))"', page))
    assert len(links) == 2
    for link, ending in links.items():
        content = alone.get(link)
        assert content.headers["Content-Disposition"].startswith("attachment")
        if ending == "xlsx":
            cells = str([list(sheet.values) for sheet in openpyxl.load_workbook(BytesIO(content.data))])
        else:
            cells = content.text
        assert BY_MAIL.owner not in cells
        assert f"{BY_MAIL.owner[0]}**" in cells
    named = gathered(alone, "/report/?names=1").text
    assert BY_MAIL.owner in named
    gathered(alone, "/report/?batch=1&since=2026-01-01&until=2025-01-01&estate=99")


def test_reports_are_kept_some_days_only_even_if_nobody_uploads_anything(alone: Any, desk: Desk) -> None:
    gathered(alone, "/report/?names=1")
    folder = desk.folder / "batches" / ".uploads"
    old = sorted(folder.iterdir())
    assert {path.stat().st_mode & 0o777 for path in old} == {0o600}
    for path in old:
        os.utime(path, (0, 0))
    gathered(alone, "/report/?since=2026-01-01")
    assert [path for path in old if path.exists()] == []


def test_a_browser_applies_the_style_of_a_chart_and_no_other(alone: Any, desk: Desk) -> None:
    desk("payment", "add", BY_MAIL.account, "--amount", "100", "--date", "2026-11-24")
    desk("payment", "add", EVERYBODY[0].account, "--amount", "50", "--date", "2026-11-25")
    answer = gathered(alone, "/report/")
    assert "<svg" in answer.text
    styles = re.search(r"style-src ([^;]*)", answer.headers["Content-Security-Policy"])
    assert styles is not None
    assert "'sha256-" in styles[1]
    assert "unsafe" not in styles[1]
    assert "X-Styles" not in answer.headers


def test_only_the_newest_results_of_a_person_are_kept(alone: Any, desk: Desk, site: Site) -> None:
    for amount in range(1, 7):
        desk("payment", "add", BY_MAIL.account, "--amount", str(amount), "--date", "2026-11-24")
        gathered(alone, "/tasks/")
    assert sum(place.startswith("todo:") for place in site.errands._ended) <= 4


def test_a_report_is_its_readers_own_and_not_for_a_viewer_without_names(browsers: Browsers) -> None:
    clerk = browsers("clerk")
    link = re.search(r'href="(/report/[0-9a-f]{16}\.xlsx)"', gathered(clerk, "/report/").text)
    assert link is not None
    assert browsers("approver").get(link[1]).status_code == 404
    assert browsers("viewer").get("/report/").status_code == 409
    assert "/report/" not in browsers("viewer").get("/").text
    assert gathered(browsers("watcher"), "/report/").status_code == 200


# --- tasks -----------------------------------------------------------------------------------------------------------


def test_tasks_name_person_day_and_reason_and_lead_to_the_account(alone: Any, desk: Desk, site: Site) -> None:
    desk("hold", "add", BY_MAIL.account, "--kind", "promise", "--until", site.today().isoformat())
    page = gathered(alone, "/tasks/").text
    assert BY_MAIL.owner in page
    link = re.search(rf'href="(/accounts/\d+)"><bdi>[^<]*{BY_MAIL.owner}', page)
    assert link is not None
    assert BY_MAIL.owner in alone.get(link[1]).text
    promised = gathered(alone, "/tasks/?kind=promise").text
    assert BY_MAIL.owner in promised
    assert gathered(alone, "/tasks/?kind=nonsense&who=99&page=9").status_code == 200
    assert 'href="/tasks/?kind=promise"' in alone.get("/").text


# --- history ---------------------------------------------------------------------------------------------------------


def test_the_history_shows_who_did_what_like_the_log(alone: Any, desk: Desk) -> None:
    desk("hold", "add", BY_MAIL.account, "--kind", "disputed", "--by", "Somebody")
    page = alone.get("/history/").text
    logged = desk("log", "--json").json["entries"]
    assert page.count('<th scope="row"') == min(len(logged), 50)
    assert "Somebody" in page
    assert BY_MAIL.owner in page
    answer = alone.post("/history/search", {"by": "Somebody"}, page="/history/")
    assert "Somebody" not in answer.location
    assert alone.get(answer.location).text.count('<th scope="row"') == 1
    assert alone.get("/history/?before=1").text.count('<th scope="row"') == 0
    assert alone.get("/history/?before=x&since=y&find=z").status_code == 200


def test_pages_of_the_history_have_every_entry_of_the_log_once(desk: Desk, site: Site) -> None:
    desk("approve", "b", "--by", "Releaser")
    every = [(each["event"], each["last"], each["count"]) for each in desk("log", "--json").json["entries"]]
    found: list[tuple[int, int, int]] = []
    before = None
    with site.ledger.read() as books:
        while page := books.log.page(2, before=before):
            found += [(it.event, it.last, it.count) for it in page]
            before = page[-1].event
        assert len(books.log.page(1000)) == len(every)
    assert found[::-1] == every


def test_a_viewer_sees_no_names_of_owners_in_the_history(browsers: Browsers, office: Desk) -> None:
    office("hold", "add", BY_MAIL.account, "--kind", "disputed")
    assert BY_MAIL.owner not in browsers("viewer").get("/history/").text
    assert BY_MAIL.owner in browsers("watcher").get("/history/").text


# --- users -----------------------------------------------------------------------------------------------------------


def test_an_administrator_adds_changes_and_disables_users(browsers: Browsers, office: Desk) -> None:
    admin = browsers("admin")
    fields = {"name": "新来的", "role": "clerk", "password": "four words of the new", "again": "four words of the new"}
    assert admin.post("/users/", {**fields, "again": "other"}, page="/users/").status_code == 400
    assert admin.post("/users/", {**fields, "password": "short", "again": "short"}, page="/users/").status_code == 400
    answer = admin.post("/users/", fields, page="/users/")
    assert answer.status_code == 303
    assert "新来的" in admin.get(answer.location).text
    assert admin.post("/users/", fields, page="/users/").status_code == 409
    new = Browser(admin.client.application.test_client())
    assert new.log_in("新来的", "four words of the new").status_code == 303
    assert new.get("/lists/").status_code == 200
    assert admin.post("/users/6/role", {"role": "viewer"}, page="/users/").status_code == 303
    assert new.get("/lists/").status_code == 409
    assert admin.post("/users/6/role", {"role": "king"}, page="/users/").status_code == 400
    password = {"password": "four other words now", "again": "four other words now"}
    assert admin.post("/users/6/password", password, page="/users/6/password").status_code == 303
    assert new.get("/").status_code == 303
    assert new.log_in("新来的", "four other words now").status_code == 303
    assert admin.post("/users/6/disable", page="/users/").status_code == 303
    assert new.get("/").status_code == 303
    users = {each["name"]: each for each in office("user", "list", "--json").json["users"]}
    assert users["新来的"] == {"name": "新来的", "role": "viewer", "names": False, "disabled": True}
    kinds = [row[3] for row in office.rows()["events"] if "admin" in row]
    assert {"user-added", "user-changed", "user-password", "user-disabled"} <= {str(kind) for kind in kinds}
    assert "four words of the new" not in str(office.rows())
    office("ledger", "verify")


def test_nobody_takes_away_their_own_role(browsers: Browsers, office: Desk) -> None:
    admin = browsers("admin")
    assert admin.post("/users/5/disable", page="/users/").status_code == 409
    assert admin.post("/users/5/role", {"role": "viewer"}, page="/users/").status_code == 409
    assert "cannot take away" in office("user", "role", "admin", "clerk", "--by", "ADMIN", status=4).errors
    assert office("user", "role", "clerk", "viewer", "--names", "--json").json["names"] is True


def test_the_first_user_is_an_administrator_and_ends_the_page_for_one(alone: Any, desk: Desk) -> None:
    fields = {"name": "王小明", "role": "viewer", "password": "four words of mine", "again": "four words of mine"}
    assert alone.post("/users/", fields, page="/users/").status_code == 303
    assert alone.get("/").location.startswith("/log-in")
    assert desk("user", "list", "--json").json["users"][0]["role"] == "admin"
    assert alone.log_in("王小明", "four words of mine").status_code == 303


def test_everybody_changes_their_own_password_and_other_sessions_end(browsers: Browsers) -> None:
    mine, other = browsers("watcher"), browsers("watcher")
    fields = {"old": "wrong", "password": "four words anew here", "again": "four words anew here"}
    assert mine.post("/users/own-password", fields, page="/users/own-password").status_code == 401
    fields["old"] = PASSWORDS["watcher"]
    assert mine.post("/users/own-password", fields, page="/users/own-password").status_code == 303
    assert mine.get("/").status_code == 200
    assert other.get("/").status_code == 303


# --- purge -----------------------------------------------------------------------------------------------------------


def test_a_purge_is_counted_first_and_then_done_once(browsers: Browsers, office: Desk) -> None:
    admin = browsers("admin")
    assert admin.post("/purge/", {"day": "2026-01-01"}, page="/purge/").status_code == 409
    assert admin.post("/purge/count", {"day": "never"}, page="/purge/").status_code == 400
    assert admin.post("/purge/count", {"day": "2026-01-01"}, page="/purge/").status_code == 303
    assert 'role="status"' in admin.get("/purge/").text
    assert admin.post("/purge/", {"day": "2025-01-01"}, page="/purge/").status_code == 409
    assert admin.post("/purge/", {"day": "2026-01-01"}, page="/purge/").status_code == 303
    assert admin.post("/purge/", {"day": "2026-01-01"}, page="/purge/").status_code == 409
    office("ledger", "verify")


# --- first minutes ---------------------------------------------------------------------------------------------------


@pytest.fixture
def empty(tmp_path: Any, site_of: Callable[..., Site]) -> Any:
    desk = Desk(tmp_path / "empty")
    desk("init", desk.folder)
    browser = Browser(make_application(site_of(desk)).test_client())
    browser.post("/who", {"name": "王小明"}, page="/who")
    return browser


def test_an_empty_workspace_greets_with_three_steps_and_their_checks(empty: Any) -> None:
    page = empty.get("/").text
    assert page.count('<ol class="steps">') == 1
    assert page.count("<h2>") == 3
    steps = [where for where in ("/settings/", "/templates/", "/lists/") if f'class="button" href="{where}"' in page
            or f'class="button secondary" href="{where}"' in page]  # fmt: skip
    assert steps == ["/settings/", "/templates/", "/lists/"]
    for address in ("/batches/", "/jobs/", "/history/", "/accounts/", "/replies/", "/users/", "/purge/", "/settings/"):
        assert empty.get(address).status_code == 200, address
    for address in ("/report/", "/tasks/"):
        assert gathered(empty, address).status_code == 200, address
