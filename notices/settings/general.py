"""The small tables: [people], [calendar], [intake], [payments], [letters], [pdf], [page] and [ledger]."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from notices.messages import say
from notices.model import Channel
from notices.settings.mistakes import Mistake
from notices.settings.numbers import fillable_number
from notices.settings.section import Amount, Section

Combine = Literal["owner", "unit"]


class People(Section):
    """People who may act; an empty list allows everyone."""

    names: tuple[str, ...] = ()


class Calendar(Section):
    """The office's time zone, and holidays and make-up working days that the built-in calendar does not know."""

    time_zone: str = "Asia/Shanghai"
    holidays: tuple[date, ...] = ()
    workdays: tuple[date, ...] = ()

    @field_validator("time_zone")
    @classmethod
    def _a_known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise Mistake(say("is not a time zone such as Asia/Shanghai")) from None
        return value

    @property
    def zone(self) -> ZoneInfo:
        """Time zone whose day is today."""
        return ZoneInfo(self.time_zone)


class Intake(Section):
    """Defaults and limits for reading lists."""

    due_date: Literal["period-end", "period-start"] = "period-end"
    default_item: str = "物业服务费"
    max_charge: Amount = Decimal("10000000.00")
    max_megabytes: Annotated[int, Field(ge=1, le=4096)] = 200
    max_rows: Annotated[int, Field(ge=1, le=1_048_576)] = 500_000
    skip_owners: tuple[str, ...] = ("空置", "未售", "开发商")
    vanished: Literal["unknown", "paid"] = "unknown"
    missing_address: Literal["none", "unit"] = "none"
    no_letter_box: tuple[str, ...] = (
        *("车位", "车库", "车棚", "储藏室", "储藏间", "储物间", "储物室", "杂物间", "地下室", "广告位", "摊位"),
    )
    owner_home: Literal["propose", "use"] = "propose"


class Payments(Section):
    """Payments from statements; `unit_and_owner` says what becomes of a line that names a unit and its owner."""

    unit_and_owner: Literal["book", "propose"] = "book"


class Letters(Section):
    """Settings for making letters: letters per shard, parallel offices (0: by cores and memory), seconds per shard.

    An office is replaced after `renew_after` documents, or earlier if it uses too much memory.
    `answer_within_days` is within how many days an answer sheet promises that somebody will call, `pay_within_days`
    the time that a letter about a resolved objection gives to pay. Letters of reply have numbers of their own and go by
    the first of `reply_channels` that works.
    `combine` says whether the notices of one owner's units go in one letter (`owner`) or in one each (`unit`); an
    estate may say otherwise.
    """

    shard: Annotated[int, Field(ge=1, le=500)] = 40
    workers: Annotated[int, Field(ge=0, le=64)] = 0
    timeout_seconds: Annotated[int, Field(ge=5, le=3600)] = 180
    renew_after: Annotated[int, Field(ge=1, le=100_000)] = 200
    combine: Combine = "unit"
    answer_within_days: Annotated[int, Field(ge=1, le=90)] = 7
    pay_within_days: Annotated[int, Field(ge=1, le=90)] = 10
    reply_number: str = "{code}-{year}-R{seq:06d}"
    reply_channels: Annotated[tuple[Channel, ...], Field(min_length=1)] = (Channel.EMAIL, Channel.PRINT)

    @field_validator("reply_number")
    @classmethod
    def _number_can_be_filled(cls, value: str) -> str:
        return fillable_number(value)


class Pdf(Section):
    """Format of the letters' PDFs; `archival` makes them PDF/A-2b for long-term storage."""

    archival: bool = False


class PageSettings(Section):
    """The page in the browser: the host names under which it is reached, besides loopback and this machine's name."""

    hosts: tuple[str, ...] = ()


class LedgerSettings(Section):
    """Location of the ledger; an empty URL means batches/ledger.db.

    `files` is where the files of a batch are kept: `workspace`, `database`, or the path of a folder of all machines.
    """

    url: str = ""
    files: Annotated[str, Field(min_length=1)] = "workspace"

    @model_validator(mode="after")
    def _check_files(self) -> Self:
        if self.files != "workspace" and (not self.url or self.url.startswith("sqlite")):
            raise Mistake(
                say("ledger.files must be “workspace” unless ledger.url names a database that several machines use")
            )
        return self
