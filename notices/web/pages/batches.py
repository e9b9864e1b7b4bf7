"""Batches: the list of them, and one with its decisions."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from notices.messages import say
from notices.web.roles import EVERYBODY, serves
from notices.web.site import the_site

blueprint = Blueprint("batches", __name__, url_prefix="/batches")
NAVIGATION = ("batches.index", say("Batches"))


@blueprint.get("/")
@serves(*EVERYBODY)
def index() -> ResponseReturnValue:
    """List all batches, the newest first."""
    with the_site().ledger.read() as books:
        batches = books.batches.all()[::-1]
    return render_template("batches.html", batches=batches)


@blueprint.get("/<int:batch>")
@serves(*EVERYBODY)
def show(batch: int) -> ResponseReturnValue:
    """Show a batch."""
    return render_template("batch.html", batch=batch)
