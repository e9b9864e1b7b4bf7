"""Log in, log out, say who one is where there are no users, and choose the language."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from notices.flow.people import refuse_strangers
from notices.flow.register.users import check_login
from notices.messages import say
from notices.spelling import comparable_person
from notices.web import people
from notices.web.forms import required_text
from notices.web.guards import own_path
from notices.web.roles import open_to_all
from notices.web.site import the_site

blueprint = Blueprint("access", __name__)


class LogInForm(FlaskForm):
    """Name and password."""

    name = StringField(say("Name"), validators=[InputRequired(say("Fill this in."))])
    password = PasswordField(say("Password"), validators=[InputRequired(say("Fill this in."))])


class WhoForm(FlaskForm):
    """Name of the one person of a page without users."""

    name = required_text(say("Your name"), longest=80)


@blueprint.route("/log-in", methods=["GET", "POST"])
@open_to_all
def log_in() -> ResponseReturnValue:
    """Log in; each failure makes the next attempt wait longer."""
    site, form = the_site(), LogInForm()
    if not people.has_users(site):
        return redirect(url_for("access.say_who"), code=303)
    if not form.validate_on_submit():
        return render_template("log_in.html", form=form, told=None), 400 if form.errors else 200
    keys = (f"name {comparable_person(form.name.data)[:200]}", f"address {request.remote_addr}")
    if wait := site.throttle.wait(keys):
        told = say("Too many failures. Try again in {seconds} s.", seconds=wait)
        return render_template("log_in.html", form=form, told=told), 429, {"Retry-After": str(wait)}
    user = check_login(site.ledger, form.name.data, form.password.data)
    if user is None:
        site.throttle.failed(keys)
        told = say("Name or password is wrong.")
        return render_template("log_in.html", form=form, told=told), 401
    site.throttle.succeeded(keys)
    people.log_in(user)
    return redirect(own_path(request.args.get("next")), code=303)


@blueprint.route("/who", methods=["GET", "POST"])
@open_to_all
def say_who() -> ResponseReturnValue:
    """Take the name of the one person of a page without users; it becomes the author of what they do."""
    site, form = the_site(), WhoForm()
    if people.has_users(site):
        return redirect(url_for("access.log_in"), code=303)
    if not form.validate_on_submit():
        names = site.workspace.settings.people.names
        return render_template("who.html", form=form, names=names), 400 if form.errors else 200
    refuse_strangers(site.workspace, form.name.data)
    people.act_as(form.name.data)
    return redirect(own_path(request.args.get("next")), code=303)


@blueprint.post("/log-out")
@open_to_all
def log_out() -> ResponseReturnValue:
    """End the session."""
    people.log_out()
    return redirect(url_for("today.show"), code=303)


@blueprint.post("/language")
@open_to_all
def choose_language() -> ResponseReturnValue:
    """Choose the language of the page for this session."""
    session["language"] = "en" if request.form.get("language") == "en" else "zh"
    return redirect(own_path(request.form.get("next")), code=303)
