"""Houses that letters come from: whose envelope, and where no seal is printed whose stamp, a letter needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from notices.errors import UsageMistake
from notices.flow.batch.frozen import Frozen
from notices.flow.batch.outgoing import LetterKind, QueuedLetter
from notices.flow.batch.session import BatchSession
from notices.ledger import DecisionRecord, Ledger
from notices.letters.template import fields_of, open_template
from notices.messages import say
from notices.press import Origin
from notices.settings import ServiceCentre


class House(NamedTuple):
    """A law firm or service company, and True if its letters have a printed seal."""

    name: str
    sealed: bool


def house_of(frozen: Frozen, kind: LetterKind) -> House:
    """Return the house that a kind of letter comes from, as it was set when the notices were approved."""
    settings = frozen.approved(kind.approval).settings
    if frozen.tier_of(*kind).sender == "law-firm":
        name, seal, field = settings.law_firm.name, settings.law_firm.seal, "law_firm_seal"
    else:
        estate = settings.estate(kind.estate)
        centre = estate.service_centre if estate else ServiceCentre()
        name, seal, field = centre.company or centre.name, centre.seal, "centre_seal"
    shown = _fields(frozen.template_path(kind.estate, kind.tier, kind.approval))
    return House(name, bool(seal) and field in shown)


@cache
def _fields(template: Path) -> frozenset[str]:
    return fields_of(open_template(template))


def origin_of(frozen: Frozen, entries: Iterable[DecisionRecord]) -> Origin:
    """Return where the letters of these notices come from, for the cover of their job."""
    kinds = {
        LetterKind(entry.notice.approval, entry.account.estate, entry.decision.tier or "")
        for entry in entries
        if entry.notice is not None and entry.notice.approval is not None
    }
    return origin_of_kinds(frozen, kinds)


def origin_of_kinds(frozen: Frozen, kinds: Iterable[LetterKind]) -> Origin:
    """Return where letters of these kinds come from."""
    chosen = sorted(kinds)
    estates = [frozen.approved(kind.approval).settings.estate(kind.estate) for kind in chosen]
    companies = [each.service_centre.company or each.service_centre.name for each in estates if each]
    houses = [house_of(frozen, kind) for kind in chosen]
    return Origin(
        companies=tuple(dict.fromkeys(filter(None, companies))),
        senders=tuple(dict.fromkeys(house.name for house in houses if house.name)),
        to_stamp=tuple(dict.fromkeys(house.name for house in houses if not house.sealed and house.name)),
        any_seal=any(house.sealed for house in houses),
    )


def separate(session: BatchSession, letters: Sequence[QueuedLetter]) -> list[list[QueuedLetter]]:
    """Share out letters into print jobs as `[print] separate` says, in the order of the escalation."""
    how, policy = session.workspace.settings.print.separate, session.workspace.settings.policy
    rank: Mapping[str, int] = {tier.name: place for place, tier in enumerate(policy.tiers)}

    def job_of(kind: LetterKind) -> str:
        if how == "sender":
            return house_of(session.frozen, kind).name
        return kind.tier if how == "tier" else ""

    kinds = sorted({letter.kind for letter in letters}, key=lambda kind: (rank.get(kind.tier, len(rank)), kind))
    shares: dict[str, list[QueuedLetter]] = {job_of(kind): [] for kind in kinds}
    jobs = {kind: job_of(kind) for kind in kinds}
    for letter in letters:
        shares[jobs[letter.kind]].append(letter)
    return list(shares.values())


def refuse_unknown_tier(ledger: Ledger, batch: str, tier: str | None) -> None:
    """Raise UsageMistake if no approved notice of the batch is of that tier."""
    if tier is None:
        return
    with ledger.read() as books:
        books.batches.in_use(batch)
        known = {each.tier for each in books.batches.summaries(batch)}
    if tier not in known:
        raise UsageMistake(
            say("Batch {batch} has no approved notice of tier “{tier}”.", batch=batch, tier=tier),
            say("Name one of {tiers}.", tiers=", ".join(sorted(known))),
        )
