"""What a write transaction looks at first: the ledger is not upgraded, not moved, and the turn is still ours."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from ledger_builders import AT, case
from postgres import Postgres, name_of, needs_postgres, upgrade_to

from notices.errors import Refused, Unusable
from notices.ledger import Holder, Ledger, TurnTaken, move
from notices.ledger.engine import engine_for
from notices.ledger.turns import Turns
from notices.model import Payment


def pay(ledger: Ledger) -> None:
    with ledger.begin() as books:
        books.payments.add(case(), Payment(date(2026, 11, 1), Decimal("10.00")), by="甲", at=AT)


def test_a_ledger_that_a_newer_version_upgraded_meanwhile_is_written_no_more(ledger: Ledger) -> None:
    pay(ledger)
    with ledger.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Unusable, match="upgraded by a newer version"):
        pay(ledger)


def test_a_ledger_that_moved_to_another_file_is_written_no_more(sqlite: str, tmp_path: Path) -> None:
    with (
        closing(Ledger.open(sqlite)) as here,
        closing(Ledger.open(f"sqlite:///{tmp_path / 'other.db'}")) as there,
    ):
        pay(here)
        assert move(here, there, "there").rows["payments"] == 1
        with pytest.raises(Refused, match="moved to there"):
            pay(here)
        pay(there)


@needs_postgres
@pytest.mark.slow
def test_a_turn_is_one_machines_and_whoever_lost_it_writes_no_more(server: Postgres) -> None:
    url = server.ledger()
    with closing(Ledger.open(url)) as one, closing(Ledger.open(url)) as other:
        with one.turn("b", Holder("王女士", "here")):
            with pytest.raises(TurnTaken) as taken, other.turn("b", Holder("乙", "there")):
                pass
            assert taken.value.holder == Holder("王女士", "here")
            with other.turn("c", Holder("乙", "there")):
                pay(other)
            held = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            server.execute(f"{held} AND database = (SELECT oid FROM pg_database WHERE datname = '{name_of(url)}')")
            pay(one)  # nobody has taken over yet
            with other.turn("b", Holder("乙", "there")) as turn:
                assert turn is not None
                assert turn.left_by == Holder("王女士", "here")
            with pytest.raises(Unusable, match="took over b"):
                pay(one)
        pay(one)


@needs_postgres
@pytest.mark.slow
def test_a_ledger_is_not_upgraded_while_somebody_works_on_a_batch(server: Postgres) -> None:
    url = server.database()
    upgrade_to(url, "0021")
    engine = engine_for(url)
    with Turns(engine).taken("b", Holder("王女士", "here")):  # by the earlier version, which knows that schema
        with pytest.raises(Refused) as refused:
            Ledger.open(url)
        assert "王女士 is working on b, on here" in str(refused.value)
        assert server.execute("SELECT version_num FROM alembic_version", name_of(url)) == [("0021",)]
    engine.dispose()
    with closing(Ledger.open(url)) as ledger:
        pay(ledger)


def test_what_reads_a_ledger_that_was_upgraded_meanwhile_is_told_so(ledger: Ledger) -> None:
    pay(ledger)
    with ledger.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE payments RENAME COLUMN note TO remark")
    with pytest.raises(Unusable, match="lacks a column"), ledger.read() as books:
        books.payments.all()
    with ledger.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Unusable, match="upgraded by a newer version"), ledger.read() as books:
        books.payments.all()
