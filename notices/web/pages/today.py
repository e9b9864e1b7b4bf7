"""Today: what needs a person now, each line a link; an empty workspace greets with the first steps."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, current_app, render_template, url_for
from flask.typing import ResponseReturnValue

from notices.flow.today import Waiting, waiting
from notices.messages import Message, say
from notices.web.cut_off import cut_off
from notices.web.pages.templates import files_stamp
from notices.web.people import the_person
from notices.web.roles import EVERYBODY, served_roles, serves
from notices.web.site import the_site
from notices.web.wording import verb_title

blueprint = Blueprint("today", __name__)
NAVIGATION = ("today.show", say("Today"))
# Pages of the kinds that are not about one batch.
ELSEWHERE = {
    "scans": ("replies.index", "#scans"),
    "proposals": ("replies.index", "#proposals"),
    "promise": ("tasks.index", "?kind=promise"),
    "instalments": ("tasks.index", "?kind=instalment"),
    "job": ("jobs.index", ""),
}


@blueprint.get("/")
@serves(*EVERYBODY)
def show() -> ResponseReturnValue:
    """Show what waits for a person today."""
    site, day = the_site(), the_site().today()
    with site.ledger.read() as books:
        batches = books.batches.all()
        last, big = books.events.last(), books.attention.is_big()
        begun = tuple(command.id for command in books.attention.interrupted())
    if not batches:
        return _greeting()
    workspace, ledger = site.workspace, site.ledger
    stamp = (last, begun, day, id(workspace))

    def count() -> list[Waiting]:
        return waiting(workspace, ledger, day)

    known = site.figures.newest("today", stamp, count, big=big)
    fresh = known is not None and known[0] == stamp
    return render_template(
        "today.html",
        items=known[1] if known else [],
        fresh=fresh,
        address=_address,
        newest=batches[-1],
        day=day,
        cut=_cut_off(),
    )


def _greeting() -> str:
    """Greet an empty workspace with the steps that come first, each with a link to where it is done."""
    from notices.flow.setup.first_steps import first_steps

    site = the_site()
    steps = site.counted.get(("steps", files_stamp(), id(site.workspace)), lambda: first_steps(site.workspace))
    pages = (
        ("settings.index", say("Check the settings")), ("templates.index", say("Look at the letters")),
        ("lists.index", say("Upload the list")),
    )  # fmt: skip
    role = the_person().role
    mine = [page if role in served_roles(current_app.view_functions[page[0]]) else None for page in pages]
    return render_template("first_steps.html", steps=steps, pages=mine)


def _address(item: Waiting) -> str:
    """Return the address of the page that shows what waits, "" if there is none."""
    if item.kind in ELSEWHERE:
        endpoint, part = ELSEWHERE[item.kind]
        serving = served_roles(current_app.view_functions[endpoint])
        return url_for(endpoint) + part if the_person().role in serving else ""
    if item.batch_id is None:
        return ""
    address = url_for("batches.show", batch=item.batch_id)
    return f"{address}?{urlencode(item.filters)}" if item.filters else address


def _cut_off() -> list[tuple[Message, str]]:
    """Return what the reader began and the end of the server cut off: each verb, with the page that goes on with it."""
    found = dict.fromkeys(each.verb for each in cut_off(the_site(), the_person().name))
    return [
        (verb_title(verb), url_for("lists.index" if verb in {"read-list", "plan"} else "replies.index"))
        for verb in found
    ]
