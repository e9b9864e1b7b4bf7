"""A batch on the page: the table of its decisions, leaving out, release, and the long verbs at work."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from desk import Desk, Owes
from neighbours import EVERYBODY

from notices.web.errands import Errands
from notices.web.site import Site

Browsers = Callable[[str], Any]


def finished(site: Site, batch: int = 1, seconds: float = 90) -> Any:
    """Wait for the errand of a batch; return it."""
    site.errands.wait(f"batch:{batch}", seconds)
    errand = site.errands.find(f"batch:{batch}")
    assert errand is not None
    assert not errand.at_work
    return errand


def decision_of(desk: Desk, account: str) -> int:
    """Return the id of the decision on an account."""
    accounts = {row[3]: row[0] for row in desk.rows()["accounts"]}
    return int(next(row[0] for row in desk.rows()["decisions"] if row[1] == accounts[account]))


def test_the_table_shows_every_decision_with_its_reason_and_the_sums(alone: Any) -> None:
    page = alone.get("/batches/1").text
    for owner in EVERYBODY:
        assert owner.owner in page
    total = re.search(r"<tfoot>.*?</tfoot>", page, re.DOTALL)
    assert total is not None
    assert "1,200.00" in page


def test_the_table_is_filtered_and_the_sums_follow(alone: Any, desk: Desk) -> None:
    decisions = desk.decisions()
    lawyers = [name for name, each in decisions.items() if each["tier"] == "lawyer-letter"]
    page = alone.get("/batches/1?tier=lawyer-letter").text
    shown = set(re.findall(r'<th scope="row"[^>]*><a[^>]*><bdi>([^<]*)</bdi>', page))
    assert shown == set(lawyers)
    assert alone.get("/batches/1?tier=nonsense").status_code == 200
    assert alone.get("/batches/1?page=99999999999&until=never&state=%00").status_code == 200


def test_a_search_leaves_no_name_in_the_address(alone: Any) -> None:
    owner = EVERYBODY[0]
    answer = alone.post("/batches/1/search", {"text": owner.owner}, page="/batches/1")
    assert answer.status_code == 303
    assert owner.owner not in answer.location
    assert "%E" not in answer.location
    page = alone.get(answer.location.split("#")[0]).text
    assert owner.owner in page
    assert not any(other.owner in page for other in EVERYBODY if other.owner != owner.owner)


def test_signs_of_searches_are_taken_as_they_are(alone: Any) -> None:
    for text in ("%", "_", "'; DROP TABLE users; --", "\\"):
        answer = alone.post("/batches/1/search", {"text": text}, page="/batches/1")
        assert alone.get(answer.location.split("#")[0]).status_code == 200


HOSTILE = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "{{ 7 * 7 }}", "张\u202e三", "长" * 60,
    '"><svg onload=alert(1)>',
)  # fmt: skip


def test_hostile_values_of_a_list_appear_as_text(alone: Any, desk: Desk) -> None:
    owners = [Owes(f"9-9-90{place}", name) for place, name in enumerate(HOSTILE)]
    desk("plan", desk.list(*owners), "--name", "h", "--as-of", "2026-11-23", "--accept-partial", status={0, 1})
    page = alone.get("/batches/2").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<svg onload" not in page
    assert "\u202e" not in page
    assert "49" not in re.findall(r"<bdi>[^<]*7[^<]*</bdi>", page)
    assert alone.get("/").status_code == 200


def test_an_account_is_left_out_and_taken_in_with_a_reason(alone: Any, desk: Desk) -> None:
    account = next(name for name, each in desk.decisions().items() if each["action"] == "issue")
    address = f"/batches/1/decisions/{decision_of(desk, account)}"
    assert alone.post(f"{address}/leave-out", {"why": " "}, page=f"{address}/").status_code == 400
    assert alone.post(f"{address}/leave-out", {"why": "在谈"}, page=f"{address}/").status_code == 303
    assert desk.decisions()[account]["excluded"] == "在谈"
    again = alone.post(f"{address}/leave-out", {"why": "again"}, page=f"{address}/")
    assert again.status_code == 409
    assert desk.decisions()[account]["excluded"] == "在谈"
    assert alone.post(f"{address}/take-in", {"why": "谈好了"}, page=f"{address}/").status_code == 303
    assert desk.decisions()[account]["excluded"] is None
    events = [row for row in desk.rows()["events"] if "included" in row or "excluded" in row]
    assert {row[2] for row in events} == {"王小明"}
    desk("ledger", "verify")


def test_the_one_person_releases_only_what_needs_no_second(alone: Any, desk: Desk, site: Site) -> None:
    page = alone.get("/batches/1/release?tier=reminder").text
    seen = re.search(r'name="seen" value="([^"]+)"', page)
    assert seen is not None
    stale = alone.post("/batches/1/release?tier=reminder", {"seen": "99"}, page="/batches/1/release?tier=reminder")
    assert stale.status_code == 409
    sent = alone.post("/batches/1/release?tier=reminder", {"seen": seen[1]}, page="/batches/1/release?tier=reminder")
    assert sent.status_code == 303
    assert finished(site).state in {"done"}
    released = [name for name, each in desk.decisions().items() if each["notice"] and each["tier"] == "reminder"]
    assert len(released) > 1
    refused = alone.get("/batches/1/release?tier=lawyer-letter").text
    assert 'name="seen"' not in refused
    lawyer = next(name for name, each in desk.decisions().items() if each["tier"] == "lawyer-letter")
    alone.post(f"/batches/1/decisions/{decision_of(desk, lawyer)}/release", page="/batches/1")
    assert finished(site).state in {"failed"}
    assert desk.decisions()[lawyer]["notice"] is None


def test_an_approver_releases_what_somebody_else_planned_and_a_clerk_does_not(
    browsers: Browsers, office: Desk, busy_site: Site
) -> None:
    lawyer = next(name for name, each in office.decisions().items() if each["tier"] == "lawyer-letter")
    address = f"/batches/1/decisions/{decision_of(office, lawyer)}/release"
    browsers("clerk").post(address, page="/batches/1")
    assert finished(busy_site).state == "failed"
    assert office.decisions()[lawyer]["notice"] is None
    browsers("approver").post(address, page="/batches/1")
    assert finished(busy_site).state == "done"
    assert office.decisions()[lawyer]["notice"] is not None
    approved = [row for row in office.rows()["events"] if "approved" in row]
    assert {row[2] for row in approved} == {"approver"}


def test_a_second_click_starts_nothing_twice(desk: Desk, site_of: Callable[..., Site]) -> None:
    site = site_of(desk, errands=Errands())
    first, second = (
        site.errands.start("batch:1", "resume", {"by": "x", "workspace": str(site.folder), "language": "zh",
                                                 "options": {"batch": "b"}})
        for _ in range(2)
    )  # fmt: skip
    assert first[1]
    assert not second[1]
    assert first[0] is second[0]
    finished(site)


def test_the_live_part_changes_only_when_something_has_changed(alone: Any, desk: Desk) -> None:
    page = alone.get("/batches/1").text
    address = re.search(r'hx-get="([^"]+)"', page)
    assert address is not None
    assert 'hx-trigger="every 1500ms"' in page  # another browser, or the command line, is seen within two seconds
    same = alone.get(address[1].replace("&amp;", "&"))
    assert (same.status_code, same.text) == (204, "")
    account = next(iter(desk.decisions()))
    desk("hold", "add", account, "--kind", "disputed")
    changed = alone.get(address[1].replace("&amp;", "&"))
    assert changed.status_code == 200
    assert 'id="live"' in changed.text


def test_what_was_cut_off_is_offered_to_be_resumed(alone: Any, desk: Desk, site: Site) -> None:
    options = '{"by": "Planner", "tier": "reminder"}'
    desk.change(
        "INSERT INTO commands (verb, options, batch, started_at)"
        f" VALUES ('approve', '{options}', 'b', '2026-11-23 09:00:00.000000')"
    )
    assert 'value="resume"' in alone.get("/batches/1").text
    assert "命令" in alone.get("/").text or "command" in alone.get("/").text
    alone.post("/batches/1/work", {"verb": "resume"}, page="/batches/1")
    assert finished(site).state in {"done"}
    assert any(each["notice"] for each in desk.decisions().values())
    assert alone.post("/batches/1/work", {"verb": "rm -rf"}, page="/batches/1").status_code == 400


def test_a_discarded_batch_offers_nothing(alone: Any, desk: Desk) -> None:
    desk("batch", "discard", "b", "--yes", "--why", "wrong list")
    page = alone.get("/batches/1").text
    assert "/release?" not in page
    assert "wrong list" in page


def test_an_errand_whose_server_dies_stops_and_keeps_what_it_did(desk: Desk, site_of: Callable[..., Site]) -> None:
    site = site_of(desk, errands=Errands())
    site.errands.start(
        "batch:1", "resume", {"by": "x", "workspace": str(site.folder), "language": "zh", "options": {"batch": "b"}}
    )
    process = site.errands._running["batch:1"][1]
    assert process.stdin is not None
    process.stdin.close()
    process.wait(20)
    assert process.returncode is not None


@pytest.mark.office
@pytest.mark.slow
def test_a_letter_is_seen_page_by_page_before_and_after_it_is_rendered(alone: Any, desk: Desk, site: Site) -> None:
    account = next(name for name, each in desk.decisions().items() if each["tier"] == "reminder")
    owner = account.split("/")[2]
    address = f"/batches/1/decisions/{decision_of(desk, account)}/"
    page = alone.get(address).text
    assert "<svg" in page
    assert owner in "".join(re.findall(r"<text[^>]*>([^<]*)</text>", page))
    picture = alone.get(f"{address}pages/1.png")
    assert picture.data.startswith(b"\x89PNG")
    assert picture.headers["Cache-Control"] == "no-store"
    assert alone.get(f"{address}pages/99.png").status_code == 404
    began = time.monotonic()
    other = next(name for name, each in desk.decisions().items() if each["tier"] == "reminder" and name != account)
    assert "<svg" in alone.get(f"/batches/1/decisions/{decision_of(desk, other)}/").text
    assert time.monotonic() - began < 5
    desk("approve", "b", "--by", "Releaser")
    alone.post("/batches/1/work", {"verb": "render"}, page="/batches/1")
    done = finished(site)
    assert done.state == "done"
    assert done.total > 0
    number = desk.decisions()[account]["notice"]
    assert number in "".join(re.findall(r"<text[^>]*>([^<]*)</text>", alone.get(address).text))
    assert alone.get(f"{address}letter.pdf").data.startswith(b"%PDF-")


def test_a_notice_in_one_letter_with_others_says_so_on_every_page(
    alone: Any, desk: Desk, browsers: Any, office: Desk
) -> None:
    units = [Owes(unit, "合一人", address="示例市幸福路1号9-1-901") for unit in ("9-1-901", "车位91", "车位92")]
    for each in (desk, office):
        each.plan(*units, batch="c")
        each("approve", "c", "--by", "Releaser")
    number = desk.decisions("c")[units[0].account]["notice"]
    others = [f"{number}.*{re.escape(other.account)}" for other in units[1:]]
    for address in ("/batches/2", f"/batches/2/decisions/{decision_of(desk, units[0].account)}/"):
        page = html.unescape(alone.get(address).text)
        assert all(re.search(it, page, re.DOTALL) for it in others), address
        masked = browsers("viewer").get(address).text
        assert "合一人" not in masked
    search = alone.post("/accounts/", {"words": units[0].account}, page="/accounts/")
    assert all(re.search(it, html.unescape(alone.get(search.location).text)) for it in others)
