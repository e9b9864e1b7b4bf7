"""The delivery set command: what a person knows of a letter counts like the carrier's word, and says who said it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from desk import Desk
from letters_without_office import pretend_to_render
from neighbours import BOTH_WAYS, BY_MAIL, EVERYBODY, ON_PAPER

from notices.flow.workspace import Workspace
from notices.ledger import Ledger, StateChange
from notices.model import State


def today() -> str:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()


def change(desk: Desk, channel: str, *states: State) -> None:
    """Take the deliveries of the batch by this channel through these states, as the print shop and a person would."""
    with Ledger.open(Workspace(desk.folder).ledger_url).begin() as books:
        notices = [entry.notice for entry in books.batches.decisions("b") if entry.notice]
        ways = [way.id for notice in notices for way in notice.deliveries if way.channel == channel]
        for state in states:
            books.deliveries.set_states([StateChange(way, state) for way in ways], by="Shop", at=datetime.now(UTC))


@pytest.fixture
def spooled(approved: Desk) -> Desk:
    """Letters in a print job, e-mails in the outbox."""
    pretend_to_render(approved)
    change(approved, "print", State.SPOOLED)
    change(approved, "email", State.SPOOLED)
    return approved


@pytest.fixture
def gone(spooled: Desk) -> Desk:
    """Letters that the shop has posted, and e-mails that a person has sent."""
    change(spooled, "print", State.HANDED_OVER)
    change(spooled, "email", State.SENT)
    return spooled


def number(desk: Desk, account: str) -> str:
    return str(desk.decisions()[account]["notice"])


def entered(desk: Desk, account: str, channel: str, result: str, *more: str, status: int = 0, on: str = "") -> Any:
    words = ("delivery", "set", number(desk, account), "--channel", channel, "--result", result)
    done = desk(*words, "--date", on or today(), "--by", "Clerk", *more, "--json", status=status)
    return done.json


def events(desk: Desk, kind: str) -> list[tuple[str, dict[str, object]]]:
    with Ledger.open(Workspace(desk.folder).ledger_url).read() as books:
        notices = [entry.notice for entry in books.batches.decisions("b") if entry.notice]
        told = [
            event for notice in notices for way in notice.deliveries for event in books.events.of("delivery", way.id)
        ]
    return [(event.by, dict(event.data)) for event in told if event.kind == kind]


def test_each_result_is_recorded_once_with_who_said_so(gone: Desk) -> None:
    done = entered(gone, ON_PAPER.account, "print", "refused-by-addressee", "--note", "门口拒收")
    assert (done["state"], done["cause"], done["before"], done["recorded"]) == (
        "returned",
        "refused",
        "handed-over",
        True,
    )
    assert entered(gone, BY_MAIL.account, "email", "bounced")["state"] == "bounced"
    states = gone.states()
    assert (states[ON_PAPER.account]["print"], states[BY_MAIL.account]["email"]) == ("returned", "bounced")
    told = {str(data["result"]): (by, data) for by, data in events(gone, "result-by-hand")}
    by, data = told["refused-by-addressee"]
    assert (by, data["note"], data["from"], data["to"]) == ("Clerk", "门口拒收", "handed-over", "returned")
    before = gone.rows()
    assert entered(gone, ON_PAPER.account, "print", "refused-by-addressee")["recorded"] is False
    assert gone.rows() == before


def test_a_wrong_day_or_result_can_be_corrected(gone: Desk) -> None:
    entered(gone, ON_PAPER.account, "print", "returned")
    done = entered(gone, ON_PAPER.account, "print", "delivered")
    assert (done["before"], done["state"], done["cause"]) == ("returned", "delivered", None)


def test_a_day_before_the_letter_left_or_in_the_future_is_refused(gone: Desk) -> None:
    for day in ("2026-01-01", "2099-01-01"):
        entered(gone, ON_PAPER.account, "print", "delivered", status=2, on=day)
    assert gone.states()[ON_PAPER.account]["print"] == "handed-over"


def test_what_a_locker_or_our_own_desk_took_proves_nothing(gone: Desk) -> None:
    for note in ("物业前台代收", "丰巢快递柜", "locker 12"):
        entered(gone, ON_PAPER.account, "print", "delivered", "--note", note, status=4)
    assert gone.states()[ON_PAPER.account]["print"] == "handed-over"


def test_a_result_must_be_possible_for_its_channel_and_the_letter_gone(approved: Desk) -> None:
    pretend_to_render(approved)
    entered(approved, ON_PAPER.account, "print", "delivered", status=4)  # not printed
    entered(approved, ON_PAPER.account, "email", "delivered", status=4)  # does not go by e-mail
    entered(approved, ON_PAPER.account, "print", "bounced", status=2)
    entered(approved, BY_MAIL.account, "email", "refused-by-addressee", status=2)
    approved("delivery", "set", "nobody", "--channel", "print", "--result", "returned", "--date", today(), status=2)


def test_a_spooled_letter_with_a_result_has_evidently_left(spooled: Desk) -> None:
    done = spooled(
        "delivery", "set", number(spooled, BOTH_WAYS.account), "--channel", "print", "--result", "delivered",
        "--date", today(),
    )  # fmt: skip
    assert "evidently left" in done.output + done.errors
    assert spooled.states()[BOTH_WAYS.account]["print"] == "delivered"


@pytest.mark.parametrize(
    ("refusal", "expected"), [("returned", ("refer", "unreachable")), ("delivered", ("wait", "awaiting-reply"))]
)
def test_the_policy_says_whether_a_refused_letter_has_arrived(
    gone: Desk, refusal: str, expected: tuple[str, str]
) -> None:
    gone.set('refusal = "returned"', f'refusal = "{refusal}"')
    entered(gone, ON_PAPER.account, "print", "refused-by-addressee")
    decision = gone.plan(*EVERYBODY, batch="next", as_of=today())[ON_PAPER.account]
    assert (decision["action"], decision["reason"]) == expected
    assert (decision["limitation_date"] > "2029-11-01") is (refusal == "delivered")


def test_a_correction_stops_the_letter_that_a_wrong_result_let_go_out_again(desk: Desk) -> None:
    desk.plan(BY_MAIL, as_of="2026-11-23")
    desk("approve", "b", "--by", "Releaser")
    pretend_to_render(desk)
    desk("send", "b")
    desk("mail", "confirm", "b")
    first = desk.decisions()[BY_MAIL.account]["notice"]
    told = ("delivery", "set", first, "--channel", "email", "--date", "2026-11-24", "--by", "Clerk", "--result")
    desk(*told, "bounced")
    assert desk.plan(BY_MAIL, batch="c", as_of="2026-11-25")[BY_MAIL.account]["reason"] == "undelivered"
    desk("approve", "c", "--by", "Releaser")
    pretend_to_render(desk, "c")
    desk(*told, "delivered")
    desk("send", "c", status=1)
    assert set(desk.states("c")[BY_MAIL.account].values()) == {"withdrawn"}
