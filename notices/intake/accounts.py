"""Grouping of charge rows into accounts, one per estate, unit and owner; one bad row rejects the whole account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from notices.intake.problems import Note, Problem
from notices.intake.results import Rejected
from notices.intake.units import Unit
from notices.messages import say
from notices.model import ZERO, Account, CaseKey, Charge, OwnerKind
from notices.words import word

MOST_ROWS = 20  # most row numbers in a note


@dataclass(frozen=True, slots=True)
class Contact:
    """Contact data of one row; `confirmed` is None if the row does not say whether the e-mail address is confirmed."""

    telephone: str = ""
    email: str = ""
    confirmed: bool | None = None
    address: str = ""
    postcode: str = ""
    area: Decimal | None = None
    remark: str = ""
    owner_kind: OwnerKind | None = None


@dataclass(frozen=True, slots=True)
class ListedCharge:
    """One parsed row of the list; fields that could not be parsed are None or empty and reported in `problems`."""

    row: int
    estate: str | None
    unit: Unit | None
    owners: tuple[str, ...]
    charges: tuple[Charge, ...]
    contact: Contact
    problems: tuple[Problem, ...]

    @property
    def case(self) -> CaseKey | None:
        """Key of the account the row belongs to; None if estate, unit or owner could not be parsed."""
        return (
            CaseKey.of(self.estate, self.unit.name, self.owners) if self.estate and self.unit and self.owners else None
        )


def group_into_accounts(rows: Sequence[ListedCharge], sheet: str) -> tuple[list[Account], list[Rejected], list[Note]]:
    """Group rows into accounts; return the good ones in list order, the rejected ones, and notes.

    A bad row without a readable owner rejects every account of its unit: it may belong to any of them, and a demand
    for part of a debt is a wrong demand.
    """
    groups: dict[CaseKey, list[ListedCharge]] = {}
    unassigned: list[ListedCharge] = []
    for row in rows:
        if (case := row.case) is not None:
            groups.setdefault(case, []).append(row)
        else:
            unassigned.append(row)
    suspects: dict[tuple[str | None, str], list[ListedCharge]] = defaultdict(list)
    for row in unassigned:
        if row.unit is not None:
            suspects[row.estate, CaseKey.of("", row.unit.name, ()).unit].append(row)
    accounts: list[Account] = []
    rejected: list[Rejected] = []
    notes: list[Note] = []
    for case, group in groups.items():
        account = _account(case, group)
        suspect = suspects.get((case.estate, case.unit), [])
        problems = tuple(problem for row in (*group, *suspect) for problem in row.problems)
        if problems:
            rejected.append(Rejected(account.key, case.estate, account.rows, problems))
        else:
            netted, said = _without_reversals(account, sheet)
            accounts.append(netted)
            notes += [*said, *_differing(group, sheet), *_overlapping(netted, sheet)]
    rejected += [Rejected(None, row.estate, (row.row,), row.problems) for row in unassigned]
    return accounts, rejected, [*notes, *_shared_units(groups, sheet), *_shared_emails(accounts, sheet)]


def _account(case: CaseKey, group: Sequence[ListedCharge]) -> Account:
    contacts = [row.contact for row in group]
    email = _first(contact.email for contact in contacts)
    said = {contact.confirmed for contact in contacts if contact.email in {email, ""}}
    return Account(
        estate=case.estate,
        unit=_first(row.unit.name for row in group if row.unit),  # first spelling in the list, leading zeros included
        owners=group[0].owners,  # first order in the list; the case key sorts them
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
        written_unit=_first(row.unit.written for row in group if row.unit),
        owner_kind=next((contact.owner_kind for contact in contacts if contact.owner_kind), None),
    )


def _first(values: Iterable[str]) -> str:
    return next((value for value in values if value), "")


def _differing(group: Sequence[ListedCharge], sheet: str) -> list[Note]:
    """Note contact data that differ between the rows of an account; the first usable value is used."""
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
            say("The rows of this account differ in {field}; the first usable value is used.", field=word(name)),
        )
        for name, values in fields.items()
        if len(values - {""}) > 1
    ]


def _overlapping(account: Account, sheet: str) -> list[Note]:
    """Note charges of one item for overlapping periods: perhaps a debt is listed twice, written differently."""
    found: list[Note] = []
    for item in dict.fromkeys(charge.item for charge in account.charges):
        spans = sorted(
            (charge.period.start, charge.period.end, charge.rows)
            for charge in account.charges
            if charge.item == item and charge.period and charge.owed > ZERO
        )
        rows = {row for one, two in pairwise(spans) if two[0] <= one[1] for row in (*one[2], *two[2])}
        if rows:
            told = ", ".join(map(str, sorted(rows)[:MOST_ROWS]))
            detail = say("Rows {rows} are about overlapping periods of {item}; each is demanded.", rows=told, item=item)
            found.append(Note("overlapping-periods", sheet, min(rows), None, None, detail))
    return found


def _without_reversals(account: Account, sheet: str) -> tuple[Account, list[Note]]:
    """Drop charges that another row reverses to the fen (冲红), together with the reversal."""
    kept = list(account.charges)
    notes: list[Note] = []
    for charge in account.charges:
        if charge.due >= ZERO or charge.paid or charge.waived:
            continue
        pair = next((other for other in kept if _reverses(charge, other)), None)
        if pair is not None and charge in kept:
            kept.remove(charge)
            kept.remove(pair)
            detail = say("Rows {rows} cancel each other out.", rows=", ".join(map(str, (*pair.rows, *charge.rows))))
            notes.append(Note("reversal-netted", sheet, charge.rows[0] if charge.rows else None, None, None, detail))
    return (replace(account, charges=tuple(kept)), notes) if notes else (account, notes)


def _reverses(reversal: Charge, charge: Charge) -> bool:
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
            say("Unit {unit} is listed under {count} owners; each has an account of its own.", unit=unit, count=count),
        )
        for (_, unit), count in owners.items()
        if count > 1
    ]


def _shared_emails(accounts: Iterable[Account], sheet: str) -> Iterator[Note]:
    """Yield a note for each e-mail address that different owners have in common: most of them never gave it."""
    holders: dict[str, list[Account]] = defaultdict(list)
    for account in accounts:
        if account.email:
            holders[account.email.casefold()].append(account)
    for group in holders.values():
        if len({account.case.owners for account in group}) > 1:
            detail = say(
                "{email} is the e-mail address of {count} accounts under different owners: {accounts}.",
                email=group[0].email,
                count=len(group),
                accounts=", ".join(account.key for account in group),
            )
            yield Note("email-shared", sheet, None, None, group[0].email, detail)
