"""News: whether anything has changed since a page was loaded, so that what one person does is seen by the others."""

from __future__ import annotations

from hashlib import sha256

from flask import Flask, g, request

from notices.errors import NoticesError
from notices.flow import workspace as workspaces
from notices.web.site import Site, the_site

LOOKING = "Notices-Looking"  # header of a request that only compares a page with the one that is shown


def set_up_news(app: Flask) -> None:
    """Note the moment before a page reads anything, so that no change falls between."""
    app.jinja_env.globals.update(moment=lambda: g.get("moment", ""))
    app.before_request(_note_moment)


def only_looks() -> bool:
    """Return whether a page is only compared with the one that is shown, so that no letter has to be made for it."""
    return LOOKING in request.headers


def moment_of(site: Site) -> str:
    """Return what changes with any event of the ledger, any command begun or ended, the settings and the letters.

    It is "" while one of them cannot be read; the page itself says that.
    """
    try:
        with site.ledger.read() as books:
            now = books.events.last(), len(books.attention.interrupted())
        workspace = site.workspace
        files = sorted(path for path in workspace.templates.rglob("*") if path.is_file())
        stamps = [path.stat().st_mtime_ns for path in (workspace.root / workspaces.SETTINGS_FILE, *files)]
    except (NoticesError, OSError):
        return ""
    return sha256(repr((now, stamps)).encode()).hexdigest()[:16]


def _note_moment() -> None:
    if g.get("person") is not None and request.method == "GET":
        g.moment = moment_of(the_site())
