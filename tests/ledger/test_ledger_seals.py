"""The seal of an approved notice covers everything that decides its letter, and nothing else."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from decimal import Decimal

import pytest
from ledger_builders import account, approve, plan

from notices.ledger import DecisionRecord, Ledger
from notices.ledger.seals import _digest
from notices.model import Account, Charge, ChargeStanding, Decision, Period

SEALED_ELSEWHERE = {Account: {"charges"}, Decision: {"standings"}, ChargeStanding: {"charge"}, Charge: set()}
ON_NO_LETTER = {
    Account: {"rows", "remark", "email_confirmed"},
    Decision: {"reason", "detail", "limitation_date", "warnings"},
    ChargeStanding: set(),
    Charge: {"rows"},
}


@pytest.fixture
def entry(ledger: Ledger) -> DecisionRecord:
    with ledger.begin() as books:
        plan(books, "b", account())
        approve(books, "b")
        return books.batches.decisions("b")[0]


def other(value: object) -> object:
    """Return another value of the same kind."""
    match value:
        case bool():
            return not value
        case int() | Decimal():
            return value + 1
        case date():
            return date(1999, 1, 1)
        case tuple():
            return (*value, "another")
        case None:
            return Period(date(2026, 1, 1), date(2026, 1, 31))
        case _:
            return f"{value} another"


def changed(entry: DecisionRecord, kind: type, name: str) -> DecisionRecord:
    """Return the record with another value of one field."""
    decision, standing = entry.decision, entry.decision.standings[0]
    if kind is Account:
        return replace(entry, account=replace(entry.account, **{name: other(getattr(entry.account, name))}))
    if kind is Decision:
        return replace(entry, decision=replace(decision, **{name: other(getattr(decision, name))}))
    if kind is Charge:
        standing = replace(standing, charge=replace(standing.charge, **{name: other(getattr(standing.charge, name))}))
    else:
        standing = replace(standing, **{name: other(getattr(standing, name))})
    return replace(entry, decision=replace(decision, standings=(standing,)))


@pytest.mark.parametrize("kind", SEALED_ELSEWHERE)
def test_each_field_is_sealed_unless_it_is_on_no_letter(entry: DecisionRecord, kind: type) -> None:
    seal = _digest("salt", entry, None)
    names = {field.name for field in fields(kind)} - SEALED_ELSEWHERE[kind]
    unsealed = {name for name in names if _digest("salt", changed(entry, kind, name), None) == seal}
    assert unsealed == ON_NO_LETTER[kind]


def test_a_notice_that_is_followed_up_is_sealed_unless_it_was_imported(entry: DecisionRecord) -> None:
    assert entry.notice is not None
    before = replace(entry.notice, id=99)
    seal = _digest("salt", entry, before)
    assert seal != _digest("salt", entry, None)
    assert seal != _digest("salt", entry, replace(before, number="X-1"))
    imported = replace(before, imported=True)
    assert _digest("salt", entry, imported) == _digest("salt", entry, replace(imported, number="X-1"))
