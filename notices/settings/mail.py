"""[mail]: transport, mail server and sender of e-mail, with overrides by tier or estate."""

from __future__ import annotations

import ipaddress
import re
from datetime import time
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from notices.messages import say
from notices.settings.mistakes import Mistake
from notices.settings.section import Section

PASSWORD_VARIABLE = "NOTICES_MAIL_PASSWORD"  # noqa: S105 - the name of an environment variable
APART = {
    "host": ("port", "security", "insecure", "ca_file", "user", "password_variable", "oauth2_file"),
    "user": ("password_variable", "oauth2_file"),
    "sender": ("dkim_key", "dkim_selector", "dkim_domain"),
}
USUAL_PORTS = {"tls": 465, "starttls": 587, "none": 25}  # RFC 8314, RFC 6409, RFC 5321

_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]\d|2[0-3]):([0-5]\d)")


class Route(Section):
    """A mail server with its login, its limits and the sender of the messages that go through it.

    Port 0 means the standard port for `security`; 0 messages per minute or hour means no limit. Passwords are never
    stored here: `password_variable` names an environment variable; if empty, only the keyring is used.
    """

    host: str = ""
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    security: Literal["tls", "starttls", "none"] = "tls"
    insecure: bool = False
    ca_file: str = ""
    user: str = ""
    password_variable: str = PASSWORD_VARIABLE
    oauth2_file: str = ""
    timeout_seconds: Annotated[int, Field(ge=1, le=3600)] = 60
    answer_seconds: Annotated[int, Field(ge=1, le=3600)] = 300
    messages_per_connection: Annotated[int, Field(ge=1, le=100_000)] = 200
    per_minute: Annotated[int, Field(ge=0)] = 0
    per_hour: Annotated[int, Field(ge=0)] = 0
    max_megabytes: Annotated[int, Field(ge=1, le=1024)] = 20

    sender: str = "notices@example.com"
    sender_name: str = ""
    reply_to: str = ""
    bounce_address: str = ""
    dkim_key: str = ""
    dkim_selector: str = ""
    dkim_domain: str = ""

    @property
    def usual_port(self) -> int:
        """The port to connect to."""
        return self.port or USUAL_PORTS[self.security]

    @property
    def is_safe(self) -> bool:
        """True if the connection is encrypted or local, or the settings explicitly allow it to be insecure."""
        return self.security != "none" or self.insecure or is_loopback(self.host)

    def instead(self, other: Route) -> Route:
        """Return this route overridden by the keys set in the other one.

        A new host inherits no port, TLS or login settings and a new user no password, so that our password goes
        nowhere else; a new sender does not inherit our DKIM key.
        """
        said = {name: getattr(other, name) for name in other.model_fields_set if name in Route.model_fields}
        dropped = {name for key, names in APART.items() if key in said for name in names}
        kept = {name: getattr(self, name) for name in Route.model_fields if name not in dropped}
        if "password_variable" in dropped:
            kept["password_variable"] = ""
        return Route.model_validate(kept | said)

    @model_validator(mode="after")
    def _dkim_is_complete(self) -> Self:
        if self.dkim_key and not self.dkim_selector:
            raise Mistake(say("dkim_key also needs dkim_selector"))
        return self


class MailSettings(Route):
    """The [mail] table: transport `outbox` writes .eml files and sends nothing, `smtp` sends.

    In `estates` and `tiers`, only the keys that are set override; a tier takes precedence over an estate.
    """

    transport: Literal["outbox", "smtp"] = "outbox"
    office_hours: str = ""
    give_up_hours: Annotated[int, Field(ge=1, le=24 * 30)] = 72
    pdf_password: Literal["", "telephone-last-4"] = ""
    estates: dict[str, Route] = Field(default_factory=dict)
    tiers: dict[str, Route] = Field(default_factory=dict)

    @field_validator("office_hours")
    @classmethod
    def _hours_are_a_span_of_the_day(cls, value: str) -> str:
        found = _HOURS.fullmatch(value)
        if value and (not found or found[1] + found[2] >= found[3] + found[4]):
            raise Mistake(say("must be a time range, such as 08:30-18:00"))
        return value

    @model_validator(mode="after")
    def _smtp_routes_are_usable(self) -> Self:
        if self.transport != "smtp":
            return self
        for route in self.routes():
            if not route.host:
                raise Mistake(say("transport smtp needs host, the name of the mail server"))
            if not route.is_safe:
                raise Mistake(
                    say(
                        "without TLS, mail to {host} can be read in transit; use security tls or starttls, "
                        "or set insecure = true",
                        host=route.host,
                    )
                )
        return self

    def route(self, estate: str, tier: str) -> Route:
        """Return the route for a letter of this tier in this estate."""
        found = self.instead(Route())
        for other in (self.estates.get(estate), self.tiers.get(tier)):
            found = found.instead(other) if other else found
        return found

    def routes(self) -> tuple[Route, ...]:
        """Return the general route and the overridden ones, without duplicates."""
        others = (self.instead(other) for other in (*self.estates.values(), *self.tiers.values()))
        return tuple(dict.fromkeys((self.instead(Route()), *others)))

    def is_open(self, now: time) -> bool:
        """Return whether mail may be sent at this time of day."""
        found = _HOURS.fullmatch(self.office_hours)
        if not found:
            return True
        opens, closes = (time.fromisoformat(":".join(pair)) for pair in (found.groups()[:2], found.groups()[2:]))
        return opens <= now.replace(tzinfo=None) < closes


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is the local machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
