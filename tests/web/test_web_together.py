"""Two people at one workspace: what one has open and another has changed is said, never overwritten or done twice."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import PASSWORDS, Browser
from desk import Desk
from neighbours import BOTH_WAYS, BY_MAIL, BY_MAIL_TOO, ON_PAPER
from test_web_batch import decision_of, finished

from notices.web import errands
from notices.web.application import make_application
from notices.web.errands import Errands
from notices.web.site import Site

Browsers = Callable[[str], Any]
RELEASE = "/batches/1/release?tier=reminder"
ENGLISH = {"Accept-Language": "en"}


def seen_of(browser: Any, address: str = RELEASE) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', browser.get(address).text)
    assert found
    return found[1]


# --- long verbs -------------------------------------------------------------------------------------------------------


@pytest.fixture
def slow_office(
    office: Desk, site_of: Callable[..., Site], monkeypatch: pytest.MonkeyPatch, ctrl_c_works: None
) -> tuple[Site, Browser, Browser]:
    """Site whose long verbs never end by themselves, and the browsers of a clerk and an approver."""
    monkeypatch.setattr(errands, "COMMAND", (sys.executable, "-c", "import time; time.sleep(600)"))
    site = site_of(office, errands=Errands())
    application = make_application(site)
    clerk, approver = (Browser(application.test_client()) for _ in range(2))
    for browser, name in ((clerk, "clerk"), (approver, "approver")):
        assert browser.log_in(name, PASSWORDS[name]).status_code == 303
        browser.post("/language", {"language": "en"})
    return site, clerk, approver


def test_another_verb_than_the_one_at_work_is_refused_and_named(slow_office: tuple[Site, Browser, Browser]) -> None:
    site, clerk, approver = slow_office
    assert clerk.post("/batches/1/work", {"verb": "render"}, page="/batches/1").status_code == 303
    first = site.errands.find("batch:1")
    assert first is not None
    told = approver.post("/batches/1/work", {"verb": "print"}, page="/batches/1")
    assert told.status_code == 409
    assert "clerk has begun something here that is still at work: Render. Nothing else was begun." in told.text
    release = approver.post(RELEASE, {"seen": seen_of(approver)}, page=RELEASE)
    assert release.status_code == 409
    assert "Render" in release.text
    present = site.errands.find("batch:1")
    assert present is not None
    assert present.key == first.key


def test_the_same_verb_from_two_people_is_at_work_once_and_both_see_who_began_it(
    slow_office: tuple[Site, Browser, Browser],
) -> None:
    site, clerk, approver = slow_office
    for browser in (clerk, approver, approver):
        assert browser.post("/batches/1/work", {"verb": "render"}, page="/batches/1").status_code == 303
        page = browser.get("/batches/1").text
        assert "Started by clerk." in page
        assert "<progress" in page
    assert len(site.errands._threads) == 1


def test_stop_and_read_are_for_the_verb_that_was_shown(slow_office: tuple[Site, Browser, Browser]) -> None:
    """What the page showed has ended, and somebody has begun something else: a late click does not hit that."""
    site, clerk, approver = slow_office
    clerk.post("/batches/1/work", {"verb": "render"}, page="/batches/1")
    shown = re.search(r'name="errand" value="(\w+)"', approver.get("/batches/1").text)
    assert shown
    site.errands.stop("batch:1")
    site.errands.wait("batch:1", 30)
    clerk.post("/batches/1/work", {"verb": "print"}, page="/batches/1")
    for what in ("stop", "dismiss"):
        late = approver.post(f"/batches/1/{what}", {"errand": shown[1]}, page="/batches/1")
        assert late.status_code == 409
        assert "clerk has begun something else: Print." in late.text
    present = site.errands.find("batch:1")
    assert present is not None
    assert present.state == "running"
    assert approver.post("/batches/1/stop", {"errand": present.key}, page="/batches/1").status_code == 303


def test_a_verb_can_be_stopped_though_the_server_ignores_ctrl_c() -> None:
    """As a server does that a script starts in its background; whatever it starts inherits that."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = subprocess.Popen(errands.COMMAND, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        while not catches_ctrl_c(process.pid):  # then it waits for its order
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) != 0


def catches_ctrl_c(process: int) -> bool:
    status = Path(f"/proc/{process}/status").read_text("ascii")
    caught = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught, 16) & 1 << signal.SIGINT - 1)


def test_a_batch_at_work_on_the_command_line_is_said_with_the_name(alone: Any, desk: Desk, site: Site) -> None:
    from notices.flow import workspace as workspaces  # noqa: PLC0415
    from notices.flow.batch.lock import only_one  # noqa: PLC0415

    with only_one(workspaces.at(desk.folder), site.ledger, "b", by="李四"):
        alone.post(RELEASE, {"seen": seen_of(alone)}, page=RELEASE)
        errand = finished(site)
        assert errand.state == "failed"
        assert "李四" in alone.get("/batches/1").text
        address = f"/batches/1/decisions/{decision_of(desk, BY_MAIL.account)}"
        refused = alone.post(f"{address}/leave-out", {"why": "在谈"}, page=f"{address}/")
        assert refused.status_code == 409
        assert "李四" in refused.text
    assert not any(each["notice"] or each["excluded"] for each in desk.decisions().values())


# --- release ----------------------------------------------------------------------------------------------------------


def test_other_letters_of_the_same_number_are_not_released(browsers: Browsers, office: Desk) -> None:
    clerk, approver = browsers("clerk"), browsers("approver")
    one, other = (f"/batches/1/decisions/{decision_of(office, it.account)}" for it in (BY_MAIL, BY_MAIL_TOO))
    clerk.post(f"{one}/leave-out", {"why": "在谈"}, page=f"{one}/")
    seen = seen_of(approver)
    clerk.post(f"{one}/take-in", {"why": "谈好了"}, page=f"{one}/")
    clerk.post(f"{other}/leave-out", {"why": "在谈"}, page=f"{other}/")
    late = approver.post(RELEASE, {"seen": seen}, page=RELEASE)
    assert late.status_code == 409
    assert not any(each["notice"] for each in office.decisions().values())
    assert approver.post(RELEASE, {"seen": seen_of(approver)}, page=RELEASE).status_code == 303
    released = [name for name, each in office.decisions().items() if each["notice"]]
    assert BY_MAIL.account in released
    assert BY_MAIL_TOO.account not in released


def test_a_letter_that_was_left_out_meanwhile_is_not_released_alone(
    browsers: Browsers, office: Desk, busy_site: Site
) -> None:
    clerk, approver = browsers("clerk"), browsers("approver")
    address = f"/batches/1/decisions/{decision_of(office, BY_MAIL.account)}"
    assert "/release" in approver.get(f"{address}/").text
    clerk.post(f"{address}/leave-out", {"why": "有争议"}, page=f"{address}/")
    late = approver.post(f"{address}/release", page=f"{address}/")
    assert late.status_code == 409
    assert "有争议" in late.text
    named = [BY_MAIL.account]  # nor if it is left out between the click and the release itself
    request = {"tier": "reminder", "only": named, "looked_at": named, "alone": False}
    order = {"workspace": str(office.folder), "language": "zh", "by": "approver"}
    busy_site.errands.start("batch:1", "approve", {**order, "options": {"batch": "b", "request": request}})
    assert finished(busy_site).state == "failed"
    decided = office.decisions()[BY_MAIL.account]
    assert (decided["notice"], decided["excluded"]) == (None, "有争议")


def test_a_letter_is_released_once_by_two_people(browsers: Browsers, office: Desk) -> None:
    clerk, approver = browsers("clerk"), browsers("approver")
    seen = seen_of(clerk)
    assert clerk.post(RELEASE, {"seen": seen}, page="/batches/1").status_code == 303
    before = office.decisions()
    late = approver.post(RELEASE, {"seen": seen}, page="/batches/1")
    assert late.status_code == 409
    address = f"/batches/1/decisions/{decision_of(office, BY_MAIL.account)}"
    assert approver.post(f"{address}/leave-out", {"why": "zu spät"}, page="/batches/1").status_code == 409
    assert approver.post(f"{address}/release", page="/batches/1").status_code == 303
    assert office.decisions() == before


# --- entries ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "fields", "ending", "more"),
    [
        ("hold", {"kind": "disputed"}, "holds/1/lift", {}),
        ("payment", {"amount": "12", "day": "2026-11-24"}, "payments/1/undo", {"why": "退票"}),
    ],
)
def test_what_another_has_taken_back_is_not_taken_back_again(
    browsers: Browsers, office: Desk, entry: str, fields: dict[str, object], ending: str, more: dict[str, object]
) -> None:
    clerk, approver = browsers("clerk"), browsers("approver")
    answer = clerk.post("/accounts/", {"words": BY_MAIL.owner}, page="/accounts/")
    address = answer.location
    clerk.post(f"{address}/{entry}", fields, page=address)
    assert clerk.post(f"{address}/{ending}", more, page=address).status_code == 303
    before = office.rows()["events"]
    assert approver.post(f"{address}/{ending}", more, page=address).status_code == 409
    assert office.rows()["events"] == before


def test_a_user_whom_another_administrator_has_changed_is_not_overwritten(
    browsers: Browsers, office: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = browsers("admin")
    page = admin.get("/users/").text
    row = next(each for each in page.split("<tr") if "<bdi>watcher</bdi>" in each)
    place, seen = re.search(r"/users/(\d+)/role", row), re.search(r'name="seen" value="(\w+)"', row)
    assert place
    assert seen
    office("user", "role", "watcher", "clerk", "--by", "another")
    form = {"role": "viewer", "seen": seen[1]}
    late = admin.post(f"/users/{place[1]}/role", form, page="/users/")
    assert late.status_code == 409
    assert "watcher" in late.text
    password = {"password": "four other words now", "again": "four other words now", "seen": seen[1]}
    assert admin.post(f"/users/{place[1]}/password", password, page="/users/").status_code == 409
    assert admin.post(f"/users/{place[1]}/disable", {"seen": seen[1]}, page="/users/").status_code == 409
    users = {each["name"]: each for each in office("user", "list", "--json").json["users"]}
    assert (users["watcher"]["role"], users["watcher"]["disabled"]) == ("clerk", False)


# --- news -------------------------------------------------------------------------------------------------------------


def news_of(browser: Any, address: str) -> str:
    """Return the address at which a page asks whether anything has changed since it was loaded."""
    page = browser.get(address).text
    found = re.search(r'data-moment="(\w+)" data-news="([^"]+)"', page)
    assert found, address
    assert '<template id="news">' in page
    return f"{found[2]}?seen={found[1]}"


@pytest.mark.parametrize("address", ["/", "/batches/1", "/accounts/1", "/jobs/", "/replies/", "/history/", "/users/"])
def test_each_page_learns_of_every_change(browsers: Browsers, office: Desk, address: str) -> None:
    admin = browsers("admin")
    asked = news_of(admin, address)
    assert admin.get(asked).status_code == 204
    office("payment", "add", BOTH_WAYS.account, "--amount", "5", "--date", "2026-11-24")
    assert admin.get(asked).status_code == 200
    asked = news_of(admin, address)
    office.set("hosts = []", 'hosts = ["x.example"]')
    assert admin.get(asked).status_code == 200
    asked = news_of(admin, address)
    letter = office.folder / "templates" / "reminder.docx"
    letter.write_bytes(letter.read_bytes())
    assert admin.get(asked).status_code == 200


def test_pages_that_were_gathered_say_that_they_are_older_than_the_ledger(browsers: Browsers, office: Desk) -> None:
    clerk = browsers("clerk")
    for address in ("/tasks/", "/report/"):
        answer = clerk.get(address, follow_redirects=True, headers=ENGLISH)
        made = f"{answer.request.path}?{answer.request.query_string.decode()}"
        assert "have changed since" not in answer.text
        office("hold", "add", ON_PAPER.account, "--kind", "disputed", "--note", address)
        assert "have changed since" in clerk.get(made, headers=ENGLISH).text
        assert "have changed since" not in clerk.get(address, follow_redirects=True, headers=ENGLISH).text


def test_asking_for_news_keeps_nobody_logged_in(browsers: Browsers) -> None:
    """A page that asks by itself all night must not make the session of its reader longer."""
    clerk = browsers("clerk")
    clerk.get("/batches/1")
    for address in ("/news/", "/batches/1/live", "/batches/1"):
        assert "Set-Cookie" not in clerk.get(address).headers, address


def test_a_page_that_is_only_compared_makes_no_letter(browsers: Browsers, office: Desk) -> None:
    """News are asked for often: LibreOffice would be busy with nothing else."""
    clerk = browsers("clerk")
    address = f"/batches/1/decisions/{decision_of(office, BY_MAIL.account)}/"
    for where in (address, "/templates/look/reminder.docx"):
        assert clerk.get(where, headers={"Notices-Looking": "true"}).status_code == 200
    assert "previewer" not in clerk.client.application.extensions["notices"].__dict__


def test_who_may_not_see_a_page_learns_nothing(browsers: Browsers) -> None:
    nobody = browsers("")
    assert nobody.get("/news/").status_code == 303
    assert nobody.get("/news/", headers={"HX-Request": "true"}).status_code == 401
