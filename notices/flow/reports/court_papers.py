"""Fields of the court's papers: the parties, the claim, the demands, the charges, the evidence and its pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from notices.ledger import DecisionRecord, DeliveryRecord, NoticeRecord
from notices.letters.wording import (
    grounds_of_others,
    is_preliminary,
    percentage,
    rate_of,
    written_date,
    written_period,
    written_rate,
)
from notices.messages import Message, say
from notices.model import ZERO, Channel, Charge, ChargeStanding, State
from notices.rules.addressees import is_company, is_property_fee
from notices.rules.court import CourtClaim, CourtKind
from notices.rules.money import format_capital, format_grouped
from notices.settings import Estate, Law, LawFirm, Policy

CITED = re.compile("(《[^》]+》)(.+)")
ARTICLE = re.compile("(第[^第款项、；]+条(?:之[一二三四五六七八九十]+)?)((?:第[^第条、；]+[款项])*)")

BLANK = "_" * 20  # to be filled in by hand


@dataclass(frozen=True, slots=True)
class EvidenceEntry:
    """A line of the evidence list: its number, name, source, what it proves, and its pages in the bundle."""

    place: str
    name: str
    source: str
    proves: str
    first: int
    last: int


@dataclass(frozen=True)
class CourtCase:
    """An account before the court: its latest decision, the claim on the filing day, and who claims."""

    entry: DecisionRecord
    claim: CourtClaim
    notices: tuple[NoticeRecord, ...]
    estate: Estate
    policy: Policy
    law: Law
    law_firm: LawFirm
    filing: date
    objections: tuple[str, ...] = ()

    @property
    def late_fee(self) -> Decimal:
        """Late fee that is claimed."""
        return self.claim.late_fee

    @property
    def total(self) -> Decimal:
        """Principal and late fee."""
        return self.claim.principal + self.late_fee

    @property
    def is_joint(self) -> bool:
        """True if the unit has several owners, who owe together."""
        return len(self.entry.account.owners) > 1

    @property
    def to_company(self) -> bool:
        """True if the owner is a company or another organisation."""
        return is_company(self.entry.account.owners, self.entry.account.owner_kind)


def court_fields(case: CourtCase, kind: CourtKind, evidence: Sequence[EvidenceEntry]) -> dict[str, object]:
    """Return the fields of all four templates."""
    return {
        "kind": kind.value,
        "filing_date": written_date(case.filing, "zh"),
        **_claimant(case),
        **_owner(case),
        **_unit(case),
        **_grounds(case),
        **_claim(case),
        "demands": demands_of(case),
        "objections": "；".join(case.objections),
        "evidence": list(map(_listed, evidence)),
        "evidence_pages": max((it.last for it in evidence), default=0),
    }


def _claimant(case: CourtCase) -> dict[str, object]:
    centre, firm = case.estate.service_centre, case.law_firm
    return {
        "company": centre.company,
        "centre_address": centre.address,
        "centre_telephone": centre.telephone,
        "law_firm": firm.name,
        "law_firm_address": firm.address,
        "law_firm_telephone": firm.telephone,
        "lawyer": firm.lawyer,
        "licence": firm.licence,
    }


def _owner(case: CourtCase) -> dict[str, object]:
    account = case.entry.account
    return {
        "owner": account.owner,
        "owners": list(account.owners),
        "joint": case.is_joint,
        "to_company": case.to_company,
        "address": address_of(case),
        "telephone": account.telephone,
    }


def address_of(case: CourtCase) -> str:
    """Return the postal address of the owner: as the list has it, else the unit's."""
    account = case.entry.account
    return account.address or case.estate.address_of(account.printed_unit)


def _unit(case: CourtCase) -> dict[str, object]:
    account, estate = case.entry.account, case.estate
    return {
        "estate": estate.name,
        "estate_address": estate.address,
        "unit": account.printed_unit,
        "area": f"{account.area:,.2f}" if account.area else "",
    }


def _grounds(case: CourtCase) -> dict[str, object]:
    """Return contract and law."""
    estate, law = case.estate, case.law
    return {
        "contract": estate.contract,
        "contract_clause": estate.contract_clause,
        "preliminary": is_preliminary(estate.contract),
        "fee_standard": estate.fee_standard,
        "law_duty": law.duty,
        "law_demand": law.demand,
        "law_late_fee": law.late_fee,
        "law_ground": cited_together(_cited(case)),
    }


def _cited(case: CourtCase) -> Iterator[str]:
    """Yield what this claim stands on: why the contract binds, duty and demand, several owners, the late fee."""
    law, items = case.law, list(dict.fromkeys(it.charge.item for it in case.claim.charges))
    others = [item for item in items if not is_property_fee(item, law.property_fees)]
    if is_preliminary(case.estate.contract):
        yield law.preliminary
    if len(others) < len(items):
        yield from (law.duty, law.demand)
    if others:
        yield grounds_of_others(others, case.policy, law)
    if case.is_joint:
        yield law.joint
    if case.late_fee > 0:
        yield law.late_fee


def _claim(case: CourtCase) -> dict[str, object]:
    """Return the charges and their sums."""
    claim = case.claim
    charges = claim.charges
    each = enumerate(zip(charges, claim.limits, strict=True), start=1)
    return {
        "oldest_due": written_date(min(it.charge.due_date for it in charges), "zh"),
        "charge_count": len(charges),
        "charges": [_row(place, it, limit, case) for place, (it, limit) in each],
        "fee_rates": _rates(case),
        "fees_first": case.policy.late_fee.before_principal,
        "service_period": _service_period(charges),
        "due_total": format_grouped(_sum(it.charge.due - it.charge.waived for it in charges)),
        "received_total": format_grouped(_sum(it.charge.due - it.charge.waived - it.balance for it in charges)),
        "principal": format_grouped(claim.principal),
        "principal_capital": format_capital(claim.principal),
        "late_fee": format_grouped(case.late_fee),
        "late_fee_capital": format_capital(case.late_fee),
        "late_fee_due": case.late_fee > 0,
        "late_fee_ground": late_fee_ground(case),
        "total": format_grouped(case.total),
        "total_capital": format_capital(case.total),
    }


def _listed(entry: EvidenceEntry) -> dict[str, str]:
    return {
        "place": entry.place,
        "name": entry.name,
        "source": entry.source,
        "proves": entry.proves,
        "pages": str(entry.first) if entry.first == entry.last else f"{entry.first}—{entry.last}",
    }


def demands_of(case: CourtCase) -> list[dict[str, str]]:
    """Return the demands that are proven to have reached the owner: date, title, number, and day of delivery."""
    titles = {tier.name: tier.title for tier in case.policy.tiers}
    return [
        {
            "date": written_date(notice.date, "zh"),
            "title": titles.get(notice.tier, notice.tier),
            "number": notice.number or "",
            "delivered": written_date(way.on or notice.date, "zh"),
        }
        for notice in case.notices
        for way in notice.deliveries
        if notice.date is not None and _is_proven_demand(way)
    ]


def _is_proven_demand(way: DeliveryRecord) -> bool:
    return way.channel is Channel.PRINT and way.state is State.DELIVERED


def cited_together(articles: Iterable[str]) -> str:
    """Return articles as one citation: a law and an article that were named just before are not named again."""
    told, law, article = list[str](), "", ""
    for each in dict.fromkeys(filter(None, articles)):
        own = list(_articles(each))
        if not own:
            told.append(each)
            law = article = ""
        for this_law, this_article, paragraph in own:
            named = "" if this_law == law else this_law
            again = not named and this_article == article and paragraph
            told.append(paragraph if again else f"{named}{this_article}{paragraph}")
            law, article = this_law, this_article
    return "、".join(dict.fromkeys(told))


def _articles(cited: str) -> Iterator[tuple[str, str, str]]:
    """Yield law, article and paragraph of each article in a citation of one law; nothing if it is anything else."""
    found = CITED.fullmatch(cited)
    parts = [ARTICLE.fullmatch(part) for part in found[2].split("、")] if found else []
    if found and all(parts):
        yield from ((found[1], part[1], part[2]) for part in parts if part)


def late_fee_ground(case: CourtCase) -> str:
    """Return how the late fee comes about: for each rate, the contract's clause, rate and cap."""
    fees: dict[tuple[Decimal, Decimal | None], list[str]] = {}
    for standing in case.claim.charges:
        fee = case.policy.late_fee_of(standing.charge.item)
        items = fees.setdefault((fee.daily_rate, fee.cap), [])
        if standing.charge.item not in items:
            items.append(standing.charge.item)
    several = len(fees) > 1
    told = [
        f"{'、'.join(items) if several else ''}按{case.estate.contract}{case.estate.contract_clause}，"
        f"以每笔欠费为基数，按日{written_rate(rate, 'zh')}计算"
        + ("" if cap is None else f"，每笔不超过该笔欠费的{percentage(cap)}")
        for (rate, cap), items in fees.items()
        if rate
    ]
    return "；".join(told) + "。" if told else ""


def to_supply(case: CourtCase, kind: CourtKind) -> tuple[Message, ...]:
    """Return what a person must still supply, because this program does not have it."""
    return (*_about_owner(case), *_about_claimant(kind), *_about_debt(case), *_about_demands(case))


def _about_owner(case: CourtCase) -> Iterator[Message]:
    account = case.entry.account
    if case.to_company:
        yield say("the owner's unified social credit code and registration data")
    elif case.is_joint:
        yield say("the ID number of each owner, such as from the register of real estate")
    else:
        yield say("the owner's ID number, such as from the register of real estate")
    if not account.telephone:
        yield say("a telephone number of the owner")
    yield say("where the owner lives or is registered; {address} is where letters go", address=address_of(case))
    yield say("proof that the owner owns the unit")


def _about_claimant(kind: CourtKind) -> Iterator[Message]:
    if kind is CourtKind.ORDER:
        yield say("the name of the court: the basic court where the owner lives (Interpretation of 2022, art. 23)")
        yield say(
            "that the owner is in the country and not missing, and that no preservation before action was applied for: "
            "the application says so (Interpretation of 2022, art. 427)"
        )
    else:
        yield say("the name of the court")
        yield say("who signed the contract and when, and any agreement on jurisdiction or arbitration")
    yield say("the company's business licence, its credit code, and the identity of its legal representative")
    yield say("the lawyer's power of attorney and the law firm's letter to the court")


def _about_debt(case: CourtCase) -> Iterator[Message]:
    contract = case.estate.contract
    yield say("a copy of the contract {contract} with its clause on fees and late fee", contract=contract)
    yield say("proof that the service was rendered, such as the filing of the fee and work records")
    if not case.entry.account.area:
        yield say("the floor area of the unit")
    for item in dict.fromkeys(it.charge.item for it in case.claim.charges if not _rate(case, it.charge)):
        yield say("the fee standard of {item}", item=item)


def _about_demands(case: CourtCase) -> Iterator[Message]:
    """Yield the papers of each proven demand that the house or the carrier has."""
    for notice in case.notices:
        for way in filter(_is_proven_demand, notice.deliveries):
            if notice.imported:
                yield say(
                    "the letter {number} of {date}, and the record of its delivery",
                    number=notice.number,
                    date=notice.date,
                )
            elif way.waybill:
                yield say(
                    "the carrier's receipt and record of delivery of the letter {number}, waybill {waybill}",
                    number=notice.number,
                    waybill=way.waybill,
                )
            else:
                yield say("the receipt and record of delivery of the letter {number}", number=notice.number)


def _row(place: int, standing: ChargeStanding, limit: date, case: CourtCase) -> Mapping[str, object]:
    charge = standing.charge
    due = charge.due - charge.waived
    return {
        "place": place,
        "item": charge.item,
        "period": written_period(charge, "zh"),
        "due_date": f"{charge.due_date:%Y-%m-%d}",
        "rate": _rate(case, charge),
        "due": format_grouped(due),
        "received": format_grouped(due - standing.balance),
        "balance": format_grouped(standing.balance),
        "days_late": standing.days_late,
        "late_fee": format_grouped(standing.late_fee),
        "limit": f"{limit:%Y-%m-%d}",
    }


def _rate(case: CourtCase, charge: Charge) -> str:
    own, is_property = case.policy.item(charge.item), is_property_fee(charge.item, case.law.property_fees)
    usual = case.estate.fee_standard if is_property else ""
    return rate_of(charge, own.fee_standard if own else "", "zh", property_fee=is_property) or usual


def _rates(case: CourtCase) -> str:
    """Return the fee standard of what is claimed; that of each item where there are several."""
    rates: dict[str, list[str]] = {}
    for each in case.claim.charges:
        known, rate = rates.setdefault(each.charge.item, []), _rate(case, each.charge) or BLANK
        if rate not in known:
            known.append(rate)
    told = {item: "、".join(known) for item, known in rates.items()}
    return "；".join(f"{item}：{rate}" for item, rate in told.items()) if len(told) > 1 else "".join(told.values())


def _service_period(charges: Sequence[ChargeStanding]) -> str:
    periods = [it.charge.period for it in charges if it.charge.period]
    if not periods:
        return BLANK
    first, last = min(it.start for it in periods), max(it.end for it in periods)
    return f"{written_date(first, 'zh')}至{written_date(last, 'zh')}"


def _sum(amounts: object) -> Decimal:
    return sum(amounts, ZERO)  # type: ignore[call-overload, no-any-return]
