"""Narrowing of a search: the database picks the accounts that some words may name, of which few are then read.

What it picks is at least what `finding` means, of the rows that are stored as names and units are compared. Whoever
asks compares again, and also with the few others (`respelt`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    Text,
    func,
    intersect,
    or_,
    select,
    true,
    type_coerce,
)

from notices.ledger import schema
from notices.ledger.base import remembered
from notices.ledger.columns import in_json
from notices.model import CaseKey
from notices.spelling import ORDINARY, comparable_name, comparable_number, comparable_unit

FEWEST_DIGITS = 4  # of a telephone number: fewer are in too many
ESCAPE = "~"
# Signs that are written in several ways, or that stand between names: what lies between them is looked for.
_BETWEEN = re.compile(r"[\s、()（）\"\\\x00-\x1f]+")
_MARKS = "()-"  # of a number; each stands for several
_OF_NAMES = f"{ORDINARY}（）㐀-䶿\U00020000-\U000323af〇"  # characters that comparing names leaves as they are
_OF_NUMBERS = f"{ORDINARY}〔〕【】—–‐‑―−"

Case = tuple[ColumnElement[str], ColumnElement[str], ColumnElement[str]]


@dataclass(frozen=True)
class Words:
    """One word of a search in its comparable forms; `whole` if a thing must be it and not only contain it."""

    forms: frozenset[str]
    digits: str
    whole: bool

    @classmethod
    def of(cls, term: str, *, whole: bool) -> Words:
        """Return a word as it is typed."""
        return cls(forms_of(term), telephone_digits(term, whole=whole), whole)


def forms_of(term: str) -> frozenset[str]:
    """Return the forms in which a word is compared with names, numbers and units."""
    return frozenset({comparable_name(term), comparable_number(term), comparable_unit(term)} - {""})


def digits_of(text: str) -> str:
    """Return the digits of a text."""
    return re.sub(r"\D", "", text)


def telephone_digits(term: str, *, whole: bool) -> str:
    """Return the digits by which a word may name a telephone number, "" if it cannot: a part has nothing but digits."""
    digits = digits_of(term)
    if len(digits) < FEWEST_DIGITS:
        return ""
    bare = term.strip("+").replace("-", "").replace(" ", "")
    return digits if whole or len(digits) == len(bare) else ""


def may_be_named(word: Words, *, embedded: bool) -> CompoundSelect[str, str, str]:
    """Return a query for estate, unit and owners (as JSON) of what a word may name, in any order and more than once.

    `embedded` says that the database is SQLite.
    """
    first, *rest = _Narrow(embedded).named_by(word)
    return first.union_all(*rest)


def may_be_named_by_all(words: Sequence[Words], *, embedded: bool) -> Select[Any]:
    """Return a query for estate, unit and owners (as JSON) of what all these words may name, each once, in order."""
    each = [select(*may_be_named(word, embedded=embedded).subquery().c) for word in words]
    its = intersect(*each).subquery().c if len(each) > 1 else each[0].distinct().subquery().c
    order = (its.estate, its.unit, its.case_owners)
    return select(*order).order_by(*order if embedded else (column.collate("C") for column in order))


def respelt(connection: Connection) -> list[CaseKey]:
    """Return what has rows in another form than names and units are compared in: those of an earlier version.

    This version writes none, so they are read once for each open ledger.
    """
    known: list[CaseKey] | None = remembered(connection).get("respelt")
    if known is None:
        narrow = _Narrow(connection.dialect.name == "sqlite")
        odd: dict[CaseKey, None] = {}
        for table in (schema.accounts, schema.notices, schema.holds, schema.payments, schema.claims):
            estate, unit, owners = _case(table.c)
            wanted = select(estate, unit, owners).where(narrow.odd(unit, ORDINARY) | narrow.odd(owners, _OF_NAMES))
            for place, number, names in connection.execute(wanted.distinct()):
                case = CaseKey(place, number, tuple(json.loads(names)))
                if (case.unit, in_json(list(case.owners))) != (number, names):
                    odd[case] = None
        known = remembered(connection)["respelt"] = list(odd)
    return known


@dataclass(frozen=True)
class _Narrow:
    """Conditions for rows, as SQLite or PostgreSQL understands them."""

    embedded: bool

    def named_by(self, word: Words) -> Iterator[Select[str, str, str]]:
        """Yield queries for the cases that one word may name."""
        accounts, notices = schema.accounts.c, schema.notices.c
        listed = self._says(accounts, word)
        if word.digits:
            listed |= self._has(func.replace(accounts.telephone, "-", ""), word.digits, whole=word.whole)
        yield select(*_case(accounts)).where(listed)
        # A planned notice has the unit and owners of its account.
        yield select(*_case(notices)).where(notices.decision_id.is_(None), self._says(notices, word))
        numbered = select(notices.id).where(self._has_number(notices.number, word))
        yield select(*_case(notices)).where(notices.id.in_(numbered))
        for table in (schema.holds.c, schema.payments.c, schema.claims.c):  # accounts that no list has shown
            yield select(*_case(table)).where(self._says(table, word))

    def odd(self, column: ColumnElement[Any], usual: str) -> ColumnElement[bool]:
        """Return a condition for texts with other characters than the usual ones."""
        return column.bool_op("GLOB")(f"*[^{usual}]*") if self.embedded else column.regexp_match(f"[^{usual}]")

    def _says(self, table: Any, word: Words) -> ColumnElement[bool]:
        """Return a condition for rows whose estate, unit or owners may be a word, or contain it."""
        _, unit, owners = _case(table)
        return or_(
            *(self._has(column, form, whole=word.whole) for form in word.forms for column in (table.estate, unit)),
            *(self._has_names(owners, form, whole=word.whole) for form in word.forms),
        )

    def _has_names(self, owners: ColumnElement[str], form: str, *, whole: bool) -> ColumnElement[bool]:
        parts = [part for part in _BETWEEN.split(form) if part]
        if whole and parts == [form]:
            return self._has(owners, in_json([form])[1:-1], whole=False)
        return _all(self._has(owners, part, whole=False) for part in parts)

    def _has_number(self, number: ColumnElement[Any], word: Words) -> ColumnElement[bool]:
        around = "" if word.whole else "%"
        close = func.replace(number, " ", "")
        like = close.like if self.embedded else close.ilike  # that of SQLite ignores the case of letters
        patterns = (
            "".join("_" if sign in _MARKS else _escaped(sign) for sign in form if not sign.isspace())
            for form in word.forms
        )
        return or_(
            *(like(f"{around}{pattern}{around}", escape=ESCAPE) for pattern in patterns), self.odd(number, _OF_NUMBERS)
        )

    def _has(self, column: ColumnElement[str], form: str, *, whole: bool) -> ColumnElement[bool]:
        if whole:
            return column == form
        place: ColumnElement[int] = (func.instr if self.embedded else func.strpos)(column, form)
        return place > 0


def _case(table: Any) -> Case:
    return table.estate, table.unit, type_coerce(table.case_owners, Text).label("case_owners")


def _all(conditions: Iterable[ColumnElement[bool]]) -> ColumnElement[bool]:
    found: ColumnElement[bool] = true()
    for condition in conditions:
        found &= condition
    return found


def _escaped(text: str) -> str:
    """Return text as it stands in a pattern."""
    return re.sub(r"([%_~])", r"~\1", text)
