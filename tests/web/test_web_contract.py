"""What the page promises and no other test shows: roles by name, filters, what waits, addresses, a proxy, a desktop."""

from __future__ import annotations

import html
import os
import re
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, Owes
from neighbours import BY_MAIL, EVERYBODY
from statement_files import Money, statement
from test_web_access import NAMES, address_of, routes
from test_web_batch import decision_of, finished
from test_web_together import seen_of

from notices.model import Role
from notices.web.application import make_application
from notices.web.roles import EVERYBODY as ALL_ROLES
from notices.web.roles import FROM_CLERK, ONLY_ADMIN, is_open, served_roles
from notices.web.site import ListeningAddress, Site

Browsers = Callable[[str], Any]

# --- roles ------------------------------------------------------------------------------------------------------------

# Who may do what is decided here once more, apart from the views; what is not named is for clerks, approvers and
# administrators.
FOR_ALL = {
    "today.show", "batches.index", "batches.show", "batches.live", "batches.filters", "batches.search",
    "decisions.show", "decisions.page", "decisions.letter", "accounts.show", "accounts.letter", "jobs.index",
    "jobs.show", "reports.index", "reports.live", "reports.file", "templates.index", "templates.show",
    "templates.page", "history.index", "history.search", "users.own_password", "news.moment",
}  # fmt: skip
FOR_ADMINISTRATORS = {
    "users.index", "users.add", "users.change", "users.disable", "users.password", "settings.index", "settings.check",
    "templates.replace", "purge.index", "purge.count", "purge.purge", "purge.dismiss", "purge.live",
}  # fmt: skip


def test_each_view_serves_the_roles_of_the_table(busy_site: Site) -> None:
    app = make_application(busy_site)
    views = {name: view for name, view in app.view_functions.items() if not is_open(view)}
    assert (FOR_ALL | FOR_ADMINISTRATORS) - views.keys() == set()
    wrong = {
        name: sorted(served_roles(view))
        for name, view in views.items()
        if served_roles(view)
        != set(ALL_ROLES if name in FOR_ALL else ONLY_ADMIN if name in FOR_ADMINISTRATORS else FROM_CLERK)
    }
    assert wrong == {}


def test_only_looking_changes_nothing(busy_site: Site) -> None:
    """What a viewer may send is a search, their own password, and nothing else."""
    app = make_application(busy_site)
    sent = {
        rule.endpoint
        for rule, method in routes(app)
        if method != "GET" and not is_open(app.view_functions[rule.endpoint])
        if Role.VIEWER in served_roles(app.view_functions[rule.endpoint])
    }
    assert sent == {"batches.search", "history.search", "users.own_password"}


def test_who_is_logged_in_is_the_author_whatever_a_form_says(browsers: Browsers, office: Desk) -> None:
    clerk = browsers("clerk")
    address = f"/batches/1/decisions/{decision_of(office, BY_MAIL.account)}"
    fields = {"why": "在谈", "by": "approver", "name": "approver", "id": "1"}
    assert clerk.post(f"{address}/leave-out", fields, page=f"{address}/").status_code == 303
    (event,) = [row for row in office.rows()["events"] if "excluded" in row]
    assert "clerk" in event
    assert "approver" not in event


def test_an_approver_releases_nothing_of_their_own_that_needs_a_second_person(
    browsers: Browsers, office: Desk, busy_site: Site
) -> None:
    owners = [it for it in EVERYBODY if office.decisions()[it.account]["tier"] == "lawyer-letter"]
    office("batch", "discard", "b", "--yes", "--why", "again")
    office("plan", office.list(*owners), "--name", "own", "--as-of", "2026-11-23", "--by", "Ａpprover")
    approver = browsers("approver")
    where = "/batches/2/release?tier=lawyer-letter"
    assert 'name="seen"' not in approver.get(where).text  # the same person, spelt otherwise
    seen = seen_of(browsers("admin"), where)
    approver.post(where, {"seen": seen}, page=where)
    assert finished(busy_site, batch=2).state == "failed"
    assert not any(each["notice"] for each in office.decisions("own").values())
    browsers("admin").post(where, {"seen": seen}, page=where)
    assert finished(busy_site, batch=2).state == "done"
    assert all(each["notice"] for each in office.decisions("own").values())


# --- addresses and answers --------------------------------------------------------------------------------------------


def links(page: str) -> set[str]:
    return {html.unescape(each) for each in re.findall(r'(?:href|action|src|hx-get)="([^"]*)"', page)}


def test_no_address_of_any_page_has_a_name_or_an_amount(browsers: Browsers, office: Desk) -> None:
    """Every page that a link leads to, from the first one on."""
    office("payment", "add", BY_MAIL.account, "--amount", "77.70", "--date", "2026-11-24")
    admin = browsers("admin")
    from urllib.parse import unquote  # noqa: PLC0415

    waiting, known = ["/"], set()
    while waiting:
        address = waiting.pop()
        path = address.split("#")[0]
        if path in known or not path.startswith("/") or path.startswith(("/static/", "/log-out")):
            continue
        known.add(path)
        if re.search(r"\.(pdf|png|zip|xlsx|html)$|/decisions/\d+/", path) or "/templates/look/" in path:
            continue
        answer = admin.get(path, follow_redirects=True, headers={"Notices-Looking": "true"})
        if answer.status_code == 200 and answer.mimetype == "text/html":
            waiting += links(answer.text)
    spoken = [unquote(each) for each in known]
    assert len(spoken) > 30
    assert [
        each for each in spoken if any(name in each for name in (*NAMES, "77.70", "Planner", "示例主管", "示例经理"))
    ] == []


def test_a_handler_is_chosen_by_a_number(browsers: Browsers, office: Desk) -> None:
    office.set("buildings = []                  # 负责的楼栋", 'buildings = ["1"]  # 负责的楼栋')
    office.plan(*EVERYBODY[::-1], batch="h")
    clerk = browsers("clerk")
    page = clerk.get("/batches/2").text
    choice = re.search(r'<select id="f-handler".*?</select>', page, re.DOTALL)
    assert choice
    numbers = dict(re.findall(r'<option value="(\d+)">(\S+) \(', choice[0]))
    assert set(numbers.values()) == {"示例主管", "示例经理"}
    for number, name in numbers.items():
        shown = shown_accounts(clerk.get(f"/batches/2?handler={number}").text)
        wanted = {it.account for it in EVERYBODY if (it.unit.split("-")[0] == "1") == (name == "示例主管")}
        assert shown == wanted
    for strange in ("示例主管", "99", "0", "-1", "x"):
        assert clerk.get(f"/batches/2?handler={strange}").status_code == 200


def shown_accounts(page: str) -> set[str]:
    return set(map(html.unescape, re.findall(r'<th scope="row" class="account"><a[^>]*><bdi>([^<]*)</bdi>', page)))


@pytest.mark.parametrize("name", ["action", "tier", "reason", "building", "warning", "state"])
def test_each_filter_shows_what_has_that_value_and_its_sums(alone: Any, desk: Desk, name: str) -> None:
    desk("hold", "add", EVERYBODY[0].account, "--kind", "disputed")
    desk.plan(*EVERYBODY, Owes("3-1-101", "壬九", "99.00"), Owes("4-1-1", "癸十", email="no-at"), batch="f")
    decisions = desk.decisions("f")

    def values(each: Any) -> set[str]:
        match name:
            case "warning":
                return set(each["warnings"])
            case "building":
                return {each["account"].split("/")[1].split("-")[0]}
            case "state":
                return {it["state"] for it in each["deliveries"]}
            case _:
                return {each[name] or ""}

    found = {value for each in decisions.values() for value in values(each)} - {""}
    assert found
    for value in found:
        page = alone.get(f"/batches/2?{name}={value}").text
        wanted = {account for account, each in decisions.items() if value in values(each)}
        assert shown_accounts(page) == wanted, value
        total = sum(round(float(decisions[account]["total"]) * 100) for account in wanted)
        foot = re.search(r"<tfoot>.*?</tfoot>", page, re.DOTALL)
        assert foot
        assert f"{total / 100:,.2f}" in foot[0]


def test_nothing_is_kept_in_a_cache_but_style_and_script(browsers: Browsers) -> None:
    admin = browsers("admin")
    app = admin.client.application
    kept = set()
    for rule, method in routes(app):
        with admin.client.open(address_of(app, rule), method=method) as answer:
            if answer.headers.get("Cache-Control") != "no-store":
                kept.add(rule.endpoint)
    assert kept == {"static"}


# --- today ------------------------------------------------------------------------------------------------------------


def test_today_lists_what_needs_a_person_each_a_link_to_where_it_is(
    alone: Any, desk: Desk, site: Site, tmp_path: Path
) -> None:
    day = site.today()
    mails = [Owes(f"6-1-{100 + n}", f"庚{chr(0x4E00 + n)}", email=f"o{n}@example.com") for n in range(6)]
    old = Owes("6-2-101", "子一", due_date=(day - timedelta(days=3 * 365 - 30)).isoformat())
    desk.plan(*mails, old, batch="t")
    desk("approve", "t", "--by", "Releaser")
    for place, state in enumerate(("unknown", "set-aside", "bounced", "returned", "refused", "deferred")):
        desk.change(
            f"UPDATE deliveries SET state = '{state}' WHERE id IN (SELECT d.id FROM deliveries d "
            f"JOIN notices n ON d.notice_id = n.id WHERE n.unit = '{mails[place].unit}')"
        )
    desk("hold", "add", EVERYBODY[1].account, "--kind", "promise", "--until", day.isoformat())
    desk("payment", "import", statement(
        tmp_path, "boc", [Money(date(2026, 11, 25), "09:00:00", "500.00", "外人", "1-1-101", "S1")]
    ), status={0, 1})  # fmt: skip
    page = html.unescape(alone.get("/", headers={"Accept-Language": "en"}).text)
    todo = page.split('<ul class="todo">')[1].split("</ul>")[0]
    lines = re.findall(r'<span><a href="([^"]+)">([^<]+)</a>', todo)
    said = " ".join(what for _, what in lines)
    for words in (
        "nobody knows whether they were sent", "set aside", "needs a second person", "letter(s) to release", "bounced",
        "came back", "refused", "put off", "limitation date is within 90 days", "promise(s) to pay",
        "whose they are",
    ):  # fmt: skip
        assert words in said, (words, lines)
    assert page.count('<span class="count">') == len(lines)
    for address, what in lines:
        answer = alone.get(address, follow_redirects=True)
        assert answer.status_code == 200, address
        if "batches" in address:
            assert shown_accounts(answer.text), what


def test_an_interrupted_command_is_on_the_first_page_at_once(alone: Any, desk: Desk) -> None:
    """Also if it was cut off before it recorded anything, and the page was counted just before."""
    import sqlite3  # noqa: PLC0415

    assert "interrupted" not in alone.get("/", headers={"Accept-Language": "en"}).text
    with sqlite3.connect(desk.folder / "batches" / "ledger.db") as ledger:
        ledger.execute(
            "INSERT INTO commands (verb, options, batch, started_at) VALUES ('render', ?, 'b', '2026-11-23 09:00:00')",
            ('{"by": "Planner"}',),
        )
    assert "interrupted" in alone.get("/", headers={"Accept-Language": "en"}).text


# --- what came back ---------------------------------------------------------------------------------------------------


def test_a_proposed_payment_is_refused_by_a_click_and_settled_once(alone: Any, desk: Desk, tmp_path: Path) -> None:
    lines = [Money(date(2026, 11, 25), "09:00:00", "500.00", "外人", "1-1-101", "S1")]
    desk("payment", "import", statement(tmp_path, "boc", lines), status={0, 1})
    page = alone.get("/replies/").text
    found = re.search(r'action="(/replies/proposals/\d+)"', page)
    assert found
    assert alone.post(found[1], {"account": "示例花园/9-9/外人"}, page="/replies/").status_code == 409
    assert alone.post(found[1], {"account": ""}, page="/replies/").status_code == 303
    assert 'id="proposals"' not in alone.get("/replies/").text
    assert desk("payment", "list", "--json").json["payments"] == []
    assert alone.post(found[1], {"account": ""}, page="/replies/").status_code == 409


# --- where it is served -----------------------------------------------------------------------------------------------


def test_one_proxy_in_front_is_trusted_and_only_when_asked_for(office: Desk, site_of: Callable[..., Site]) -> None:
    forwarded = {
        "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9, 198.51.100.7", "X-Forwarded-Host": "localhost",
    }  # fmt: skip
    seen: list[tuple[str, bool, str]] = []
    for address in (ListeningAddress(), ListeningAddress(behind_proxy=True)):
        app = make_application(site_of(office, address=address))

        def note() -> None:
            from flask import request  # noqa: PLC0415

            seen.append((str(request.remote_addr), request.is_secure, request.host))

        app.before_request_funcs.setdefault(None, []).insert(0, note)
        app.test_client().get("/log-in", headers={**forwarded, "Host": "127.0.0.1"})
    assert seen == [("127.0.0.1", False, "127.0.0.1"), ("198.51.100.7", True, "localhost")]


@pytest.mark.parametrize("desktop", [True, False])
def test_the_browser_is_opened_where_there_is_a_desktop(desk: Desk, tmp_path: Path, *, desktop: bool) -> None:
    """A browser that asks for the page before it gives the terminal back is answered."""
    opened, browser = tmp_path / "opened", tmp_path / "browser"
    browser.write_text(
        f"#!{sys.executable}\nimport sys, urllib.request\n"
        f"page = urllib.request.urlopen(sys.argv[1], timeout=60).read()\n"
        f"open({str(opened)!r}, 'w').write(sys.argv[1] + ' ' + str(len(page)))\n"
    )
    browser.chmod(stat.S_IRWXU)
    environment = {name: value for name, value in os.environ.items() if "DISPLAY" not in name}
    environment |= {"NOTICES_WORKSPACE": str(desk.folder), "LC_ALL": "C.UTF-8", "BROWSER": f"{browser} %s"}
    environment |= {"DISPLAY": ":7"} if desktop else {}
    command = [sys.executable, "-m", "notices", "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as server:
        try:
            assert server.stderr is not None
            address = server.stderr.readline().split(" at ")[1].split()[0]
            for _ in range(600 if desktop else 5):
                with urllib.request.urlopen(address, timeout=60) as page:
                    page.read()
                if opened.exists() and opened.read_text():
                    break
        finally:
            server.kill()
    assert opened.exists() == desktop
    if desktop:
        assert opened.read_text().split()[0] == address


# What the first page does without: readers and writers of files, and what only a log-in, TLS or a new ledger needs.
PUT_OFF = {
    "PIL", "alembic", "argon2", "cheroot.ssl.builtin", "chinese_calendar", "cryptography", "cv2", "distributed", "docx",
    "docxtpl", "email_validator", "fontTools", "leather", "lxml", "notices.fonts", "notices.intake", "notices.office",
    "notices.pdf", "notices.post", "notices.press", "notices.scan", "notices.tables", "notices.workers", "numpy",
    "openpyxl", "pikepdf", "pypdfium2", "rapidfuzz", "rich", "uno", "webbrowser", "xlrd", "xlsxwriter",
}  # fmt: skip


def test_the_first_page_imports_only_what_it_needs(desk: Desk) -> None:
    """It is there within about a second of the start (benchmarks/page.py); each of these would make it later."""
    code = """
import sys
from pathlib import Path
from notices.cli.commands import serve
from notices.web import server
from notices.web.application import make_application
from notices.web.site import Site
client = make_application(Site(Path(sys.argv[1]))).test_client()
assert client.get("/", follow_redirects=True).status_code == 200
print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code, str(desk.folder)], check=True, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert "flask" in loaded
    assert loaded & PUT_OFF == set()
