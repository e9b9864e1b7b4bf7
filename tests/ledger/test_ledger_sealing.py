"""Seals: every transaction seals what it has changed, and nothing that another program changed."""

from __future__ import annotations

import json
from typing import Any

from ledger_builders import AT, account, approve, plan
from sqlalchemy import text

from notices.ledger import Ledger
from notices.ledger.schema import metadata
from notices.ledger.sealing import SEALED, UNSEALED, contents, is_as_sealed


def rows(ledger: Ledger, statement: str) -> list[Any]:
    with ledger.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def sealed(ledger: Ledger) -> list[dict[str, str | None]]:
    """Return what each event of this kind has sealed, oldest first."""
    found = rows(ledger, "SELECT CAST(data AS TEXT) FROM events WHERE kind = 'sealed' ORDER BY id")
    return [json.loads(data) for (data,) in found]


def test_every_table_is_sealed_or_holds_the_seals() -> None:
    assert {*SEALED, *UNSEALED} == set(metadata.tables.values())


def test_every_sealed_table_notes_its_changes(ledger: Ledger) -> None:
    if ledger.engine.dialect.name != "sqlite":
        return
    made = {name for (name,) in rows(ledger, "SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    assert made >= {f"{table.name}_{deed}" for table in SEALED for deed in ("made", "changed", "removed")}


def test_a_transaction_seals_each_thing_that_it_touched_once(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account(), account("1-102"))
    assert sorted(sealed(ledger)[0]) == ["accounts 1", "accounts 2", "batches 1", "lists 1", "notices 1", "notices 2"]
    with ledger.begin() as books:
        approve(books, "A")
    assert len(sealed(ledger)) == 2
    assert rows(ledger, "SELECT * FROM touched") == []
    with ledger.read() as books:
        assert is_as_sealed(books.connection, ("accounts", "1"))
        assert set(contents(books.connection, "accounts", ["1"])["1"]) == {"accounts", "charges", "decisions"}


def test_a_transaction_that_changes_nothing_adds_no_event(ledger: Ledger) -> None:
    with ledger.begin():
        pass
    with ledger.read() as books:
        assert books.events.head().id == 0


def test_what_another_program_changed_is_not_sealed_but_written_down(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account(), account("1-102"))
    with ledger.engine.begin() as connection:
        connection.execute(text("UPDATE deliveries SET recipient = 'elsewhere' WHERE notice_id = 1"))
        connection.execute(text("UPDATE deliveries SET state = state WHERE notice_id = 2"))
    with ledger.begin() as books:
        books.commands.start("render", {}, batch="A", at=AT)
    with ledger.read() as books:
        assert not is_as_sealed(books.connection, ("notices", "1"))
        (event,) = (it for it in books.events.of("ledger", 0) if it.kind == "changed-outside")
    assert event.data == {"things": ["notices 1"]}
    assert sorted(sealed(ledger)[-1]) == ["commands 1"]


def test_a_thing_that_is_gone_loses_its_seal_and_its_end_is_vouched_for(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account())
        number = books.commands.start("render", {}, batch="A", at=AT)
    with ledger.begin() as books:
        books.connection.execute(text("DELETE FROM commands"))
    assert sealed(ledger)[-1] == {f"commands {number}": None}
    assert rows(ledger, "SELECT * FROM seals WHERE entity = 'commands'") == []
