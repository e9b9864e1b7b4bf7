"""Who gets in: log-in, sessions, roles, hosts, forms and headers of the page."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from desk import Desk
from flask import Flask
from neighbours import EVERYBODY
from werkzeug.routing import Rule

from notices.model import Role
from notices.web import guards
from notices.web.application import make_application
from notices.web.roles import EVERYBODY as ALL_ROLES
from notices.web.roles import is_open, needs_names, served_roles
from notices.web.site import ListeningAddress, Site

Browsers = Callable[[str], Any]
PASSWORD = "four words of the {}"
NAMES = sorted({owner.owner for owner in EVERYBODY})


def routes(app: Flask) -> list[tuple[Rule, str]]:
    """Return every route with every method that it takes."""
    return [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def address_of(app: Flask, rule: Rule) -> str:
    """Return the address of a route for the first of everything."""
    values = {name: "page.css" if name == "filename" else 1 for name in rule.arguments}
    with app.test_request_context():
        return str(app.url_map.bind("localhost").build(rule.endpoint, values))


# --- roles ----------------------------------------------------------------------------------------------------------


def test_every_view_names_the_roles_that_it_serves(busy_site: Site) -> None:
    app = make_application(busy_site)
    unnamed = [name for name, view in app.view_functions.items() if not is_open(view) and not served_roles(view)]
    assert unnamed == []


def test_only_the_log_in_and_the_style_sheet_are_open_to_all(busy_site: Site) -> None:
    app = make_application(busy_site)
    assert {name for name, view in app.view_functions.items() if is_open(view)} == {
        "static", "access.log_in", "access.say_who", "access.log_out", "access.choose_language",
    }  # fmt: skip


def test_a_view_that_names_no_role_serves_nobody(busy_site: Site, browsers: Browsers) -> None:
    app = make_application(busy_site)
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    client = app.test_client()
    assert "secret" not in client.get("/forgotten", follow_redirects=True).text
    with client.session_transaction() as session, browsers("admin").client.session_transaction() as own:
        session.update(own)
    answer = client.get("/forgotten")
    assert answer.status_code == 409
    assert "secret" not in answer.text


@pytest.mark.parametrize("role", ["", "viewer", "watcher", "clerk", "approver", "admin"])
def test_every_route_lets_in_the_roles_that_it_names_and_no_other(
    busy_site: Site, browsers: Browsers, role: str
) -> None:
    """Changes are sent without the token of a form, so that nobody who is let in changes anything."""
    browser = browsers(role)
    app = browser.client.application
    wrong = []
    for rule, method in routes(app):
        view = app.view_functions[rule.endpoint]
        if is_open(view):
            continue
        may = bool(role) and Role("viewer" if role == "watcher" else role) in served_roles(view)
        may = may and not (needs_names(view) and role == "viewer")
        answer = browser.client.open(address_of(app, rule), method=method)
        refused = answer.status_code == 303 and "/log-in" in answer.location
        refused = (
            refused
            or (answer.status_code == 409 and "需要其他角色" in answer.text.replace(" ", ""))
            or (answer.status_code == 409 and "needs another role" in answer.text)
        )
        if refused == may:
            wrong.append(f"{role or 'nobody'} {method} {rule.rule}: {answer.status_code}")
    assert wrong == []


def test_a_viewer_without_names_reads_no_name_and_no_amount_on_any_page(browsers: Browsers, busy_site: Site) -> None:
    masked = browsers("viewer")
    app = masked.client.application
    for rule, method in routes(app):
        view = app.view_functions[rule.endpoint]
        if method == "GET" and not is_open(view) and Role.VIEWER in served_roles(view):
            shown = masked.get(address_of(app, rule)).data
            assert [name for name in NAMES if name.encode() in shown] == [], rule.rule
            assert [amount for amount in (b"1,200.00", b"1200.00") if amount in shown] == [], rule.rule
    assert served_roles(app.view_functions["today.show"]) == frozenset(ALL_ROLES)


# --- log-in and sessions ----------------------------------------------------------------------------------------------


def test_a_user_logs_in_and_goes_on_to_where_they_wanted(browsers: Browsers) -> None:
    browser = browsers("")
    wanted = browser.get("/batches/")
    assert wanted.status_code == 303
    assert wanted.location == "/log-in?next=/batches/"
    answer = browser.client.post(
        wanted.location,
        data={"name": "clerk", "password": PASSWORD.format("clerk"), "csrf_token": browser.token("/log-in")},
    )
    assert answer.location == "/batches/"
    assert browser.get("/batches/").status_code == 200


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/nowhere", "/log-out"],
)
def test_the_log_in_goes_on_to_no_page_of_others(browsers: Browsers, wanted: str) -> None:
    browser = browsers("")
    fields = {"name": "clerk", "password": PASSWORD.format("clerk"), "csrf_token": browser.token("/log-in")}
    answer = browser.client.post("/log-in", query_string={"next": wanted}, data=fields)
    assert (answer.status_code, answer.location) == (303, "/")


@pytest.mark.parametrize(
    ("name", "password"), [("clerk", "wrong password"), ("nobody", "wrong password"), ("' OR 1=1", "x")]
)
def test_a_wrong_name_says_the_same_as_a_wrong_password(browsers: Browsers, name: str, password: str) -> None:
    answer = browsers("").log_in(name, password)
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers or "user_id" not in answer.headers["Set-Cookie"]


def test_log_ins_are_slowed_after_failures(busy_site: Site, browsers: Browsers) -> None:
    now = [0.0]
    busy_site.throttle.clock = lambda: now[0]
    browser = browsers("")
    assert [browser.log_in("clerk", "wrong password").status_code for _ in range(3)] == [401] * 3
    slowed = browser.log_in("clerk", PASSWORD.format("clerk"))
    assert (slowed.status_code, slowed.headers["Retry-After"]) == (429, "2")
    now[0] = 2.5
    assert browser.log_in("clerk", "wrong password").status_code == 401
    now[0] = 5.0
    assert browser.log_in("clerk", PASSWORD.format("clerk")).status_code == 429
    now[0] = 7.0
    assert browser.log_in("clerk", PASSWORD.format("clerk")).status_code == 303


def test_a_log_in_begins_a_new_session_and_keeps_nothing_that_was_planted(browsers: Browsers) -> None:
    browser = browsers("")
    with browser.client.session_transaction() as session:
        session["id"], session["by"], session["planted"] = "chosen by a stranger", "stranger", "yes"
    browser.log_in("clerk", PASSWORD.format("clerk"))
    with browser.client.session_transaction() as session:
        assert session["id"] != "chosen by a stranger"
        assert "by" not in session
        assert "planted" not in session


def test_a_copy_of_the_cookie_ends_with_the_log_out(browsers: Browsers) -> None:
    browser = browsers("clerk")
    stolen = browser.client.get_cookie("notices")
    assert stolen is not None
    browser.post("/log-out")
    browser.client.set_cookie("notices", stolen.value)
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize("change", ["passwd", "disable"])
def test_a_new_password_or_a_disabled_user_ends_all_sessions(
    browsers: Browsers, office: Desk, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = browsers("clerk")
    assert browser.get("/").status_code == 200
    monkeypatch.setenv("NOTICES_PASSWORD", "another four words")
    office("user", change, "clerk")
    assert browser.get("/").status_code == 303


def test_cookies_are_for_this_page_only(office: Desk, site_of: Callable[..., Site]) -> None:
    plain = make_application(site_of(office)).test_client().get("/log-in")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(plain.headers["Set-Cookie"].split("; "))
    tls = make_application(site_of(office, address=ListeningAddress("office", 443, loopback=False, tls=True)))
    cookie = tls.test_client().get("/log-in", base_url="https://office/").headers["Set-Cookie"]
    assert cookie.startswith("__Host-notices=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))


# --- one person ------------------------------------------------------------------------------------------------------


def test_the_one_person_says_who_they_are_once(alone: Any) -> None:
    assert "王小明" in alone.get("/").text
    assert alone.post("/who", {"name": "  "}, page="/who").status_code == 400


def test_only_people_of_the_settings_may_act(desk: Desk, site_of: Callable[..., Site]) -> None:
    desk.set("names = []", 'names = ["李四"]')
    client = make_application(site_of(desk)).test_client()
    from browsing import Browser  # noqa: PLC0415

    refused = Browser(client).post("/who", {"name": "王小明"}, page="/who")
    assert refused.status_code == 409
    assert "•••" in refused.text  # who has not said who they are reads no name
    assert "李四" not in refused.text


def test_with_the_first_user_everybody_has_to_log_in(alone: Any, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert alone.get("/").status_code == 200
    monkeypatch.setenv("NOTICES_PASSWORD", "four words to begin")
    desk("user", "add", "first", "--role", "admin")
    assert alone.get("/").location == "/log-in"
    assert alone.get("/who").location == "/log-in"


# --- hosts, forms, headers, log ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("127.0.0.1:8765", True), ("localhost:8765", True), ("[::1]:8765", True), ("127.0.0.2", True),
        ("evil.example", False), ("127.0.0.1.evil.example", False), ("localhost.evil.example", False),
        ("192.168.1.9", False), ("", False), ("[", False), ("127.0.0.1@evil.example", False),
    ],
)  # fmt: skip
def test_only_names_of_this_machine_are_answered(site: Site, host: str, known: bool) -> None:
    assert guards.knows_host(site, host) == known
    answer = make_application(site).test_client().get("/who", headers={"Host": host or "x"})
    assert (answer.status_code == 200) == known
    if not known:
        assert answer.status_code in {400, 421}


def test_a_name_of_the_settings_is_answered_by_a_page_for_others(office: Desk, site_of: Callable[..., Site]) -> None:
    office.set("hosts = []", 'hosts = ["notices.example.com"]')
    site = site_of(office, address=ListeningAddress("0.0.0.0", 443, loopback=False, tls=True))
    assert guards.knows_host(site, "notices.example.com")
    assert guards.knows_host(site, "192.168.1.9:443")
    assert not guards.knows_host(site, "evil.example")


def test_no_change_without_the_token_of_a_form(browsers: Browsers) -> None:
    browser = browsers("admin")
    app = browser.client.application
    answers = {
        rule.rule: browser.client.open(address_of(app, rule), method=method).status_code
        for rule, method in routes(app)
        if method != "GET"
    }
    assert set(answers.values()) == {400}, answers
    assert browser.get("/").status_code == 200


def test_every_answer_is_guarded_by_its_headers(browsers: Browsers) -> None:
    browser = browsers("clerk")
    for address in ("/", "/nowhere", "/log-in", "/batches/"):
        headers = browser.get(address).headers
        policy = headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "script-src 'self'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Frame-Options"] == "DENY"
    page = browser.get("/").text
    assert "<script>" not in page
    assert " style=" not in page
    assert " onclick" not in page


def test_a_mistake_is_said_with_its_remedy_in_the_language_of_the_browser(browsers: Browsers) -> None:
    browser = browsers("clerk")
    english = browser.get("/nowhere", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert english.status_code == 404
    assert "There is no such page." in english.text
    assert '<html lang="en">' in english.text
    assert '<html lang="zh-CN">' in browser.get("/nowhere", headers={"Accept-Language": "zh-TW,zh;q=0.9"}).text
    assert '<html lang="zh-CN">' in browser.get("/nowhere", headers={"Accept-Language": "fr"}).text
    browser.post("/language", {"language": "en", "next": "/batches/"})
    assert '<html lang="en">' in browser.get("/", headers={"Accept-Language": "zh"}).text


def test_what_goes_wrong_inside_is_said_without_a_traceback(
    browsers: Browsers, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    browser = browsers("clerk")

    def broken(*_: object) -> None:
        raise ValueError("张三 owes 1200.00")

    monkeypatch.setattr("notices.web.pages.today.waiting", broken)
    answer = browser.get("/", headers={"Accept-Language": "en"})
    assert answer.status_code == 500
    assert "Unexpected error: ValueError." in answer.text
    assert "张三" not in answer.text + caplog.text
    assert "Traceback" not in answer.text + caplog.text


def test_the_log_names_no_person(browsers: Browsers, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "notices.web"):
        browser = browsers("clerk")
        browser.get("/batches/?page=张三")
        browser.log_in("张三", "wrong password")
    assert "batches.index 200" in caplog.text
    assert "张三" not in caplog.text
    assert "clerk" not in caplog.text


# --- users -----------------------------------------------------------------------------------------------------------


def test_users_are_on_record_without_their_passwords(office: Desk) -> None:
    listed = office("user", "list", "--json").json["users"]
    assert {each["name"]: (each["role"], each["names"]) for each in listed} == {
        "viewer": ("viewer", False), "watcher": ("viewer", True), "clerk": ("clerk", True),
        "approver": ("approver", True), "admin": ("admin", True),
    }  # fmt: skip
    rows = office.rows()
    added = [row for row in rows["events"] if "user-added" in row]
    assert len(added) == 5
    hashes = [str(cell) for row in rows["users"] for cell in row if str(cell).startswith("$argon2id$")]
    assert len(hashes) == 5
    events = str(rows["events"])
    assert not any(each in events for each in hashes)
    assert not any(PASSWORD.format(role) in str(rows) for role in ("viewer", "clerk", "approver", "admin"))
    office("ledger", "verify")


def test_a_name_is_taken_however_it_is_spelt(office: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTICES_PASSWORD", "four words again and more")
    assert "There is a user" in office("user", "add", "Ｃlerk", "--role", "clerk", status=4).errors
    assert "There is no user" in office("user", "disable", "stranger", status=2).errors


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaa", "new person "])
def test_a_password_that_is_easily_guessed_is_refused(
    office: Desk, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setenv("NOTICES_PASSWORD", password)
    office("user", "add", "new person", "--role", "clerk", status=2)


def test_a_password_is_asked_for_twice_where_there_is_none_in_the_environment(
    office: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOTICES_PASSWORD", raising=False)
    assert "NOTICES_PASSWORD" in office("user", "add", "typed", "--role", "clerk", answers="", status=2).errors
    office("user", "add", "typed", "--role", "clerk", answers="four words typed in\nfour words typed in\n")
    with closing(sqlite3.connect(office.folder / "batches" / "ledger.db")) as ledger:
        assert ledger.execute("SELECT count(*) FROM users WHERE name = 'typed'").fetchone() == (1,)
