"""Purge: forget what is personal about cases settled long ago; first it is counted, then purged for good."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from notices.errors import Refused
from notices.messages import say
from notices.web.at_work import begin, gathered_part, refuse_other
from notices.web.errands import ErrandState
from notices.web.inputs import day_field
from notices.web.roles import ONLY_ADMIN, serves
from notices.web.site import the_site

blueprint = Blueprint("purge", __name__, url_prefix="/purge")
PLACE = "purge:"  # there is one of it


class PurgeForm(FlaskForm):
    """Day before which a case was settled."""

    day = day_field(say("Settled before"), required=True)


@blueprint.get("/")
@serves(*ONLY_ADMIN)
def index() -> ResponseReturnValue:
    """Ask for a day; show what would be purged, or was."""
    return _page(PurgeForm(formdata=None))


@blueprint.post("/count")
@serves(*ONLY_ADMIN)
def count() -> ResponseReturnValue:
    """Count what would be purged, and change nothing."""
    form = PurgeForm()
    if not form.validate_on_submit():
        return _page(form), 400
    begin(PLACE, "purge", {"settled_before": form.day.data.isoformat(), "dry_run": True})
    return redirect(url_for("purge.index"), code=303)


@blueprint.post("/")
@serves(*ONLY_ADMIN)
def purge() -> ResponseReturnValue:
    """Purge what was counted last."""
    errand = the_site().errands.find(PLACE)
    counted = errand.result if errand is not None and errand.state is ErrandState.DONE else None
    if not counted or not counted["dry_run"] or request.form.get("day") != counted["settled_before"]:
        raise Refused(
            say("Nothing was counted for this day, so nothing was purged."),
            say("Count first, look at the figures, then purge."),
        )
    begin(PLACE, "purge", {"settled_before": counted["settled_before"], "dry_run": False})
    return redirect(url_for("purge.index"), code=303)


@blueprint.post("/dismiss")
@serves(*ONLY_ADMIN)
def dismiss() -> ResponseReturnValue:
    """Put away the report of the last purge."""
    refuse_other(PLACE)
    the_site().errands.dismiss(PLACE)
    return redirect(url_for("purge.index"), code=303)


@blueprint.get("/live")
@serves(*ONLY_ADMIN)
def live() -> ResponseReturnValue:
    """Return the part of the page that changes while cases are counted or purged."""
    return gathered_part("purge", "purge_live.html")


def _page(form: PurgeForm) -> str:
    errand = the_site().errands.find(PLACE)
    done = errand is not None and errand.state is ErrandState.DONE
    return render_template("purge.html", form=form, errand=errand, done=done)
