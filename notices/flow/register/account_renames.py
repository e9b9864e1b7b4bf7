"""account rename: correct the spelling of an owner, whose history goes on under the new one; take that back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from notices.errors import Refused, UsageMistake
from notices.flow.register.accounts import known_party, refuse_unrecorded
from notices.flow.workspace import Workspace
from notices.intake import Party
from notices.ledger import Books, Ledger, NoticeRecord, RenameRecord, ReplyRecord
from notices.messages import Message, say
from notices.model import CaseKey, State
from notices.rules.states import NOT_LEFT
from notices.words import word


@dataclass(frozen=True)
class RenameRequest:
    """Rename as a person enters it; `yes` confirms that both spellings are one owner who had a tier twice."""

    old: str
    new: str
    by: str
    at: datetime
    yes: bool = False


@dataclass(frozen=True)
class Renamed:
    """Result of `account rename`; `attention` names letters that have not left and still have the old spelling."""

    old: str
    new: str
    notices: int
    done: Message
    attention: tuple[Message, ...]


def rename_account(workspace: Workspace, ledger: Ledger, request: RenameRequest) -> Renamed:
    """Record that an account is called otherwise from now on.

    Raises UsageMistake if the two are not one unit or the spelling does not differ, Refused if nothing is on record of
    the old one, or if both have letters that one owner cannot have.
    """
    old, new = known_party(workspace, request.old), known_party(workspace, request.new)
    _refuse_other_unit(old, new)
    with ledger.begin() as books:
        refuse_unrecorded(books, old)
        if books.renames.today(old.case) == new.case:
            raise Refused(
                say("{old} is already called {new}.", old=old.key, new=new.key),
                say("`notices account show {new}` shows its history.", new=new.key),
            )
        if not request.yes:
            _refuse_tier_twice(books, old, new)
        before = books.notices.of_case(old.case)
        replies = [each for each in books.replies.all() if each.case == books.renames.today(old.case)]
        books.renames.add(books.renames.today(old.case), new.case, by=request.by, at=request.at)
        after = books.notices.of_case(new.case)
    done = say(
        "{old} is called {new} from now on; {count} notice(s) and all holds and payments of both are this owner's.",
        old=old.key,
        new=new.key,
        count=len(after),
    )
    waiting = [_still_here(notice) for notice in before if _waits(notice)]
    waiting += [_reply_still_here(reply) for reply in replies if _waits(reply)]
    return Renamed(old.key, new.key, len(after), done, tuple(waiting))


@dataclass(frozen=True)
class RenameUndone:
    """Result of `account rename --undo`: the number of notices that each of the two has again."""

    old: str
    new: str
    notices_of_old: int
    notices_of_new: int
    done: Message


def undo_rename(workspace: Workspace, ledger: Ledger, request: RenameRequest) -> RenameUndone:
    """Take back a rename: what was recorded before it is its own owner's again.

    Raises UsageMistake if the two are not one unit, Refused if there is no such rename, if it is not the last one of
    these names, or if something was recorded under the new name since: nobody can tell whose that is.
    """
    old, new = known_party(workspace, request.old), known_party(workspace, request.new)
    _refuse_other_unit(old, new)
    with ledger.begin() as books:
        rename = _rename_in_force(books, old, new)
        if recorded := books.renames.since(rename):
            raise Refused(
                say("{new} has records since it was renamed: whose they are cannot be told apart.", new=new.key),
                say(
                    "Take these back first, and enter them again for the right owner afterwards. If {new} is nobody, "
                    "`notices account rename {new} {old}` gives everything to {old}.",
                    old=old.key,
                    new=new.key,
                ),
                [say("{kind} {name}", kind=word(it.kind), name=it.name) for it in recorded],
            )
        books.renames.take_back(rename, by=request.by, at=request.at)
        of_old, of_new = (len(books.notices.of_case(party.case)) for party in (old, new))
    done = say(
        "{old} and {new} are two owners again: {count_old} notice(s) are the first one's, {count_new} the second "
        "one's. Letters that wait are decided again before they leave.",
        old=old.key,
        new=new.key,
        count_old=of_old,
        count_new=of_new,
    )
    return RenameUndone(old.key, new.key, of_old, of_new, done)


def _rename_in_force(books: Books, old: Party, new: Party) -> RenameRecord:
    """Return the last rename of the old account to the new one; raise Refused if it is none or a later one follows."""
    in_force = [it for it in books.renames.of_case(new.case) if it.undone_at is None]
    found = next(
        (it for it in reversed(in_force) if it.new == new.case and old.case in _names_until(in_force, it)), None
    )
    if found is None:
        raise Refused(
            say("{old} was not renamed to {new}.", old=old.key, new=new.key),
            say("`notices account show {new}` shows its renames.", new=new.key),
        )
    if in_force[-1] is not found:
        later = in_force[-1]
        raise Refused(
            say("{old} was renamed to {new} after that.", old=later.old.key, new=later.new.key),
            say(
                "Take that back first: `notices account rename {old} {new} --undo`.",
                old=later.old.key,
                new=later.new.key,
            ),
        )
    return found


def _names_until(renames: Sequence[RenameRecord], last: RenameRecord) -> set[CaseKey]:
    """Return the names that a rename gave another one: its old name, and those renamed to that before."""
    names = {last.old}
    for earlier in reversed(renames[: renames.index(last)]):
        if earlier.new in names:
            names.add(earlier.old)
    return names


def _refuse_other_unit(old: Party, new: Party) -> None:
    if (old.case.estate, old.case.unit) != (new.case.estate, new.case.unit):
        raise UsageMistake(
            say("{old} and {new} are not the same unit.", old=old.key, new=new.key),
            say("Only the owner's spelling can be corrected; give both accounts with the same estate and unit."),
        )
    if old.case == new.case:
        raise UsageMistake(
            say("{old} and {new} are compared as the same name already.", old=old.key, new=new.key),
            say("Nothing needs to be renamed; correct the list if letters should show the other spelling."),
        )


def _refuse_tier_twice(books: Books, old: Party, new: Party) -> None:
    """Raise Refused if both spellings have had a notice of one tier: they may be two people after all."""
    of_new = {notice.tier: notice for notice in books.notices.of_case(new.case) if _counts(notice)}
    both = [(it, of_new[it.tier]) for it in books.notices.of_case(old.case) if _counts(it) and it.tier in of_new]
    if both and books.renames.today(old.case) != books.renames.today(new.case):
        raise Refused(
            say("{old} and {new} have both had a notice of the same tier.", old=old.key, new=new.key),
            say("If they are the same person, --yes makes them one account."),
            [say("{tier}: {one}, {other}", tier=one.tier, one=_name(one), other=_name(other)) for one, other in both],
        )


def _counts(notice: NoticeRecord) -> bool:
    return notice.case_no is not None and notice.state not in {State.WITHDRAWN, State.UNDELIVERED}


def _name(notice: NoticeRecord) -> str:
    return notice.number or (notice.date.isoformat() if notice.date else "")


def _waits(letter: NoticeRecord | ReplyRecord) -> bool:
    return any(delivery.state in NOT_LEFT or delivery.state is State.SPOOLED for delivery in letter.deliveries)


def _reply_still_here(reply: ReplyRecord) -> Message:
    return say(
        "{letter} has not left yet and has the old spelling: `notices letter withdraw {letter} --why TEXT` takes it "
        "back; then make it again.",
        letter=reply.number,
    )


def _still_here(notice: NoticeRecord) -> Message:
    if notice.number is None:
        return say("Batch {batch} has a planned notice with the old spelling: plan it again.", batch=notice.batch)
    return say(
        "{notice} has not left yet and has the old spelling: `notices withdraw {notice}` takes it back.",
        notice=notice.number,
    )
