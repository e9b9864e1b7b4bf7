"""The complete settings: validated as a whole, every mistake reported with its key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, PrivateAttr, ValidationError, model_validator

from notices.errors import SettingsMistake
from notices.messages import Message, say
from notices.settings.cluster import ClusterSettings
from notices.settings.estates import Estate, Law, LawFirm
from notices.settings.general import Calendar, Intake, LedgerSettings, Letters, PageSettings, Payments, Pdf, People
from notices.settings.mail import MailSettings
from notices.settings.mistakes import Mistake, message_for_error
from notices.settings.numbers import Numbers
from notices.settings.policy import Policy, apply_overrides
from notices.settings.printing import Print
from notices.settings.proof import SealKeys, Timestamp
from notices.settings.section import Section
from notices.settings.work import Work


class Settings(Section):
    """The content of `notices.toml`."""

    policy: Policy = Policy()
    estates: Annotated[tuple[Estate, ...], Field(min_length=1)]
    law_firm: LawFirm = LawFirm()
    law: Law = Law()
    numbers: Numbers = Numbers()
    people: People = People()
    work: Work = Work()
    calendar: Calendar = Calendar()
    intake: Intake = Intake()
    payments: Payments = Payments()
    letters: Letters = Letters()
    mail: MailSettings = MailSettings()
    print: Print = Print()
    pdf: Pdf = Pdf()
    timestamp: Timestamp = Timestamp()
    seal: SealKeys = SealKeys()
    page: PageSettings = PageSettings()
    cluster: ClusterSettings = ClusterSettings()
    ledger: LedgerSettings = LedgerSettings()
    _policies: dict[str, Policy] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _check_across_tables(self) -> Self:
        for what in ("name", "code"):
            values = ["".join(getattr(estate, what).casefold().split()) for estate in self.estates]
            if len(set(values)) != len(values):
                raise Mistake(say("two estates have the same {what}", what=what))
        for estate in self.estates:
            try:
                self._policies[estate.name] = (
                    apply_overrides(self.policy, estate.policy) if estate.policy else self.policy
                )
            except (ValidationError, Mistake) as error:
                raise ValueError(f"estate {estate.name}, policy: {error}") from error
        self._check_mail()
        self._check_numbers()
        return self

    def _check_numbers(self) -> None:
        for name in self.numbers.unknown(self.number_patterns, (estate.code for estate in self.estates)):
            raise Mistake(
                say(
                    "numbers.start has {name}, which is the number of no tier; the tiers have {patterns}",
                    name=name,
                    patterns=", ".join(self.number_patterns),
                )
            )

    @property
    def number_patterns(self) -> tuple[str, ...]:
        """Patterns of the numbers of all tiers, each once."""
        policies = (self.policy, *self._policies.values())
        return tuple(dict.fromkeys(tier.number for policy in policies for tier in policy.tiers))

    def _check_mail(self) -> None:
        tiers = {tier.name for policy in (self.policy, *self._policies.values()) for tier in policy.tiers}
        for table, names, known in (
            ("estates", self.mail.estates, {estate.name for estate in self.estates}),
            ("tiers", self.mail.tiers, tiers),
        ):
            for name in names.keys() - known:
                raise Mistake(say("mail.{table} has {name}, which does not exist", table=table, name=name))
        for name in self.seal.estates.keys() - {estate.name for estate in self.estates}:
            raise Mistake(say("seal.estates has {name}, which does not exist", name=name))
        # A signature names who signs: one company's key must not sign another's letters by default.
        companies = {it.service_centre.company for it in self.estates if it.name not in self.seal.estates}
        if "service-centre" in self.seal.senders and len(companies) > 1:
            raise Mistake(
                say(
                    "seal.senders.service-centre would sign for several companies: {names}; name the key of each "
                    "estate in seal.estates",
                    names=", ".join(sorted(companies)),
                )
            )
        if self.mail.pdf_password and self.pdf.archival:
            raise Mistake(say("mail.pdf_password and pdf.archival cannot be combined: PDF/A forbids passwords"))

    def estate(self, name: str) -> Estate | None:
        """Return the estate of that name, or None."""
        return next((estate for estate in self.estates if estate.name == name), None)

    def combines(self, estate: str) -> bool:
        """Return whether the notices of one owner's units in an estate go in one letter."""
        own = self.estate(estate)
        return ((own.combine if own else None) or self.letters.combine) == "owner"

    def policy_of(self, estate: str) -> Policy:
        """Return the policy with the estate's overrides; raises KeyError for an unknown estate."""
        return self._policies[estate]


def _key(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        path += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return path.lstrip(".")


def _override_mistakes(data: Mapping[str, Any]) -> list[Message]:
    """Return the mistakes in the estates' policy overrides, even if the rest of the settings is invalid."""
    try:
        policy = Policy.model_validate(data.get("policy", {}))
    except ValidationError:
        policy = Policy()  # reported elsewhere; the overrides can still be checked
    estates = data.get("estates")
    mistakes: list[Message] = []
    for place, estate in enumerate(estates if isinstance(estates, list) else [], start=1):
        override = estate.get("policy") if isinstance(estate, dict) else None
        if not isinstance(override, dict):
            continue
        where = f"estates[{place}].policy"
        try:
            apply_overrides(policy, override)
        except ValidationError as error:
            mistakes += [
                say("{key}: {mistake}", key=f"{where}.{_key(e['loc'])}", mistake=message_for_error(e))
                for e in error.errors()
            ]
        except Mistake as error:
            mistakes.append(say("{key}: {mistake}", key=where, mistake=error.message))
    return mistakes


def parse(data: Mapping[str, Any], source: str = "notices.toml") -> Settings:
    """Validate the settings as a whole; raises SettingsMistake naming every mistake with its key."""
    details = _override_mistakes(data)
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        # The model's own error about an override (without a key) only repeats what is in `details`.
        details = [
            say("{key}: {mistake}", key=_key(e["loc"]) or source, mistake=message_for_error(e))
            for e in error.errors()
            if e["loc"] or not details
        ] + details
    else:
        return settings
    raise SettingsMistake(
        say("{file} has {count} mistake(s).", file=source, count=len(details)),
        say("Correct these keys and try again; `notices init` writes a file that explains every key."),
        details,
    )
