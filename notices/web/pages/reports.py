"""Report: response to the letters, money, reasons, promises and limitation as charts and tables; and as files."""

from __future__ import annotations

import re
from hashlib import sha256
from html import unescape
from io import BytesIO
from typing import Any

from flask import Blueprint, abort, make_response, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from notices.messages import say
from notices.web.at_work import gather, gathered_part
from notices.web.errands import Errand, ErrandState
from notices.web.inputs import typed_day
from notices.web.people import the_person
from notices.web.roles import EVERYBODY, serves
from notices.web.site import the_site
from notices.web.stamps import stamp_of
from notices.web.uploads import UPLOADS

blueprint = Blueprint("reports", __name__, url_prefix="/report")
NAVIGATION = ("reports.index", say("Report"))
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html; charset=utf-8",
}
STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)


@blueprint.get("/")
@serves(*EVERYBODY, names=True)
def index() -> ResponseReturnValue:
    """Show the report on a batch or all, an estate or all, a span of days; names are masked unless asked for."""
    site, options = the_site(), _options()
    key, errand = gather("report", "report", options)
    if request.args.get("made") != key:
        values: dict[str, Any] = {**request.args.to_dict(), "made": key}
        return redirect(url_for("reports.index", **values), code=303)
    with site.ledger.read() as books:
        batches = [(str(batch.id), batch.name) for batch in books.batches.all()[::-1] if not batch.discarded]
    result = errand.result if errand and errand.state is ErrandState.DONE else None
    stale = result is not None and result["stamp"] != stamp_of(site.workspace, site.ledger)
    parts = [{**part, "chart": Markup(part["chart"] or "")} for part in result["parts"]] if result else []  # noqa: S704 - drawn by us
    answer = make_response(
        render_template(
            "report.html", errand=errand, key=key, result=result, shown=parts, batches=batches, options=options,
            estates=[(estate.name, estate.name) for estate in site.workspace.settings.estates],
            query={name: value for name, value in request.args.items() if name != "made"}, stale=stale,
        )
    )  # fmt: skip
    answer.headers["X-Styles"] = " ".join(dict.fromkeys(_hash(part["chart"]) for part in parts if part["chart"]))
    return answer


@blueprint.get("/live")
@serves(*EVERYBODY, names=True)
def live() -> ResponseReturnValue:
    """Return the part of the page that changes while the report is gathered."""
    return gathered_part("report", "report_live.html")


@blueprint.get("/<made>.<ending>")
@serves(*EVERYBODY, names=True)
def file(made: str, ending: str) -> ResponseReturnValue:
    """Return the report as a workbook, or as one page for a browser."""
    errand = the_site().errands.find(f"report:{made}")
    if ending not in TYPES or not _is_mine(errand):
        abort(404)
    assert errand is not None  # noqa: S101 - it is mine
    path = the_site().workspace.batches / UPLOADS / errand.result["files"][ending]
    if not path.is_file():
        abort(404)
    name = f"report-{the_site().today().isoformat()}.{ending}"
    return send_file(BytesIO(path.read_bytes()), TYPES[ending], as_attachment=True, download_name=name)


def _is_mine(errand: Errand | None) -> bool:
    return errand is not None and errand.by == the_person().name and bool(errand.result)


def _options() -> dict[str, object]:
    """Return what the address asks for; a batch by its number, so that no name stands there."""
    given, site = request.args, the_site()
    number = given.get("batch", "")
    with site.ledger.read() as books:
        batch = books.batches.with_id(int(number)) if number.isdecimal() and len(number) < 10 else None
    days = {name: typed_day(given.get(name, "")) for name in ("since", "until")}
    place = given.get("estate", "")
    known = [estate.name for estate in site.workspace.settings.estates]
    return {
        "batch": batch.name if batch else None,
        **{name: day.isoformat() if day else None for name, day in days.items()},
        "estate": known[int(place) - 1] if place.isdecimal() and 0 < int(place[:5]) <= len(known) else None,
        "names": bool(given.get("names")),
    }


def _hash(chart: str) -> str:
    """Return what lets a browser apply the style sheet inside a chart: a hash of its text."""
    from base64 import b64encode

    found = STYLE.search(str(chart))
    style = unescape(found[1]) if found else ""
    return f"'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'"
