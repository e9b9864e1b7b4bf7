"""Letter of a notice: from the decision in the ledger to its fields and its proof."""

from __future__ import annotations

from collections.abc import Sequence

from notices.flow.batch.frozen import Frozen
from notices.ledger import DecisionRecord, NoticeRecord
from notices.letters.context import LetterInput, combined, foreign_numbers, letter_fields, proof_texts
from notices.letters.keep_together import keep_together
from notices.model import Letter, PastNotice
from notices.settings import Estate, Handler

Mates = Sequence[tuple[DecisionRecord, NoticeRecord | None]]


def occasion_of(frozen: Frozen, entry: DecisionRecord, earlier: NoticeRecord | None, mates: Mates = ()) -> LetterInput:
    """Collect the data for a letter and its e-mail, as frozen by the approval.

    `mates` are the other notices in the letter that this one leads, each with the previous one of its case.
    """
    return combined(
        _occasion_of_one(frozen, entry, earlier), [_occasion_of_one(frozen, each, before) for each, before in mates]
    )


def _occasion_of_one(frozen: Frozen, entry: DecisionRecord, earlier: NoticeRecord | None) -> LetterInput:
    notice, then = entry.notice, frozen.of(entry).settings
    assert notice is not None and notice.number and notice.date and notice.deadline  # noqa: S101, PT018 - approval gave them
    estate = then.estate(entry.account.estate)
    assert estate is not None  # noqa: S101 - accounts of unknown estates are never planned
    return LetterInput(
        account=entry.account,
        decision=entry.decision,
        estate=estate,
        tier=frozen.tier(entry),
        policy=frozen.policy(entry),
        law_firm=then.law_firm,
        law=then.law,
        number=notice.number,
        letter_date=notice.date,
        deadline=notice.deadline,
        as_of=frozen.batch.as_of,
        previous=_previous(earlier),
        handler=_handler(estate, entry.handler),
    )


def letter_of(occasion: LetterInput) -> Letter:
    """Return the letter to make: its fields, its proof, and the other numbers that may appear on its pages."""
    return Letter(
        number=occasion.number,
        template=occasion.tier.template,
        fields=keep_together(letter_fields(occasion)),
        proof=proof_texts(occasion),
        foreign=foreign_numbers(occasion),
    )


def _previous(earlier: NoticeRecord | None) -> PastNotice | None:
    if earlier is None or earlier.date is None:
        return None
    return PastNotice(earlier.tier, earlier.date, (), earlier.number, earlier.deadline)


def _handler(estate: Estate, name: str | None) -> Handler | None:
    return next((handler for handler in estate.handlers if handler.name == name), None)
