"""Accounts found by a part of what identifies them: unit, name, telephone, number of a notice."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from notices.ledger import schema
from notices.ledger.base import FEW_UNITS, Book, in_units_of, odd_units_ahead
from notices.ledger.narrowing import (
    Words,
    digits_of,
    forms_of,
    may_be_named,
    may_be_named_by_all,
    respelt,
    telephone_digits,
)
from notices.ledger.spellings import spellings
from notices.model import CaseKey
from notices.spelling import comparable_name, comparable_number

NOTICE = "n"  # in front of the id of a notice
MOST_DIGITS = 15  # of an id
MOST_ROWS = 5_000  # that one word may name: if it is more, the words are looked for together


@dataclass(slots=True)
class _Known:
    """Everything by which one account may be named, in comparable form."""

    whole: set[str] = field(default_factory=set)
    telephones: set[str] = field(default_factory=set)


class FindingBook(Book):
    """Ledger operations for finding accounts."""

    def accounts(self, words: str, most: int | None = None) -> list[CaseKey]:
        """Return the accounts that every word names: those that it names in full, or else those that contain it.

        They are in the order of estate, unit and owners; `most` is the greatest number of them that is looked for.
        """
        terms = words.replace("/", " ").split()
        if not terms or not _can_be_stored(words):
            return []
        few = self._few(terms)
        for whole in (True, False):
            matches = _is if whole else _contains
            found: list[CaseKey] = []
            for some in self._many(terms, most, whole=whole) if few is None else (few,):
                known = self._known(some)
                found += [case for case in some if all(matches(known[case], term) for term in terms)]
                if most is not None and len(found) >= most:
                    break
            if found:
                return sorted(found, key=lambda case: (case.estate, case.unit, case.owners))[:most]
        return []

    def read_ahead(self) -> None:
        """Read what every search needs and no transaction changes; it takes longer than a search."""
        respelt(self.connection)
        odd_units_ahead(self.connection)

    def addresses_of(self, cases: Collection[CaseKey]) -> dict[CaseKey, str]:
        """Return the names by which pages address accounts, free of personal data: see `at`; none without a row."""
        today = spellings(self.connection).today
        named = {today(case): case for case in cases}
        found: dict[CaseKey, str] = {}
        for table, prefix in ((schema.accounts, ""), (schema.notices, NOTICE)):
            columns = table.c
            rows = select(columns.id, columns.estate, columns.unit, columns.case_owners).where(
                in_units_of(table, [case for case in cases if case not in found], self.connection)
            )
            its: dict[CaseKey, str] = {}
            for key, estate, unit, owners in self.connection.execute(rows.order_by(columns.id)):
                case = named.get(today(CaseKey(estate, unit, tuple(owners))))
                if case is not None:
                    its.setdefault(case, f"{prefix}{key}")
            found = {**its, **found}
        return found

    def address_of_key(self, key: str) -> str | None:
        """Return the address of an account by its full name in the newest list that has it, None if none has it."""
        rows = select(schema.accounts.c.id).where(schema.accounts.c.key == key).order_by(schema.accounts.c.id.desc())
        found = self.connection.execute(rows.limit(1)).scalar()
        return None if found is None else str(found)

    def at(self, address: str) -> CaseKey | None:
        """Return the account of a list's row, or of a notice (imported ones are in no list), such as `12` or `n34`."""
        table = schema.notices if address.startswith(NOTICE) else schema.accounts
        number = address.removeprefix(NOTICE)
        if not number.isdecimal() or len(number) > MOST_DIGITS:
            return None
        columns = table.c
        row = self.connection.execute(
            select(columns.estate, columns.unit, columns.case_owners).where(columns.id == int(number))
        ).one_or_none()
        return spellings(self.connection).today(CaseKey(row[0], row[1], tuple(row[2]))) if row else None

    def _few(self, terms: list[str]) -> list[CaseKey] | None:
        """Return the accounts that one of the words may name, or contain, if that is true of few; else None."""
        today, always = spellings(self.connection).today, self._always()
        for term in sorted(terms, key=len, reverse=True):
            wanted = may_be_named(Words.of(term, whole=False), embedded=self._embedded)
            rows = self.connection.execute(wanted.limit(MOST_ROWS)).all()
            cases = {today(CaseKey(estate, unit, tuple(json.loads(owners)))) for estate, unit, owners in set(rows)}
            if len(rows) < MOST_ROWS and len(cases) <= FEW_UNITS:
                return list(dict.fromkeys([*always, *cases]))
        return None

    def _many(self, terms: list[str], most: int | None, *, whole: bool) -> Iterator[list[CaseKey]]:
        """Yield the accounts that the words may name, some at a time, each once; all at once without `most`."""
        today, always = spellings(self.connection).today, self._always()
        yield always
        seen = set(always)
        wanted = may_be_named_by_all([Words.of(term, whole=whole) for term in terms], embedded=self._embedded)
        with closing(self.connection.execute(wanted)) as rows:
            for portion in rows.partitions(FEW_UNITS if most is not None else None):
                read = (CaseKey(estate, unit, tuple(json.loads(owners))) for estate, unit, owners in portion)
                cases = dict.fromkeys(today(case) for case in read)
                yield [case for case in cases if case not in seen]
                seen |= cases.keys()

    def _always(self) -> list[CaseKey]:
        """Return the accounts to compare with any words, because their rows have another name than theirs of today."""
        known = spellings(self.connection)
        return list(dict.fromkeys(known.today(case) for case in (*known.renamed, *respelt(self.connection))))

    @property
    def _embedded(self) -> bool:
        return self.connection.dialect.name == "sqlite"

    def _known(self, cases: Collection[CaseKey]) -> dict[CaseKey, _Known]:
        """Return everything by which these accounts may be named."""
        today = spellings(self.connection).today
        known = {case: _Known({case.estate, case.unit, *case.owners, "、".join(case.owners)}) for case in cases}

        def rows(table: Any, *columns: Any) -> Iterator[tuple[_Known, tuple[Any, ...]]]:
            wanted = select(table.c.estate, table.c.unit, table.c.case_owners, *columns)
            for estate, unit, owners, *more in self.connection.execute(
                wanted.where(in_units_of(table, cases, self.connection)).distinct()
            ):
                its = known.get(today(CaseKey(estate, unit, owners)))
                if its is not None:
                    yield its, tuple(more)

        if known:
            for its, (telephone,) in rows(schema.accounts, schema.accounts.c.telephone):
                its.telephones.add(digits_of(telephone))
            for its, (owner, number) in rows(schema.notices, schema.notices.c.owner, schema.notices.c.number):
                its.whole |= {comparable_name(owner), comparable_number(number or "")}
        return known


def _can_be_stored(text: str) -> bool:
    """Return whether a database can hold a text: none has a NUL, or half of a character."""
    return "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def _is(known: _Known, term: str) -> bool:
    digits = telephone_digits(term, whole=True)
    return bool(known.whole & forms_of(term)) or digits in known.telephones - {""}


def _contains(known: _Known, term: str) -> bool:
    digits = telephone_digits(term, whole=False)
    return any(form in it for form in forms_of(term) for it in known.whole) or bool(
        digits and any(digits in it for it in known.telephones)
    )
