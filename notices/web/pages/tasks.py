"""Tasks: what each person has to do by today, with the date and the reason."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from notices.messages import say
from notices.web.at_work import gather, gathered_part
from notices.web.cells import from_json
from notices.web.errands import ErrandState
from notices.web.paging import part_asked
from notices.web.roles import FROM_CLERK, serves
from notices.web.site import the_site
from notices.web.stamps import stamp_of

blueprint = Blueprint("tasks", __name__, url_prefix="/tasks")
NAVIGATION = ("tasks.index", say("Tasks"))


@blueprint.get("/")
@serves(*FROM_CLERK)
def index() -> ResponseReturnValue:
    """Show the tasks of everybody, or of one person or kind."""
    key, errand = gather("todo", "todo", {"day": the_site().today().isoformat()})
    if request.args.get("made") != key:
        return redirect(_here(made=key), code=303)
    result: Any = errand.result if errand and errand.state is ErrandState.DONE else {"rows": [], "count": 0}
    people = sorted({row["handler"] for row in result["rows"]})
    kinds = sorted({row["kind"] for row in result["rows"]})
    who, kind = request.args.get("who", ""), request.args.get("kind", "")
    person = people[int(who) - 1] if who.isdecimal() and 0 < int(who[:5]) <= len(people) else None
    stale = bool(result.get("stamp")) and result["stamp"] != stamp_of(the_site().workspace, the_site().ledger)
    rows = [
        row for row in result["rows"] if person in {None, row["handler"]} and (kind not in kinds or kind == row["kind"])
    ]
    part = part_asked(len(rows))
    shown = [{**row, "text": from_json(row["text"])} for row in rows[part.offset : part.offset + part.size]]
    return render_template(
        "tasks.html", errand=errand, key=key, rows=shown, count=len(rows), part=part, people=people, kinds=kinds,
        who=who, kind=kind, done=errand is not None and errand.state is ErrandState.DONE, day=the_site().today(),
        page_address=lambda number: _here(page=number), stale=stale,
    )  # fmt: skip


def _here(**changes: object) -> str:
    """Return the address of this page with some values changed."""
    values: dict[str, Any] = {**request.args.to_dict(), **changes}
    return url_for("tasks.index", **values)


@blueprint.get("/live")
@serves(*FROM_CLERK)
def live() -> ResponseReturnValue:
    """Return the part of the page that changes while the tasks are gathered."""
    return gathered_part("todo", "tasks_live.html")
