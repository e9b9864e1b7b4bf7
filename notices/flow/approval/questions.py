"""Questions before a release: accounts that wait until a person has looked and includes them by name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

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


@dataclass
class Asking:
    """Questions about the notices of a batch, asked a part of it at a time."""

    batch: str
    included: Collection[str]
    _questions: list[Message] = field(default_factory=list)
    _by_mail: dict[str, list[str]] = field(default_factory=dict)
    _holders: dict[str, Sequence[str]] = field(default_factory=dict)

    @property
    def questions(self) -> tuple[Message, ...]:
        """The questions so far; those about an address come last, one for all its accounts."""
        shared = (
            _whose_address(self.batch, address, waiting, self._holders[address])
            for address, waiting in self._by_mail.items()
        )
        return (*self._questions, *shared)

    def clear(self, standing: Iterable[Standing], outside: Outside) -> list[Standing]:
        """Return what may be released: not what a person must look at first, unless that person included it by name."""
        clear: list[Standing] = []
        for entry, history in standing:
            if is_named(entry.account, self.included) or not self._asked(entry, history, outside):
                clear.append((entry, history))
        return clear

    def _asked(self, entry: DecisionRecord, history: History, outside: Outside) -> bool:
        """Ask about a notice if there is a reason to; return whether there is."""
        account = entry.account
        former = like_a_former_owner(account.case, history.known_owners)
        older = older_than_owner(entry.decision.standings, history)
        address = account.email.casefold() if Channel.EMAIL in entry.decision.channels else ""
        if account.case in outside.renamed:
            self._questions.append(_old_spelling(self.batch, account, outside.renamed[account.case]))
        elif former is not None:
            self._questions.append(_same_person(self.batch, account, former))
        elif older and outside.policy_of(entry).after_sale == "ask":
            self._questions.append(_whose_charges(self.batch, account, history, older))
        elif address in outside.shared:
            self._by_mail.setdefault(address, []).append(account.key)
            self._holders[address] = outside.shared[address]
        else:
            return False
        return True


def names_of(account: Account) -> frozenset[str]:
    """Return the names by which a person may mean the account: as its list spells it, and as it is compared."""
    return frozenset({account.key, account.case.key})


def is_named(account: Account, names: Collection[str]) -> bool:
    """Return whether a person named this account."""
    return any(name in names for name in names_of(account))


def shared_addresses(accounts: Iterable[Account]) -> SharedAddresses:
    """Return the e-mail addresses that different owners have in common, each with their accounts."""
    first: dict[str, tuple[str, ...]] = {}
    shared = set[str]()
    names = dict[str, str]()  # in one text each, because most addresses have one account and batches may be large
    for account in accounts:
        if account.email:
            address = account.email.casefold()
            if first.setdefault(address, account.case.owners) != account.case.owners:
                shared.add(address)
            names[address] = f"{names[address]}\0{account.key}" if address in names else account.key
    return {address: names[address].split("\0") for address in names if address in shared}


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
