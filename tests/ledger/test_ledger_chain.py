"""The chain of events: linked by hash, without gaps, and whole after a purge."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from hypothesis import given
from hypothesis import strategies as st
from ledger_builders import AT, account, approve, plan
from sqlalchemy import create_engine, text

from notices.errors import Refused
from notices.ledger import Head, Ledger
from notices.ledger.chain import ORIGIN, digest_of, link_after, linked
from notices.ledger.faults import translate_errors
from notices.ledger.migrating import configuration

TEXT = st.text('a1甲 "\\\n\ud800', max_size=5)  # a short alphabet: all of Unicode takes seconds to load
VALUES = st.recursive(st.none() | st.booleans() | st.integers() | TEXT, lambda inner: st.lists(inner, max_size=3))
EVENT = st.fixed_dictionaries(
    {
        "at": st.datetimes(min_value=datetime(1990, 1, 1)).map(lambda it: it.replace(tzinfo=UTC)),  # noqa: DTZ001
        "by": TEXT,
        "kind": TEXT,
        "what": TEXT,
        "what_id": st.integers(0, 2**31 - 1),
        "data": st.dictionaries(TEXT, VALUES, max_size=3),
    }
)
EVENTS = st.lists(EVENT, min_size=1, max_size=4)


def rows(ledger: Ledger) -> list[dict[str, Any]]:
    with ledger.engine.connect() as connection:
        return [dict(row) for row in connection.execute(text("SELECT * FROM events ORDER BY id")).mappings()]


def relinked(events: list[dict[str, Any]]) -> str:
    """Return the last link, computed from the fields alone."""
    link = ""
    for event in events:
        link = link_after(link, event)
    return link


@given(EVENTS)
def test_the_last_link_follows_from_the_events_in_order(events: list[dict[str, Any]]) -> None:
    made = list(linked(events, ORIGIN))
    assert [it["id"] for it in made] == list(range(1, len(events) + 1))
    assert made[-1]["link"] == relinked(made)
    assert all(it["digest"] == digest_of(it["salt"], it["data"]) for it in made)


@given(EVENTS, st.data())
def test_a_change_of_any_field_of_any_event_changes_the_last_link(events: list[dict[str, Any]], data: Any) -> None:
    made = list(linked(events, ORIGIN))
    at = data.draw(st.integers(0, len(made) - 1))
    name = data.draw(st.sampled_from(["at", "by", "kind", "what", "what_id", "digest"]))
    value = {"at": made[at]["at"] + timedelta(microseconds=1), "what_id": made[at]["what_id"] + 1}
    changed = [*made[:at], {**made[at], name: value.get(name, f"{made[at][name]}x")}, *made[at + 1 :]]
    assert relinked(changed) != made[-1]["link"]


@given(st.lists(EVENT, min_size=2, max_size=4), st.data())
def test_the_last_link_changes_when_an_event_goes_or_two_change_places(events: list[Any], data: Any) -> None:
    made = list(linked(events, ORIGIN))
    at = data.draw(st.integers(0, len(made) - 2))
    assert relinked([*made[:at], *made[at + 1 :]]) != made[-1]["link"]
    assert relinked([*made[:at], made[at + 1], made[at], *made[at + 2 :]]) != made[-1]["link"]


@given(EVENT)
def test_equal_data_have_different_digests_because_of_the_salt(event: dict[str, Any]) -> None:
    one, two = linked([event, event], ORIGIN)
    assert one["digest"] != two["digest"]


def test_the_form_of_a_link_is_fixed_for_ever() -> None:
    event = {"id": 1, "at": AT, "by": "甲", "kind": "planned", "what": "batch", "what_id": 7, "digest": "d"}
    canonical = '["",1,"2026-11-23 09:30:00.000000","\\u7532","planned","batch",7,"d"]'
    assert link_after("", event) == sha256(canonical.encode()).hexdigest()
    assert digest_of("salt", {"b": 1, "a": "值"}) == sha256(b'salt{"a":"\\u503c","b":1}').hexdigest()


def test_every_transaction_goes_on_from_the_last_event(ledger: Ledger) -> None:
    with ledger.read() as books:
        assert books.events.head() == ORIGIN
    with ledger.begin() as books:
        plan(books, "A", account(), account("1-102"))
    with ledger.begin() as books:
        approve(books, "A")
    with ledger.read() as books:
        head = books.events.head()
    with ledger.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*), max(id) FROM events")).one() == (head.id, head.id)
    assert head.id > 3


def test_a_transaction_rolled_back_leaves_no_gap(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account())
    with pytest.raises(KeyboardInterrupt), ledger.begin() as books:  # noqa: PT012 - its statements are rolled back
        plan(books, "B", account())
        raise KeyboardInterrupt
    with ledger.begin() as books:
        plan(books, "C", account())
    found = [it["id"] for it in rows(ledger)]
    assert found == list(range(1, len(found) + 1))


def test_a_head_is_known_as_long_as_the_ledger_is_not_older(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account())
        before = books.events.head()
    with ledger.begin() as books:
        plan(books, "B", account())
        now = books.events.head()
    with ledger.read() as books:
        assert books.events.knows(before)
        assert books.events.knows(now)
        assert books.events.knows(ORIGIN)
        assert not books.events.knows(Head(now.id + 1, now.link))
        assert not books.events.knows(Head(now.id, before.link))


def test_nothing_but_data_and_salt_can_be_purged(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account())
        approve(books, "A")
    for change in ("data = '{}'", "salt = NULL", "salt = NULL, data = '{}', by = 'nobody'"):
        with pytest.raises(Refused), translate_errors(), ledger.engine.begin() as connection:
            connection.execute(text(f"UPDATE events SET {change} WHERE kind = 'approved'"))


def test_an_older_ledger_is_linked_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    _at_revision(path, "0006")
    with closing(sqlite3.connect(path)) as raw, raw:
        for number in range(1, 8):
            raw.execute(
                "INSERT INTO events (at, by, kind, what, what_id, data) VALUES (?, ?, ?, ?, ?, ?)",
                ("2026-11-23 09:30:00.000000", "甲", "sending", "delivery", number, json.dumps({"值": number})),
            )
    opened = Ledger.open(f"sqlite:///{path}")
    with opened.read() as books:
        head = books.events.head()
        assert [it.data for it in books.events.of("delivery", 7)] == [{"值": 7}]
    with closing(sqlite3.connect(path)) as raw:
        found = raw.execute("SELECT id, link, digest, salt, data FROM events ORDER BY id").fetchall()
    opened.close()
    assert head == Head(7, found[-1][1])
    assert [it[0] for it in found] == [1, 2, 3, 4, 5, 6, 7]
    assert all(digest_of(salt, json.loads(data)) == digest for _, _, digest, salt, data in found)


def _at_revision(path: Path, revision: str) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        command.upgrade(configuration(connection), revision)
    engine.dispose()
