"""Settings: what the doctor finds on this machine and in this workspace."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from notices.messages import say
from notices.web.people import session_name
from notices.web.roles import ONLY_ADMIN, serves
from notices.web.site import the_site

blueprint = Blueprint("settings", __name__, url_prefix="/settings")
NAVIGATION = ("settings.index", say("Settings"))


@blueprint.get("/")
@serves(*ONLY_ADMIN)
def index() -> ResponseReturnValue:
    """Show what the last check found; it asks the mail server and the printer, so nobody runs it by looking here."""
    from notices.flow.setup.finding import Finding

    kept = the_site().kept.get(session_name(), request.args.get("found", ""))
    findings = [each for each in kept if isinstance(each, Finding)] if isinstance(kept, tuple) else None
    return render_template("settings.html", findings=findings, form=FlaskForm())


@blueprint.post("/check")
@serves(*ONLY_ADMIN)
def check() -> ResponseReturnValue:
    """Run all checks."""
    from notices.flow.setup.doctor import examine

    site = the_site()
    found = tuple(examine(site.workspace, site.environment.get, site.now))
    return redirect(url_for("settings.index", found=site.kept.keep(session_name(), found)), code=303)
