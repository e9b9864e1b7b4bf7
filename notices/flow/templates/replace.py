"""A new version of a template: checked in a copy of the workspace's letters before it replaces the old one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from notices.errors import Refused, UsageMistake
from notices.files import write_whole
from notices.flow.people import refuse_strangers
from notices.flow.templates.check import Checked, check
from notices.flow.workspace import SETTINGS_FILE, Workspace
from notices.messages import say
from notices.pdf import sha256_of

OLDER = "older"  # folder beside a template, for the versions that were replaced; nothing is made of them


@dataclass(frozen=True)
class NewVersion:
    """A new version of a template: the file that it replaces, by the name in the list, and who brings it.

    `seen` is the SHA-256 of the version that this person knows; another one was put there meanwhile.
    """

    file: str
    path: Path
    by: str
    at: datetime
    seen: str


@dataclass(frozen=True)
class TemplateReplaced:
    """Result: the check of the new version, and the name under which the old one is kept; "" if it was not replaced."""

    checked: Checked
    kept: str = ""


def template_files(workspace: Workspace) -> list[str]:
    """Return the templates and e-mail texts that there are, as `check` names them."""
    return [each.file for each in check(workspace) if (workspace.templates / each.file).is_file()]


def replace_template(workspace: Workspace, new: NewVersion) -> TemplateReplaced:
    """Check a new version, and put it in place of the old one if nothing is wrong with it; the old one stays beside.

    Raises UsageMistake if there is no such template, Refused if it has changed since this person looked at it.
    """
    refuse_strangers(workspace, new.by)
    target = workspace.templates / new.file
    if new.file not in template_files(workspace):
        raise UsageMistake(say("There is no template {file}.", file=new.file), say("Choose one of the list."))
    if sha256_of(target) != new.seen:
        raise Refused(
            say("{file} has changed since you looked at it; nothing was replaced.", file=new.file),
            say("Look at the present version, and upload yours again if it is still the right one."),
        )
    with _copy(workspace) as trial:
        shutil.copyfile(new.path, trial.templates / new.file)
        if target.suffix == ".docx":
            (checked,) = check(trial, [trial.templates / new.file])
        else:  # a text of e-mails is checked with all others
            (checked,) = (each for each in check(trial) if each.file == new.file)
    if checked.problems:
        return TemplateReplaced(checked)
    kept = target.parent / OLDER / f"{target.stem}-{new.at:%Y%m%d-%H%M%S}{target.suffix}"
    kept.parent.mkdir(exist_ok=True)
    write_whole(kept, target.read_bytes())
    write_whole(target, new.path.read_bytes())
    return TemplateReplaced(checked, kept.name)


@contextmanager
def _copy(workspace: Workspace) -> Iterator[Workspace]:
    """Yield a workspace with the same settings and letters, to try a version among its neighbours."""
    with TemporaryDirectory() as folder:
        shutil.copyfile(workspace.root / SETTINGS_FILE, Path(folder) / SETTINGS_FILE)
        shutil.copytree(workspace.templates, Path(folder) / "templates")
        yield Workspace(Path(folder))
