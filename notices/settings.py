"""The shape of `notices.toml`: checked as a whole, every mistake named with its key, then frozen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)

from notices.errors import SettingsMistake
from notices.messages import Language, Message, say
from notices.mistakes import Mistake, said
from notices.model import Channel

Amount = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]
Rate = Annotated[Decimal, Field(ge=0, le=1)]
Days = Annotated[int, Field(ge=0, le=3650)]

# What the tiers of the sample workspace say, for a tier of the same name that leaves the key out.
TIER_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "reminder": {"title": "催费函", "channels": ["email", "print"], "deliver": "first"},
    "lawyer-letter": {"title": "律师函", "channels": ["print", "email"], "deliver": "all"},
    "follow-up": {"title": "律师函后函", "channels": ["print", "email"], "deliver": "all", "slip": True},
}


class Section(BaseModel):
    """A table of the settings: frozen, and an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class LateFee(Section):
    """违约金 as contracted: a rate a day on each charge's balance, capped at a share of it (no cap: None)."""

    daily_rate: Rate = Decimal("0.0003")
    cap: Annotated[Decimal, Field(ge=0)] | None = None


class Tier(Section):
    """One step of the escalation; what its letter is made of and what it takes to send it."""

    name: Annotated[str, Field(pattern=r"^[^\W_][\w-]{0,39}$")]
    title: str = ""
    template: str = ""
    number: str = "{code}-{year}-{seq:06d}"
    min_principal: Amount | None = None
    min_days_overdue: Days | None = None
    respond_within_days: Annotated[int, Field(ge=1, le=365)] = 15
    claims_late_fee: bool = False
    approval: Literal["second-person"] | None = None
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)] = (Channel.EMAIL, Channel.PRINT)
    deliver: Literal["first", "all"] = "first"
    confirmed_email_only: bool = False
    slip: bool = False

    @model_validator(mode="before")
    @classmethod
    def _defaults_of_its_name(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        name = data.get("name")
        return {"template": f"{name}.docx", "title": name, **TIER_DEFAULTS.get(str(name), {}), **data}

    @field_validator("template")
    @classmethod
    def _template_is_a_file_name(cls, value: str) -> str:
        if "/" in value or "\\" in value or not value.endswith(".docx"):
            raise Mistake(say("must be the name of a .docx file in templates/"))
        return value

    @field_validator("number")
    @classmethod
    def _number_can_be_filled(cls, value: str) -> str:
        try:
            first, second = (value.format(code="A", year=2026, seq=seq) for seq in (1, 2))
        except (KeyError, IndexError, AttributeError) as error:
            raise Mistake(say("knows only {fields}", fields="{code}, {year}, {seq}")) from error
        if first == second:
            raise Mistake(say("must contain {field}", field="{seq}"))
        if re.search(r"[/\\\x00-\x1f:*?\"<>|]|^[.\s]|\s$", first):
            raise Mistake(say("must be usable as a file name"))
        return value

    @field_validator("channels")
    @classmethod
    def _each_channel_once(cls, value: tuple[Channel, ...]) -> tuple[Channel, ...]:
        if len(set(value)) != len(value):
            raise Mistake(say("names a channel twice"))
        return value


def _default_tiers() -> tuple[Tier, ...]:
    return (
        Tier(name="reminder"),
        Tier(
            name="lawyer-letter",
            min_principal=Decimal("500.00"),
            min_days_overdue=60,
            claims_late_fee=True,
            approval="second-person",
        ),
        Tier(name="follow-up", respond_within_days=10, claims_late_fee=True),
    )


class Policy(Section):
    """The rule book's figures (docs/rules.md); amounts in yuan, spans in days and years."""

    grace_days: Days = 15
    minimum: Amount = Decimal("100.00")
    late_fee: LateFee = LateFee(daily_rate=Decimal("0.0003"), cap=Decimal("0.30"))
    promise_grace_days: Days = 3
    limitation_years: Annotated[int, Field(ge=1, le=30)] = 3
    limitation_warning_days: Days = 90
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1)] = Field(default_factory=_default_tiers)

    @field_validator("tiers")
    @classmethod
    def _each_tier_once(cls, value: tuple[Tier, ...]) -> tuple[Tier, ...]:
        names = [tier.name for tier in value]
        if len(set(names)) != len(names):
            raise Mistake(say("names a tier twice"))
        return value

    def tier(self, name: str) -> Tier:
        """The tier of that name; raises KeyError."""
        for tier in self.tiers:
            if tier.name == name:
                return tier
        raise KeyError(name)

    def rank(self, name: str) -> int:
        """How far up the escalation that tier stands, from 0; raises KeyError."""
        return self.tiers.index(self.tier(name))


class Handler(Section):
    """Who looks after which accounts; the first handler that matches takes one, empty lists match all."""

    name: Annotated[str, Field(min_length=1)]
    telephone: str = ""
    buildings: tuple[str, ...] = ()
    scopes: tuple[Literal["current-year", "prior-years", "mixed"], ...] = ()


class ServiceCentre(Section):
    """The property-service centre (物业服务中心): who signs the reminder and the follow-up."""

    company: str = ""
    name: str = ""
    address: str = ""
    telephone: str = ""
    hours: str = ""
    postcode: str = ""
    seal: str = ""  # file in templates/, "" for none


class Bank(Section):
    """Where a transfer goes."""

    account_name: str = ""
    bank: str = ""
    account: str = ""


class Estate(Section):
    """One estate (小区): who serves it, on what contract, how to pay."""

    name: Annotated[str, Field(min_length=1, pattern=r"^[^/\x00-\x1f]+$")]
    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,12}$")]
    language: Language = "zh"
    address: str = ""
    contract: str = ""
    contract_clause: str = ""
    fee_standard: str = ""
    payment_link: str = ""
    online: str = ""
    service_centre: ServiceCentre = ServiceCentre()
    bank: Bank = Bank()
    handlers: tuple[Handler, ...] = ()
    policy: dict[str, Any] = {}


class LawFirm(Section):
    """Who signs the lawyer's letter."""

    name: str = ""
    address: str = ""
    telephone: str = ""
    postcode: str = ""
    lawyer: str = ""
    licence: str = ""
    seal: str = ""


class Law(Section):
    """The sentences the letters rest on, each with its source; the company's lawyer answers for them."""

    duty: str = "《中华人民共和国民法典》第九百四十四条第一款"
    demand: str = "《中华人民共和国民法典》第九百四十四条第二款"
    regulation: str = "《物业管理条例》第七条第五项、第六十四条"


class People(Section):
    """Who may act; an empty list asks nothing."""

    names: tuple[str, ...] = ()


class Calendar(Section):
    """Holidays and make-up working days that the built-in calendar does not know."""

    holidays: tuple[date, ...] = ()
    workdays: tuple[date, ...] = ()


class Intake(Section):
    """How lists are read, and how much of one at most."""

    due_date: Literal["period-end", "period-start"] = "period-end"
    default_item: str = "物业服务费"
    max_charge: Amount = Decimal("10000000.00")
    max_megabytes: Annotated[int, Field(ge=1, le=4096)] = 200
    max_rows: Annotated[int, Field(ge=1, le=1_048_576)] = 500_000
    skip_owners: tuple[str, ...] = ("空置", "未售", "开发商")
    vanished: Literal["unknown", "paid"] = "unknown"


class Letters(Section):
    """How letters are made: letters a shard, offices at once (0: from the cores), seconds a shard may take."""

    shard: Annotated[int, Field(ge=1, le=500)] = 100
    workers: Annotated[int, Field(ge=0, le=64)] = 0
    timeout_seconds: Annotated[int, Field(ge=5, le=3600)] = 180


class Mail(Section):
    """How e-mail leaves; `outbox` writes .eml files and sends nothing."""

    transport: Literal["outbox"] = "outbox"
    sender: str = "notices@example.com"
    sender_name: str = ""
    reply_to: str = ""


class Print(Section):
    """What the print shop is told."""

    duplex: bool = True


class Pdf(Section):
    """What the letters' PDFs are; `archival` makes them PDF/A-2b, to be kept for long."""

    archival: bool = False


class Ledger(Section):
    """Where the ledger is; empty: batches/ledger.db."""

    url: str = ""


class Settings(Section):
    """All of `notices.toml`."""

    policy: Policy = Policy()
    estates: Annotated[tuple[Estate, ...], Field(min_length=1)]
    law_firm: LawFirm = LawFirm()
    law: Law = Law()
    people: People = People()
    calendar: Calendar = Calendar()
    intake: Intake = Intake()
    letters: Letters = Letters()
    mail: Mail = Mail()
    print: Print = Print()
    pdf: Pdf = Pdf()
    ledger: Ledger = Ledger()
    _policies: dict[str, Policy] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _estates_stand_alone(self) -> Self:
        for what in ("name", "code"):
            values = ["".join(getattr(estate, what).casefold().split()) for estate in self.estates]
            if len(set(values)) != len(values):
                raise Mistake(say("two estates have the same {what}", what=what))
        for estate in self.estates:
            try:
                self._policies[estate.name] = _overridden(self.policy, estate.policy) if estate.policy else self.policy
            except (ValidationError, Mistake) as error:
                raise ValueError(f"estate {estate.name}, policy: {error}") from error
        return self

    def estate(self, name: str) -> Estate | None:
        """The estate of that name, or None."""
        return next((estate for estate in self.estates if estate.name == name), None)

    def policy_of(self, estate: str) -> Policy:
        """The policy with what the estate overrides; raises KeyError for an unknown estate."""
        return self._policies[estate]


def _overridden(policy: Policy, override: Mapping[str, Any]) -> Policy:
    """The policy with an estate's figures in place of its own: tables key by key, tiers by their names.

    Raises ValidationError, and Mistake for what is no table where there must be one.
    """
    merged = policy.model_dump() | {key: value for key, value in override.items() if key not in {"tiers", "late_fee"}}
    merged["late_fee"] = policy.late_fee.model_dump() | _table(override.get("late_fee", {}), "late_fee")
    tiers = {tier.name: tier.model_dump() for tier in policy.tiers}
    given = override.get("tiers", [])
    if not isinstance(given, list | tuple):
        raise Mistake(say("{key}: {mistake}", key="tiers", mistake=say("must be a list of tables")))
    for tier in (_table(each, "tiers") for each in given):
        name = str(tier.get("name", ""))
        tiers[name] = tiers.get(name, {}) | tier
    return Policy.model_validate(merged | {"tiers": list(tiers.values())})


def _table(value: object, key: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Mistake(say("{key}: {mistake}", key=key, mistake=say("must be a table of keys and values")))
    return value


def _key(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        path += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return path.lstrip(".")


def _mistakes_of_overrides(data: Mapping[str, Any]) -> list[Message]:
    """The mistakes in what estates say of the policy, whatever else is wrong with the settings."""
    try:
        policy = Policy.model_validate(data.get("policy", {}))
    except ValidationError:
        policy = Policy()  # what they override is wrong itself, and said so; their own values can still be looked at
    estates = data.get("estates")
    mistakes: list[Message] = []
    for place, estate in enumerate(estates if isinstance(estates, list) else [], start=1):
        override = estate.get("policy") if isinstance(estate, dict) else None
        if not isinstance(override, dict):
            continue
        where = f"estates[{place}].policy"
        try:
            _overridden(policy, override)
        except ValidationError as error:
            mistakes += [
                say("{key}: {mistake}", key=f"{where}.{_key(e['loc'])}", mistake=said(e)) for e in error.errors()
            ]
        except Mistake as error:
            mistakes.append(say("{key}: {mistake}", key=where, mistake=error.message))
    return mistakes


def parse(data: Mapping[str, Any], source: str = "notices.toml") -> Settings:
    """Check the settings as a whole; raises SettingsMistake that names every mistake with its key."""
    details = _mistakes_of_overrides(data)
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        # The whole settings' own error about an override (it has no key) only says again what stands in `details`.
        details = [
            say("{key}: {mistake}", key=_key(e["loc"]) or source, mistake=said(e))
            for e in error.errors()
            if e["loc"] or not details
        ] + details
    else:
        return settings
    raise SettingsMistake(
        say("{file} has {count} mistake(s).", file=source, count=len(details)),
        say("Correct the keys named and try again; `notices init` writes a file with every key explained."),
        details,
    )
