"""user: who may log in to the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from notices.cli.display import table
from notices.cli.door import Door, common, pass_door
from notices.cli.options import PERSON, acting_option
from notices.cli.translated_help import group
from notices.errors import UsageMistake
from notices.messages import say
from notices.model import Role
from notices.words import word

if TYPE_CHECKING:
    from notices.ledger import UserRecord

PASSWORD = "NOTICES_PASSWORD"  # noqa: S105 - the name of an environment variable
ROLE = click.Choice([role.value for role in Role])


@group()
def user() -> None:
    """Users of the page: who may log in, and what they may do."""


@user.command("add")
@click.argument("name", type=PERSON)
@click.option("--role", type=ROLE, required=True, help="What the user may do.")
@click.option("--names", is_flag=True, help="A viewer sees names and amounts too.")
@acting_option
@common
@pass_door
def add_user(door: Door, name: str, role: str, names: bool, by: str | None) -> None:
    """Add the user NAME; the password comes from NOTICES_PASSWORD, or is asked for."""
    from notices.flow.register import users

    password = _password(door)
    request = users.UserRequest(name, by or door.login(), door.now(), password, Role(role), names)
    _show(door, users.add_user(door.ledger, request))


@user.command("list")
@common
@pass_door
def list_users(door: Door) -> None:
    """List all users with their roles."""
    from notices.flow.register import users

    found = users.list_users(door.ledger)
    if door.as_json:
        door.answer({"users": [_document(each) for each in found]})
        return
    table(
        door.headings(say("name"), say("role"), say("sees names"), say("disabled")),
        [(each.name, door.word(each.role), _yes_no(door, each.names), _yes_no(door, each.disabled)) for each in found],
    )


@user.command("passwd")
@click.argument("name", type=PERSON)
@acting_option
@common
@pass_door
def set_user_password(door: Door, name: str, by: str | None) -> None:
    """Set the password of NAME, which ends their sessions and lets a disabled user in again."""
    from notices.flow.register import users

    request = users.UserRequest(name, by or door.login(), door.now(), _password(door))
    _show(door, users.set_password(door.ledger, request))


@user.command("role")
@click.argument("name", type=PERSON)
@click.argument("role", type=ROLE)
@click.option("--names", is_flag=True, help="A viewer sees names and amounts too.")
@acting_option
@common
@pass_door
def change_user(door: Door, name: str, role: str, names: bool, by: str | None) -> None:
    """Give NAME another role at once: viewer, clerk, approver or admin."""
    from notices.flow.register import users

    request = users.UserRequest(name, by or door.login(), door.now(), role=Role(role), names=names)
    _show(door, users.change_user(door.ledger, request))


@user.command("disable")
@click.argument("name", type=PERSON)
@acting_option
@common
@pass_door
def disable_user(door: Door, name: str, by: str | None) -> None:
    """Lock NAME out at once; what they did stays on record."""
    from notices.flow.register import users

    _show(door, users.disable_user(door.ledger, users.UserRequest(name, by or door.login(), door.now())))


def _password(door: Door) -> str:
    """Return the password from the environment, or ask for it twice; it is never an option, which others could see."""
    given = door.secret(PASSWORD)
    if given is not None:
        return given
    again = door.text(say("Again"))
    try:
        return str(click.prompt(door.text(say("Password")), hide_input=True, confirmation_prompt=again, err=True))
    except click.Abort as error:
        raise UsageMistake(
            say("No password was given."),
            say("Type it when asked, or put it into the environment variable {name}.", name=PASSWORD),
        ) from error


def _show(door: Door, user: UserRecord) -> None:
    if door.as_json:
        door.answer(_document(user))
    elif user.disabled:
        door.say(say("User {name} is disabled and cannot log in.", name=user.name))
    else:
        door.say(say("User {name} may log in as {role}.", name=user.name, role=word(user.role)))


def _document(user: UserRecord) -> dict[str, object]:
    return {"name": user.name, "role": user.role.value, "names": user.names, "disabled": user.disabled}


def _yes_no(door: Door, value: bool) -> str:
    return door.text(say("yes") if value else say("no"))


COMMANDS = (user,)
