"""[policy] and its tiers: the figures of the rule book, and their overrides by estate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from notices.messages import say
from notices.model import Channel
from notices.settings.mistakes import Mistake
from notices.settings.numbers import fillable_number
from notices.settings.section import Amount, Days, Rate, Section

# Defaults for tiers named as in the sample workspace.
TIER_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "reminder": {"title": "催费函", "channels": ["email", "print"], "deliver": "first"},
    "lawyer-letter": {
        "title": "律师函",
        "channels": ["print", "email"],
        "deliver": "all",
        "sender": "law-firm",
        "expected_response": "0.15",
    },
    "follow-up": {"title": "律师函后函", "channels": ["print", "email"], "deliver": "all", "slip": True},
}


BY_NAME = frozenset({"tiers", "items"})  # lists of tables, which an estate overrides one by one


class LateFee(Section):
    """违约金 as contracted: a daily rate on each charge's balance, capped at a share of it (None: no cap).

    With `before_principal` a payment pays the late fee of a charge first and then its principal. The Civil Code
    (民法典 art. 561) puts costs and interest before the principal unless the parties agree otherwise; that a late fee
    ranks with interest is disputed, so the default is the owner's advantage: principal first.
    """

    daily_rate: Rate = Decimal("0.0003")
    cap: Annotated[Decimal, Field(ge=0)] | None = None
    before_principal: bool = False


class Item(Section):
    """A fee item (停车费, 公摊水电费 …) with a rate, a legal ground or a late fee of its own.

    It holds for charges whose item contains its name; what is not set is that of the estate, the law or the policy.
    """

    name: Annotated[str, Field(min_length=1)]
    fee_standard: str = ""
    law: str = ""
    late_fee: LateFee | None = None


class Tier(Section):
    """One step of the escalation: its letter, the conditions for sending it, and its channels.

    `expected_response` is the share of owners who are expected to pay after it; reports compare it with those who did.
    """

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
    sender: Literal["service-centre", "law-firm"] = "service-centre"
    expected_response: Rate | None = None

    @model_validator(mode="before")
    @classmethod
    def _fill_in_defaults(cls, data: object) -> object:
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
        return fillable_number(value)

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
    """Figures of the rule book (docs/rules.md); amounts in yuan, spans in days and years."""

    grace_days: Days = 15
    minimum: Amount = Decimal("100.00")
    late_fee: LateFee = LateFee(daily_rate=Decimal("0.0003"), cap=Decimal("0.30"))
    items: tuple[Item, ...] = ()
    promise_grace_days: Days = 3
    limitation_years: Annotated[int, Field(ge=1, le=30)] = 3
    limitation_warning_days: Days = 90
    plan_ahead_days: Days = 31
    after_sale: Literal["ask", "claim", "refer"] = "ask"
    refusal: Literal["returned", "delivered"] = "returned"
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1)] = Field(default_factory=_default_tiers)

    @field_validator("tiers")
    @classmethod
    def _each_tier_once(cls, value: tuple[Tier, ...]) -> tuple[Tier, ...]:
        names = [tier.name for tier in value]
        if len(set(names)) != len(names):
            raise Mistake(say("names a tier twice"))
        return value

    @field_validator("items")
    @classmethod
    def _each_item_once(cls, value: tuple[Item, ...]) -> tuple[Item, ...]:
        names = [item.name for item in value]
        if len(set(names)) != len(names):
            raise Mistake(say("names an item twice"))
        return value

    def item(self, name: str) -> Item | None:
        """Return the settings of a charge's item: those whose name is the longest that it contains, or None."""
        return max((item for item in self.items if item.name in name), key=lambda item: len(item.name), default=None)

    def late_fee_of(self, name: str) -> LateFee:
        """Return the late fee of a charge's item."""
        own = self.item(name)
        return self.late_fee if own is None or own.late_fee is None else own.late_fee

    def tier(self, name: str) -> Tier:
        """Return the tier of that name; raises KeyError."""
        for tier in self.tiers:
            if tier.name == name:
                return tier
        raise KeyError(name)

    def rank(self, name: str) -> int:
        """Return the position of that tier in the escalation, from 0; raises KeyError."""
        return self.tiers.index(self.tier(name))


def apply_overrides(policy: Policy, override: Mapping[str, Any]) -> Policy:
    """Return the policy with an estate's overrides: tables are merged key by key, tiers and items by name.

    Raises ValidationError, and Mistake if a value that must be a table is not.
    """
    merged = policy.model_dump() | {key: value for key, value in override.items() if key not in BY_NAME | {"late_fee"}}
    merged["late_fee"] = policy.late_fee.model_dump() | _table(override.get("late_fee", {}), "late_fee")
    return Policy.model_validate(merged | {key: _merged(merged[key], override.get(key, []), key) for key in BY_NAME})


def _merged(general: Iterable[Mapping[str, Any]], given: object, key: str) -> list[dict[str, Any]]:
    """Return named tables with an estate's overrides of some of them, and its own ones after them."""
    if not isinstance(given, list | tuple):
        raise Mistake(say("{key}: {mistake}", key=key, mistake=say("must be a list of tables")))
    tables = {str(each["name"]): dict(each) for each in general}
    for table in (_table(each, key) for each in given):
        name = str(table.get("name", ""))
        tables[name] = tables.get(name, {}) | table
    return list(tables.values())


def _table(value: object, key: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Mistake(say("{key}: {mistake}", key=key, mistake=say("must be a table of keys and values")))
    return value
