"""Today: what needs a person now, each line a link; an empty workspace greets with the first steps."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from notices.flow.setup.first_steps import first_steps
from notices.flow.today import Waiting, waiting
from notices.messages import say
from notices.web.roles import EVERYBODY, serves
from notices.web.site import the_site

blueprint = Blueprint("today", __name__)
NAVIGATION = ("today.show", say("Today"))


@blueprint.get("/")
@serves(*EVERYBODY)
def show() -> ResponseReturnValue:
    """Show what waits for a person today."""
    site = the_site()
    with site.ledger.read() as books:
        batches = books.batches.all()
    if not batches:
        return render_template("first_steps.html", steps=first_steps(site.workspace))
    items = waiting(site.workspace, site.ledger, site.today())
    return render_template("today.html", items=items, address=_address, newest=batches[-1], day=site.today())


def _address(item: Waiting) -> str:
    """Return the address of the page that shows what waits, "" if there is none."""
    if item.batch_id is None:
        return ""
    address = url_for("batches.show", batch=item.batch_id)
    return f"{address}?{urlencode(item.filters)}" if item.filters else address
