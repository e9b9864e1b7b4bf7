"""Checks before each request, and the headers of each answer."""

from __future__ import annotations

import ipaddress
import socket
from functools import cache
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from notices.errors import Refused
from notices.messages import say
from notices.web import people
from notices.web.roles import is_open, needs_names, served_roles
from notices.web.site import Site, the_site

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "frame-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def set_up_guards(app: Flask) -> None:
    """Check host, person and role before each request, and set the headers of each answer."""
    app.before_request(refuse_strange_host)
    app.before_request(let_in)
    app.after_request(add_headers)


def refuse_strange_host() -> None:
    """Refuse a request for another host: a page of a stranger may have its own name point to this address."""
    if not knows_host(the_site(), request.host):
        abort(421)


def knows_host(site: Site, host: str) -> bool:
    """Return whether the page is reached under this host; numbers are safe, because no stranger's name is one."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name == "localhost" or _is_number(name):
        return not site.address.loopback or site.address.behind_proxy or name == "localhost" or _is_loopback(name)
    return name in {site.address.host.casefold(), *_own_names(), *map(str.casefold, site.workspace.settings.page.hosts)}


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(name: str) -> bool:
    return ipaddress.ip_address(name).is_loopback


@cache
def _own_names() -> frozenset[str]:
    return frozenset(name.casefold() for name in (socket.gethostname(), socket.getfqdn()))


def let_in() -> ResponseReturnValue | None:
    """Let in who may see the page: the view has to name their role. Others log in, or are told."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None:
        g.person = people.find_person(the_site())
        return None  # there is no such page, which is said to everybody
    g.person = None if request.endpoint == "static" else people.find_person(the_site())
    if is_open(view):
        return None
    if g.person is None:
        return _ask_who()
    if g.person.role not in served_roles(view) or (needs_names(view) and not g.person.sees_names):
        raise Refused(
            say("{name} may not do this: it needs another role.", name=g.person.name),
            say("Ask an administrator for the role, or a person who has it to do this."),
        )
    return None


def _ask_who() -> ResponseReturnValue:
    if request.headers.get("HX-Request"):  # a part of a page: the browser is to load the whole one
        return Response(status=401, headers={"HX-Refresh": "true"})
    page = "access.log_in" if people.has_users(the_site()) else "access.say_who"
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for(page, next=wanted if wanted != "/" else None), code=303)


def own_path(wanted: str | None) -> str:
    """Return the path of a page of ours to go on to, the first page for anything else."""
    if (
        not wanted
        or not wanted.startswith("/")
        or wanted.startswith("//")
        or "\\" in wanted
        or not wanted.isprintable()
    ):
        return "/"
    adapter = current_app.create_url_adapter(request)
    try:
        assert adapter is not None  # noqa: S101 - within a request there is one
        adapter.match(urlsplit(wanted).path, method="GET")
    except (HTTPException, RequestRedirect, ValueError):
        return "/"
    return wanted


def add_headers(response: Response) -> Response:
    """Keep an answer out of caches, frames and wrong interpretations.

    A view may allow its PDF in our own frame (`X-Framed`), and style sheets inside of its pictures by their hashes
    (`X-Styles`).
    """
    headers = response.headers
    framed, styles = bool(headers.pop("X-Framed", None)), headers.pop("X-Styles", None)
    policy = {**POLICY, "frame-ancestors": "'self'"} if framed else dict(POLICY)
    if styles:
        policy["style-src"] += f" {styles}"
    headers["Content-Security-Policy"] = "; ".join(f"{name} {value}" for name, value in policy.items())
    headers["X-Frame-Options"] = "SAMEORIGIN" if framed else "DENY"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    if request.endpoint == "static":
        headers["Cache-Control"] = "public, max-age=3600"
    else:
        headers["Cache-Control"] = "no-store"
    if the_site().address.https:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return response
