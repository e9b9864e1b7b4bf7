"""One letter for several units of one owner: which notices of an approval go into the same letter.

A letter must never reach somebody who does not own all its units. So the owners must be the same set of names, and
something besides the names must show that they are the same people: a telephone number or a postal address that both
units list, or the word of a person. Joint owners are another set of names than one of them alone; namesakes share no
telephone number and no address.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from notices.model import Account, CaseKey, Channel

FEWEST_DIGITS = 7  # of a telephone number that can identify somebody: 110 and extensions cannot
SHORTEST_ADDRESS = 5  # characters
MOBILE = re.compile(r"(?<!\d)(?:\+?86)?(1[3-9]\d{9})(?!\d)")
GAPS = re.compile(r"(?<=\d)[ -](?=\d)")
APART = re.compile(r"[,;/、，；|\s]+")

Owners = tuple[str, ...]
WayOut = tuple[Channel, str]  # channel and recipient


@dataclass(frozen=True, slots=True)
class Combinable:
    """A notice about to be released, with what decides its letter; `key` tells it from the others.

    `ways` are its channels with their recipients. `alike` holds whatever else the letters must have in common, such as
    the tier and the day of the letter that they follow up.
    """

    key: int
    account: Account
    ways: tuple[WayOut, ...]
    alike: Hashable = ()


@dataclass(frozen=True, slots=True)
class Joined:
    """A person's word on two accounts: that they are one owner's, or (not `together`) that they are not."""

    one: CaseKey
    other: CaseKey
    together: bool = True


@dataclass(frozen=True)
class Holders:
    """The owners who list each telephone number and each postal address, in the whole list."""

    _owners: Mapping[str, Collection[Owners]] = field(default_factory=dict)

    @classmethod
    def of(cls, accounts: Iterable[Account]) -> Holders:
        """Collect them from the accounts of a list."""
        owners: dict[str, set[Owners]] = defaultdict(set)
        for account in accounts:
            for mark in marks_of(account):
                owners[mark].add(account.case.owners)
        return cls(owners)

    def identify(self, mark: str, owners: Owners) -> bool:
        """Return whether a number or address tells these owners from others: nobody else lists it.

        The number of an agent, a guard or the service centre is listed by strangers too, and proves nothing. A joint
        owner is no stranger.
        """
        return all(set(owners) & set(others) for others in self._owners.get(mark, ()))


def marks_of(account: Account) -> frozenset[str]:
    """Return the telephone numbers and the postal address that a list gives for an account, as they are compared."""
    return frozenset((*_telephones(account.telephone), *_address(account.address)))


def combine(notices: Sequence[Combinable], holders: Holders, said: Sequence[Joined] = ()) -> list[tuple[int, ...]]:
    """Return the keys of the notices that go into one letter, a tuple for each letter of several notices.

    Letters, and notices in a letter, keep the order of `notices`. Of what a person said twice, the last word counts.
    """
    word = {frozenset({it.one, it.other}): it.together for it in said}
    letters: list[list[Combinable]] = []
    open_letters: dict[Hashable, list[list[Combinable]]] = defaultdict(list)
    for notice in notices:
        alike = open_letters[_must_be_equal(notice)]
        mine = next((letter for letter in alike if _belongs(notice, letter, holders, word)), None)
        if mine is None:
            mine = []
            alike.append(mine)
            letters.append(mine)
        mine.append(notice)
    return [tuple(each.key for each in letter) for letter in letters if len(letter) > 1]


def is_one_owner(one: Account, other: Account, holders: Holders) -> bool:
    """Return whether two accounts are certainly of the same people."""
    if one.estate != other.estate or one.case.owners != other.case.owners:
        return False
    return any(holders.identify(mark, one.case.owners) for mark in marks_of(one) & marks_of(other))


def _must_be_equal(notice: Combinable) -> Hashable:
    ways = tuple(sorted((channel.value, _plain(recipient)) for channel, recipient in notice.ways))
    account = notice.account
    printed = any(channel is Channel.PRINT for channel, _ in notice.ways)
    return (
        account.estate,
        account.case.owners,
        account.owner_kind,
        ways,
        _plain(account.postcode) if printed else "",
        notice.alike,
    )


def _belongs(
    notice: Combinable, letter: Sequence[Combinable], holders: Holders, word: Mapping[frozenset[CaseKey], bool]
) -> bool:
    """Return whether a notice is shown to belong to one of a letter's, and nobody keeps it apart from another."""
    spoken = [word.get(frozenset({notice.account.case, other.account.case})) for other in letter]
    if False in spoken:
        return False
    return True in spoken or any(is_one_owner(notice.account, other.account, holders) for other in letter)


def _telephones(text: str) -> Iterator[str]:
    """Yield the telephone numbers in a cell: mobile numbers wherever they are, else each part that is one number."""
    narrow = GAPS.sub("", unicodedata.normalize("NFKC", text))
    if mobiles := MOBILE.findall(narrow):
        yield from mobiles
        return
    for part in APART.split(narrow):
        digits = re.sub(r"\D", "", part)
        if len(digits) >= FEWEST_DIGITS and len(set(digits)) > 1:
            yield digits


def _address(text: str) -> Iterator[str]:
    if len(plain := _plain(text)) >= SHORTEST_ADDRESS:
        yield f"@{plain}"


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
