"""Round trip through a real mail server: Postfix accepts the notices, bounces some, and the reports are read."""

from __future__ import annotations

import pytest
from desk import Desk, Owes
from letters_without_office import pretend_to_render
from postfix import needs_postfix, postfix

from notices.post.bounces import messages_in, read_report

THERE = Owes("1-1-101", "甲一", email="jia@owners.example")
UNKNOWN = Owes("1-1-102", "乙二", email="yi@owners.example")
SILENT = Owes("1-1-103", "丙三", email="bing@silent.example")
MOVED = Owes("1-1-104", "丁四", email="ding@owners.example")
OWNERS = (THERE, UNKNOWN, SILENT, MOVED)
BOUNCES = "bounces@wuye.example"


@needs_postfix
@pytest.mark.slow
def test_what_postfix_reports_of_real_messages_finds_its_notices(desk: Desk) -> None:
    desk.plan(*OWNERS)
    desk("approve", "b", "--by", "Releaser")
    pretend_to_render(desk)
    with postfix(
        boxes={THERE.email: "jia", BOUNCES: "bounces"},
        aliases={MOVED.email: "gone@owners.example"},
        transports={"silent.example": "smtp:[127.0.0.1]:1"},
    ) as server:
        desk.use_smtp(server.port, f'bounce_address = "{BOUNCES}"')
        desk("send", "b")
        back = server.wait_for("bounces", len(OWNERS) + 1)  # there is a report for the alias as well
        delivered = read_report(next(iter(messages_in(server.wait_for("jia", 1)))).content)
        messages = desk("mail", "bounces", back, "--json").json["messages"]
        once_more = desk("mail", "bounces", back, "--json").json["messages"]
    numbers = {owner: desk.decisions()[owner.account]["notice"] for owner in OWNERS}
    told = sorted((message["notice"], message["kind"], message["final"]) for message in messages)
    assert told == sorted(
        [
            (numbers[THERE], "delivered", False),
            (numbers[UNKNOWN], "failed", True),
            (numbers[SILENT], "failed", True),
            (numbers[MOVED], "other", False),
            (numbers[MOVED], "failed", True),
        ]
    )
    assert [desk.states()[owner.account]["email"] for owner in OWNERS] == ["delivered", *["bounced"] * 3]
    assert [message["recorded"] for message in (*messages, *once_more)] == [True] * 5 + [False] * 5
    assert delivered.kind.value == "other"  # the notice itself is not a report
    again = desk.plan(*OWNERS, batch="c", as_of="2026-11-30")
    assert [again[owner.account]["reason"] for owner in OWNERS] == ["awaiting-reply", *["undelivered"] * 3]
    assert again[UNKNOWN.account]["channels"] == ["print"]
