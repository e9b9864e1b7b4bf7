"""One letter for several units of one owner: which of the notices just released leave together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from notices.flow.batch.frozen import Frozen
from notices.flow.workspace import Workspace
from notices.ledger import Books, DecisionRecord, NoticeRecord
from notices.letters.inspection import knows_units
from notices.letters.template import open_template
from notices.model import CaseKey, PastNotice, State
from notices.press import place_key
from notices.rules.combining import Combinable, Holders, Joined, combine
from notices.settings import Settings

Followed = NoticeRecord | PastNotice  # a notice that another one follows up


def letters_of_owners(
    frozen: Frozen, books: Books, released: Sequence[DecisionRecord], holders: Holders
) -> list[tuple[int, ...]]:
    """Return the notices (ids) of each letter for several units, of those that the last approval released, in order.

    Notices leave together only where the settings of their estate say so and their template shows each unit. The first
    leads the letter: a unit with a letter box, where there is one. `holders` are the owners who list each telephone
    number and address, in the whole batch.
    """
    approval = frozen.batch.approvals[-1].number
    then = frozen.approved(approval)

    def template_of(entry: DecisionRecord) -> Path:
        return frozen.template_path(entry.account.estate, entry.decision.tier or "", approval)

    earlier = books.notices.earlier_steps([entry.notice.id for entry in released if entry.notice])
    return _letters(then.settings, template_of, books, released, holders, earlier)


def waiting_like(workspace: Workspace, books: Books, entry: DecisionRecord) -> list[DecisionRecord]:
    """Return what waits in a batch to be released to the same owners as this decision, in the order of a release.

    Only itself where nothing is combined, or where it does not wait.
    """
    if not (_waits(entry) and workspace.settings.combines(entry.account.estate)):
        return [entry]
    found = [it for it in books.decision_table.like(entry) if _waits(it)]
    return sorted(found, key=lambda it: (place_key(it.account), it.account.key))


def letter_to_be(
    workspace: Workspace,
    books: Books,
    entry: DecisionRecord,
    waiting: Sequence[DecisionRecord],
    earlier: Mapping[int, Followed],
) -> tuple[DecisionRecord, ...]:
    """Return the decisions whose notices would leave in one letter with this one, the leading one first.

    Only itself if it would have a letter of its own. `waiting` would be released with it; `earlier` are the notices
    that theirs (ids) follow up.
    """
    if len(waiting) < 2:
        return (entry,)

    def template_of(each: DecisionRecord) -> Path:
        return workspace.template_path(each.account.estate, each.decision.tier or "")

    holders = Holders.of(books.lists.contacts(entry.batch))
    letters = _letters(workspace.settings, template_of, books, waiting, holders, earlier)
    known = {each.notice.id: each for each in waiting if each.notice}
    mine = next((it for it in letters if entry.notice and entry.notice.id in it), ())
    return tuple(known[key] for key in mine) or (entry,)


def _waits(entry: DecisionRecord) -> bool:
    return entry.excluded is None and entry.notice is not None and entry.notice.state is State.PLANNED


def _letters(
    settings: Settings,
    template_of: Callable[[DecisionRecord], Path],
    books: Books,
    entries: Sequence[DecisionRecord],
    holders: Holders,
    earlier: Mapping[int, Followed],
) -> list[tuple[int, ...]]:
    fit: dict[Path, bool] = {}
    free: list[DecisionRecord] = []
    for entry in entries:
        if entry.notice is None or not settings.combines(entry.account.estate):
            continue
        template = template_of(entry)
        if template not in fit:
            fit[template] = knows_units(open_template(template))
        if fit[template]:
            free.append(entry)
    if len(free) < 2:
        return []
    said = [Joined(it.one, it.other, it.together) for it in books.joins.all()]
    renamed = books.renames.today_of(entry.account.case for entry in free)
    letters = combine([_combinable(entry, earlier, renamed) for entry in free], holders, said)
    words = {entry.notice.id: entry.account.printed_unit for entry in free if entry.notice}

    def is_home(notice: int) -> bool:
        return not any(word in words[notice] for word in settings.intake.no_letter_box)

    return [tuple(sorted(letter, key=lambda notice: not is_home(notice))) for letter in letters]


def _combinable(
    entry: DecisionRecord, earlier: Mapping[int, Followed], renamed: Mapping[CaseKey, CaseKey]
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
