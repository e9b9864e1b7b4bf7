"""Keys of [print] for the destination of print jobs and the connection to a printer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from notices.messages import say
from notices.settings.mistakes import Mistake
from notices.settings.section import Section

PRINT_PASSWORD = "NOTICES_PRINT_PASSWORD"  # noqa: S105 - the name of an environment variable


class HandOver(Section):
    """Destination of `print --to`, job attributes sent to a printer, and how its certificate is trusted.

    `wait_minutes` is how long a printing job may make no progress, `stopped_seconds` how long it may be held or the
    printer wait for attention, `timeout_seconds` how long the printer may not answer.
    """

    to: str = ""
    media: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,254}$")] = "iso_a4_210x297mm"
    color_mode: Literal["", "auto", "color", "monochrome"] = ""
    user: Annotated[str, Field(min_length=1, max_length=127)] = "notices"
    ca_file: str = ""
    fingerprint: str = ""
    timeout_seconds: Annotated[int, Field(ge=1, le=600)] = 30
    wait_minutes: Annotated[int, Field(ge=1, le=1440)] = 60
    stopped_seconds: Annotated[int, Field(ge=0, le=86_400)] = 60

    @field_validator("fingerprint")
    @classmethod
    def _fingerprint_is_a_sha256(cls, value: str) -> str:
        digits = value.replace(":", "").lower()
        if digits and (len(digits) != 64 or set(digits) - set("0123456789abcdef")):
            raise Mistake(say("must be a SHA-256 fingerprint: 64 hexadecimal digits"))
        return digits
