"""Charge rows become accounts: one for each estate, unit and owner, good as a whole or bad as a whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from notices.intake.problems import Note, Problem
from notices.intake.results import Rejected
from notices.intake.units import Unit
from notices.messages import say
from notices.model import ZERO, Account, CaseKey, Charge
from notices.words import word


@dataclass(frozen=True, slots=True)
class Contact:
    """What one row says of how to reach its owner; `confirmed` None where it says nothing."""

    telephone: str = ""
    email: str = ""
    confirmed: bool | None = None
    address: str = ""
    postcode: str = ""
    area: Decimal | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class ChargeRow:
    """One row of the list, read; what could not be read is None or empty and stands in `problems`."""

    row: int
    estate: str | None
    unit: Unit | None
    owners: tuple[str, ...]
    charges: tuple[Charge, ...]
    contact: Contact
    problems: tuple[Problem, ...]

    @property
    def case(self) -> CaseKey | None:
        """The account the row belongs to, where that is legible."""
        return (
            CaseKey.of(self.estate, self.unit.name, self.owners) if self.estate and self.unit and self.owners else None
        )


def put_together(rows: Sequence[ChargeRow], sheet: str) -> tuple[list[Account], list[Rejected], list[Note]]:
    """The good accounts in the order of the list, those left out, and what was noticed on the way.

    A bad row whose owner is not legible leaves out every account of its unit: it may belong to any of them, and half
    a demand is a wrong demand.
    """
    groups: dict[CaseKey, list[ChargeRow]] = {}
    nameless: list[ChargeRow] = []
    for row in rows:
        if (case := row.case) is not None:
            groups.setdefault(case, []).append(row)
        else:
            nameless.append(row)
    doubtful: dict[tuple[str | None, str], list[ChargeRow]] = defaultdict(list)
    for row in nameless:
        if row.unit is not None:
            doubtful[row.estate, CaseKey.of("", row.unit.name, ()).unit].append(row)
    accounts: list[Account] = []
    rejected: list[Rejected] = []
    notes: list[Note] = []
    for case, group in groups.items():
        account = _account(case, group)
        doubts = doubtful.get((case.estate, case.unit), [])
        problems = tuple(problem for row in (*group, *doubts) for problem in row.problems)
        if problems:
            rejected.append(Rejected(account.key, case.estate, account.rows, problems))
        else:
            netted, said = _netted(account, sheet)
            accounts.append(netted)
            notes += [*said, *_differing(group, sheet)]
    rejected += [Rejected(None, row.estate, (row.row,), row.problems) for row in nameless]
    return accounts, rejected, [*notes, *_shared_units(groups, sheet)]


def _account(case: CaseKey, group: Sequence[ChargeRow]) -> Account:
    contacts = [row.contact for row in group]
    email = _first(contact.email for contact in contacts)
    said = {contact.confirmed for contact in contacts if contact.email in {email, ""}}
    return Account(
        estate=case.estate,
        unit=_first(row.unit.name for row in group if row.unit),  # as the list spells it first, zeros and all
        owners=group[0].owners,  # as the list names them first; the case has them sorted
        charges=tuple(charge for row in group for charge in row.charges),
        building=_first(row.unit.building for row in group if row.unit),
        entrance=_first(row.unit.entrance for row in group if row.unit),
        room=_first(row.unit.room for row in group if row.unit),
        telephone=_first(contact.telephone for contact in contacts),
        email=email,
        email_confirmed=bool(email) and True in said and False not in said,
        address=_first(contact.address for contact in contacts),
        postcode=_first(contact.postcode for contact in contacts),
        area=next((contact.area for contact in contacts if contact.area), None),
        remark="；".join(dict.fromkeys(contact.remark for contact in contacts if contact.remark)),
        rows=tuple(row.row for row in group),
    )


def _first(values: Iterable[str]) -> str:
    return next((value for value in values if value), "")


def _differing(group: Sequence[ChargeRow], sheet: str) -> list[Note]:
    """Contact data that differ between the rows of an account: the first usable counts."""
    fields = {
        "telephone": {row.contact.telephone for row in group},
        "email": {row.contact.email for row in group},
        "address": {row.contact.address for row in group},
        "postcode": {row.contact.postcode for row in group},
        "area": {str(row.contact.area) for row in group if row.contact.area},
    }
    return [
        Note(
            "contacts-differ",
            sheet,
            group[0].row,
            None,
            None,
            say("The rows of this account differ in {field}; the first that is usable counts.", field=word(name)),
        )
        for name, values in fields.items()
        if len(values - {""}) > 1
    ]


def _netted(account: Account, sheet: str) -> tuple[Account, list[Note]]:
    """The account without charges that a later row takes back to the fen (冲红)."""
    kept = list(account.charges)
    notes: list[Note] = []
    for charge in account.charges:
        if charge.due >= ZERO or charge.paid or charge.waived:
            continue
        pair = next((other for other in kept if _takes_back(charge, other)), None)
        if pair is not None and charge in kept:
            kept.remove(charge)
            kept.remove(pair)
            detail = say("Rows {rows} cancel each other out.", rows=", ".join(map(str, (*pair.rows, *charge.rows))))
            notes.append(Note("reversal-netted", sheet, charge.rows[0] if charge.rows else None, None, None, detail))
    return (replace(account, charges=tuple(kept)), notes) if notes else (account, notes)


def _takes_back(reversal: Charge, charge: Charge) -> bool:
    same = (charge.item, charge.period, charge.due_date) == (reversal.item, reversal.period, reversal.due_date)
    return same and charge.due == -reversal.due and not charge.paid and not charge.waived


def _shared_units(groups: Iterable[CaseKey], sheet: str) -> list[Note]:
    owners: dict[tuple[str, str], int] = defaultdict(int)
    for case in groups:
        owners[case.estate, case.unit] += 1
    return [
        Note(
            "unit-shared",
            sheet,
            None,
            None,
            unit,
            say("Unit {unit} stands under {count} different owners; each has an account.", unit=unit, count=count),
        )
        for (_, unit), count in owners.items()
        if count > 1
    ]
