"""[[estates]], [law_firm] and [law]: who writes to the owners, under which contract and which law."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from notices.messages import Language
from notices.settings.section import Section


class Handler(Section):
    """Person who handles accounts; the first matching handler takes an account, empty lists match all."""

    name: Annotated[str, Field(min_length=1)]
    telephone: str = ""
    buildings: tuple[str, ...] = ()
    scopes: tuple[Literal["current-year", "prior-years", "mixed"], ...] = ()


class ServiceCentre(Section):
    """The property-service centre (物业服务中心), which signs the reminder and the follow-up."""

    company: str = ""
    name: str = ""
    address: str = ""
    telephone: str = ""
    hours: str = ""
    postcode: str = ""
    seal: str = ""  # file in templates/, "" for none


def _single_spaced(number: str) -> str:
    """Return a number with one ordinary space for each gap, as owners type it into their banks' programs."""
    return " ".join(number.split())


class Bank(Section):
    """Bank account for transfers."""

    account_name: str = ""
    bank: str = ""
    account: Annotated[str, AfterValidator(_single_spaced)] = ""


class Estate(Section):
    """One estate (小区): its service centre, contract and ways to pay."""

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
    combine: Literal["owner", "unit"] | None = None  # None: as [letters] says
    policy: dict[str, Any] = Field(default_factory=dict)

    def address_of(self, unit: str) -> str:
        """Return the postal address of a unit."""
        return f"{self.address}{self.name}{unit}"


class LawFirm(Section):
    """The law firm that signs the lawyer's letter."""

    name: str = ""
    address: str = ""
    telephone: str = ""
    postcode: str = ""
    lawyer: str = ""
    licence: str = ""
    seal: str = ""


class Law(Section):
    """Legal provisions that the letters cite; the company's lawyer is responsible for them.

    `duty`, `demand` and `regulation` hold for property fees only: items whose name contains one of `property_fees`.
    `other` holds for the other items, such as parking and utilities (Civil Code, 2020, arts. 509(1) and 579).
    `late_fee` is the ground of the late fee (art. 585), `preliminary` why a developer's preliminary contract binds the
    owner (art. 939), `joint` why several owners of a unit owe together (art. 307).
    """

    duty: str = "《中华人民共和国民法典》第九百四十四条第一款"
    demand: str = "《中华人民共和国民法典》第九百四十四条第二款"
    regulation: str = "《物业管理条例》第七条第五项、第六十四条"
    other: str = "《中华人民共和国民法典》第五百零九条第一款、第五百七十九条"
    late_fee: str = "《中华人民共和国民法典》第五百八十五条"
    preliminary: str = "《中华人民共和国民法典》第九百三十九条"
    joint: str = "《中华人民共和国民法典》第三百零七条"
    property_fees: tuple[str, ...] = ("物业", "property", "management fee")
