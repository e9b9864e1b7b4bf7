"""Whatever is recorded by the time a letter would leave stops it, in the order of the ledger and not of any clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from desk import Desk, Owes, Sent
from left_too_late import left_too_late
from letters_without_office import pretend_to_render
from mail_server import mail_server

from notices.cli.door import Door
from notices.flow.mailing import build_ahead, message
from notices.flow.mailing.outcomes import Attempts
from notices.ledger import Ledger
from notices.model import CaseKey, Hold, HoldKind, Payment

JIA = Owes("1-1-101", "甲一", email="jia@example.com")
YI = Owes("1-1-102", "乙二", email="yi@example.com")
BEFORE_THE_LIST = "2026-11-10"


def url(desk: Desk) -> str:
    return f"sqlite:///{desk.folder / 'batches' / 'ledger.db'}"


def pay(desk: Desk, owner: Owes, *, on: str = BEFORE_THE_LIST, status: int = 0) -> None:
    desk("payment", "add", owner.account, "--amount", "1200.00", "--date", on, status=status)


def approve(desk: Desk, status: int = 0) -> str:
    return desk("approve", "b", "--by", "Releaser", status=status).errors


@pytest.fixture(scope="session")
def ready_desk(fresh_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Two reminders, ready to be e-mailed; a master to be copied."""
    desk = fresh_desk.copy(tmp_path_factory.mktemp("last-look") / "workspace")
    desk.plan(JIA, YI)
    approve(desk)
    pretend_to_render(desk)
    return desk


@pytest.fixture
def ready(ready_desk: Desk, tmp_path: Path) -> Desk:
    """Two reminders, ready to be e-mailed."""
    return ready_desk.copy(tmp_path / "workspace")


# --- what was entered before the plan counts too ---

STOPS: dict[str, Callable[[Desk], object]] = {
    "a dispute": lambda desk: desk("hold", "add", JIA.account, "--kind", "disputed", "--registered", "2026-11-23"),
    "a letter": lambda desk: desk("history", "import", desk.history(Sent(JIA, "2026-11-20", number="OLD-1"))),
}


@pytest.mark.parametrize("stop", STOPS.values(), ids=STOPS.keys())
def test_what_was_entered_before_the_plan_of_an_earlier_day_stops_its_letter(
    desk: Desk, stop: Callable[[Desk], object]
) -> None:
    stop(desk)
    decided = desk.plan(JIA, YI, as_of="2026-11-16")[JIA.account]
    assert (decided["action"], decided["reason"]) == ("issue", "first-notice")  # as it was on that day
    assert JIA.account in approve(desk, status=1)
    assert desk.states() == {JIA.account: {"email": "withdrawn"}, YI.account: {"email": "approved"}}


# --- order, not clocks ---


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Put the clock forward or back by a span, from now on."""

    def put(span: timedelta) -> None:
        monkeypatch.setattr(Door, "now", lambda _: datetime.now(UTC) + span)
        monkeypatch.setattr(Door, "local_time", lambda _: datetime.now().astimezone() + span)

    return put


@pytest.mark.parametrize(
    ("span", "paid_on"),
    [
        (timedelta(minutes=-10), "2026-11-23"),
        (timedelta(minutes=10), BEFORE_THE_LIST),
    ],
)
def test_a_payment_after_the_plan_stops_the_letter_whatever_the_clock_says(
    desk: Desk, clock: Callable[[timedelta], None], span: timedelta, paid_on: str
) -> None:
    desk.plan(JIA, YI)
    clock(span)
    pay(desk, JIA, on=paid_on)
    assert JIA.account in approve(desk, status=1)
    assert desk.states()[JIA.account] == {"email": "withdrawn" if paid_on == "2026-11-23" else "planned"}
    assert desk.states()[YI.account] == {"email": "approved"}


def test_a_payment_before_the_plan_is_known_to_it_whatever_the_clock_says(
    desk: Desk, clock: Callable[[timedelta], None]
) -> None:
    clock(timedelta(minutes=10))
    pay(desk, JIA)
    clock(timedelta())
    desk.plan(JIA)
    approve(desk)
    assert desk.states()[JIA.account] == {"email": "approved"}


# --- a payment dated before the list ---


def test_a_payment_dated_before_the_list_and_entered_after_it_holds_the_letter_back_until_somebody_answers(
    desk: Desk,
) -> None:
    desk.plan(JIA, YI)
    pay(desk, JIA)
    said = approve(desk, status=1)
    assert f"{JIA.account}: a payment of 1,200.00 yuan dated 2026-11-10 was entered after the list was planned" in said
    assert "`notices payment seen 1`" in said
    assert "`notices payment seen 1 --no`" in said
    assert desk.states() == {JIA.account: {"email": "planned"}, YI.account: {"email": "approved"}}
    approve(desk, status=1)  # and again
    desk("payment", "seen", "1", "--by", "Clerk")
    approve(desk)
    assert desk.states()[JIA.account] == {"email": "approved"}


def test_a_payment_that_the_list_does_not_have_counts_and_withdraws_the_letter(desk: Desk) -> None:
    desk.plan(JIA, YI)
    pay(desk, JIA)
    told = desk("payment", "seen", "1", "--no", "--by", "Clerk", "--json").json
    assert (told["payment"], told["batch"], told["in_list"]) == (1, "b", False)
    assert "paid" in approve(desk, status=1)
    assert desk.states() == {JIA.account: {"email": "withdrawn"}, YI.account: {"email": "approved"}}


def test_a_letter_that_is_asked_about_is_neither_sent_nor_confirmed_until_somebody_answers(ready: Desk) -> None:
    pay(ready, JIA)
    assert "`notices payment seen 1`" in ready("send", "b", status=1).errors
    assert ready.states() == {JIA.account: {"email": "rendered"}, YI.account: {"email": "spooled"}}
    pay(ready, YI)
    assert "do not send it" in ready("send", "b", status=1).errors
    said = ready("mail", "confirm", "b", status=1).errors
    assert "entered after the list was planned" in said
    assert ready.states()[YI.account] == {"email": "spooled"}
    for number in (1, 2):
        ready("payment", "seen", number)
    ready("send", "b")
    ready("mail", "confirm", "b")
    assert ready.states() == {JIA.account: {"email": "sent"}, YI.account: {"email": "sent"}}


def test_the_last_answer_counts_and_the_list_of_payments_shows_all(ready: Desk) -> None:
    pay(ready, JIA)
    ready("payment", "seen", "1", "--by", "Clerk")
    ready("payment", "seen", "1", "--no", "--by", "Manager")
    (payment,) = ready("payment", "list", "--json").json["payments"]
    assert payment["answers"] == [
        {"batch": "b", "in_list": True, "by": "Clerk"},
        {"batch": "b", "in_list": False, "by": "Manager"},
    ]
    assert "b: no" in ready("payment", "list").output
    assert JIA.account in ready("send", "b", status=1).errors
    assert ready.states()[JIA.account] == {"email": "withdrawn"}


def test_an_answer_needs_a_payment_and_a_letter_that_rests_on_it(ready: Desk) -> None:
    ready("payment", "seen", "1", status=2)
    pay(ready, JIA, on="2026-11-24")  # dated after the list: it counts
    ready("payment", "seen", "1", status=4)
    pay(ready, JIA)
    ready("payment", "seen", "2", "--batch", "c", status=4)
    ready("payment", "undo", "2", "--why", "a mistake")
    ready("payment", "seen", "2", status=4)


def test_an_answer_names_the_list_if_letters_of_two_batches_wait_for_it(desk: Desk) -> None:
    for batch, day in (("a", "2026-11-16"), ("b", "2026-11-23")):
        desk.plan(JIA, batch=batch, as_of=day)
    pay(desk, JIA)
    assert "--batch" in desk("payment", "seen", "1", status=2).errors
    desk("payment", "seen", "1", "--batch", "b")
    approve(desk)
    assert [desk.states(batch)[JIA.account]["email"] for batch in "ab"] == ["planned", "approved"]


# --- between the decision and the departure ---

OWNERS = [Owes(f"1-1-{number}", "甲一", email=f"o{number}@example.com") for number in range(101, 140)]


@pytest.fixture(params=[6, pytest.param(39, marks=pytest.mark.slow)])
def many(request: pytest.FixtureRequest, desk: Desk) -> Desk:
    """Reminders ready to be e-mailed; as many as worker processes build, if slow tests run."""
    desk.plan(*OWNERS[: request.param])
    approve(desk)
    pretend_to_render(desk)
    return desk


def case(owner: Owes) -> CaseKey:
    return CaseKey.of(owner.estate, owner.unit, (owner.owner,))


class Neighbour:
    """Somebody at another desk, who records something about some owners just before their messages leave."""

    def __init__(self, desk: Desk) -> None:
        self.ledger = Ledger.open(url(desk))
        self.turn = 0
        self.stopped: list[str] = []

    def next(self) -> None:
        """Record a payment, a dispute or nothing about the owner whose turn it is."""
        owner, self.turn = OWNERS[self.turn], self.turn + 1
        if self.turn % 4 == 0:
            return
        with self.ledger.begin() as books:
            at = datetime(2020, 1, 1, tzinfo=UTC)  # a clock that is years behind
            if self.turn % 4 == 1:
                books.payments.add(case(owner), Payment(date(2026, 11, 23), Decimal(1200)), by="Other", at=at)
            elif self.turn % 4 == 2:
                books.payments.add(case(owner), Payment(date(2026, 11, 1), Decimal(1200)), by="Other", at=at)
            else:
                books.holds.add(case(owner), Hold(HoldKind.DISPUTED, date(2026, 12, 24)), by="Other", at=at)
        self.stopped.append(owner.email)


@pytest.fixture
def neighbour(many: Desk) -> Iterator[Neighbour]:
    one = Neighbour(many)
    yield one
    one.ledger.close()


def test_no_message_is_begun_after_something_that_stops_it_was_recorded(
    many: Desk, neighbour: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = Attempts.begin

    def late(*words: object, **named: object) -> object:
        neighbour.next()
        return begin(*words, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Attempts, "begin", late)
    with mail_server() as server:
        many.use_smtp(server.port)
        said = many("send", "b", "--json", status=1).json
    assert left_too_late(url(many)) == []
    asked = {owner.email for owner in OWNERS[: neighbour.turn]}
    assert {taken.recipient for taken in server.taken} == asked - set(neighbour.stopped)
    assert len(said["attention"]) == len(neighbour.stopped) > neighbour.turn / 2
    left = neighbour.turn - len(neighbour.stopped)
    assert len(list((many.folder / "batches" / "b" / "sent").glob("*.eml"))) == len(said["sent"]) == left > 0


def test_no_message_is_spooled_after_something_that_stops_it_was_recorded(
    many: Desk, neighbour: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = message.build_message

    def late(*words: object) -> object:
        built = build(*words)  # type: ignore[arg-type]
        neighbour.next()
        return built

    monkeypatch.setattr(message, "build_message", late)
    monkeypatch.setattr(build_ahead, "FEW", len(OWNERS))  # in this process, where the neighbour can be seen
    said = many("send", "b", "--json", status=1).json
    assert left_too_late(url(many)) == []
    assert len(said["attention"]) == len(neighbour.stopped) > neighbour.turn / 2
    left = neighbour.turn - len(neighbour.stopped)
    for folder in (many.folder / "output" / "b" / "outbox", many.folder / "batches" / "b" / "sent"):
        assert len(list(folder.glob("*.eml"))) == len(said["spooled"]) == left > 0


def test_a_message_that_another_machine_has_spooled_leaves_no_second_file(
    ready: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = message.build_message

    def late(*words: object) -> object:
        ready.change("UPDATE deliveries SET state = 'spooled'")
        return build(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(message, "build_message", late)
    ready("send", "b", status=4)
    assert list((ready.folder / "output").rglob("*.eml")) == []
    assert list((ready.folder / "batches" / "b").rglob("*.eml")) == []
