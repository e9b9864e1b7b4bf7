"""A database server that crashes, and a network that is cut, in the middle of every step: `resume` ends it as if not.

NOTICES_CUTS says at how many places of each step each fault happens; they are spread over all of its statements.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, Owes
from postgres import USER, Postgres, name_of, needs_postgres, postgres
from sqlalchemy import Engine, event
from support import free_port
from wire import Wire

from notices.errors import Unusable
from notices.ledger import Ledger, engine

pytestmark = [needs_postgres, pytest.mark.slow, pytest.mark.office, pytest.mark.timeout(3600)]

CUTS = int(os.environ.get("NOTICES_CUTS", "2"))
LOSS_SECONDS = 0.3
BY_MAIL = Owes("1-1-101", "甲一", email="jia@example.com")
ON_PAPER = Owes("1-1-102", "乙二", address="示例市样板路8号示例花园1-1-102室")
STEPS: dict[str, tuple[str, ...]] = {
    "plan": ("plan", "lists/list.csv", "--name", "b", "--as-of", "2026-11-23", "--by", "Planner"),
    "approve": ("approve", "b", "--by", "Releaser"),
    "render": ("render", "b"),
    "send": ("send", "b"),
    "print": ("print", "b"),
    "mail confirm": ("mail", "confirm", "b"),
    "job confirm": ("job", "confirm", "b-P01"),
}


@dataclass
class Line:
    """A server on a port, and the wire by which the program reaches it."""

    server: Postgres
    wire: Wire

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.wire.port}/{name}"

    def crash(self) -> None:
        self.server.stop(signal.SIGQUIT)
        self.server.start()

    def cut(self) -> None:
        self.wire.cut(LOSS_SECONDS)

    def lose_answer(self) -> None:
        """Let the server carry out what is sent next, and say so in vain."""
        self.wire.lose_answers(LOSS_SECONDS)


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    with postgres(port=free_port()) as server:
        wire = Wire(server.port)
        yield Line(server, wire)
        wire.close()


@dataclass(frozen=True)
class Kind:
    """A kind of fault: what it does, and before which calls of the database: statements, or commits."""

    happen: Callable[[Line], None]
    before: str


KINDS = {
    "the server crashes": Kind(Line.crash, "before_cursor_execute"),
    "the network is cut": Kind(Line.cut, "before_cursor_execute"),
    "the answer to a commit is lost": Kind(Line.lose_answer, "commit"),
}


@dataclass(eq=False)
class Counted:
    """Calls of a database, of which the one at `place` meets a fault."""

    name: str
    fault: Callable[[], None] | None = None
    place: int = 0
    seen: int = 0
    happened: bool = field(default=False)

    def __call__(self, connection: Any, *_: Any) -> None:
        if connection.engine.url.database != self.name:
            return
        self.seen += 1
        if self.fault is not None and self.seen == self.place:
            self.happened = True
            self.fault()


@contextmanager
def counted(calls: Counted, before: str) -> Iterator[Counted]:
    event.listen(Engine, before, calls)
    try:
        yield calls
    finally:
        event.remove(Engine, before, calls)


def outcome(desk: Desk) -> Any:
    """Return what a step can have done: states, numbers, and what lies ready to leave or is kept as sent."""
    if not desk("status", "--json").json["batches"]:
        return None
    decided = desk.decisions()
    files = sorted(
        path.relative_to(desk.folder).as_posix()
        for pattern in (
            "output/b/outbox/*.eml",
            "batches/b/sent/**/*.eml",
            "output/b/print/*",
            "output/b/letters/*.pdf",
        )
        for path in desk.folder.glob(pattern)
    )
    jobs = [(job["job"], job["letters"], job["state"]) for job in desk("job", "list", "--json").json["jobs"]]
    return {account: (it["state"], it["notice"]) for account, it in decided.items()}, desk.states(), files, jobs


@pytest.fixture(scope="module")
def masters(line: Line, fresh_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Desk]:
    """Return a desk as it is before each step; the database of each is called after its place among them."""
    folder = tmp_path_factory.mktemp("masters")
    line.server.execute("CREATE DATABASE step0")
    desk = fresh_desk.copy(folder / "step0")
    desk.list(BY_MAIL, ON_PAPER, name="list.csv")
    desk.use_ledger(line.url("step0"))
    desk("status")
    found = {}
    for place, (step, words) in enumerate(STEPS.items()):
        found[step] = desk
        desk = copied(line, desk, folder / f"step{place + 1}", f"step{place + 1}")
        carry_out(desk, words, {0, 1})
    return found


def copied(line: Line, desk: Desk, folder: Path, name: str) -> Desk:
    """Copy a desk with its database."""
    line.server.execute(f"CREATE DATABASE {name} TEMPLATE {database_of(desk)}")
    # A copied sequence takes its next 32 values without logging them, and would begin again after a crash, unless a
    # checkpoint comes between. Only a database made of a template that was in use has this fault, none of a house.
    line.server.execute("CHECKPOINT")
    copy = desk.copy(folder)
    copy.set(f'/{database_of(desk)}"', f'/{name}"')
    return copy


def database_of(desk: Desk) -> str:
    text = (desk.folder / "notices.toml").read_text("utf-8")
    return name_of(next(line.split('"')[1] for line in text.splitlines() if line.startswith('url = "postgresql')))


def carry_out(desk: Desk, words: tuple[str, ...], status: set[int]) -> int:
    return desk(*(desk.folder / word if word.startswith("lists/") else word for word in words), status=status).status


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_lost_its_database_ends_as_if_it_had_not(
    line: Line, masters: dict[str, Desk], tmp_path: Path, step: str, kind: Kind
) -> None:
    words, label = STEPS[step], f"{step}_{[*KINDS.values()].index(kind)}".replace(" ", "_")
    whole = copied(line, masters[step], tmp_path / "whole", f"{label}_whole")
    with counted(Counted(database_of(whole)), kind.before) as calls:
        carry_out(whole, words, {0, 1})
    expected, broken = outcome(whole), 0
    assert expected != outcome(masters[step])
    for place in places(calls.seen):
        name = f"{label}_{place}"
        desk = copied(line, masters[step], tmp_path / name, name)
        fault = Counted(name, lambda: kind.happen(line), place)
        with counted(fault, kind.before):
            status = carry_out(desk, words, {0, 1, 3})
        assert fault.happened
        broken += status == 3
        if outcome(desk) is not None:
            desk("resume", "b", status={0, 1})
        if outcome(desk) != expected:
            carry_out(desk, words, {0, 1})
        assert outcome(desk) == expected
        assert desk("ledger", "verify", "--json").json["intact"]
    assert broken


def places(count: int) -> list[int]:
    """Return some places among so many, spread over them, the first one not at the very beginning."""
    return sorted({max(1, round(count * each / (CUTS + 0.5))) for each in range(1, CUTS + 1)})


@pytest.mark.parametrize("happen", [Line.crash, Line.cut], ids=["the server crashes", "the network is cut"])
def test_a_ledger_that_lies_open_is_read_and_written_after_its_connection_broke(
    line: Line, monkeypatch: pytest.MonkeyPatch, happen: Callable[[Line], None]
) -> None:
    """A page is open for days; whoever loads it after a restart of the server is not told of the connection."""
    name = f"open_{happen.__name__}"
    line.server.execute(f"CREATE DATABASE {name}")
    with closing(Ledger.open(line.url(name))) as ledger:
        happen(line)
        with pytest.raises(Unusable, match="connection to the ledger's database broke"), ledger.read() as books:
            books.batches.all()
        monkeypatch.setattr(engine, "IDLE_SECONDS", 0.0)
        with ledger.read() as books:
            books.batches.all()
        happen(line)
        with ledger.read() as books:
            assert books.batches.all() == []
        happen(line)
        with ledger.begin() as books:
            books.commands.start("x", {}, batch="b", at=datetime.now(UTC))
