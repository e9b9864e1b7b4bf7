"""Flask application: the blueprints of all pages, and what every request goes through."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

import notices
from notices.messages import Message
from notices.web.faults import set_up_faults
from notices.web.guards import own_path, set_up_guards
from notices.web.news import set_up_news
from notices.web.pages import (
    access,
    accounts,
    batches,
    decisions,
    history,
    jobs,
    lists,
    news,
    purge,
    replies,
    reports,
    settings,
    tasks,
    templates,
    today,
    users,
)
from notices.web.people import set_up_log_in
from notices.web.roles import needs_names, open_to_all, served_roles
from notices.web.site import Site, the_site
from notices.web.wording import set_up_wording

PAGES = (
    access, today, tasks, lists, batches, decisions, accounts, jobs, replies, reports, templates, history, users,
    settings, purge, news,
)  # fmt: skip
MOST_UPLOADED = 64 * 2**20  # bytes; a list of 100,000 rows has 10 MiB
LOG = logging.getLogger("notices.web")


def make_application(site: Site) -> Flask:
    """Return the application that serves a site."""
    app = Flask("notices.web")
    app.extensions["notices"] = site
    app.config.update(
        SECRET_KEY=site.secret_key,
        MAX_CONTENT_LENGTH=MOST_UPLOADED,
        MAX_FORM_MEMORY_SIZE=2**20,
        MAX_FORM_PARTS=5_000,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        SESSION_REFRESH_EACH_REQUEST=False,  # pages ask for news by themselves, also those of who went home
        SESSION_COOKIE_NAME="__Host-notices" if site.address.https else "notices",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=site.address.https,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a form may be open all morning
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if site.address.behind_proxy:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    app.before_request(_note_time)
    set_up_log_in(app)
    set_up_guards(app)
    set_up_news(app)
    CSRFProtect(app)
    set_up_faults(app)
    set_up_wording(app)
    open_to_all(app.view_functions["static"])
    app.jinja_env.globals.update(
        navigation=lambda: _navigation(app),
        site=the_site,
        version=lambda: notices.__version__,
        back=_back,
        plain=str,
    )
    for page in PAGES:
        app.register_blueprint(page.blueprint)
    app.after_request(_log)
    return app


def _navigation(app: Flask) -> list[tuple[str, Message]]:
    """Return the pages of the navigation that serve the reader's role, each with its title."""
    links = [page.NAVIGATION for page in PAGES if hasattr(page, "NAVIGATION")]
    return [link for link in links if g.person is not None and _serves(app.view_functions[link[0]])]


def _serves(view: Callable[..., Any]) -> bool:
    return g.person.role in served_roles(view) and (g.person.sees_names or not needs_names(view))


def _back() -> str:
    """Return the path of the page of ours that the reader comes from, else of the first page."""
    came = urlsplit(request.referrer or "")
    return own_path(came.path + (f"?{came.query}" if came.query else "")) if came.netloc == request.host else "/"


def _note_time() -> None:
    g.began = time.monotonic()


def _log(response: Response) -> Response:
    """Log which view answered how, without the path, the address or anything that was typed."""
    spent = (time.monotonic() - g.began) * 1000 if "began" in g else 0
    LOG.info("%s %s %d %.0f ms", request.method, request.endpoint or "-", response.status_code, spent)
    return response
