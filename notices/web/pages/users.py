"""Users: who may log in, with which role. Everybody changes their own password."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, SelectField, ValidationError
from wtforms.validators import InputRequired

from notices.errors import NoticesError, Refused
from notices.flow.register import users
from notices.ledger import UserRecord
from notices.messages import Message, say
from notices.model import Role
from notices.web import people
from notices.web.faults import status_of
from notices.web.forms import required_text
from notices.web.pages.accounts import Done
from notices.web.people import session_name, the_person
from notices.web.roles import EVERYBODY, ONLY_ADMIN, serves
from notices.web.site import the_site

blueprint = Blueprint("users", __name__, url_prefix="/users")
NAVIGATION = ("users.index", say("Users"))


class NewPasswordForm(FlaskForm):
    """A password, typed twice."""

    password = PasswordField(say("Password"), validators=[InputRequired(say("Fill this in."))])
    again = PasswordField(say("The password again"))

    def validate_again(self, field: Any) -> None:
        """Raise ValidationError unless both are the same."""
        if field.data != self.password.data:
            raise ValidationError(say("The passwords are not the same."))


class NewUserForm(NewPasswordForm):
    """A user to add."""

    name = required_text(say("Name"), longest=80)
    role = SelectField(say("Role"), choices=[role.value for role in Role])
    names = BooleanField(say("A viewer sees names and amounts too."))


class OwnPasswordForm(NewPasswordForm):
    """A new password of one's own; the old one shows that it is oneself."""

    old = PasswordField(say("Present password"), validators=[InputRequired(say("Fill this in."))])


@blueprint.get("/")
@serves(*ONLY_ADMIN)
def index() -> ResponseReturnValue:
    """List the users, and ask for a new one."""
    return _page(NewUserForm(formdata=None))


@blueprint.post("/")
@serves(*ONLY_ADMIN)
def add() -> ResponseReturnValue:
    """Add a user; the first one has to be an administrator, or nobody could add a second one."""
    form, site = NewUserForm(), the_site()
    if not form.validate_on_submit():
        return _page(form), 400
    role = Role(form.role.data) if people.has_users(site) else Role.ADMIN
    order = _order(form.name.data, password=form.password.data, role=role, names=form.names.data)
    try:
        added = users.add_user(site.ledger, order)
    except NoticesError as error:
        return _page(form, error), status_of(error)
    return _back(say("User {name} may log in.", name=added.name))


@blueprint.post("/<int:user>/role")
@serves(*ONLY_ADMIN)
def change(user: int) -> ResponseReturnValue:
    """Give a user another role, at once."""
    role, known = request.form.get("role", ""), _user_seen(user)
    if role not in {each.value for each in Role}:
        abort(400)
    order = _order(known.name, role=Role(role), names=bool(request.form.get("names")))
    users.change_user(the_site().ledger, order)
    return _back(say("The role of {name} is changed.", name=known.name))


@blueprint.post("/<int:user>/disable")
@serves(*ONLY_ADMIN)
def disable(user: int) -> ResponseReturnValue:
    """Lock a user out at once; what they did stays on record."""
    known = _user_seen(user)
    users.disable_user(the_site().ledger, _order(known.name))
    return _back(say("User {name} is disabled and cannot log in.", name=known.name))


@blueprint.route("/<int:user>/password", methods=["GET", "POST"])
@serves(*ONLY_ADMIN)
def password(user: int) -> ResponseReturnValue:
    """Set a new password, which ends the user's sessions and lets a disabled user in again."""
    known, form = _user_seen(user), NewPasswordForm()
    if not form.validate_on_submit():
        return render_template("password.html", form=form, user=known, error=None, mark=mark_of), (
            400 if form.errors else 200
        )
    try:
        users.set_password(the_site().ledger, _order(known.name, password=form.password.data))
    except NoticesError as error:
        return render_template("password.html", form=form, user=known, error=error, mark=mark_of), status_of(error)
    return _back(say("{name} has a new password; older log-ins have ended.", name=known.name))


@blueprint.route("/own-password", methods=["GET", "POST"])
@serves(*EVERYBODY)
def own_password() -> ResponseReturnValue:
    """Change one's own password; wrong guesses of the old one are slowed as log-ins are."""
    person, site, form = the_person(), the_site(), OwnPasswordForm()
    if not person.key:
        abort(404)  # without users there is no password
    error: NoticesError | None = None
    if not form.validate_on_submit():
        return render_template("own_password.html", form=form, error=None), 400 if form.errors else 200
    keys = (f"own {person.key}",)
    if wait := site.throttle.wait(keys):
        told = say("Too many failures. Try again in {seconds} s.", seconds=wait)
        form.old.errors = [told]
        return render_template("own_password.html", form=form, error=None), 429, {"Retry-After": str(wait)}
    if users.check_login(site.ledger, person.name, form.old.data) is None:
        site.throttle.failed(keys)
        form.old.errors = [say("The present password is wrong.")]
        return render_template("own_password.html", form=form, error=None), 401
    try:
        changed = users.set_password(site.ledger, _order(person.name, password=form.password.data))
    except NoticesError as mistake:
        error = mistake
        return render_template("own_password.html", form=form, error=error), status_of(error)
    people.log_in(changed)
    return redirect(url_for("today.show"), code=303)


def _order(name: str, **more: Any) -> users.UserRequest:
    return users.UserRequest(name, the_person().name, the_site().now(), **more)


def _user(key: int) -> UserRecord:
    with the_site().ledger.read() as books:
        found = books.users.with_id(key)
    if found is None:
        abort(404)
    return found


def mark_of(user: UserRecord) -> str:
    """Return what changes with a user, for a form to say what it was shown for."""
    facts = (user.id, user.name, user.role.value, user.names, user.password, str(user.disabled))
    return sha256(repr(facts).encode()).hexdigest()[:16]


def _user_seen(key: int) -> UserRecord:
    """Return a user; raise Refused if somebody has changed them since the form was shown."""
    found = _user(key)
    if request.form.get("seen", mark_of(found)) != mark_of(found):
        raise Refused(
            say("{name} was changed meanwhile, by somebody else or in another window.", name=found.name),
            say("Load the page again to see its present state."),
        )
    return found


def _back(told: Message) -> ResponseReturnValue:
    if not people.has_users(the_site()) or not the_person().key:
        return redirect(url_for("users.index"), code=303)  # the first user: everybody logs in now
    key = the_site().kept.keep(session_name(), Done((told,)))
    return redirect(url_for("users.index", done=key), code=303)


def _page(form: NewUserForm, error: NoticesError | None = None) -> str:
    site = the_site()
    done = site.kept.get(session_name(), request.args.get("done", ""))
    return render_template(
        "users.html", users=users.list_users(site.ledger), form=form, error=error, roles=[role.value for role in Role],
        done=done if isinstance(done, Done) else None, me=the_person(), mark=mark_of,
    )  # fmt: skip
