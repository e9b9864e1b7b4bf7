"""A mail server connection, opened and logged in by yagmail.

Only yagmail's connecting and logging in are used. Its `send` logs in again for every message and retries by itself
after a dropped connection, which can deliver a message twice.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from notices.bounded_input import EndlessAnswer
from notices.certificates import must_be_issued_again, why_untrusted
from notices.errors import SettingsMistake, Unusable
from notices.messages import Message, say
from notices.post.bounded_smtp import BoundedClient
from notices.post.credentials import known_password, log_in_by_token
from notices.post.smtp_dialogue import (
    ConnectionLost,
    MailEnvelope,
    SenderRefused,
    SmtpReply,
    attempt,
    no_pending_reply,
    printable_reply,
)
from notices.settings import Route


class Connection:
    """Logged-in SMTP connection that counts the messages sent over it."""

    def __init__(self, smtp: smtplib.SMTP, route: Route) -> None:
        self._smtp = smtp
        self._route = route
        self._handed_over = 0

    @property
    def largest(self) -> int:
        """Maximum message size in bytes: the smaller of the server's limit (RFC 1870) and ours."""
        offered = self._smtp.esmtp_features.get("size", "")
        ours = self._route.max_megabytes * 1_000_000
        return min(ours, int(offered)) if offered.isdecimal() and int(offered) else ours

    @property
    def usable(self) -> bool:
        """True if another message can be sent: open, below its message limit, and no unsolicited reply."""
        if self._smtp.sock is None or self._handed_over >= self._route.messages_per_connection:
            return False
        return no_pending_reply(self._smtp)

    def attempt(self, envelope: MailEnvelope, content: bytes) -> SmtpReply:
        """Send one message once; raises ConnectionLost if nothing was accepted, SenderRefused if no mail is taken."""
        self._handed_over += 1
        try:
            answer = attempt(self._smtp, envelope, content, answer_seconds=self._route.answer_seconds)
        except (ConnectionLost, SenderRefused):
            self.close()
            raise
        if answer.ends_connection:
            self._smtp.close()
        return answer

    def close(self) -> None:
        """Send QUIT if still connected, and close the connection."""
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
    """Connect, start TLS as configured and log in if there is a user; raises Unusable naming what failed.

    If `password` is None, yagmail's keyring entry for this user is used.
    """
    if not route.is_safe:
        raise Unusable(
            say("Mail server {host} must be used with TLS.", host=route.host),
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
            client.is_closed = True  # otherwise its finalizer would send QUIT; the connection is ours now
    return Connection(smtp, route)


def _client(route: Route, password: str | None) -> Any:
    options: dict[str, Any] = {"timeout": route.timeout_seconds}
    secure = _context(route) if route.security != "none" else None
    if route.security == "tls":
        options["context"] = secure
    logs_in = bool(route.user) and not route.oauth2_file
    return BoundedClient(
        # As a dictionary: otherwise yagmail appends a well-known provider's domain to a name without an @.
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
    """Return a TLS context that verifies certificate and host name, with the system's CAs and `ca_file`."""
    context = ssl.create_default_context()
    if route.ca_file:
        try:
            context.load_verify_locations(route.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise SettingsMistake(
                say("[mail] ca_file: {file} contains no readable certificate.", file=route.ca_file),
                say("Name a certificate file in PEM format, or leave the key empty."),
            ) from error
    return context


@contextmanager
def _translated(route: Route) -> Iterator[None]:
    """Translate every connection or login failure into Unusable, with the server's reply."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise _unusable(
            route,
            say("rejected the login of {user}: {answer}", user=route.user, answer=_said(error)),
            say("Check user and password; many providers require an app password (授权码) instead."),
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        raise _unusable(
            route,
            say("does not support a required feature ({what})", what=str(error)),
            say("Check host, port and security; nothing is sent unencrypted if TLS is configured."),
        ) from error
    except smtplib.SMTPResponseException as error:
        raise _unusable(
            route,
            say("refused the connection: {answer}", answer=_said(error)),
            say("Ask the mail server's administrator."),
        ) from error
    except ssl.SSLCertVerificationError as error:
        raise _unusable(
            route,
            say("has a certificate that cannot be verified: {why}", why=why_untrusted(error)),
            must_be_issued_again(error) or say("Check host; for your own certificate authority, set ca_file."),
        ) from error
    except (smtplib.SMTPException, OSError) as error:
        if isinstance(error.__context__, EndlessAnswer):
            raise _unusable(
                route,
                say("sends an answer that does not end"),
                say("Check host and port: this is no working mail server."),
            ) from error
        raise _unusable(
            route,
            say("cannot be reached: {why}", why=getattr(error, "strerror", None) or str(error) or type(error).__name__),
            say("Check host, port, security and the network."),
        ) from error
    except (UnicodeError, KeyError, TypeError, ValueError) as error:
        raise _unusable(
            route,
            say("does not accept a login with these settings ({why})", why=type(error).__name__),
            say("Check user, password and oauth2_file."),
        ) from error


def _unusable(route: Route, what: Message, remedy: Message) -> Unusable:
    return Unusable(say("Mail server {host}:{port} {what}.", host=route.host, port=route.usual_port, what=what), remedy)


def _said(error: smtplib.SMTPResponseException) -> str:
    return f"{error.smtp_code} {printable_reply(error.smtp_error)}"
