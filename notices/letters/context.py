"""Values of every template field, computed from the account, the decision and the settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from urllib.parse import quote

from notices.letters.wording import (
    by_item,
    figures_in,
    grounds_of_others,
    is_preliminary,
    percentage,
    rate_of,
    written_date,
    written_period,
    written_rate,
)
from notices.messages import Language, say
from notices.model import ZERO, Account, Channel, Charge, ChargeStanding, Decision, PastNotice
from notices.rules.addressees import is_company, is_property_fee
from notices.rules.money import format_capital, format_grouped
from notices.settings import Estate, Handler, Law, LawFirm, Policy, Tier

# How a letter addresses a person, and a company.
YOU = {"zh": ("您", "贵公司"), "en": ("you", "you")}


# Fields that only letters of reply fill.
NO_REPLY: Mapping[str, object] = {
    "answers": [],
    "slip_date": "",
    "slip_note": "",
    "slip_promise": "",
    "slip_instalments": "",
    "orders": [],
    "instalments": [],
    "plan_date": "",
    "plan_total": "",
    "plan_total_capital": "",
    "plan_count": 0,
}


# Charges of one unit that are kept together on a page, with its heading and its subtotal.
MOST_KEPT = 8
# Numbers of earlier letters that one letter names in full.
MOST_NUMBERS = 3


@dataclass(frozen=True, slots=True)
class UnitPart:
    """One unit's part of a letter: account, decision, number of its notice, and the notice that it follows up."""

    account: Account
    decision: Decision
    number: str
    previous: PastNotice | None = None

    @property
    def claimed(self) -> list[ChargeStanding]:
        """The charges that the letter claims for the unit."""
        return [standing for standing in self.decision.standings if standing.claimable]


@dataclass(frozen=True, slots=True)
class LetterInput:
    """Everything that one letter is made from; the dates are those frozen by the batch.

    Where it is for several units, `units` are these, the oldest debt first, and `decision` has the sums of all;
    `account` and `number` are those of the notice that leads the letter.
    """

    account: Account
    decision: Decision
    estate: Estate
    tier: Tier
    policy: Policy
    law_firm: LawFirm
    law: Law
    number: str
    letter_date: date
    deadline: date
    as_of: date
    previous: PastNotice | None = None
    handler: Handler | None = None
    units: tuple[UnitPart, ...] = ()

    @property
    def parts(self) -> tuple[UnitPart, ...]:
        """The units of the letter, also where there is only one."""
        return self.units or (UnitPart(self.account, self.decision, self.number, self.previous),)


def combined(leading: LetterInput, others: Sequence[LetterInput]) -> LetterInput:
    """Return the letter of several notices: sums of all, the latest deadline, the units with the oldest debt first."""
    if not others:
        return leading
    every = (leading, *others)
    units = sorted(
        (UnitPart(it.account, it.decision, it.number, it.previous) for it in every),
        key=lambda part: part.decision.oldest_due or date.max,
    )
    decisions = [part.decision for part in units]
    return replace(
        leading,
        decision=replace(
            leading.decision,
            principal=_sum(it.principal for it in decisions),
            late_fee=_sum(it.late_fee for it in decisions),
            total=_sum(it.total for it in decisions),
            oldest_due=min((it.oldest_due for it in decisions if it.oldest_due), default=None),
            days_overdue=max(it.days_overdue for it in decisions),
            standings=tuple(standing for it in decisions for standing in it.standings),
        ),
        deadline=max(it.deadline for it in every),
        units=tuple(units),
    )


def letter_fields(occasion: LetterInput) -> dict[str, object]:
    """Return the values of all fields of `notices.letters.fields`, as printable text; amounts in yuan."""
    return {
        **_the_letter(occasion),
        **_the_owner(occasion.account, occasion.estate),
        **_the_units(occasion),
        **_the_sender(occasion),
        **_the_law(occasion),
        **_the_debt(occasion),
        **_the_marks(occasion),
    }


def proof_texts(occasion: LetterInput) -> tuple[str, ...]:
    """Return the texts that must be found on the letter's pages: number, every owner, unit and total.

    In a letter for several units, also the number and the subtotal of each.
    """
    account = occasion.account
    own = (occasion.number, *account.owners, account.printed_unit, format_grouped(occasion.decision.total))
    units = (
        text
        for part in occasion.units
        for text in (part.account.printed_unit, part.number, format_grouped(part.decision.principal))
    )
    return tuple(dict.fromkeys((*own, *units)))


def foreign_numbers(occasion: LetterInput) -> tuple[str, ...]:
    """Return the numbers of other notices that a letter may mention: those in it, and those that they follow up."""
    numbers = (number for part in occasion.parts for number in (part.number, _number_before(part)))
    return tuple(number for number in dict.fromkeys(numbers) if number and number != occasion.number)


def _number_before(part: UnitPart) -> str:
    return (part.previous.number or "") if part.previous else ""


def _the_letter(occasion: LetterInput) -> dict[str, object]:
    language, previous = occasion.estate.language, occasion.previous
    return {
        "number": occasion.number,
        "title": occasion.tier.title,
        "letter_date": written_date(occasion.letter_date, language),
        "deadline": written_date(occasion.deadline, language),
        "by_email": Channel.EMAIL in occasion.decision.channels,
        "as_of": written_date(occasion.as_of, language),
        "previous_number": _numbers_before(occasion),
        "previous_date": written_date(previous.date, language) if previous else "",
        "previous_title": _title(occasion.policy, previous.tier) if previous else "",
        **NO_REPLY,
    }


def _numbers_before(occasion: LetterInput) -> str:
    """Return the numbers of the letters that this one follows up; of many, the first and their count."""
    numbers = list(dict.fromkeys(filter(None, map(_number_before, occasion.parts))))
    if len(numbers) <= MOST_NUMBERS:
        return "、".join(numbers) if occasion.estate.language == "zh" else ", ".join(numbers)
    return _and_more(numbers[0], len(numbers), "件", occasion.estate.language)


def _and_more(first: str, count: int, counter: str, language: Language) -> str:
    return f"{first}等{count}{counter}" if language == "zh" else f"{first} and {count - 1} more"


def _title(policy: Policy, tier: str) -> str:
    return next((known.title for known in policy.tiers if known.name == tier), tier)


def _the_owner(account: Account, estate: Estate) -> dict[str, object]:
    company = is_company(account.owners, account.owner_kind)
    return {
        "owner": account.owner,
        "owners": list(account.owners),
        "to_company": company,
        "you": YOU[estate.language][company],
        "unit": account.printed_unit,
        "building": account.building,
        "entrance": account.entrance,
        "room": account.room,
        "area": f"{account.area:,.2f}" if account.area else "",
        "address": account.address or estate.address_of(account.printed_unit),
        "postcode": account.postcode,
    }


def _the_units(occasion: LetterInput) -> dict[str, object]:
    """Return what a letter says of its units: one is named as in the list, several by the first and a count."""
    several: dict[str, object] = {}
    if occasion.units:
        first, count = occasion.account.printed_unit, len(occasion.units)
        several = {"unit": _and_more(first, count, "处", occasion.estate.language), "area": ""}
    return {
        **several,
        "combined": bool(occasion.units),
        "unit_count": len(occasion.parts),
        "units": [
            {
                "unit": part.account.printed_unit,
                "notice": part.number,
                "principal": format_grouped(part.decision.principal),
                "total": format_grouped(part.decision.total),
            }
            for part in occasion.parts
        ],
    }


def _the_sender(occasion: LetterInput) -> dict[str, object]:
    estate, handler = occasion.estate, occasion.handler
    centre, bank = estate.service_centre, estate.bank
    return {
        "estate": estate.name,
        "estate_address": estate.address,
        "contract": estate.contract,
        "contract_clause": estate.contract_clause,
        "fee_standard": _fee_standard(occasion),
        "company": centre.company,
        "centre": centre.name,
        "centre_address": centre.address,
        "centre_telephone": centre.telephone,
        "centre_hours": centre.hours,
        "centre_postcode": centre.postcode,
        "handler": handler.name if handler else "",
        "handler_telephone": (handler.telephone if handler else "") or centre.telephone,
        "bank_account_name": bank.account_name,
        "bank": bank.bank,
        "bank_account": bank.account,
        "online": estate.online,
    }


def _fee_standard(occasion: LetterInput) -> str:
    """Return the estate's standard of the property fee, if that is the rate of each property fee in the letter."""
    words, usual = occasion.law.property_fees, occasion.estate.fee_standard
    claimed = [it.charge for it in occasion.decision.standings if it.claimable]
    fees = [charge for charge in claimed if is_property_fee(charge.item, words)]
    return usual if fees and not any(_is_at_another_rate(charge, usual, occasion.policy) for charge in fees) else ""


def _is_at_another_rate(charge: Charge, usual: str, policy: Policy) -> bool:
    own = policy.item(charge.item)
    named = (own.fee_standard if own else "") or charge.rate
    return not figures_in(named) <= figures_in(usual)


def _the_law(occasion: LetterInput) -> dict[str, object]:
    law, firm = occasion.law, occasion.law_firm
    return {
        "law_duty": law.duty,
        "law_demand": law.demand,
        "law_regulation": law.regulation,
        "law_other": _ground_of_others(occasion),
        "law_late_fee": law.late_fee,
        "law_preliminary": law.preliminary if is_preliminary(occasion.estate.contract) else "",
        "law_firm": firm.name,
        "law_firm_address": firm.address,
        "law_firm_telephone": firm.telephone,
        "law_firm_postcode": firm.postcode,
        "lawyer": firm.lawyer,
        "licence": firm.licence,
    }


def _ground_of_others(occasion: LetterInput) -> str:
    """Return the legal grounds of the charges other than property fees, each once; the usual one if there are none."""
    law = occasion.law
    items = [standing.charge.item for standing in occasion.decision.standings if standing.claimable]
    others = [item for item in items if not is_property_fee(item, law.property_fees)]
    return grounds_of_others(others, occasion.policy, law) or law.other


def _the_debt(occasion: LetterInput) -> dict[str, object]:
    decision, language = occasion.decision, occasion.estate.language
    claimed = [standing for standing in decision.standings if standing.claimable]
    return {
        "charges": [row for part in occasion.parts for row in _rows(part, occasion, language)],
        "charge_count": len(claimed),
        "claims_property_fee": _claims(occasion, property_fees=True),
        "claims_other_fees": _claims(occasion, property_fees=False),
        "due_total": format_grouped(_sum(_due(standing) for standing in claimed)),
        "received_total": format_grouped(_sum(_received(standing) for standing in claimed)),
        "waived_total": _unless_zero(_sum(standing.charge.waived for standing in claimed)),
        "principal": format_grouped(decision.principal),
        "principal_capital": format_capital(decision.principal),
        "late_fee": format_grouped(decision.late_fee),
        "late_fee_capital": format_capital(decision.late_fee),
        **_the_late_fee([standing.charge.item for standing in claimed], occasion.policy, language),
        "claims_late_fee": occasion.tier.claims_late_fee,
        "total": format_grouped(decision.total),
        "total_capital": format_capital(decision.total),
        "oldest_due": written_date(decision.oldest_due, language) if decision.oldest_due else "",
        "days_overdue": decision.days_overdue,
    }


def _claims(occasion: LetterInput, *, property_fees: bool) -> bool:
    """Return whether the letter claims any property fee, or any other fee."""
    words = occasion.law.property_fees
    claimed = (standing.charge.item for standing in occasion.decision.standings if standing.claimable)
    return any(is_property_fee(item, words) is property_fees for item in claimed)


def _the_late_fee(items: Sequence[str], policy: Policy, language: Language) -> dict[str, object]:
    """Return rate and cap of the late fee; where they differ from item to item, each with its items."""
    fees = {item: policy.late_fee_of(item) for item in items} or {"": policy.late_fee}
    rates = {item: written_rate(fee.daily_rate, language) if fee.daily_rate else "" for item, fee in fees.items()}
    caps = {item: percentage(fee.cap) for item, fee in fees.items() if fee.daily_rate and fee.cap is not None}
    capped = {item: caps.get(item, "") for item, rate in rates.items() if rate}
    return {
        "late_fee_rate": by_item(rates, say("none"), language),
        "late_fee_cap": by_item(capped, say("no cap"), language),
    }


def _rows(part: UnitPart, occasion: LetterInput, language: Language) -> Iterator[dict[str, object]]:
    """Yield the rows of a unit's charges, each with what the table says of the unit before and after them.

    `keep` rows stay on one page with the next: all of a unit, or of many only the first and the last.
    """
    claimed = part.claimed
    of_unit = {
        "unit": part.account.printed_unit,
        "notice": part.number,
        "unit_area": f"{part.account.area:,.2f}" if part.account.area else "",
        "unit_due": format_grouped(_sum(_due(standing) for standing in claimed)),
        "unit_received": format_grouped(_sum(_received(standing) for standing in claimed)),
        "unit_balance": format_grouped(part.decision.principal),
        "unit_late_fee": format_grouped(part.decision.late_fee),
        "unit_total": format_grouped(part.decision.total),
    }
    for place, standing in enumerate(claimed, start=1):
        opens, closes = place == 1, place == len(claimed)
        keep = opens or closes or len(claimed) <= MOST_KEPT
        yield {**_row(standing, occasion, language), **of_unit, "opens": opens, "closes": closes, "keep": keep}


def _row(standing: ChargeStanding, occasion: LetterInput, language: Language) -> dict[str, object]:
    charge, own = standing.charge, occasion.policy.item(standing.charge.item)
    is_property = is_property_fee(charge.item, occasion.law.property_fees)
    return {
        "item": charge.item,
        "period": written_period(charge, language),
        "due_date": f"{charge.due_date:%Y-%m-%d}",
        "rate": rate_of(charge, own.fee_standard if own else "", language, property_fee=is_property),
        "due": format_grouped(_due(standing)),
        "received": format_grouped(_received(standing)),
        "balance": format_grouped(standing.balance),
        "days_late": standing.days_late,
        "late_fee": format_grouped(standing.late_fee),
    }


def _due(standing: ChargeStanding) -> Decimal:
    return standing.charge.due - standing.charge.waived


def _received(standing: ChargeStanding) -> Decimal:
    """Return what reduced the charge (paid in the list, paid since, overpayment), so that each row adds up."""
    return _due(standing) - standing.balance


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


def _unless_zero(amount: Decimal) -> str:
    return format_grouped(amount) if amount else ""


def _the_marks(occasion: LetterInput) -> dict[str, object]:
    link = occasion.estate.payment_link
    return {
        "qr": occasion.number,
        "payment_link": link,
        "payment_qr": payment_url(link, occasion.number) if link else "",
        "centre_seal": occasion.estate.service_centre.seal,
        "law_firm_seal": occasion.law_firm.seal,
    }


def payment_url(link: str, number: str) -> str:
    """Return the payment link with the notice number in place of {number}, else appended as `notice=`."""
    quoted = quote(number, safe="")
    if "{number}" in link:
        return link.replace("{number}", quoted)
    return f"{link}{'&' if '?' in link else '?'}notice={quoted}"
