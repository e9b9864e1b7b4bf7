"""Translatable words for the codes of the ledger and of JSON documents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from notices.messages import Message, say
from notices.model import Charge

# In English a code is its own word; only other languages translate it.
WORDS: Mapping[str, Message] = {
    message.text: message
    for message in (
        # actions
        say("issue"),
        say("wait"),
        say("hold"),
        say("skip"),
        say("refer"),
        # reasons
        say("first-notice"),
        say("deadline-passed"),
        say("promise-broken"),
        say("instalment-missed"),
        say("undelivered"),
        say("in-grace"),
        say("in-progress"),
        say("awaiting-reply"),
        say("below-tier"),
        say("promised"),
        say("instalments-on-track"),
        say("disputed"),
        say("hardship"),
        say("do-not-contact"),
        say("owner-unknown"),
        say("paid"),
        say("not-due"),
        say("below-minimum"),
        say("former-owner"),
        say("exhausted"),
        say("unreachable"),
        # warnings of a decision
        say("limitation-soon"),
        say("limitation-passed"),
        say("no-email"),
        say("no-address"),
        say("email-unconfirmed"),
        say("several-owners"),
        say("owner-changed"),
        say("partly-undelivered"),
        say("plan-needed"),
        # kinds of holds other than the reasons above
        say("promise"),
        say("instalments"),
        say("paper-only"),
        say("email-only"),
        # channels, and states of deliveries, notices and print jobs
        say("email"),
        say("print"),
        say("planned"),
        say("approved"),
        say("rendered"),
        say("set-aside"),
        say("deferred"),
        say("sending"),
        say("unknown"),
        say("spooled"),
        say("sent"),
        say("handed-over"),
        say("delivered"),
        say("bounced"),
        say("returned"),
        say("refused"),
        say("refused-by-addressee"),
        say("withdrawn"),
        say("answered"),
        say("excluded"),
        say("discarded"),
        say("settled"),
        say("cancelled"),
        say("purged"),
        say("stamped"),
        # lines of statements
        say("booked"),
        say("proposed"),
        say("ignored"),
        say("number"),
        say("unit-and-owner"),
        say("confirmed"),
        say("unit"),
        say("owner"),
        say("telephone"),
        say("amount"),
        say("several"),
        say("money-out"),
        say("refund"),
        say("lump-sum"),
        say("interest"),
        say("not-settled"),
        say("seen"),
        # kinds of returned messages
        say("failed"),
        say("delayed"),
        say("complaint"),
        say("auto-reply"),
        say("reply"),
        say("other"),
        # meanings of a list's columns
        say("estate"),
        say("building"),
        say("entrance"),
        say("unit"),
        say("owner"),
        say("telephone"),
        say("email-confirmed"),
        say("owner-kind"),
        say("address"),
        say("postcode"),
        say("area"),
        say("item"),
        say("period"),
        say("period-start"),
        say("period-end"),
        say("due-date"),
        say("rate"),
        say("due"),
        say("waived"),
        say("owed"),
        say("late-fee"),
        say("owed-with-late-fee"),
        say("remark"),
        say("ignored"),
        say("tier"),
        say("number"),
        say("date"),
        say("way"),
        say("result"),
        say("delivered-on"),
        say("to"),
        say("kind"),
        say("registered"),
        say("until"),
        say("amount"),
        say("note"),
        # types of a letter's fields
        say("text"),
        say("yuan"),
        say("days"),
        say("count"),
        say("yes-no"),
        say("list"),
        say("rows"),
        say("picture"),
        # what happens with an account, and events
        say("charge"),
        say("decision"),
        say("letter"),
        say("delivery"),
        say("report"),
        say("slip"),
        say("payment"),
        say("claim"),
        say("rename"),
        say("batch"),
        say("notice"),
        say("job"),
        say("payment-added"),
        say("payment-taken-back"),
        say("hold-added"),
        say("hold-lifted"),
        say("slip-received"),
        say("answer-made"),
        say("account-claimed"),
        say("accounts-joined"),
        say("accounts-kept-apart"),
        say("joined"),
        say("letter-changed"),
        say("account-renamed"),
        say("payment-seen"),
        say("payment-not-seen"),
        say("imported"),
        say("account-rename-undone"),
        say("accounts-added"),
        say("user"),
        say("scan-received"),
        say("scan-settled"),
        say("changed-outside"),
        say("ledger"),
        say("included"),
        say("statement-imported"),
        say("statement"),
        say("statement-line"),
        say("line-returned"),
        say("proposal-accepted"),
        say("proposal-again"),
        say("proposal-refused"),
        say("work-order-opened"),
        say("work-order-closed"),
        say("reply-made"),
        say("reply-dropped"),
        say("hand-over-started"),
        say("hand-over-released"),
        say("made-again"),
        say("corrected"),
        say("corrected-away"),
        say("asked-back"),
        say("cases-purged"),
        say("printed"),
        say("scan"),
        say("user-added"),
        say("user-password"),
        say("user-changed"),
        say("user-disabled"),
        say("reconciled"),
        say("outbox"),
        say("mail-confirmed"),
        say("not-sent"),
        say("cut-off"),
        say("decided-again"),
        say("seal-broken"),
        say("letter-failed"),
        say("not-fit-to-leave"),
        say("evidently-left"),
        say("result-by-hand"),
        say("carrier-has-it"),
        say("waybill"),
        say("taken-out-of-job"),
        say("work-order-withdrawn"),
        say("work-order-corrected"),
        say("reply-delivery"),
        say("join"),
        say("file-waiting"),
        say("file-creating"),
        say("file-created"),
        say("file-sending"),
        say("file-sent"),
        say("file-taken"),
        say("file-printed"),
        say("file-cancelled"),
        say("file-kept-back"),
        say("file-unknown"),
        # kinds of tasks, letters of reply, and states of work orders
        say("instalment"),
        say("call"),
        say("visit"),
        say("work-order"),
        say("answer"),
        say("release"),
        say("settle"),
        say("review"),
        say("limitation"),
        say("resolved"),
        say("open"),
        say("closed"),
        # roles of users
        say("viewer"),
        say("clerk"),
        say("approver"),
        say("admin"),
        # breaks of the ledger, and faults of kept files
        say("changed"),
        say("removed"),
        say("inserted"),
        say("missing"),
    )
}


def word(code: str) -> Message:
    """Return the word for a code; names that users chose themselves, such as tiers, are returned unchanged."""
    return WORDS.get(code) or say("{code}", code=code)


MONTHS = (
    say("January"),
    say("February"),
    say("March"),
    say("April"),
    say("May"),
    say("June"),
    say("July"),
    say("August"),
    say("September"),
    say("October"),
    say("November"),
    say("December"),
)


def day_of(day: date, year: int) -> Message:
    """Return a day as people say it: 1 September, with its year if that is not `year`."""
    month = MONTHS[day.month - 1]
    if day.year == year:
        return say("{day} {month}", day=day.day, month=month)
    return say("{day} {month} {year}", day=day.day, month=month, year=day.year)


def period_of(charge: Charge) -> str:
    """Return a charge's period as its list writes it, or else its first and last day, or its due date."""
    if charge.period_text or charge.period is None:
        return charge.period_text or charge.due_date.isoformat()
    return f"{charge.period.start.isoformat()} – {charge.period.end.isoformat()}"


def amounts_by_period(amounts: Iterable[tuple[Charge, Decimal]]) -> list[Message]:
    """Return the amounts (yuan) of charges added up by period, in their order."""
    sums = defaultdict[str, Decimal](Decimal)
    for charge, amount in amounts:
        sums[period_of(charge)] += amount
    return [say("{period}: {amount} yuan", period=period, amount=amount) for period, amount in sums.items()]
