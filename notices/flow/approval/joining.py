"""One letter for several units of one owner: which of the notices just released leave together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from notices.flow.batch.frozen import Frozen
from notices.ledger import Books, DecisionRecord, NoticeRecord
from notices.letters.inspection import knows_units
from notices.letters.template import open_template
from notices.model import CaseKey
from notices.rules.combining import Combinable, Holders, Joined, combine


def letters_of_owners(
    frozen: Frozen, books: Books, released: Sequence[DecisionRecord], holders: Holders
) -> list[tuple[int, ...]]:
    """Return the notices (ids) of each letter for several units, of those that the last approval released, in order.

    Notices leave together only where the settings of their estate say so and their template shows each unit. The first
    leads the letter: a unit with a letter box, where there is one. `holders` are the owners who list each telephone
    number and address, in the whole batch.
    """
    approval = frozen.batch.approvals[-1].number
    fit: dict[Path, bool] = {}
    free: list[DecisionRecord] = []
    for entry in released:
        estate, tier = entry.account.estate, entry.decision.tier or ""
        if entry.notice is None or not frozen.approved(approval).settings.combines(estate):
            continue
        template = frozen.template_path(estate, tier, approval)
        if template not in fit:
            fit[template] = knows_units(open_template(template))
        if fit[template]:
            free.append(entry)
    if len(free) < 2:
        return []
    earlier = books.notices.earlier_steps([entry.notice.id for entry in free if entry.notice])
    said = [Joined(it.one, it.other, it.together) for it in books.joins.all()]
    renamed = books.renames.today_of(entry.account.case for entry in free)
    letters = combine([_combinable(entry, earlier, renamed) for entry in free], holders, said)
    words = {entry.notice.id: entry.account.printed_unit for entry in free if entry.notice}
    no_letter_box = frozen.approved(approval).settings.intake.no_letter_box

    def is_home(notice: int) -> bool:
        return not any(word in words[notice] for word in no_letter_box)

    return [tuple(sorted(letter, key=lambda notice: not is_home(notice))) for letter in letters]


def _combinable(
    entry: DecisionRecord, earlier: Mapping[int, NoticeRecord], renamed: Mapping[CaseKey, CaseKey]
) -> Combinable:
    """Return a notice by its owner's name of today, under which a person has said what belongs together."""
    notice, account = entry.notice, entry.account
    assert notice is not None  # noqa: S101 - the caller has asked
    before = earlier.get(notice.id)
    return Combinable(
        key=notice.id,
        account=replace(account, owners=today.owners) if (today := renamed.get(account.case)) else account,
        ways=tuple((way.channel, way.recipient or "") for way in notice.deliveries),
        # A letter names one day on which its owner was written to before.
        alike=(entry.decision.tier, before and (before.tier, before.date, before.deadline)),
    )
