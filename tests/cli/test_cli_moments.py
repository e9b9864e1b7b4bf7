"""Payments and disputes entered at random moments while letters are released, sent and confirmed, at another desk.

NOTICES_MOMENTS is the number of entries (`make proofs`: 10,000), NOTICES_SEED the seed of the chance.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest
from desk import ESTATE, Desk, Owes
from left_too_late import left_too_late
from letters_without_office import pretend_to_render
from mail_server import mail_server

from notices.ledger import Ledger
from notices.model import CaseKey, Hold, HoldKind, Payment
from notices.press import proof

pytestmark = [pytest.mark.slow, pytest.mark.timeout(0)]

MOMENTS = int(os.environ.get("NOTICES_MOMENTS", "60"))
SEED = int(os.environ.get("NOTICES_SEED", "20261123"))
LONGEST_PAUSE = 0.2  # seconds between two entries
DAYS = (date(2026, 11, 10), date(2026, 11, 23), date(2026, 12, 24))  # before, on and after the day of the list
CLOCKS = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC))
BY_MAIL = [Owes(f"1-1-{number}", "甲一", email=f"o{number}@example.com") for number in range(101, 115)]
ON_PAPER = [Owes(f"1-1-{number}", "甲一") for number in range(201, 211)]
OWNERS = [*BY_MAIL, *ON_PAPER]
SENDING = (("send", "b"), ("mail", "confirm", "b"))


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request: pytest.FixtureRequest) -> Iterator[Iterator[str]]:
    """Yield the URL of a ledger of its own for each round: an empty one for the workspace's file."""
    if request.param == "sqlite":
        yield ("" for _ in count())
        return
    postgres = pytest.importorskip("postgres")
    if postgres.PROGRAMS is None:
        pytest.skip("needs PostgreSQL: apt-get install postgresql")
    with postgres.postgres() as server:
        yield (server.database() for _ in count())


class OtherDesk(threading.Thread):
    """Somebody who enters payments and disputes about random owners until told to stop."""

    def __init__(self, url: str, chance: random.Random) -> None:
        super().__init__()
        self.ledger = Ledger.open(url)
        self.chance = chance
        self.left = list(OWNERS)
        self.closed = threading.Event()
        self.entries = 0

    def run(self) -> None:
        while self.left and not self.closed.wait(self.chance.uniform(0, LONGEST_PAUSE)):
            owner = self.left.pop(self.chance.randrange(len(self.left)))
            case = CaseKey.of(ESTATE, owner.unit, (owner.owner,))
            day, at = self.chance.choice(DAYS), self.chance.choice(CLOCKS)
            with self.ledger.begin() as books:
                if self.chance.random() < 0.5:
                    books.payments.add(case, Payment(day, Decimal(1200)), by="Other", at=at)
                else:
                    books.holds.add(case, Hold(HoldKind.DISPUTED, day), by="Other", at=at)
            self.entries += 1


@contextmanager
def entering(url: str, chance: random.Random) -> Iterator[OtherDesk]:
    other = OtherDesk(url, chance)
    other.start()
    try:
        yield other
    finally:
        other.closed.set()
        other.join()
        other.ledger.close()


def one_round(desk: Desk, url: str, chance: random.Random) -> int:
    """Take a batch from plan to confirmation while somebody enters things; return how many, and prove the rule."""
    if url:
        desk.set('url = ""', f'url = "{url}"')
    url = url or f"sqlite:///{desk.folder / 'batches' / 'ledger.db'}"
    desk.plan(*OWNERS)
    with ExitStack() as stack:
        if chance.random() < 0.5:
            server = stack.enter_context(mail_server())
            smtp = f'transport = "smtp"\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\nuser = ""\n\n# '
            desk.set('transport = "outbox"            # ', smtp)
        other = stack.enter_context(entering(url, chance))
        desk("approve", "b", "--by", "Releaser", status={0, 1, 4})
        pretend_to_render(desk, url=url)
        ways = [SENDING, printing(desk, chance)]
        chance.shuffle(ways)
        for step in (step for way in ways for step in way):
            desk(*step, status={0, 1, 2, 4} if step[0] == "job" else {0, 1, 4})  # 2: nobody's letter was left to print
    assert left_too_late(url) == []
    return other.entries


def printing(desk: Desk, chance: random.Random) -> tuple[Sequence[object], ...]:
    """Return the steps of printing: into the shop's folder or to be carried there, and the confirmation."""
    shop = desk.folder / "shop"
    shop.mkdir()
    to = ("--to", shop) if chance.random() < 0.5 else ()
    return ("print", "b", *to), ("job", "confirm", "b-P01")


@pytest.fixture(autouse=True)
def plain_pages_are_fit_for_print(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "missing_fonts", lambda _: ())
    monkeypatch.setattr(proof, "page_problems", lambda _: ())
    monkeypatch.setattr(proof, "window_problem", lambda *_: None)


def test_nothing_leaves_after_something_that_should_have_stopped_it_was_committed(
    fresh_desk: Desk, tmp_path: Path, urls: Iterator[str]
) -> None:
    chance = random.Random(SEED)
    done = 0
    for number in count():
        if done >= MOMENTS:
            break
        done += one_round(fresh_desk.copy(tmp_path / f"round-{number}"), next(urls), chance)
