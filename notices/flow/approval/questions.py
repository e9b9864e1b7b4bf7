"""Questions before a release: accounts that wait until a person has looked and includes them by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from notices.ledger import DecisionRecord
from notices.messages import Message, say
from notices.model import Account, Channel, History
from notices.rules.likeness import like_a_former_owner

Standing = tuple[DecisionRecord, History]
SharedAddresses = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Asked:
    """Notices that may be released, and the questions about those that may not yet."""

    clear: tuple[Standing, ...]
    questions: tuple[Message, ...]


def names_of(account: Account) -> frozenset[str]:
    """Return the names by which a person may mean the account: as its list spells it, and as it is compared."""
    return frozenset({account.key, account.case.key})


def is_named(account: Account, names: Collection[str]) -> bool:
    """Return whether a person named this account."""
    return any(name in names for name in names_of(account))


def shared_addresses(accounts: Iterable[Account]) -> SharedAddresses:
    """Return the e-mail addresses that different owners have in common, each with their accounts."""
    owners = defaultdict[str, set[tuple[str, ...]]](set)
    names = defaultdict[str, list[str]](list)
    for account in accounts:
        if account.email:
            owners[account.email.casefold()].add(account.case.owners)
            names[account.email.casefold()].append(account.key)
    return {address: names[address] for address, different in owners.items() if len(different) > 1}


def ask(batch: str, standing: Iterable[Standing], shared: SharedAddresses, included: Collection[str]) -> Asked:
    """Leave out what a person must look at first, unless that person included it by name."""
    clear: list[Standing] = []
    questions: list[Message] = []
    by_mail = defaultdict[str, list[str]](list)
    for entry, history in standing:
        account = entry.account
        if is_named(account, included):
            clear.append((entry, history))
            continue
        former = like_a_former_owner(account.case, history.known_owners)
        address = account.email.casefold() if Channel.EMAIL in entry.decision.channels else ""
        if former is not None:
            questions.append(_same_person(batch, account, former))
        elif address in shared:
            by_mail[address].append(account.key)
        else:
            clear.append((entry, history))
    questions += [_whose_address(batch, address, waiting, shared[address]) for address, waiting in by_mail.items()]
    return Asked(tuple(clear), tuple(questions))


def _same_person(batch: str, account: Account, former: tuple[str, ...]) -> Message:
    return say(
        "{account} stays planned: the owner of the unit was {former} so far, and is {owner} in this list. If that is "
        "the same person, correct the name and plan again; if the unit has a new owner, "
        "`notices approve {batch} --include {account}` releases the notice.",
        account=account.key,
        former="、".join(former),
        owner=account.owner,
        batch=batch,
    )


def _whose_address(batch: str, address: str, waiting: Sequence[str], holders: Sequence[str]) -> Message:
    return say(
        "{accounts} stay planned: {email} is the e-mail address of {count} accounts under different owners "
        "({holders}). Correct the address and plan again, or release the notice of each account that it belongs to "
        "with `notices approve {batch} --include ACCOUNT`.",
        accounts=", ".join(waiting),
        email=address,
        count=len(holders),
        holders=", ".join(holders),
        batch=batch,
    )
