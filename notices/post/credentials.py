"""What opens a mail server: a password from the environment or the keyring, or a token of OAuth 2."""

from __future__ import annotations

import json
import smtplib
import socket
from collections.abc import Mapping
from pathlib import Path
from urllib.error import HTTPError

import yagmail.oauth2
import yagmail.password

from notices.errors import Unusable
from notices.messages import say
from notices.settings import Route

KEYRING_SERVICE = "yagmail"  # the name under which `python -m yagmail` keeps passwords


def known_password(route: Route, password: str | None) -> str:
    """The password that was given, else the one that the keyring has for yagmail and this user; raises Unusable."""
    password = password or _password_in_keyring(route.user)
    if not password:  # an empty one is one that was forgotten
        raise Unusable(
            say("The password of {user} at {host} is not known.", user=route.user, host=route.host),
            say(
                "Put it into the environment variable {variable}, or into the keyring: "
                "`python -m keyring set yagmail {user}`.",
                variable=route.password_variable,
                user=route.user,
            )
            if route.password_variable
            else say(
                "Name the environment variable that has it with password_variable in the same table of [mail], or put "
                "it into the keyring: `python -m keyring set yagmail {user}`.",
                user=route.user,
            ),
        )
    return password


def _password_in_keyring(user: str) -> str | None:
    keyring = yagmail.password.keyring
    if keyring is None:
        return None
    try:
        found: str | None = keyring.get_password(KEYRING_SERVICE, user)
    except keyring.errors.KeyringError:  # it is locked, or this machine has none
        return None
    return found


def log_in_by_token(smtp: smtplib.SMTP, route: Route) -> None:
    """OAuth 2: yagmail gets the token; it would not look at the server's answer to it, so smtplib does the talking.

    A token lives for about an hour, so each connection gets a fresh one.
    """
    granted = json.loads(Path(route.oauth2_file).read_text(encoding="utf-8"))
    user = granted.pop("email_address", route.user)
    token = _fresh_token(granted, route)

    def said(challenge: bytes | None = None) -> str:
        # A challenge is the reason of a refusal, in JSON; an empty answer makes the server say the refusal itself.
        return "" if challenge is not None else str(yagmail.oauth2.generate_oauth2_string(user, token))

    smtp.auth("XOAUTH2", said)


def _fresh_token(granted: Mapping[str, str], route: Route) -> str:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(route.timeout_seconds)  # yagmail would wait for ever
    try:
        token, _ = yagmail.oauth2.refresh_authorization(**granted)
    except OSError as error:
        if isinstance(error, HTTPError):
            error.close()
        raise Unusable(
            say("{provider} gives no token for OAuth 2: {why}.", provider=_provider(), why=str(error)),
            say(
                "Check the network; where the permission has expired or was withdrawn, make {file} anew with yagmail.",
                file=route.oauth2_file,
            ),
        ) from error
    finally:
        socket.setdefaulttimeout(before)
    return str(token)


def _provider() -> str:
    return str(yagmail.oauth2.GOOGLE_ACCOUNTS_BASE_URL)
