"""init: create a workspace with commented settings, the letter templates, and empty folders."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from notices.errors import Refused, UsageMistake
from notices.files import write_whole
from notices.flow.templates.bundled import SAMPLE_ESTATE, bundled, sample_settings
from notices.flow.workspace import SETTINGS_FILE, Workspace
from notices.messages import say
from notices.settings import Estate


@dataclass(frozen=True)
class NewWorkspace:
    """Result of `init`."""

    workspace: Workspace
    estates: tuple[str, ...]


def init(folder: Path, estates: Sequence[str]) -> NewWorkspace:
    """Create a workspace in `folder`; raises Refused if there already is one."""
    if (folder / SETTINGS_FILE).exists():
        raise Refused(
            say("{folder} is already a workspace; nothing was changed.", folder=folder),
            say("Edit its {file}, or give another folder.", file=SETTINGS_FILE),
        )
    names = _distinct(estates) or (SAMPLE_ESTATE,)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(bundled("templates"), folder / "templates", dirs_exist_ok=True)
    for name in ("batches", "output"):
        (folder / name).mkdir(mode=0o700, exist_ok=True)
    write_whole(folder / SETTINGS_FILE, sample_settings(names).encode())
    return NewWorkspace(Workspace(folder), names)


def _distinct(estates: Sequence[str]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in estates))
    for name in names:
        try:
            Estate(name=name, code="A1")
        except ValueError as error:
            raise UsageMistake(
                say("“{name}” cannot be the name of an estate.", name=name),
                say("Write it as in the arrears list, without a slash."),
            ) from error
    return names
