"""Tampering: whatever another program does to any table, the proof of the ledger names it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from ledger_builders import AT, account, approve, case, plan, planned
from sqlalchemy import Integer, Table

from notices.ledger import (
    Breach,
    HandoverFile,
    Head,
    Ledger,
    LedgerProof,
    LetterPosition,
    NewJob,
    NewLine,
    NewReply,
    NewReport,
    NewScan,
    NewUser,
    NewWorkOrder,
    RenderedLetter,
    StateChange,
    TransferState,
)
from notices.ledger.chain import link_of
from notices.ledger.records import LineState
from notices.ledger.schema import events, metadata
from notices.ledger.sealing import SEALED
from notices.model import Channel, Hold, HoldKind, Instalment, Payment, ReportKind, Role, Slip, State

TABLES = sorted(metadata.tables)
ROWS = sorted(table.name for table in SEALED)


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a small ledger with a row in every table."""
    path = tmp_path_factory.mktemp("complete") / "ledger.db"
    ledger = Ledger.open(f"sqlite:///{path}")
    with ledger.begin() as books:
        plan(books, "A", account(), planned(account("1-102"), channels=[Channel.PRINT]))
        plan(books, "B", account("9-9"))
    with ledger.begin() as books:
        approve(books, "A")
        first, second = (it.notice for it in books.batches.decisions("A"))
        assert first is not None
        assert second is not None
    with ledger.begin() as books:
        shard = books.notices.add_shard("A", file="output/A/letters/1.pdf", sha256="abc", pages=2, at=AT)
        letters = [RenderedLetter(first.id, shard, 1, 1), RenderedLetter(second.id, shard, 2, 1)]
        books.notices.set_rendered(letters, by="clerk", at=AT)
    with ledger.begin() as books:
        printed = second.deliveries[0].id
        books.jobs.add(
            NewJob("A-1", "A", (LetterPosition(printed, 1, "l.pdf", 1, 1, 1, 1),), 1, 1, {"l.pdf": "abc"}),
            by="clerk",
            at=AT,
        )
        files = (HandoverFile(1, "l.pdf", "abc", "A-1/01", TransferState.WAITING, AT),)
        books.handovers.start("A-1", "/hot", files, by="clerk", at=AT)
    with ledger.begin() as books:
        mailed = first.deliveries[0].id
        books.deliveries.set_states([StateChange(mailed, State.SENDING)], by="clerk", at=AT)
        books.reports.add(NewReport("key", mailed, ReportKind.DELAYED, False), by="clerk", at=AT)
        slip = books.slips.add(first.id, Slip(("service-poor",), date(2026, 11, 24)), source="typed", by="clerk", at=AT)
        assert slip is not None
        day = date(2026, 12, 1)
        books.work_orders.open(
            NewWorkOrder(case(), first.id, slip, "heating-cold", "cold", "", "Fitter", day, day), by="clerk", at=AT
        )
        to = {Channel.PRINT: "somewhere"}
        reply = NewReply("R-1", "answer", f"slip:{slip}", case(), 1, first.id, None, day, "r.pdf", "abc", 1, to)
        way = books.replies.save(reply, by="clerk", at=AT).deliveries[0]
        books.replies.add_report(NewReport("key", way.id, ReportKind.DELAYED, False), by="clerk", at=AT)
        parts = (Instalment(date(2026, 12, 1), Decimal("10.00")),)
        books.holds.add(case(), Hold(HoldKind.INSTALMENTS, date(2026, 11, 1), instalments=parts), by="clerk", at=AT)
        payment = books.payments.add(case(), Payment(date(2026, 11, 1), Decimal("10.00")), by="clerk", at=AT)
        books.late_payments.answer(payment, 1, in_list=True, by="clerk", at=AT)
        books.payments.take_back(payment, why="not ours", by="clerk", at=AT)
        books.claims.add(case(), date(2026, 1, 1), by="clerk", at=AT)
        books.scans.add(NewScan(first.id, "abc", 1, (), (), None, "p.png", ()), day, slip_id=slip, by="clerk", at=AT)
        line = NewLine("key", None, "table", "s.csv", 2, day, Decimal("5.00"), LineState.BOOKED, "number", case=case())
        books.statements.add([line], by="clerk", at=AT)
        books.users.add(NewUser("王一", Role.CLERK, names=True, password="hash"), by="clerk", at=AT)
        books.renames.add(case("9-9", "乙二"), case("9-9"), by="clerk", at=AT)
        (rename,) = books.renames.of_case(case("9-9"))
        books.renames.take_back(rename, by="clerk", at=AT)
        books.joins.add(case(), case("1-102"), together=True, by="clerk", at=AT)
        books.commands.start("send", {}, batch="A", at=AT)
    ledger.close()
    return path


@pytest.fixture
def path(complete: Path, tmp_path: Path) -> Path:
    (tmp_path / "ledger.db").write_bytes(complete.read_bytes())
    return tmp_path / "ledger.db"


def proof(path: Path, expected: Head | None = None) -> LedgerProof:
    ledger = Ledger.open(f"sqlite:///{path}")
    with ledger.read() as books:
        found = books.verification.prove(expected)
    ledger.close()
    return found


def tamper(path: Path, *statements: str) -> None:
    """Change the ledger as somebody with full access does: without the triggers that forbid it or note it."""
    with closing(sqlite3.connect(path)) as raw, raw:
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            changed = raw.execute(statement).rowcount
            assert changed, statement


def copied(table: Table) -> str:
    """Return a statement that inserts a copy of a table's last row under another key."""
    keys = {column.name for column in table.primary_key}
    changed = {name for name in keys if not name.endswith("_id") or len(keys) == 1}
    unique = {
        column.name for it in table.constraints for column in getattr(it, "columns", ()) if column.name not in keys
    }

    def value(name: str) -> str:
        kind = table.c[name].type
        if name in changed:
            return f'(SELECT max("{name}") + 1 FROM {table.name})' if isinstance(kind, Integer) else "'new'"
        if name in unique and not table.c[name].foreign_keys and not isinstance(kind, Integer):
            return "'unique'"
        return f'"{name}" + 1000' if name in unique and name.endswith("_id") else f'"{name}"'

    names = ", ".join(f'"{column.name}"' for column in table.c)
    values = ", ".join(value(column.name) for column in table.c)
    return f"INSERT INTO {table.name} ({names}) SELECT {values} FROM {table.name} ORDER BY rowid DESC LIMIT 1"


def thing(path: Path, table: str, order: str) -> str:
    """Return the thing that the first or last row of a table belongs to."""
    entity, key = SEALED[metadata.tables[table]]
    with closing(sqlite3.connect(path)) as raw:
        return f"{entity} {raw.execute(f'SELECT {key} FROM {table} ORDER BY rowid {order} LIMIT 1').fetchone()[0]}"


def rows_of(found: LedgerProof) -> dict[str | None, str]:
    return {breach.row: breach.what for breach in found.broken}


def test_the_ledger_of_these_tests_has_a_row_in_every_table_and_is_intact(complete: Path) -> None:
    with closing(sqlite3.connect(complete)) as raw:
        counts = {name: raw.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in TABLES}
    assert {name for name, count in counts.items() if not count} == {"touched", "turns", "files"}
    found = proof(complete)
    assert found.broken == ()
    assert (found.events, found.head.id) == (counts["events"], counts["events"])


@pytest.mark.parametrize("table", ROWS)
@pytest.mark.slow
def test_a_changed_row_of_any_table_is_named(path: Path, table: str) -> None:
    its = metadata.tables[table]
    keys = {column.name for column in its.primary_key} | {SEALED[its][1]}
    for column in its.c:
        if column.name in keys:
            continue
        (path.parent / "copy.db").write_bytes(path.read_bytes())
        changed = "1234567" if isinstance(column.type, Integer) else "'changed'"
        where = f"WHERE rowid = (SELECT min(rowid) FROM {table})"
        tamper(path.parent / "copy.db", f'UPDATE {table} SET "{column.name}" = {changed} {where}')
        assert rows_of(proof(path.parent / "copy.db")) == {thing(path, table, "ASC"): "changed"}, column.name


@pytest.mark.parametrize("table", ROWS)
def test_a_removed_row_of_any_table_is_named(path: Path, table: str) -> None:
    its = thing(path, table, "ASC")
    tamper(path, f"DELETE FROM {table} WHERE rowid = (SELECT min(rowid) FROM {table})")
    assert rows_of(proof(path)) == {
        its: "removed" if its.startswith(f"{table} ") and not _has_children(path, its) else "changed"
    }


def _has_children(path: Path, name: str) -> bool:
    entity, _, key = name.partition(" ")
    tables = [(it.name, column) for it, (owner, column) in SEALED.items() if owner == entity]
    with closing(sqlite3.connect(path)) as raw:
        return any(raw.execute(f'SELECT 1 FROM {it} WHERE "{column}" = ?', (key,)).fetchone() for it, column in tables)


@pytest.mark.parametrize("table", ROWS)
def test_an_inserted_row_of_any_table_is_named(path: Path, table: str) -> None:
    tamper(path, copied(metadata.tables[table]))
    its = thing(path, table, "DESC")
    own = SEALED[metadata.tables[table]][0] == table
    assert rows_of(proof(path)) in ([{its: "inserted"}] if own else [{its: "changed"}, {its: "inserted"}])


@pytest.mark.parametrize(
    ("statement", "row", "what"),
    [
        ("UPDATE seals SET digest = 'x' WHERE entity = 'payments' AND key = '1'", "seals payments 1", "changed"),
        ("UPDATE seals SET event_id = 1 WHERE entity = 'payments' AND key = '1'", "seals payments 1", "changed"),
        ("UPDATE seals SET salt = 'x' WHERE entity = 'payments' AND key = '1'", "payments 1", "changed"),
        ("DELETE FROM seals WHERE entity = 'payments' AND key = '1'", "seals payments 1", "removed"),
        ("INSERT INTO seals VALUES ('payments', '9', 's', 'd', 1)", "seals payments 9", "inserted"),
        ("INSERT INTO touched VALUES ('payments', '1')", "touched payments 1", "inserted"),
    ],
)
def test_the_seals_cannot_be_changed_unnoticed(path: Path, statement: str, row: str, what: str) -> None:
    tamper(path, statement)
    assert rows_of(proof(path)) == {row: what}


def test_a_row_and_its_seal_changed_together_are_named(path: Path) -> None:
    tamper(
        path,
        "DELETE FROM payments WHERE id = 1",
        "DELETE FROM payment_reversals",
        "DELETE FROM payment_answers",
        "DELETE FROM seals WHERE entity = 'payments' AND key = '1'",
    )
    assert rows_of(proof(path)) == {"payments 1": "removed", "seals payments 1": "removed"}


COLUMNS = [column.name for column in events.c if column.name != "id"]


@pytest.mark.parametrize("place", ["first", "middle", "last"])
@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_event_is_named(path: Path, column: str, place: str) -> None:
    head = proof(path).head
    number = {"first": 1, "middle": head.id // 2, "last": head.id}[place]
    value = {"what_id": "77", "data": """'{"a": 1}'""", "at": "'2026-11-24 00:00:00.000000'"}.get(
        column, f"'{'x' * 64}'"
    )
    tamper(path, f'UPDATE events SET "{column}" = {value} WHERE id = {number}')
    broken = [breach for breach in proof(path, head).broken if breach.row is None]
    assert broken[0] == Breach(number, "changed")
    assert len(broken) == 1


@pytest.mark.parametrize("column", ["data = '{}', salt = NULL", "data = 'no JSON'"])
def test_data_taken_away_without_a_purge_are_named(path: Path, column: str) -> None:
    tamper(path, f"UPDATE events SET {column} WHERE id = 5")
    assert Breach(5, "changed") in proof(path).broken


@pytest.mark.parametrize("count", [1, 2])
def test_a_removed_event_is_named(path: Path, count: int) -> None:
    tamper(path, f"DELETE FROM events WHERE id BETWEEN 5 AND {4 + count}")
    found = [breach for breach in proof(path).broken if breach.row is None]
    assert found == [Breach(5 + number, "removed") for number in range(count)]


def test_a_removed_event_is_named_even_if_the_ids_are_closed_up(path: Path) -> None:
    last = proof(path).head.id
    closing_up = [f"UPDATE events SET id = {number - 1} WHERE id = {number}" for number in range(6, last + 1)]
    tamper(path, "DELETE FROM events WHERE id = 5", *closing_up)
    assert [breach for breach in proof(path).broken if breach.row is None] == [Breach(5, "removed")]


def test_the_last_events_removed_are_found_by_a_head_kept_elsewhere(path: Path) -> None:
    head = proof(path).head
    tamper(path, f"DELETE FROM events WHERE id > {head.id - 2}")
    found = [breach for breach in proof(path, head).broken if breach.row is None]
    assert found == [Breach(head.id - 1, "removed"), Breach(head.id, "removed")]


@pytest.mark.parametrize("place", [1, 5, "end"])
def test_an_event_put_in_is_named(path: Path, place: int | str) -> None:
    last = proof(path).head.id
    at = last + 1 if place == "end" else int(place)
    making_room = [f"UPDATE events SET id = {number + 1} WHERE id = {number}" for number in range(last, at - 1, -1)]
    columns = ", ".join(f'"{column.name}"' for column in events.c)
    values = f"{at}, '2026-11-23 09:30:00.000000', 'x', 'sent', 'delivery', 1, '{{}}', 's', 'd', 'l'"
    put_in = f"INSERT INTO events ({columns}) VALUES ({values})"
    tamper(path, *making_room, put_in)
    assert [breach for breach in proof(path).broken if breach.row is None] == [Breach(at, "inserted")]


def test_a_chain_made_anew_is_found_by_a_head_kept_elsewhere(path: Path) -> None:
    head = proof(path).head
    with closing(sqlite3.connect(path)) as raw:
        raw.row_factory = sqlite3.Row
        made = [dict(row) for row in raw.execute("SELECT * FROM events ORDER BY id")]
    link, changes = "", []
    for event in made:
        event["by"] = "x" if event["id"] == 5 else event["by"]
        link = link_of(link, event, event["at"])
        changes.append(f"UPDATE events SET link = '{link}', by = '{event['by']}' WHERE id = {event['id']}")
    tamper(path, *changes)
    assert proof(path).broken == ()
    assert [breach.what for breach in proof(path, head).broken] == ["changed"]


def test_a_purge_leaves_the_chain_intact(path: Path) -> None:
    ledger = Ledger.open(f"sqlite:///{path}")
    with ledger.begin() as books:
        wanted = books.events.of("delivery", 1)
        books.events.purge([event.id for event in wanted], by="clerk", at=AT)
    with ledger.read() as books:
        assert [event.data for event in books.events.of("delivery", 1)] == [{} for _ in wanted]
    with ledger.engine.connect() as connection:
        salts = connection.exec_driver_sql("SELECT salt FROM events WHERE what = 'delivery' AND what_id = 1")
        assert set(salts.scalars()) == {None}
    ledger.close()
    assert proof(path).broken == ()


def test_a_change_by_another_program_stays_named_after_a_later_change_of_ours(path: Path) -> None:
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE deliveries SET recipient = 'elsewhere@example.com' WHERE notice_id = 1")
    ledger = Ledger.open(f"sqlite:///{path}")
    with ledger.begin() as books:
        books.deliveries.set_states([StateChange(1, State.UNKNOWN, kind="cut-off")], by="clerk", at=AT)
    ledger.close()
    assert rows_of(proof(path)) == {"notices 1": "changed"}


def test_the_program_itself_leaves_every_seal_as_it_should_be(path: Path) -> None:
    ledger = Ledger.open(f"sqlite:///{path}")
    changes: list[Callable[..., object]] = [
        lambda books: plan(books, "C", *(account(f"7-{number}") for number in range(600))),
        lambda books: approve(books, "C"),
        lambda books: books.jobs.confirm("A-1", by="clerk", at=AT),
        lambda books: books.commands.finish("send", batch="A", at=AT),
    ]
    for change in changes:
        with ledger.begin() as books:
            change(books)
    with ledger.read() as books:
        head = books.events.head()
    ledger.close()
    assert proof(path, head).broken == ()
