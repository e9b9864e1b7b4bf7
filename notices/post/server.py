"""A connection to a mail server: opened and logged in by yagmail, closed when it is used up or looks wrong.

yagmail would also send, log in anew for each message and try again by itself after a dropped connection, which can
deliver twice; of it, only the way to an open connection is used.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import yagmail

from notices.errors import Unusable
from notices.messages import Message, say
from notices.post.answers import Answer, Dropped, Envelope, ServerStops, attempt, readable, silent
from notices.post.credentials import known_password, log_in_by_token
from notices.settings import Route


class Connection:
    """A server that has let us in; `attempt` hands it one message, and counts."""

    def __init__(self, smtp: smtplib.SMTP, route: Route) -> None:
        self._smtp = smtp
        self._route = route
        self._handed_over = 0

    @property
    def largest(self) -> int:
        """The most bytes that a message may have here: the smaller of the server's limit (RFC 1870) and ours."""
        offered = self._smtp.esmtp_features.get("size", "")
        ours = self._route.max_megabytes * 1_000_000
        return min(ours, int(offered)) if offered.isdecimal() and int(offered) else ours

    @property
    def usable(self) -> bool:
        """Whether it may take another message: open, not used up, and the server says nothing unasked."""
        if self._smtp.sock is None or self._handed_over >= self._route.messages_per_connection:
            return False
        return silent(self._smtp)

    def attempt(self, envelope: Envelope, content: bytes) -> Answer:
        """Hand one message over, once; raises Dropped where nothing of it can have been taken, ServerStops for good."""
        self._handed_over += 1
        try:
            answer = attempt(self._smtp, envelope, content, answer_seconds=self._route.answer_seconds)
        except (Dropped, ServerStops):
            self.close()
            raise
        if answer.ends_connection:
            self._smtp.close()
        return answer

    def close(self) -> None:
        """Take leave, if the server still listens."""
        with contextlib.suppress(smtplib.SMTPException, OSError):
            if self._smtp.sock is not None:
                self._smtp.sock.settimeout(2)
                self._smtp.docmd("QUIT")
        self._smtp.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def connect(route: Route, password: str | None) -> Connection:
    """Connect, secure the line as promised, log in where there is a user; raises Unusable that names what failed.

    `password` None: the one that the keyring has for yagmail and this user.
    """
    if not route.is_safe:
        raise Unusable(
            say("The mail server {host} may not be used without TLS.", host=route.host),
            say("Set [mail] security to tls or starttls."),
        )
    with _translated(route):
        client = _client(route, password)
        try:
            client.login()
            smtp: smtplib.SMTP = client.smtp
            smtp.ehlo_or_helo_if_needed()
            if route.oauth2_file:
                log_in_by_token(smtp, route)
        except BaseException:
            if client.smtp is not None:
                client.smtp.close()
            raise
        finally:
            client.is_closed = True  # it would say QUIT when it is forgotten; from here on the connection is ours
    return Connection(smtp, route)


def _client(route: Route, password: str | None) -> Any:
    options: dict[str, Any] = {"timeout": route.timeout_seconds}
    secure = _context(route) if route.security != "none" else None
    if route.security == "tls":
        options["context"] = secure
    logs_in = bool(route.user) and not route.oauth2_file
    return yagmail.Client(
        # As a dictionary: to a name without an @ it would add that of a well-known provider.
        user={route.user: route.user},
        password=known_password(route, password) if logs_in else "",
        host=route.host,
        port=route.usual_port,
        smtp_ssl=route.security == "tls",
        smtp_starttls={"context": secure} if route.security == "starttls" else False,
        smtp_skip_login=not logs_in,
        soft_email_validation=False,
        **options,
    )


def _context(route: Route) -> ssl.SSLContext:
    """TLS with certificate and name verified, by this machine's authorities and the one of the settings."""
    context = ssl.create_default_context()
    if route.ca_file:
        context.load_verify_locations(route.ca_file)
    return context


@contextmanager
def _translated(route: Route) -> Iterator[None]:
    """Every way in which a server does not let us in becomes Unusable, with what it said."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise _unusable(
            route,
            say("does not accept the login of {user}: {answer}", user=route.user, answer=_said(error)),
            say("Check user and password; many providers want a code for programs (授权码) in its place."),
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        raise _unusable(
            route,
            say("does not offer what is needed ({what})", what=str(error)),
            say("Check host, port and security; nothing is sent in the open where TLS was promised."),
        ) from error
    except smtplib.SMTPResponseException as error:
        raise _unusable(
            route, say("turned us away: {answer}", answer=_said(error)), say("Ask who runs the mail server.")
        ) from error
    except ssl.SSLCertVerificationError as error:
        raise _unusable(
            route,
            say("has a certificate that cannot be verified: {why}", why=error.verify_message),
            say("Check the name in host; an authority of your own is named with ca_file."),
        ) from error
    except (smtplib.SMTPException, OSError) as error:
        raise _unusable(
            route,
            say("cannot be reached: {why}", why=getattr(error, "strerror", None) or str(error) or type(error).__name__),
            say("Check host, port, security and the network."),
        ) from error
    except (UnicodeError, KeyError, TypeError, ValueError) as error:
        raise _unusable(
            route,
            say("cannot be logged in to with what the settings give ({why})", why=type(error).__name__),
            say("Check user, password and oauth2_file."),
        ) from error


def _unusable(route: Route, what: Message, remedy: Message) -> Unusable:
    return Unusable(
        say("The mail server {host}:{port} {what}.", host=route.host, port=route.usual_port, what=what), remedy
    )


def _said(error: smtplib.SMTPResponseException) -> str:
    return f"{error.smtp_code} {readable(error.smtp_error)}"
