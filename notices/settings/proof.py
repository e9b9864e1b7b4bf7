"""[timestamp] and [seal]: the authority that proves how old the ledger's events are, and the keys of signatures."""

from __future__ import annotations

from typing import Annotated, Literal, Self
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
        # A name and password there would be shown in messages, and stand in the chain of events for good.
        if value and (parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc):
            raise Mistake(say("must be the address of a time-stamp authority, such as https://tsa.example.com/"))
        return value

    @model_validator(mode="after")
    def _root_is_named(self) -> Self:
        if self.url and not self.ca_file:
            raise Mistake(say("url also needs ca_file, the certificate of the authority's root"))
        return self


class SealKey(Section):
    """A key for digital signatures: a PKCS#12 file, or a PKCS#11 module with a token and its certificate's label.

    The password or PIN is never stored here: `password_variable` names an environment variable, else the keyring is
    asked.
    """

    file: str = ""
    module: str = ""
    token: str = ""
    certificate: str = ""
    password_variable: str = "NOTICES_SEAL_PASSWORD"  # noqa: S105 - the name of an environment variable

    @model_validator(mode="after")
    def _file_or_token(self) -> Self:
        if bool(self.file) == bool(self.module):
            raise Mistake(say("needs either file (PKCS#12) or module (PKCS#11)"))
        if self.module and not (self.token and self.certificate):
            raise Mistake(say("module also needs token and certificate, the labels of the token and its certificate"))
        return self

    @property
    def name(self) -> str:
        """Name of the key in messages and in the keyring."""
        return self.file or self.token


class SealKeys(Section):
    """Keys by sender, and by estate where its service centre has another one; letters without a key are not signed.

    The law firm's letters are signed with the law firm's key only.
    """

    senders: dict[Literal["service-centre", "law-firm"], SealKey] = Field(default_factory=dict)
    estates: dict[str, SealKey] = Field(default_factory=dict)

    def key(self, estate: str, sender: str) -> SealKey | None:
        """Return the key of a sender in an estate."""
        if sender == "law-firm":
            return self.senders.get("law-firm")
        return self.estates.get(estate) or self.senders.get("service-centre")
