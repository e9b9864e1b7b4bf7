"""Rows as reports read them: quick ways through names and sums that give what the slow ones give."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.ledger.columns import names_in
from notices.spelling import comparable_name, comparable_names, comparable_unit, hyphenated_unit

UNITS = st.text("0123456789-A栋号 /０", max_size=12)
NAMES = st.text("甲乙a1 ·(（\"\\'、　", max_size=8)


@given(st.lists(NAMES, max_size=3))
def test_names_are_read_as_json_has_them(names: list[str]) -> None:
    for text in (json.dumps(names, ensure_ascii=False), json.dumps(names)):
        assert names_in(text) == tuple(names)


@given(UNITS)
def test_a_plain_unit_is_compared_as_the_others_are(unit: str) -> None:
    """A line break would take any unit past the short way, and is no part of the form."""
    assert comparable_unit(unit) == comparable_unit(f"{unit}\n")
    assert comparable_unit(hyphenated_unit(unit)) == comparable_unit(unit)


@given(st.lists(NAMES, min_size=1, max_size=3))
def test_plain_names_are_compared_as_the_others_are(names: list[str]) -> None:
    assert [comparable_name(name) for name in names] == [comparable_name(f"{name}\n") for name in names]
    assert comparable_names(tuple(names)) == comparable_names((*names, *names))


@pytest.mark.parametrize(("unit", "compared"), [("3-1-101", "3-1-101"), ("03-1-0101", "3-1-101"), ("0", "0")])
def test_leading_zeros_are_ignored_in_every_part(unit: str, compared: str) -> None:
    assert comparable_unit(unit) == compared


def test_a_sum_of_a_database_is_yuan_whatever_type_it_comes_in() -> None:
    from notices.ledger.columns import Yuan  # noqa: PLC0415

    read = Yuan().result_processor(None, None)  # type: ignore[arg-type]
    assert [str(read(value)) for value in (120000, Decimal(120000), 5, None)] == ["1200.00", "1200.00", "0.05", "None"]
