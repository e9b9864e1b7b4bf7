"""Letters of several notices as a whole: what stops one of their notices stops the letter."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from notices.ledger import Books, DecisionRecord
from notices.messages import Message, say
from notices.model import State
from notices.rules.states import OPEN

# Where a letter is still to leave, and where it has left on paper and might be printed again.
ON_PAPER_TOO = OPEN | {State.HANDED_OVER}


def with_mates(
    books: Books, entries: Sequence[DecisionRecord], reach: Collection[State] = OPEN
) -> Sequence[DecisionRecord]:
    """Return these decisions and those of all other notices in their letters, where a delivery has such a state."""
    joined = [entry.notice.id for entry in entries if entry.notice and letters_of(entry, reach)]
    if not joined:
        return entries
    known = {entry.notice.id for entry in entries if entry.notice}
    missing = sorted(books.letters.with_mates(joined, reach) - known)
    return [*entries, *books.batches.decisions_of_notices(missing)] if missing else entries


def letters_of(entry: DecisionRecord, reach: Collection[State] = OPEN) -> frozenset[int]:
    """Return the letters (ids) that a notice shares with others, where its delivery has such a state."""
    ways = entry.notice.deliveries if entry.notice else ()
    return frozenset(way.letter_id for way in ways if way.letter_id is not None and way.state in reach)


def sharing(
    entries: Iterable[DecisionRecord], stopped: Sequence[DecisionRecord], reach: Collection[State] = OPEN
) -> list[tuple[DecisionRecord, tuple[DecisionRecord, ...]]]:
    """Return the decisions whose notice is in one letter with a stopped one, each with those, without the stopped."""
    by_letter: dict[int, list[DecisionRecord]] = {}
    for each in stopped:
        for letter in letters_of(each, reach):
            by_letter.setdefault(letter, []).append(each)
    if not by_letter:
        return []
    own = {each.id for each in stopped}
    found: list[tuple[DecisionRecord, tuple[DecisionRecord, ...]]] = []
    for entry in entries:
        causes = {each.id: each for letter in letters_of(entry, reach) for each in by_letter.get(letter, ())}
        if causes and entry.id not in own:
            found.append((entry, tuple(causes.values())))
    return found


def kept_apart(
    books: Books, entries: Sequence[DecisionRecord], reach: Collection[State] = OPEN
) -> list[tuple[DecisionRecord, tuple[DecisionRecord, ...]]]:
    """Return the decisions whose notice is in one letter with one of which a person said since that it is not theirs.

    Each comes with those. `entries` have all notices of their letters.
    """
    by_letter: dict[int, list[DecisionRecord]] = {}
    for each in entries:
        for letter in letters_of(each, reach):
            by_letter.setdefault(letter, []).append(each)
    said = {frozenset({it.one, it.other}): it.together for it in books.joins.all()} if by_letter else {}
    if all(said.values()):
        return []
    today = {each.id: books.renames.today(each.account.case) for its in by_letter.values() for each in its}
    found: list[tuple[DecisionRecord, tuple[DecisionRecord, ...]]] = []
    for entry in entries:
        others = {each.id: each for letter in letters_of(entry, reach) for each in by_letter[letter]}
        strange = [it for it in others.values() if said.get(frozenset({today[entry.id], today[it.id]})) is False]
        if strange:
            found.append((entry, tuple(strange)))
    return found


def held_with(entry: DecisionRecord, causes: Sequence[DecisionRecord]) -> Message:
    """Return the message about a notice that does not go because of others in its letter."""
    return say(
        "{account}: {notice} does not go as it is, because {others} is in the same letter. Once that is withdrawn, "
        "`notices render` makes the letter again without it.",
        account=entry.account.key,
        notice=number_of(entry),
        others=", ".join(map(number_of, causes)),
    )


def number_of(entry: DecisionRecord) -> str:
    """Return the number of a decision's notice, "" if it has none."""
    return (entry.notice.number if entry.notice else None) or ""
