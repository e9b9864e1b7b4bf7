"""History: who did what, and when, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from notices.messages import say
from notices.web.inputs import typed_day
from notices.web.paging import ROWS
from notices.web.people import session_name
from notices.web.roles import EVERYBODY, serves
from notices.web.site import the_site

blueprint = Blueprint("history", __name__, url_prefix="/history")
NAVIGATION = ("history.index", say("History"))


@dataclass(frozen=True)
class HistorySearch:
    """A person whose acts are looked for, or everybody; kept for the session, so that no name is in an address."""

    by: str = ""


@blueprint.get("/")
@serves(*EVERYBODY)
def index() -> ResponseReturnValue:
    """Show a page of the history."""
    from notices.flow.reports.log import log_page, people_on_record

    site = the_site()
    kept = site.kept.get(session_name(), request.args.get("find", ""))
    search = kept if isinstance(kept, HistorySearch) else HistorySearch()
    since = typed_day(request.args.get("since", ""))
    before = request.args.get("before", "")
    first = int(before) if before.isdecimal() and len(before) < 16 else None
    entries = log_page(
        site.ledger, site.workspace.settings.calendar.zone, ROWS + 1, before=first, since=since, by=search.by or None
    )
    with site.ledger.read() as books:
        batches = {batch.name: batch.id for batch in books.batches.all()}
        last = books.events.last()
    people = site.counted.get(("people", last), lambda: people_on_record(site.ledger))
    known: dict[str, Any] = {name: value for name, value in request.args.items() if name in {"find", "since"}}
    older = url_for("history.index", **known, before=entries[ROWS - 1].event) if len(entries) > ROWS else ""
    return render_template(
        "history.html", entries=entries[:ROWS], older=older, newest=url_for("history.index", **known), first=first,
        by=search.by, since=since, people=[(name, name) for name in people], batches=batches, form=FlaskForm(),
    )  # fmt: skip


@blueprint.post("/search")
@serves(*EVERYBODY)
def search() -> ResponseReturnValue:
    """Keep who is looked for out of the address, and show what they did."""
    by = request.form.get("by", "")[:200]
    day: date | None = typed_day(request.form.get("since", ""))
    key = the_site().kept.keep(session_name(), HistorySearch(by)) if by else None
    return redirect(url_for("history.index", find=key, since=day.isoformat() if day else None), code=303)
