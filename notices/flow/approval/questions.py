"""Questions before a release: accounts that wait until a person has looked and includes them by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from notices.ledger import DecisionRecord
from notices.messages import Message, listed, say
from notices.model import Account, CaseKey, Channel, ChargeStanding, History
from notices.rules.likeness import like_a_former_owner
from notices.rules.ownership import older_than_owner
from notices.settings import Policy
from notices.words import amounts_by_period

Standing = tuple[DecisionRecord, History]
SharedAddresses = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Outside:
    """Facts outside of a notice that questions are about: addresses that owners share, renames, and the policy."""

    shared: SharedAddresses
    renamed: Mapping[CaseKey, CaseKey]
    policy_of: Callable[[DecisionRecord], Policy]


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


def ask(batch: str, standing: Iterable[Standing], outside: Outside, included: Collection[str]) -> Asked:
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
        older = older_than_owner(entry.decision.standings, history)
        address = account.email.casefold() if Channel.EMAIL in entry.decision.channels else ""
        if account.case in outside.renamed:
            questions.append(_old_spelling(batch, account, outside.renamed[account.case]))
        elif former is not None:
            questions.append(_same_person(batch, account, former))
        elif older and outside.policy_of(entry).after_sale == "ask":
            questions.append(_whose_charges(batch, account, history, older))
        elif address in outside.shared:
            by_mail[address].append(account.key)
        else:
            clear.append((entry, history))
    questions += [
        _whose_address(batch, address, waiting, outside.shared[address]) for address, waiting in by_mail.items()
    ]
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


def _old_spelling(batch: str, account: Account, today: CaseKey) -> Message:
    return say(
        "{account} stays planned: it was renamed to {owner} since the plan. Plan it again, so that the letter has the "
        "corrected name; `notices approve {batch} --include {account}` releases it with the old one.",
        account=account.key,
        owner="、".join(today.owners),
        batch=batch,
    )


def _whose_charges(batch: str, account: Account, history: History, older: Sequence[ChargeStanding]) -> Message:
    former = sorted("、".join(owners) for owners in history.known_owners if owners != account.case.owners)
    return say(
        "{account} stays planned: the unit had another owner ({former}) before this one first appeared on {since}, and "
        "older charges would be claimed: {charges}. `notices account claim {account} --from DATE` says from when the "
        "charges are this owner's; if all are, `notices approve {batch} --include {account}` releases the notice.",
        account=account.key,
        former="；".join(former),
        since=history.new_since and history.new_since.isoformat(),
        charges=listed(amounts_by_period((each.charge, each.balance) for each in older)),
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
