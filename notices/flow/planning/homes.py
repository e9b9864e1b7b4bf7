"""Postal addresses for accounts without one: the unit itself if it can have a letter box, or the owner's home."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from notices.intake import ArrearsList, Note
from notices.ledger import Ledger
from notices.messages import Message, say
from notices.model import Account
from notices.settings import Settings

Home = tuple[str, str, str]  # unit, postal address, telephone; "" if not known
Owners = tuple[str, tuple[str, ...]]  # estate and owners


def with_unit_addresses(arrears: ArrearsList, settings: Settings, ledger: Ledger | None) -> ArrearsList:
    """Use the unit's own address for every account without one; for a parking space, the owner's home or none.

    `[intake] no_letter_box` are the kinds of units without a letter box. Where a home is known, a note names it;
    `owner_home = "use"` sends the letter there.
    """
    boxless, found, homes = settings.intake.no_letter_box, dict[str, str](), dict[str, str]()
    notes: list[Note] = []
    nowhere = [account for account in arrears.accounts if not account.address and _has_address(account, settings)]
    dwellings = _dwellings(arrears.accounts, boxless)
    for account in nowhere:
        if not _is_boxless(account.unit, boxless) and not _is_boxless(account.building, boxless):
            found[account.key] = _address(account.estate, account.printed_unit, settings)
            continue
        home = _home_of(account, dwellings, boxless, ledger)
        if home is not None:
            homes[account.key] = home[1] or _address(account.estate, home[0], settings)
        notes.append(_note(arrears.source.sheet, account, homes.get(account.key, ""), settings))
    if found:
        detail = say("{count} account(s) without a postal address: their letters go to the unit.", count=len(found))
        notes.append(Note("unit-address", arrears.source.sheet, None, None, None, detail))
    found |= homes if settings.intake.owner_home == "use" else {}
    return replace(
        arrears,
        accounts=tuple(replace(it, address=found.get(it.key, it.address)) for it in arrears.accounts),
        notes=(*arrears.notes, *notes),
    )


def _has_address(account: Account, settings: Settings) -> bool:
    estate = settings.estate(account.estate)
    return estate is not None and bool(estate.address)


def _address(estate: str, unit: str, settings: Settings) -> str:
    found = settings.estate(estate)
    return found.address_of(unit) if found else ""


def _is_boxless(unit: str, boxless: Sequence[str]) -> bool:
    return any(kind in unit for kind in boxless)


def _dwellings(accounts: Sequence[Account], boxless: Sequence[str]) -> Mapping[Owners, list[Home]]:
    found: dict[Owners, list[Home]] = defaultdict(list)
    for account in accounts:
        if not _is_boxless(account.unit, boxless):
            found[account.estate, account.case.owners].append(
                (account.printed_unit, account.address, account.telephone)
            )
    return found


def _home_of(
    account: Account, dwellings: Mapping[Owners, list[Home]], boxless: Sequence[str], ledger: Ledger | None
) -> Home | None:
    """Return the only dwelling of the same owners in the estate; another telephone means another person."""
    known = list(dwellings.get((account.estate, account.case.owners), ()))
    if not known and ledger is not None:
        with ledger.read() as books:
            past = books.lists.units_of(account.estate, account.case.owners)
        known = [home for home in past if not _is_boxless(home[0], boxless)]
    same = [home for home in known if not account.telephone or not home[2] or account.telephone == home[2]]
    return same[0] if len(same) == 1 else None


def _note(sheet: str, account: Account, home: str, settings: Settings) -> Note:
    row = account.rows[0] if account.rows else None
    return Note("no-letter-box", sheet, row, None, account.unit, _what(account, home, settings))


def _what(account: Account, home: str, settings: Settings) -> Message:
    if not home:
        return say("{unit} has no letter box, and no home of the owner is known: no address.", unit=account.unit)
    if settings.intake.owner_home == "use":
        return say(
            "{unit} has no letter box: the letter goes to the owner's home, {home}.", unit=account.unit, home=home
        )
    return say(
        "{unit} has no letter box: no address. The owner's home may be {home}; enter it in the list, or set "
        "owner_home in notices.toml.",
        unit=account.unit,
        home=home,
    )
