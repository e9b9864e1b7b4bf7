"""Mail server credentials: a password from the environment or keyring, or an OAuth 2 token."""

from __future__ import annotations

import json
import smtplib
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode

import yagmail.oauth2
import yagmail.password

from notices.bounded_input import bounded_opener
from notices.errors import Unusable
from notices.messages import say
from notices.settings import Route

KEYRING_SERVICE = "yagmail"  # the name under which `python -m yagmail` keeps passwords


def known_password(route: Route, password: str | None) -> str:
    """Return the given password, else yagmail's entry for this user in the keyring; raises Unusable if neither."""
    password = password or _password_in_keyring(route.user)
    if not password:  # an empty variable counts as unset
        raise Unusable(
            say("There is no password for {user} at {host}.", user=route.user, host=route.host),
            say(
                "Put it in the environment variable {variable}, or in the keyring: "
                "`python -m keyring set yagmail {user}`.",
                variable=route.password_variable,
                user=route.user,
            )
            if route.password_variable
            else say(
                "Set password_variable in the same [mail] table to the environment variable that holds it, or put it "
                "in the keyring: `python -m keyring set yagmail {user}`.",
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
    except keyring.errors.KeyringError:  # locked, or none on this machine
        return None
    return found


def log_in_by_token(smtp: smtplib.SMTP, route: Route) -> None:
    """Log in with OAuth 2: yagmail fetches the token, smtplib authenticates, because yagmail ignores the answer.

    A token is valid for about an hour, so each connection gets a fresh one.
    """
    granted = json.loads(Path(route.oauth2_file).read_text(encoding="utf-8"))
    user = granted.pop("email_address", route.user)
    token = _fresh_token(granted, route)

    def respond(challenge: bytes | None = None) -> str:
        # A challenge holds the reason for a refusal, in JSON; the empty response makes the server send the refusal.
        return "" if challenge is not None else str(yagmail.oauth2.generate_oauth2_string(user, token))

    smtp.auth("XOAUTH2", respond)


def _fresh_token(granted: Mapping[str, str], route: Route) -> str:
    try:
        return _refreshed(granted, route.timeout_seconds)
    except (OSError, HTTPException) as error:
        if isinstance(error, HTTPError):
            error.close()
        raise Unusable(
            say("No OAuth 2 token from {provider}: {why}.", provider=_provider(), why=str(error)),
            say(
                "Check the network; if the permission has expired or was revoked, create {file} again with yagmail.",
                file=route.oauth2_file,
            ),
        ) from error


def _refreshed(granted: Mapping[str, str], seconds: float) -> str:
    """Ask for a token as yagmail does, but within bounds: yagmail sets no timeout and reads without end."""
    wanted = {
        "client_id": granted["google_client_id"],
        "client_secret": granted["google_client_secret"],
        "refresh_token": granted["google_refresh_token"],
        "grant_type": "refresh_token",
    }
    url = yagmail.oauth2.command_to_url("o/oauth2/token")
    with bounded_opener().open(url, urlencode(wanted).encode("ascii"), timeout=seconds) as response:
        return str(json.loads(response.read())["access_token"])


def _provider() -> str:
    return str(yagmail.oauth2.GOOGLE_ACCOUNTS_BASE_URL)
