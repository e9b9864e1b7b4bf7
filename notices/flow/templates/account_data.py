"""Fields of a preview: those of a real account, else of the sample owner, with the workspace's own settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from notices.errors import UsageMistake
from notices.flow.workspace import Workspace, unknown_estate
from notices.intake import parse_account
from notices.ledger import BatchRecord, DecisionRecord, Ledger
from notices.letters.context import NO_REPLY, LetterInput, letter_fields
from notices.letters.fields import sample_fields
from notices.letters.keep_together import keep_together
from notices.messages import say
from notices.model import ZERO, Account, Action, Charge, Decision, History, PastNotice
from notices.rules.cases import case_notices
from notices.rules.decide import decide_safely
from notices.settings import Estate, Policy, Tier, series

FOR_ANSWERS = tuple(NO_REPLY)  # no demand has them
SEALS = ("centre_seal", "law_firm_seal")


@dataclass(frozen=True)
class PreviewData:
    """Fields of one letter, and the account that they are of; None: the sample owner's."""

    fields: Mapping[str, object]
    account: str | None = None
    batch: str | None = None


@dataclass(frozen=True)
class _Sheet:
    """The template to preview, in its workspace, and today."""

    workspace: Workspace
    template: Path
    today: date

    def tier(self, policy: Policy, planned: str | None) -> Tier:
        """Return the tier that uses the template, else the one that is planned, else the first."""
        using = [tier for tier in policy.tiers if tier.template == self.template.name]
        return next((tier for tier in using if tier.name == planned), None) or (
            using[0] if using else next((tier for tier in policy.tiers if tier.name == planned), policy.tiers[0])
        )

    def number(self, estate: Estate, tier: Tier, day: date) -> str:
        """Return the zeroth number of a series, for a letter that has none yet."""
        return series(tier.number, estate.code, day.year).format(seq=0)

    def deadline(self, tier: Tier, day: date) -> date:
        """Return the deadline of a letter of that day."""
        return self.workspace.working_days.deadline(day, tier.respond_within_days)

    def fields(self, occasion: LetterInput) -> Mapping[str, object]:
        """Return the fields of the letter; a seal that is not in the templates folder is left out."""
        sample = sample_fields(language=occasion.estate.language)
        own = {name: value for name, value in letter_fields(occasion).items() if name not in FOR_ANSWERS}
        absent = {name: "" for name in SEALS if not (self.workspace.templates / str(own.get(name) or "?")).is_file()}
        return keep_together({**sample, **own, **absent})


def account_data(
    workspace: Workspace, ledger: Ledger | None, template: Path, account: str | None, today: date
) -> PreviewData:
    """Return the fields of `account` in the newest batch that has it, or of the first suitable one of the newest batch.

    Suitable is, first, an account whose next letter is made of this template, then one that gets any letter, then one
    that owes something. Where there is none, they are the sample owner's. Raises UsageMistake for an unknown account.
    """
    sheet = _Sheet(workspace, template, today)
    found = _found(sheet, ledger, account) if ledger is not None else None
    if found is not None and ledger is not None:
        return PreviewData(sheet.fields(_occasion(sheet, ledger, *found)), found[1].account.key, found[0].name)
    if account is not None:
        raise UsageMistake(
            say("No batch has the account “{account}”.", account=account),
            say("Plan a list with it, or leave out --account: then another one is taken."),
        )
    return PreviewData(sheet.fields(_sample_occasion(sheet)))


def decision_occasion(workspace: Workspace, ledger: Ledger, batch: BatchRecord, entry: DecisionRecord) -> LetterInput:
    """Return the data of a decision's letter, as they would be if it were released for its day."""
    return _occasion(_sheet_of(workspace, batch, entry), ledger, batch, entry)


def occasion_data(
    workspace: Workspace, batch: BatchRecord, entry: DecisionRecord, occasion: LetterInput
) -> tuple[Path, Mapping[str, object]]:
    """Return the template of a decision's letter, and the fields of its data."""
    sheet = _sheet_of(workspace, batch, entry)
    return sheet.template, sheet.fields(occasion)


def _sheet_of(workspace: Workspace, batch: BatchRecord, entry: DecisionRecord) -> _Sheet:
    return _Sheet(workspace, workspace.template_path(entry.account.estate, entry.decision.tier or ""), batch.as_of)


def _found(sheet: _Sheet, ledger: Ledger, account: str | None) -> tuple[BatchRecord, DecisionRecord] | None:
    with ledger.read() as books:
        batches = [batch for batch in reversed(books.batches.all()) if batch.discarded is None]
        if account is None:
            entries = books.batches.decisions(batches[0].name) if batches else []
            chosen = next(_suitable(sheet, entries), None)
            return (batches[0], chosen) if chosen else None
        estates = tuple(estate.name for estate in sheet.workspace.settings.estates)
        wanted = parse_account(account, estates).case
        if sheet.workspace.settings.estate(wanted.estate) is None:
            raise unknown_estate(wanted.estate, estates)
        for batch in batches:
            if (key := books.batches.cases(batch.name).get(wanted)) is not None:
                pages = books.batches.decision_pages(batch.name, after=key - 1, size=1)
                return batch, next(pages)[0]
    return None


def _suitable(sheet: _Sheet, entries: list[DecisionRecord]) -> Iterator[DecisionRecord]:
    """Yield the accounts that the template could be for, the most suitable first."""
    workspace = sheet.workspace
    known = [entry for entry in entries if workspace.settings.estate(entry.account.estate)]
    issued = [entry for entry in known if entry.decision.action is Action.ISSUE]

    def is_its_letter(entry: DecisionRecord) -> bool:
        tier = entry.decision.tier
        names = {known_tier.name for known_tier in workspace.policy(entry.account.estate).tiers}
        return tier in names and workspace.template_path(entry.account.estate, tier or "") == sheet.template

    steps: tuple[tuple[list[DecisionRecord], Callable[[DecisionRecord], bool]], ...] = (
        (issued, is_its_letter),
        (issued, lambda _: True),
        (known, lambda entry: any(standing.claimable for standing in entry.decision.standings)),
    )
    for some, fits in steps:
        yield from filter(fits, some)


def _occasion(sheet: _Sheet, ledger: Ledger, batch: BatchRecord, entry: DecisionRecord) -> LetterInput:
    workspace, account, notice = sheet.workspace, entry.account, entry.notice
    policy = workspace.policy(account.estate)
    tier = sheet.tier(policy, entry.decision.tier)
    claimable = [standing for standing in entry.decision.standings if standing.claimable]
    with ledger.read() as books:
        history = books.histories.of_cases(
            {account.case: account.charges}, list_date=batch.list_date, as_of=batch.as_of, leave_out_batch=batch.name
        )[account.case]
    ranks = {each.name: rank for rank, each in enumerate(policy.tiers)}
    counted = replace(history, notices=tuple(it for it in history.notices if it.tier in ranks))
    earlier = [it for it in case_notices(counted, claimable, batch.as_of, policy) if ranks[it.tier] < ranks[tier.name]]
    estate = workspace.settings.estate(account.estate)
    assert estate is not None  # noqa: S101 - only accounts of known estates are found
    day = (notice.date if notice else None) or sheet.today
    return LetterInput(
        account=account,
        decision=_of_tier(entry.decision, tier),
        estate=estate,
        tier=tier,
        policy=policy,
        law_firm=workspace.settings.law_firm,
        law=workspace.settings.law,
        number=(notice.number if notice else None) or sheet.number(estate, tier, day),
        letter_date=day,
        deadline=sheet.deadline(tier, day),
        as_of=batch.as_of,
        previous=earlier[-1] if earlier else None,
        handler=next((each for each in estate.handlers if each.name == entry.handler), None),
    )


def _of_tier(decision: Decision, tier: Tier) -> Decision:
    """Return the decision with the total that a letter of this tier demands."""
    return replace(decision, total=decision.principal + (decision.late_fee if tier.claims_late_fee else ZERO))


def _sample_occasion(sheet: _Sheet) -> LetterInput:
    """Return the sample owner's letter in the first estate whose letters are in the template's language."""
    settings = sheet.workspace.settings
    estates = settings.estates
    tiers = {estate.name: sheet.tier(settings.policy_of(estate.name), None) for estate in estates}
    own = [it for it in estates if sheet.workspace.template_path(it.name, tiers[it.name].name) == sheet.template]
    estate = (*own, *estates)[0]
    policy, tier = settings.policy_of(estate.name), tiers[estate.name]
    account = _sample_account(estate, sheet.today)
    decision = decide_safely(account, History(list_date=sheet.today), policy, sheet.today)
    earlier = policy.tiers[: policy.rank(tier.name)]
    before = sheet.today - timedelta(days=policy.grace_days + 60)
    return LetterInput(
        account=account,
        decision=_of_tier(decision, tier),
        estate=estate,
        tier=tier,
        policy=policy,
        law_firm=settings.law_firm,
        law=settings.law,
        number=sheet.number(estate, tier, sheet.today),
        letter_date=sheet.today,
        deadline=sheet.deadline(tier, sheet.today),
        as_of=sheet.today,
        previous=PastNotice(earlier[-1].name, before, (), sheet.number(estate, earlier[-1], before))
        if earlier
        else None,
        handler=estate.handlers[0] if estate.handlers else None,
    )


def _sample_account(estate: Estate, today: date) -> Account:
    """Return the owner of the field catalogue, in arrears since half a year."""
    sample = sample_fields()
    charges = sample["charges"]
    assert isinstance(charges, list)  # noqa: S101 - as the catalogue has it
    row = charges[0]
    owners = sample["owners"]
    assert isinstance(owners, list)  # noqa: S101 - as the catalogue has it
    return Account(
        estate=estate.name,
        unit=str(sample["unit"]),
        owners=tuple(owners),
        building=str(sample["building"]),
        entrance=str(sample["entrance"]),
        room=str(sample["room"]),
        area=Decimal(str(sample["area"])),
        postcode=str(sample["postcode"]),
        charges=(
            Charge(
                item=str(row["item"]),
                due_date=today - timedelta(days=int(row["days_late"])),
                due=Decimal(str(row["due"]).replace(",", "")),
                paid=Decimal(str(row["received"]).replace(",", "")),
                period_text=str(row["period"]),
                rate=str(row["rate"]),
            ),
        ),
    )
