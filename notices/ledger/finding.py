"""Accounts found by a part of what identifies them: unit, name, telephone, number of a notice."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from sqlalchemy import Text, select, type_coerce

from notices.ledger import schema
from notices.ledger.base import Book, in_units_of
from notices.ledger.spellings import spellings
from notices.model import CaseKey
from notices.spelling import comparable_name, comparable_number, comparable_unit

NOTICE = "n"  # in front of the id of a notice
MOST_DIGITS = 15  # of an id
FEWEST_DIGITS = 4  # of a telephone number: fewer are in too many


@dataclass(slots=True)
class _Known:
    """Everything by which one account may be named, in comparable form."""

    whole: set[str] = field(default_factory=set)
    telephones: set[str] = field(default_factory=set)


class FindingBook(Book):
    """Ledger operations for finding accounts."""

    def accounts(self, words: str) -> list[CaseKey]:
        """Return the accounts that every word names: those that it names in full, or else those that contain it."""
        terms = words.replace("/", " ").split()
        known = self._known() if terms else {}
        for matches in (_is, _contains):
            found = [case for case, it in known.items() if all(matches(it, term) for term in terms)]
            if found:
                return sorted(found, key=lambda case: case.key)
        return []

    def address_of(self, case: CaseKey) -> str | None:
        """Return the name by which pages address an account, free of personal data: see `at`. None if it has no row."""
        today = spellings(self.connection).today
        named = today(case)
        for table, prefix in ((schema.accounts, ""), (schema.notices, NOTICE)):
            columns = table.c
            rows = select(columns.id, columns.estate, columns.unit, columns.case_owners).where(
                in_units_of(table, [case], self.connection)
            )
            for key, estate, unit, owners in self.connection.execute(rows.order_by(columns.id)):
                if today(CaseKey(estate, unit, tuple(owners))) == named:
                    return f"{prefix}{key}"
        return None

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

    def _known(self) -> dict[CaseKey, _Known]:
        today = spellings(self.connection).today
        known: dict[CaseKey, _Known] = {}

        def of(estate: str, unit: str, owners: str) -> _Known:
            case = today(CaseKey(estate, unit, tuple(json.loads(owners))))
            if case not in known:
                known[case] = _Known({case.estate, case.unit, *case.owners, "、".join(case.owners)})
            return known[case]

        accounts, notices = schema.accounts.c, schema.notices.c
        owners = type_coerce(accounts.case_owners, Text)
        listed = select(accounts.estate, accounts.unit, owners, accounts.telephone).distinct()
        for *whose, telephone in self.connection.execute(listed):
            of(*whose).telephones.add(_digits(telephone))
        numbered = select(
            notices.estate, notices.unit, type_coerce(notices.case_owners, Text), notices.owner, notices.number
        )
        for *whose, owner, number in self.connection.execute(numbered):
            of(*whose).whole |= {comparable_name(owner), comparable_number(number or "")}
        for table in (schema.holds.c, schema.payments.c, schema.claims.c):  # accounts that no list has shown
            for row in self.connection.execute(
                select(table.estate, table.unit, type_coerce(table.case_owners, Text)).distinct()
            ):
                of(*row)
        return known


def _forms(term: str) -> set[str]:
    return {comparable_name(term), comparable_number(term), comparable_unit(term)} - {""}


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _is(known: _Known, term: str) -> bool:
    digits = _digits(term)
    return bool(known.whole & _forms(term)) or (len(digits) >= FEWEST_DIGITS and digits in known.telephones)


def _contains(known: _Known, term: str) -> bool:
    digits = _digits(term)
    is_number = len(digits) >= FEWEST_DIGITS and len(digits) == len(term.strip("+").replace("-", "").replace(" ", ""))
    return any(form in it for form in _forms(term) for it in known.whole) or (
        is_number and any(digits in it for it in known.telephones)
    )
