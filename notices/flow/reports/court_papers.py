"""Fields of the court's papers: the parties, the claim, the demands, the charges, the evidence and its pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from notices.ledger import DecisionRecord, DeliveryRecord, NoticeRecord
from notices.letters.wording import percentage, rate_of, written_date, written_period, written_rate
from notices.messages import Message, say
from notices.model import ZERO, Channel, ChargeStanding, State
from notices.rules.addressees import is_company, is_property_fee
from notices.rules.court import CourtClaim, CourtKind
from notices.rules.money import format_capital, format_grouped
from notices.settings import Estate, Law, LawFirm, Policy

CITED = re.compile("(《.+》)(第[^第款项、；]+条(?:之[一二三四五六七八九十]+)?)((?:第[^第条、；]+款)?)")


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
        "to_company": case.to_company,
        "address": account.address or case.estate.address_of(account.printed_unit),
        "telephone": account.telephone,
    }


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
    cited = [law.duty, law.demand, *([law.late_fee] if case.late_fee > 0 else [])]
    return {
        "contract": estate.contract,
        "contract_clause": estate.contract_clause,
        "fee_standard": estate.fee_standard,
        "law_duty": law.duty,
        "law_demand": law.demand,
        "law_late_fee": law.late_fee,
        "law_ground": cited_together(cited),
    }


def _claim(case: CourtCase) -> dict[str, object]:
    """Return the charges and their sums."""
    claim = case.claim
    charges = claim.charges
    each = enumerate(zip(charges, claim.limits, strict=True), start=1)
    return {
        "oldest_due": written_date(min(it.charge.due_date for it in charges), "zh"),
        "charge_count": len(charges),
        "charges": [_row(place, it, limit, case) for place, (it, limit) in each],
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
        found = CITED.fullmatch(each)
        if found is None:
            told.append(each)
            law = article = ""
            continue
        this_law, this_article, paragraph = found.groups()
        named = "" if this_law == law else this_law
        again = not named and this_article == article and paragraph
        told.append(paragraph if again else f"{named}{this_article}{paragraph}")
        law, article = this_law, this_article
    return "、".join(told)


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
    account, items = case.entry.account, list[Message]()
    if case.to_company:
        items.append(say("the owner's unified social credit code and registration data"))
    else:
        items.append(say("the owner's ID number, such as from the register of real estate"))
    if not account.telephone:
        items.append(say("a telephone number of the owner"))
    items += [
        say("proof that the owner owns the unit"),
        say("the name of the court"),
        say("the company's business licence, its credit code, and the identity of its legal representative"),
        say("the lawyer's power of attorney and the law firm's letter to the court"),
        say("a copy of the contract {contract} with its clause on fees and late fee", contract=case.estate.contract),
        say("proof that the service was rendered, such as the filing of the fee and work records"),
    ]
    if not account.area:
        items.append(say("the floor area of the unit"))
    if not case.estate.fee_standard:
        items.append(say("the fee standard"))
    items += [
        say("the letter {number} of {date}, and the record of its delivery", number=notice.number, date=notice.date)
        for notice in case.notices
        if notice.imported and any(_is_proven_demand(way) for way in notice.deliveries)
    ]
    if kind is CourtKind.COMPLAINT:
        items.append(say("who signed the contract and when, and any agreement on jurisdiction or arbitration"))
    return tuple(items)


def _row(place: int, standing: ChargeStanding, limit: date, case: CourtCase) -> Mapping[str, object]:
    charge, own = standing.charge, case.policy.item(standing.charge.item)
    is_property = is_property_fee(charge.item, case.law.property_fees)
    usual = case.estate.fee_standard if is_property else ""
    due = charge.due - charge.waived
    return {
        "place": place,
        "item": charge.item,
        "period": written_period(charge, "zh"),
        "due_date": f"{charge.due_date:%Y-%m-%d}",
        "rate": rate_of(charge, (own.fee_standard if own else "") or usual, "zh", property_fee=is_property),
        "due": format_grouped(due),
        "received": format_grouped(due - standing.balance),
        "balance": format_grouped(standing.balance),
        "days_late": standing.days_late,
        "late_fee": format_grouped(standing.late_fee),
        "limit": f"{limit:%Y-%m-%d}",
    }


def _service_period(charges: Sequence[ChargeStanding]) -> str:
    periods = [it.charge.period for it in charges if it.charge.period]
    if not periods:
        return "____________________"
    first, last = min(it.start for it in periods), max(it.end for it in periods)
    return f"{written_date(first, 'zh')}至{written_date(last, 'zh')}"


def _sum(amounts: object) -> Decimal:
    return sum(amounts, ZERO)  # type: ignore[call-overload, no-any-return]
