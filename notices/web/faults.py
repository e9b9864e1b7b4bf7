"""Errors as pages: fact, item and remedy, as on the command line; no traceback, and nothing personal in the log."""

from __future__ import annotations

import logging
import traceback

from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from notices.errors import DataNeedsPerson, NoticesError, Refused, Unusable
from notices.messages import Message, say

LOG = logging.getLogger("notices.web")
STATUS = {DataNeedsPerson: 422, Refused: 409, Unusable: 503}  # others are mistakes of the request
HTTP = {
    400: (say("The request cannot be understood."), say("Go back, load the page again and repeat what you did.")),
    404: (say("There is no such page."), say("Go to the first page and look for it from there.")),
    405: (say("This address only takes a form."), say("Go to the first page and look for it from there.")),
    413: (say("The upload is too large."), say("Split the file, or read it on the command line.")),
    421: (
        say("This server does not answer under this name."),
        say("Use the address that `notices serve` prints, or add the name to `[page] hosts` in notices.toml."),
    ),
    429: (say("Too many attempts."), say("Wait a minute, then try again.")),
}
OTHER = (say("The page cannot be shown."), say("Go back and try again."))


def set_up_faults(app: Flask) -> None:
    """Show every error as a page in the reader's language."""
    app.register_error_handler(NoticesError, _ours)
    app.register_error_handler(CSRFError, _form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OSError, _system)
    app.register_error_handler(Exception, _unexpected)


def error_page(status: int, fact: Message, remedy: Message, details: tuple[Message, ...] = ()) -> ResponseReturnValue:
    """Return the page of an error."""
    if "person" not in g:
        g.person = None
    return render_template("error.html", fact=fact, remedy=remedy, details=details), status


def status_of(error: NoticesError) -> int:
    """Return the HTTP status of an error of ours."""
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 400)


def _ours(error: NoticesError) -> ResponseReturnValue:
    return error_page(status_of(error), error.fact, error.remedy, error.details)


def _form(_error: CSRFError) -> ResponseReturnValue:
    return error_page(
        400,
        say("The form is too old, or does not come from this page; nothing was changed."),
        say("Load the page again and repeat what you did."),
    )


def _http(error: HTTPException) -> ResponseReturnValue:
    fact, remedy = HTTP.get(error.code or 0, OTHER)
    return error_page(error.code or 500, fact, remedy)


def _system(error: OSError) -> ResponseReturnValue:
    reason = error.strerror or type(error).__name__
    fact = say("The operating system reports: {reason} ({file}).", reason=reason, file=error.filename or "-")
    return error_page(503, fact, say("Free disk space or correct the permissions, then try again."))


def _unexpected(error: Exception) -> ResponseReturnValue:
    # The message of an exception may contain a name or an amount; its kind and the lines of code do not.
    places = " < ".join(
        f"{frame.name}:{frame.lineno}" for frame in reversed(traceback.extract_tb(error.__traceback__)[-4:])
    )
    LOG.error("%s %s: %s in %s", request.method, request.endpoint, type(error).__name__, places)
    fact = say("Unexpected error: {kind}.", kind=type(error).__name__)
    return error_page(500, fact, say("What was done is kept. Try again, and report what you did if it happens again."))
