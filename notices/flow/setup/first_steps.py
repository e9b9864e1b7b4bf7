"""The three steps before the first letter: settings, templates, first list; each with its check."""

from __future__ import annotations

from dataclasses import dataclass

from notices.errors import NoticesError
from notices.flow.templates.check import check
from notices.flow.templates.samples import sample_keys
from notices.flow.workspace import Workspace
from notices.messages import Message, say


@dataclass(frozen=True)
class FirstStep:
    """A step: its title, how it is done, whether its check is content, and what the check found."""

    title: Message
    how: Message
    done: bool
    facts: tuple[Message, ...] = ()


def first_steps(workspace: Workspace) -> list[FirstStep]:
    """Return the steps of a workspace without a batch, each with its check."""
    return [_settings(workspace), _templates(workspace), _list()]


def _settings(workspace: Workspace) -> FirstStep:
    title = say("Settings")
    how = say(
        "Open notices.toml in the workspace and put your own data in place of the samples; every key is explained."
    )
    try:
        samples = sample_keys(workspace)
    except NoticesError as error:
        return FirstStep(title, how, done=False, facts=(error.fact, *error.details))
    left = (say("Sample values remain: {keys}.", keys=", ".join(samples)),) if samples else ()
    return FirstStep(title, how, done=not samples, facts=left)


def _templates(workspace: Workspace) -> FirstStep:
    title = say("Letters")
    how = say("Read the letters in templates/ with Word or WPS, and change their wording where it is not yours.")
    try:
        checked = check(workspace, [])
    except NoticesError as error:
        return FirstStep(title, how, done=False, facts=(error.fact, *error.details))
    mistakes = [problem.fact for each in checked for problem in each.problems]
    return FirstStep(title, how, done=not mistakes, facts=tuple(mistakes))


def _list() -> FirstStep:
    how = say("Upload the first list of unpaid fees and plan it. Nothing leaves before you release it.")
    return FirstStep(say("First list"), how, done=False)
