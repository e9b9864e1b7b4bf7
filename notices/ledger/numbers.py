"""Notice numbers: each series runs without gaps, and no number is used twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, insert, select, update

from notices.ledger import schema
from notices.ledger.base import chunks
from notices.ledger.inputs import Release

FIRST = 1


def numbers_for(connection: Connection, releases: Sequence[Release]) -> dict[int, str]:
    """Assign the next numbers of each release's series; return them by notice id.

    A number already used by an imported notice or by an overlapping series is skipped.
    """
    members = defaultdict[str, list[int]](list)
    for release in releases:
        members[release.series].append(release.notice_id)
    numbers: dict[int, str] = {}
    for series, notice_ids in members.items():
        given = frozenset(numbers.values())
        numbers.update(zip(notice_ids, _take(connection, series, len(notice_ids), given), strict=True))
    return numbers


def _take(connection: Connection, series: str, count: int, given: frozenset[str]) -> list[str]:
    start = connection.execute(select(schema.series.c.next_value).where(schema.series.c.pattern == series)).scalar()
    taken: list[str] = []
    following = start or FIRST
    while len(taken) < count:
        missing = count - len(taken)
        wanted = [series.format(seq=value) for value in range(following, following + missing)]
        taken += [number for number in _free(connection, wanted) if number not in given]
        following += missing
    if start is None:
        connection.execute(insert(schema.series).values(pattern=series, next_value=following))
    else:
        connection.execute(update(schema.series).where(schema.series.c.pattern == series).values(next_value=following))
    return taken


def _free(connection: Connection, numbers: Sequence[str]) -> list[str]:
    used: set[str | None] = set()
    for portion in chunks(numbers):
        used.update(
            connection.execute(select(schema.notices.c.number).where(schema.notices.c.number.in_(portion))).scalars()
        )
    return [number for number in numbers if number not in used]
