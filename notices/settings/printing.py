"""[print]: instructions for the print shop, its envelopes, and the carrier's list."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from notices.messages import say
from notices.settings.handover import HandOver
from notices.settings.mistakes import Mistake
from notices.settings.section import Section

Millimetres = Annotated[float, Field(ge=0, le=420)]
Grams = Annotated[float, Field(ge=0, le=2000)]
Group = Literal["walk", "post", "sheets"]
Marks = Literal["none", "omr", "code"]

EMS_FIELDS = (
    *("recipient", "telephone", "postcode", "address", "estate", "unit", "notice", "content", "period"),
    *("position", "pages", "sheets", "grams", "job"),
)
USUAL_COLUMNS = {
    "内件编号": "{notice}",
    "收件人姓名": "{recipient}",
    "收件人电话": "{telephone}",
    "收件人邮编": "{postcode}",
    "收件人地址": "{address}",
    "内件品名": "{content}（{period}）",
    "重量（克）": "{grams}",
}


class Window(Section):
    """Window of an envelope over the folded letter: mm from the page's left and top edge."""

    left: Millimetres
    top: Millimetres
    width: Annotated[float, Field(gt=0, le=420)]
    height: Annotated[float, Field(gt=0, le=420)]


class Envelope(Section):
    """Envelope of the print shop: size in mm, how a letter is folded for it, most sheets it holds, own weight."""

    name: Annotated[str, Field(min_length=1)]
    width: Annotated[float, Field(gt=0, le=420)]
    height: Annotated[float, Field(gt=0, le=420)]
    fold: str = ""
    sheets: Annotated[int, Field(ge=1, le=500)]
    grams: Grams = 5
    window: Window | None = None


class Enclosure(Section):
    """PDF appended to the letters of a tier or an estate; empty means all."""

    file: Annotated[str, Field(min_length=1)]
    tier: str = ""
    estate: str = ""


class Ems(Section):
    """The carrier's list: description of the content, and the columns as heading → pattern.

    `contents` overrides the description by tier.
    """

    content: Annotated[str, Field(min_length=1)] = "物业费催缴函"
    contents: dict[str, Annotated[str, Field(min_length=1)]] = Field(default_factory=dict)
    tiers: tuple[str, ...] = ()
    columns: Annotated[dict[str, str], Field(min_length=1)] = Field(default_factory=USUAL_COLUMNS.copy)

    @field_validator("columns")
    @classmethod
    def _known_fields(cls, columns: Mapping[str, str]) -> Mapping[str, str]:
        """Refuse malformed patterns and unknown fields, before a job is made with them."""
        for heading, pattern in columns.items():
            try:
                named = {name for _, name, _, _ in Formatter().parse(pattern) if name is not None}
            except ValueError as error:
                raise Mistake(say("{heading}: unpaired braces", heading=heading)) from error
            if unknown := sorted(named - {*EMS_FIELDS}):
                raise Mistake(
                    say(
                        "{heading}: unknown field {unknown}; use one of: {known}",
                        heading=heading,
                        unknown=", ".join(unknown),
                        known=", ".join(EMS_FIELDS),
                    )
                )
        return columns


# Sizes from GB/T 1416; the windows are common ones: users must measure their print shop's own.
USUAL_WINDOW = Window(left=20, top=39, width=90, height=45)
USUAL_ENVELOPES = (
    Envelope(name="DL", width=220, height=110, fold="三折", sheets=5, grams=5, window=USUAL_WINDOW),
    Envelope(name="ZL", width=230, height=120, fold="三折", sheets=8, grams=6, window=USUAL_WINDOW),
    Envelope(name="C5", width=229, height=162, fold="对折", sheets=16, grams=8, window=USUAL_WINDOW),
)


class Print(HandOver):
    """The [print] table; `sheets_per_file` 0 puts all letters into one file.

    `separate` decides which letters get a print job of their own: those of one sender, of one tier, or none.
    """

    separate: Literal["sender", "tier", "none"] = "sender"
    duplex: bool = True
    group: Group = "walk"
    sheets_per_file: Annotated[int, Field(ge=0, le=100_000)] = 2000
    paper: str = "A4 80 g/m² 双胶纸"
    grams_per_square_metre: Annotated[int, Field(ge=40, le=300)] = 80
    contact: str = ""
    marks: Marks = "none"
    marks_left: Millimetres = 6
    marks_top: Millimetres = 120
    clearance: Annotated[float, Field(ge=0, le=30)] = 3
    envelopes: Annotated[tuple[Envelope, ...], Field(min_length=1)] = USUAL_ENVELOPES
    enclosures: tuple[Enclosure, ...] = ()
    ems: Ems = Ems()

    @model_validator(mode="after")
    def _envelopes_by_capacity(self) -> Self:
        """Check that each envelope holds more sheets than the one before: a letter takes the first it fits."""
        held = [envelope.sheets for envelope in self.envelopes]
        if held != sorted(set(held)):
            raise Mistake(say("envelopes must be sorted by the number of sheets they hold, each number once"))
        return self
