"""Reasons why a letter of reply must not leave: it was changed, is no longer true, or does not reach its owner."""

from __future__ import annotations

from datetime import date

from notices.flow.batch.seals import CHANGED_ROWS
from notices.flow.replies.make_letter import plan_in_force
from notices.flow.replies.reply_mail import changed_pdf
from notices.flow.standing import Standing, standing_of
from notices.flow.workspace import Workspace
from notices.ledger import Books, ReplyRecord
from notices.ledger.replies import LOST
from notices.messages import Message, say
from notices.model import STOPS, WISHES, Action, HoldKind, State
from notices.pdf import sha256_of
from notices.rules.channels import address_of, channels_for
from notices.rules.money import format_grouped
from notices.rules.states import NOT_LEFT
from notices.settings import Tier
from notices.words import word


def why_stopped(workspace: Workspace, books: Books, reply: ReplyRecord, today: date, *, named: bool) -> Message | None:
    """Return why a letter must not leave today, None if it may; a person who `named` it has answered what was asked."""
    if books.replies.is_changed(reply):
        return say(
            "{number}: refused, because {reason}. Restore the ledger from a backup, or withdraw it and make it again.",
            number=reply.number,
            reason=CHANGED_ROWS,
        )
    file = workspace.root / reply.file
    if not file.is_file() or sha256_of(file) != reply.sha256:
        return changed_pdf(reply.number)
    if not named and (twin := _lost_twin(books, reply)) is not None:
        return say(
            "{number}: {other} of the same kind had gone to this owner when an old ledger was put back. If it said "
            "the same, withdraw this one; if not, `notices letter send {number}` or `notices letter print {number}`.",
            number=reply.number,
            other=twin.number,
        )
    standing = standing_of(workspace, books, reply.case, today)
    if standing is None or not standing.decision.principal:
        return say(
            "{number}: the owner is not in the last list, or owes nothing any more; withdraw it.", number=reply.number
        )
    return (
        _news_since(books, reply, today)
        or _other_way(reply, standing, today)
        or _untrue_by_now(books, reply, standing, today)
    )


def _first_event(books: Books, what: str, key: int) -> int:
    return next((event.id for event in books.events.of(what, key)), 0)


def _other_way(reply: ReplyRecord, standing: Standing, today: date) -> Message | None:
    """Return why a letter must not go where it was to go: the address may have been somebody else's."""
    wishes = [it for it in standing.history.holds if it.kind in WISHES and (it.until is None or it.until >= today)]
    for way in (each for each in reply.deliveries if each.state in NOT_LEFT):
        tier = Tier(name=reply.kind, channels=(way.channel,), deliver="first")
        same = address_of(standing.account, way.channel).casefold() == way.recipient.casefold()
        if not (same and channels_for(standing.account, tier, wishes, ())):
            return say(
                "{number}: the last list has another address for this owner, or the owner wishes another way; make it "
                "again, or withdraw it and hand it over.",
                number=reply.number,
            )
    return None


def _untrue_by_now(books: Books, reply: ReplyRecord, standing: Standing, today: date) -> Message | None:
    """Return why what the letter says is no longer so."""
    if reply.kind == "answer":
        return _answer_outdated(books, reply)
    if reply.kind == "instalments":
        return _plan_changed(books, reply, today)
    return _told_elsewhere(books, reply) or _nothing_to_ask_for(reply, standing)


def _told_elsewhere(books: Books, reply: ReplyRecord) -> Message | None:
    """Return why an owner would be told twice of one work order: by a letter that has left, or a later one."""
    own = set(reply.subject.partition(":")[2].split(","))
    for each in books.replies.of_case(reply.case):
        counts = not each.came_back and any(way.state is not State.WITHDRAWN for way in each.deliveries)
        same = each.kind == reply.kind and own & set(each.subject.partition(":")[2].split(","))
        if counts and same and each.id != reply.id and (each.may_have_left or each.id > reply.id):
            return say(
                "{number}: {other} tells the owner of the same work order; withdraw one of them.",
                number=reply.number,
                other=each.number,
            )
    return None


def _lost_twin(books: Books, reply: ReplyRecord) -> ReplyRecord | None:
    """Return a letter of the same kind of which an older ledger, put back, does not know what it was about."""
    return next(
        (it for it in books.replies.of_case(reply.case) if it.kind == reply.kind and it.subject.startswith(LOST)), None
    )


def _news_since(books: Books, reply: ReplyRecord, today: date) -> Message | None:
    """Return what was recorded since the letter was made that it cannot know: money, or a reason to be silent."""
    made = _first_event(books, "reply", reply.id)  # the order of the ledger counts: clocks of machines differ
    paid = [it for it in books.payments.of_cases([reply.case]) if _first_event(books, "payment", it.id) > made]
    if paid:
        return say(
            "{number}: a payment of {amount} yuan was recorded since it was made; make it again, or withdraw it.",
            number=reply.number,
            amount=format_grouped(paid[-1].payment.amount),
        )
    for each in books.holds.all(case=reply.case):
        in_force = each.hold.until is None or each.hold.until >= today
        since = _first_event(books, "hold", each.id) > made
        if in_force and (each.hold.kind is HoldKind.DO_NOT_CONTACT or (since and each.hold.kind in STOPS)):
            return say(
                "{number}: {kind} was recorded; make it again, or withdraw it.",
                number=reply.number,
                kind=word(each.hold.kind),
            )
    return None


def _plan_changed(books: Books, reply: ReplyRecord, today: date) -> Message | None:
    plan = plan_in_force(books, reply.case, today)
    if plan is not None and reply.subject == f"plan:{plan.id}":
        return None
    return say("{number}: the plan was lifted or replaced since.", number=reply.number)


def _nothing_to_ask_for(reply: ReplyRecord, standing: Standing) -> Message | None:
    if standing.decision.principal != reply.principal:
        return say("{number}: what is owed has changed since; make it again.", number=reply.number)
    if standing.decision.action is Action.HOLD:
        return say("{number}: {reason}, so nothing is asked for.", number=reply.number, reason=standing.decision.detail)
    return None


def _answer_outdated(books: Books, reply: ReplyRecord) -> Message | None:
    slips = books.slips.of_notices([reply.notice_id or 0])
    if not slips or reply.subject != f"slip:{slips[-1].id}":
        return say("{number}: a later slip has come back; make the answer again.", number=reply.number)
    return None
