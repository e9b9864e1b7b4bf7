"""letter make: tell an owner that an objection is resolved, or confirm an instalment plan with its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from notices.errors import DataNeedsPerson, Refused
from notices.flow.batch.lock import only_one
from notices.flow.batch.outside import refuse_older_ledger
from notices.flow.days import refuse_letter_ahead, refuse_letter_before
from notices.flow.people import refuse_strangers
from notices.flow.register.accounts import known_party, refuse_unrecorded
from notices.flow.replies.drafting import Drafting, notice_named, ways_of
from notices.flow.replies.making import Draft, MadeReply, ReplyOrder, make_replies
from notices.flow.standing import Standing, standing_of
from notices.flow.templates.check import INSTALMENTS, RESOLVED, refuse_unfit
from notices.flow.workspace import Workspace
from notices.ledger import Books, HoldRecord, Ledger, WorkOrderRecord
from notices.letters.context import LetterInput, letter_fields
from notices.letters.keep_together import keep_together
from notices.letters.languages import in_language
from notices.letters.rare_characters import not_drawable
from notices.letters.wording import written_date
from notices.messages import Language, Message, say
from notices.model import ZERO, CaseKey, HoldKind, Letter
from notices.progress import Progress
from notices.rules.money import format_capital, format_grouped
from notices.settings import Tier

Kind = Literal["resolved", "instalments"]
TITLES: Mapping[Kind, Mapping[Language, str]] = {
    "resolved": {"zh": "办结告知函", "en": "This Has Been Put Right"},
    "instalments": {"zh": "分期缴费确认函", "en": "Confirmation of Instalments"},
}
TEMPLATES: Mapping[Kind, str] = {"resolved": RESOLVED, "instalments": INSTALMENTS}


@dataclass(frozen=True)
class LetterRequest:
    """A letter to make, about a notice or an account (`what`)."""

    what: str
    kind: Kind
    by: str
    at: datetime
    day: date


@dataclass(frozen=True)
class MadeLetter:
    """The letter made, None if it could not be, and messages that need a person."""

    made: MadeReply | None
    attention: tuple[Message, ...]


def make_letter(workspace: Workspace, ledger: Ledger, request: LetterRequest, progress: Progress) -> MadeLetter:
    """Make a letter; made again, it replaces the one that has not left and keeps its number.

    Raises Refused if there is nothing to write: no closed work order that the owner was not told of, no plan in force,
    nothing owed any more; UsageMistake for an unknown notice or account.
    """
    refuse_strangers(workspace, request.by)
    refuse_letter_ahead(workspace, request.day, request.at.date())
    refuse_older_ledger(workspace, ledger)  # its numbers may have been given to letters that it does not know
    with ledger.read() as books:
        standing = _standing(workspace, books, request)
    with only_one(workspace, ledger, standing.entry.batch, by=request.by):
        with ledger.read() as books:
            standing = _standing(workspace, books, request)
            try:
                draft = _DRAFTS[request.kind](Drafting(workspace, books, request.day), standing)
            except DataNeedsPerson as error:
                return MadeLetter(None, (error.fact,))
        order = ReplyOrder(request.by, request.at, request.day)
        made, failed = make_replies(workspace, ledger, [draft], order, progress)
    no_way = say("{number}: no channel can reach this owner; hand it over.", number=draft.number)
    attention = (*failed, *([no_way] if made and not draft.channels else []))
    return MadeLetter(made[0] if made else None, attention)


def _standing(workspace: Workspace, books: Books, request: LetterRequest) -> Standing:
    notice = books.notices.find(request.what)
    if notice is not None:
        case, key = notice.case, notice.case.key
    else:
        party = known_party(workspace, request.what)
        refuse_unrecorded(books, party)
        case, key = books.renames.today(party.case), party.key
    found = standing_of(workspace, books, case, request.day)
    if found is None:
        raise Refused(
            say("{account} is not in the last list of its estate.", account=key),
            say("Plan a list that has it: the letter takes its address from there."),
        )
    return found


def _resolved(drafting: Drafting, standing: Standing) -> Draft:
    """Draft the letter about the closed work orders that the owner was not told of yet."""
    orders = untold(drafting.books, standing.account.case)
    if not orders:
        raise Refused(
            say("No work order of {account} is closed and not told of yet.", account=standing.account.key),
            say("Close it first: `notices work close NUMBER --result TEXT`."),
        )
    closed = max(order.closed_on for order in orders if order.closed_on)
    refuse_letter_before(drafting.day, closed, standing.account.key)
    owed = standing.decision.principal
    if not owed:
        raise Refused(
            say("{account} owes nothing any more: there is nothing to ask for.", account=standing.account.key),
            say("Tell the owner by telephone that it has been put right."),
        )
    subject = "work:" + ",".join(str(order.number) for order in orders)
    language = _language(drafting.workspace, standing)
    fields = {
        "orders": [
            {
                "objection": order.label,
                "note": order.note,
                "result": order.result or "",
                "done_on": written_date(order.closed_on, language) if order.closed_on else "",
            }
            for order in orders
        ]
    }
    said = [text for order in orders for text in (order.label, order.result or "")]
    return _draft(
        drafting, standing, "resolved", subject, fields, (*said, format_grouped(owed)), orders[-1].notice_id, owed
    )


def _plan_confirmed(drafting: Drafting, standing: Standing) -> Draft:
    """Draft the confirmation of the instalment plan in force."""
    plan = plan_in_force(drafting.books, standing.account.case, drafting.day)
    if plan is None:
        raise Refused(
            say("{account} has no instalment plan in force.", account=standing.account.key),
            say("Register it first: `notices hold add … --kind instalments --plan FILE`."),
        )
    language = _language(drafting.workspace, standing)
    parts = sorted(plan.hold.instalments, key=lambda part: part.date)
    total = sum((part.amount for part in parts), ZERO)
    rows = [
        {"place": place, "pay_by": written_date(part.date, language), "amount": format_grouped(part.amount)}
        for place, part in enumerate(parts, start=1)
    ]
    fields: dict[str, object] = {
        "instalments": rows,
        "plan_date": written_date(plan.hold.registered, language),
        "plan_total": format_grouped(total),
        "plan_total_capital": format_capital(total),
        "plan_count": len(parts),
    }
    said = (*(str(row["amount"]) for row in rows), format_grouped(total))
    return _draft(drafting, standing, "instalments", f"plan:{plan.id}", fields, said, _last_notice(standing), None)


_DRAFTS = {"resolved": _resolved, "instalments": _plan_confirmed}


def untold(books: Books, case: CaseKey) -> list[WorkOrderRecord]:
    """Return the closed work orders of an owner that no letter which has left tells of."""
    told = {
        int(number)
        for each in books.replies.all()
        if each.kind == "resolved" and each.may_have_left and not each.came_back
        for number in each.subject.partition(":")[2].split(",")
        if number.isdecimal()
    }
    today = books.renames.today(case)
    return [it for it in books.work_orders.all() if it.state == "closed" and it.case == today and it.number not in told]


def plan_in_force(books: Books, case: CaseKey, day: date) -> HoldRecord | None:
    """Return the instalment plan in force: the latest registered and, of the same day, the last entered."""
    plans = [it for it in books.holds.all(case=case) if it.hold.kind is HoldKind.INSTALMENTS]
    known = [it for it in plans if it.hold.registered <= day]
    return max(known, key=lambda it: (it.hold.registered, it.id), default=None)


def _last_notice(standing: Standing) -> int | None:
    last = max(standing.history.notices, key=lambda it: (it.date, it.id or 0), default=None)
    return last.id if last else None


def _language(workspace: Workspace, standing: Standing) -> Language:
    estate = workspace.settings.estate(standing.account.estate)
    return estate.language if estate else "zh"


def _draft(
    drafting: Drafting,
    standing: Standing,
    kind: Kind,
    subject: str,
    own: Mapping[str, object],
    said: Sequence[str],
    notice_id: int | None,
    principal: Decimal | None,
) -> Draft:
    workspace, account = drafting.workspace, standing.account
    occasion = _occasion(drafting, standing, kind, drafting.number(kind, subject, account.estate))
    template = workspace.templates / in_language(workspace.templates, TEMPLATES[kind], occasion.estate.language)
    refuse_unfit(workspace, [template])
    notice = drafting.books.notices.with_ids([notice_id])[0] if notice_id else None
    entry = replace(standing.entry, notice=notice)
    named = notice_named(
        entry, replace(occasion, tier=_tier_of(workspace, account.estate, notice.tier if notice else ""))
    )
    letter = Letter(
        number=occasion.number,
        template=template.name,
        fields=keep_together({**letter_fields(occasion), **named, **own}),
        proof=(occasion.number, *account.owners, account.printed_unit, *said),
        foreign=(notice.number,) if notice and notice.number else (),
    )
    if (missing := not_drawable(letter)) is not None:
        raise DataNeedsPerson(say("{notice}: {reason}.", notice=occasion.number, reason=missing))
    return Draft(
        kind=kind,
        subject=subject,
        entry=entry,
        letter=letter,
        template=template,
        occasion=occasion,
        file=workspace.output(entry.batch) / "replies" / f"{occasion.number}.pdf",
        channels=ways_of(drafting, entry, kind, subject),
        notice_id=notice_id,
        principal=principal,
    )


def _tier_of(workspace: Workspace, estate: str, name: str) -> Tier:
    tiers = workspace.policy(estate).tiers
    return next((tier for tier in tiers if tier.name == name), tiers[0])


def _occasion(drafting: Drafting, standing: Standing, kind: Kind, number: str) -> LetterInput:
    workspace, day, account = drafting.workspace, drafting.day, standing.account
    settings = workspace.settings
    estate = settings.estate(account.estate)
    assert estate is not None  # noqa: S101 - accounts of unknown estates are never planned
    return LetterInput(
        account=account,
        decision=replace(standing.decision, total=standing.decision.principal),
        estate=estate,
        tier=Tier(name=kind, title=TITLES[kind][estate.language], template=TEMPLATES[kind]),
        policy=workspace.policy(account.estate),
        law_firm=settings.law_firm,
        law=settings.law,
        number=number,
        letter_date=day,
        deadline=workspace.working_days.deadline(day, settings.letters.pay_within_days),
        as_of=day,
        handler=next((each for each in estate.handlers if each.name == standing.handler), None),
    )
