"""Payments, disputes and claims entered at random moments while letters are released, sent and confirmed.

Each round takes a copy of one planned batch to its end, or lets its letters of reply leave, while another desk enters
something about each owner. Some owners have two units and one letter for both.
NOTICES_MOMENTS is the number of entries (`make proofs`: 10,000), NOTICES_SEED the seed of the first round; the next
rounds have the next seeds, so that NOTICES_MOMENTS=1 with its seed repeats a round.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from desk import ESTATE, Desk, Owes
from left_too_late import left_too_late, letters_left_apart, notices_together, replied_too_late
from letters_without_office import pretend_to_render
from mail_server import mail_server
from replies_without_office import pretend_to_reply

from notices.ledger import Ledger, StateChange
from notices.model import CaseKey, Channel, Hold, HoldKind, Payment, Slip, State

if TYPE_CHECKING:
    from postgres import Postgres

pytestmark = [pytest.mark.slow, pytest.mark.timeout(0), pytest.mark.usefixtures("plain_pages", "plain_covers")]

MOMENTS = int(os.environ.get("NOTICES_MOMENTS", "30"))
SEED = int(os.environ.get("NOTICES_SEED", "20261123"))
FIRST_PACE = 0.1  # seconds between two entries, until the first round has shown how long one takes
DAYS = (date(2026, 11, 10), date(2026, 11, 23), date(2026, 12, 24))  # before, on and after the day of the list
CLOCKS = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC))
AFTER_ALL_CHARGES = date(2027, 1, 1)
UNITS_OF_ONE = 3  # owner, who has one address for them


def _owes(number: int, *, by_mail: bool) -> Owes:
    """Build a unit: in every other round, the letters for the units of one owner leave as one."""
    first = number - number % UNITS_OF_ONE
    email = f"o{first}@example.com" if by_mail else ""
    return Owes(f"1-1-{number}", f"甲{chr(0x4E00 + first)}", email=email, address=f"示例路1号1-1-{first}")


BY_MAIL = [_owes(number, by_mail=True) for number in range(102, 132)]
ON_PAPER = [_owes(number, by_mail=False) for number in range(201, 221)]
OWNERS = [*BY_MAIL, *ON_PAPER]
REPLIED = [
    Owes(f"3-1-{number}", "丙一", email=f"r{number}@example.com" if number % 3 else "", address=f"示例路{number}号")
    for number in range(101, 125)
]
SENDING = (("send", "b"), ("mail", "confirm", "b"))


@dataclass(frozen=True)
class Planned:
    """A desk with batch `b` planned, in the workspace's own file or in a PostgreSQL database, to be copied."""

    desk: Desk
    server: Postgres | None
    database: str

    @property
    def url(self) -> str:
        """URL of the ledger that is copied."""
        if self.server is None:
            return f"sqlite:///{self.desk.folder / 'batches' / 'ledger.db'}"
        return self.server.url(self.database)

    def copy(self, folder: Path) -> tuple[Desk, str]:
        """Return a copy of the desk, and the URL of its ledger."""
        desk = self.desk.copy(folder)
        if self.server is None:
            return desk, f"sqlite:///{folder / 'batches' / 'ledger.db'}"
        url = self.server.database(like=self.database)
        desk.set(f'url = "{self.server.url(self.database)}"', f'url = "{url}"')
        return desk, url


@pytest.fixture(params=["sqlite", "postgresql"])
def planned(request: pytest.FixtureRequest, fresh_desk: Desk, tmp_path: Path) -> Iterator[Planned]:
    desk = fresh_desk.copy(tmp_path / "planned")
    with ExitStack() as stack:
        server, database = None, ""
        if request.param == "postgresql":
            postgres = pytest.importorskip("postgres")
            if postgres.PROGRAMS is None:
                pytest.skip("needs PostgreSQL: apt-get install postgresql")
            server = stack.enter_context(postgres.postgres())
            url = server.database()
            database = url.partition("@/")[2].partition("?")[0]
            desk.use_ledger(url)
        desk.plan(*OWNERS)
        yield Planned(desk, server, database)


class OtherDesk(threading.Thread):
    """Somebody who enters payments and disputes about random owners until told to stop."""

    def __init__(self, url: str, chance: random.Random, pace: float, owners: Sequence[Owes] = OWNERS) -> None:
        super().__init__()
        self.ledger = Ledger.open(url)
        self.chance = chance
        self.pace = pace
        self.left = list(owners)
        self.closed = threading.Event()
        self.entries = 0

    def run(self) -> None:
        while self.left and not self.closed.wait(self.chance.uniform(0, 2 * self.pace)):
            owner = self.left.pop(self.chance.randrange(len(self.left)))
            whose = CaseKey.of(ESTATE, owner.unit, (owner.owner,))
            day, at = self.chance.choice(DAYS), self.chance.choice(CLOCKS)
            with self.ledger.begin() as books:
                match self.chance.choice(("pays", "disputes", "owes nothing of it")):
                    case "pays":
                        books.payments.add(whose, Payment(day, Decimal(1200)), by="Other", at=at)
                    case "disputes":
                        books.holds.add(whose, Hold(HoldKind.DISPUTED, day), by="Other", at=at)
                    case _:
                        books.claims.add(whose, AFTER_ALL_CHARGES, by="Other", at=at)
            self.entries += 1


@contextmanager
def entering(url: str, chance: random.Random, pace: float, owners: Sequence[Owes] = OWNERS) -> Iterator[OtherDesk]:
    other = OtherDesk(url, chance, pace, owners)
    other.start()
    try:
        yield other
    finally:
        other.closed.set()
        other.join()
        other.ledger.close()


def one_round(desk: Desk, url: str, chance: random.Random, pace: float, *, together: bool) -> int:
    """Take a batch from release to confirmation while somebody enters things; return how many, and prove the rule.

    Where the letters for an owner's units leave `together`, what stops one of them stops the letter.
    """
    if together:
        desk.set('combine = "unit"', 'combine = "owner"')
    with ExitStack() as stack:
        by_either_transport(desk, chance, stack)
        other = stack.enter_context(entering(url, chance, pace))
        desk("approve", "b", "--by", "Releaser", status={0, 1, 4})
        pretend_to_render(desk, url=url)
        ways = [SENDING, printing(desk, chance)]
        chance.shuffle(ways)
        for step in (step for way in ways for step in way):
            desk(*step, status={0, 1, 2, 4} if step[0] == "job" else {0, 1, 4})  # 2: nobody's letter was left to print
    assert left_too_late(url) == []
    assert letters_left_apart(url) == []
    return other.entries


def by_either_transport(desk: Desk, chance: random.Random, stack: ExitStack) -> None:
    if chance.random() < 0.5:
        server = stack.enter_context(mail_server())
        desk.use_smtp(server.port)


def printing(desk: Desk, chance: random.Random) -> tuple[Sequence[object], ...]:
    """Return the steps of printing: into the shop's folder or to be carried there, and the confirmation."""
    shop = desk.folder / "shop"
    shop.mkdir()
    to = ("--to", shop) if chance.random() < 0.5 else ()
    return ("print", "b", *to), ("job", "confirm", "b-P01")


OneRound = Callable[
    [Desk, str, random.Random, float, int], int
]  # the last is the seed, by which kinds of rounds alternate


def rounds(planned: Planned, tmp_path: Path, moments: int, one: OneRound, owners: int) -> None:
    done, pace = 0, FIRST_PACE
    for number in count():
        if done >= moments and number >= min(moments, 2):  # one of each kind, unless a single round is repeated
            break
        folder = tmp_path / "round"
        desk, url = planned.copy(folder)
        began = time.monotonic()
        sys.stdout.write(f"seed {SEED + number}: ")
        done += one(desk, url, random.Random(SEED + number), pace, SEED + number)
        pace = (time.monotonic() - began) / owners / 2  # so that most owners come before the round ends
        sys.stdout.write(f"{done} entries\n")
        sys.stdout.flush()
        shutil.rmtree(folder)


def test_nothing_leaves_after_something_that_should_have_stopped_it_was_committed(
    planned: Planned, tmp_path: Path
) -> None:
    joined = []

    def one(desk: Desk, url: str, chance: random.Random, pace: float, seed: int) -> int:
        together = seed % 2 == 0
        entries = one_round(desk, url, chance, pace, together=together)
        joined.append(notices_together(url) if together else 0)
        return entries

    rounds(planned, tmp_path, MOMENTS, one, len(OWNERS))
    assert any(joined) or len(joined) == 1, "no letter for several units was tried"


def test_no_letter_of_reply_leaves_after_something_that_should_have_stopped_it_was_committed(
    planned: Planned, tmp_path: Path
) -> None:
    with_letters_of_reply(planned)
    rounds(planned, tmp_path, max(30, MOMENTS // 10), one_round_of_letters, len(REPLIED))


def with_letters_of_reply(planned: Planned) -> None:
    """Have a letter about an owner's slip ready for each of these owners; their notices have left."""
    desk = planned.desk
    desk.import_both_letters(*REPLIED)
    desk.plan(*REPLIED, batch="r")
    desk("approve", "r", "--by", "Releaser")
    now = datetime.now(UTC)
    with desk.books() as books:
        for entry in books.batches.decisions("r"):
            assert entry.notice is not None
            slip = Slip(("fee-too-high",), date(2026, 11, 24))
            books.slips.add(entry.notice.id, slip, "typed", by="Clerk", at=now)
            for way in entry.notice.deliveries:
                gone = State.SENT if way.channel is Channel.EMAIL else State.HANDED_OVER
                for state in (State.RENDERED, State.SPOOLED, gone):
                    books.deliveries.set_states([StateChange(way.id, state)], by="Shop", at=now)
    notices = desk.decisions("r")
    for place, owner in enumerate(REPLIED, start=1):
        to = {"email": owner.email} if owner.email else {"print": owner.address}
        notice, number = notices[owner.account]["notice"], f"SLHY-R-2026-{place:04d}"
        pretend_to_reply(desk, notice, to, number=number)


def one_round_of_letters(desk: Desk, url: str, chance: random.Random, pace: float, _seed: int) -> int:
    """Let the letters of reply leave while somebody enters things; return how many, and prove the rule."""
    with ExitStack() as stack:
        by_either_transport(desk, chance, stack)
        other = stack.enter_context(entering(url, chance, pace, REPLIED))
        steps = [("letter", "send"), ("letter", "print"), ("letter", "print")]
        chance.shuffle(steps)
        for step in steps:
            desk(*step, status={0, 1})
    assert replied_too_late(url) == []
    return other.entries
