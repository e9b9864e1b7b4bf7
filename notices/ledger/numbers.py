"""Notice numbers: each series runs without gaps, no number is used twice, and each is found however it is typed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count as counting
from itertools import islice

from sqlalchemy import Connection, insert, select, update

from notices.ledger import schema
from notices.ledger.base import chunks
from notices.ledger.inputs import Release
from notices.spelling import comparable_number


def numbers_for(connection: Connection, releases: Sequence[Release]) -> dict[int, str]:
    """Assign the next numbers of each release's series; return them by notice id.

    A number already used by an imported notice or by an overlapping series is skipped.
    """
    members = defaultdict[str, list[Release]](list)
    for release in releases:
        members[release.series].append(release)
    numbers: dict[int, str] = {}
    for series, members_of_it in members.items():
        given = frozenset(numbers.values())
        first = max(release.first for release in members_of_it)
        taken = _take(connection, series, len(members_of_it), first, given)
        numbers.update(zip((release.notice_id for release in members_of_it), taken, strict=True))
    return numbers


def next_numbers(connection: Connection, series: str, count: int) -> list[str]:
    """Return the next free numbers of a series of letters of reply, without taking them."""
    used = select(schema.replies.c.number).union(select(schema.notices.c.number).where(schema.notices.c.number != ""))
    taken = {comparable_number(number or "") for number in connection.execute(used).scalars()}
    taken |= set(map(comparable_number, _lost_letters(connection)))
    wanted = (series.format(seq=value) for value in counting(1))
    return list(islice((number for number in wanted if comparable_number(number) not in taken), count))


def _lost_letters(connection: Connection) -> Iterator[str]:
    """Yield the numbers of letters of reply that left and that an older ledger, put back, could not record."""
    told = select(schema.events.c.data).where(schema.events.c.what == "ledger", schema.events.c.kind == "reconciled")
    for data in connection.execute(told).scalars():
        yield from data.get("letters", ())


def move_on(connection: Connection, used: Mapping[str, int]) -> list[str]:
    """Let each series go on after a number used elsewhere; return the next number of each that has moved."""
    moved: list[str] = []
    for series, value in used.items():
        if _next_value(connection, series) <= value:
            _set_next_value(connection, series, value + 1)
            moved.append(series.format(seq=value + 1))
    return moved


def ids_of_numbers(connection: Connection, numbers: Iterable[str]) -> dict[str, int]:
    """Return the ids of the notices that people mean by these numbers, by the number as it was typed.

    A number spelt exactly so comes first, else the only one that compares equal.
    """
    asked = frozenset(numbers)
    known = select(schema.notices.c.number, schema.notices.c.id)
    found: dict[str, int] = {}
    for portion in chunks(asked):
        rows = connection.execute(known.where(schema.notices.c.number.in_(portion)))
        found.update((number or "", key) for number, key in rows)
    compared = {comparable_number(number) for number in asked - found.keys()}
    if not compared:
        return found
    alike = defaultdict[str, set[int]](set)
    for number, key in connection.execute(known.where(schema.notices.c.number.is_not(None))):
        if (spelt := comparable_number(number or "")) in compared:
            alike[spelt].add(key)
    for number in asked - found.keys():
        keys = alike.get(comparable_number(number), set())
        if len(keys) == 1:
            found[number] = min(keys)
    return found


def _next_value(connection: Connection, series: str) -> int:
    known = select(schema.series.c.next_value).where(schema.series.c.pattern == series)
    return connection.execute(known).scalar() or 1


def _set_next_value(connection: Connection, series: str, value: int) -> None:
    row = update(schema.series).where(schema.series.c.pattern == series).values(next_value=value)
    if not connection.execute(row).rowcount:
        connection.execute(insert(schema.series).values(pattern=series, next_value=value))


def _take(connection: Connection, series: str, count: int, first: int, given: frozenset[str]) -> list[str]:
    taken: list[str] = []
    following = max(_next_value(connection, series), first)
    elsewhere = _imported(connection)
    while len(taken) < count:
        missing = count - len(taken)
        wanted = [series.format(seq=value) for value in range(following, following + missing)]
        taken += [
            number
            for number in _free(connection, wanted)
            if number not in given and comparable_number(number) not in elsewhere
        ]
        following += missing
    _set_next_value(connection, series, following)
    return taken


def _imported(connection: Connection) -> frozenset[str]:
    """Return the numbers of imported notices as they are compared: they may be written in other brackets."""
    numbers = select(schema.notices.c.number).where(schema.notices.c.imported, schema.notices.c.number.is_not(None))
    return frozenset(comparable_number(number or "") for number in connection.execute(numbers).scalars())


def _free(connection: Connection, numbers: Sequence[str]) -> list[str]:
    used: set[str | None] = set()
    for portion in chunks(numbers):
        used.update(
            connection.execute(select(schema.notices.c.number).where(schema.notices.c.number.in_(portion))).scalars()
        )
    return [number for number in numbers if number not in used]
