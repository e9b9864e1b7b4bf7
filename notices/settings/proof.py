"""[timestamp]: the authority that proves how old the ledger's events are."""

from __future__ import annotations

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from notices.messages import say
from notices.settings.mistakes import Mistake
from notices.settings.section import Section


class Timestamp(Section):
    """A time-stamp authority (RFC 3161): its address, and the certificates of its root (PEM); no address: none.

    `ca_file` may hold the roots of earlier authorities as well, so that their stamps still verify.
    """

    url: str = ""
    ca_file: str = ""
    timeout_seconds: Annotated[int, Field(ge=1, le=300)] = 20

    @field_validator("url")
    @classmethod
    def _an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.hostname):
            raise Mistake(say("must be the address of a time-stamp authority, such as https://tsa.example.com/"))
        return value

    @model_validator(mode="after")
    def _root_is_named(self) -> Self:
        if self.url and not self.ca_file:
            raise Mistake(say("url also needs ca_file, the certificate of the authority's root"))
        return self
