"""init: make a workspace with settings that explain themselves, the letters, and empty folders."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from notices.errors import Refused, UsageMistake
from notices.files import write_whole
from notices.flow.workspace import SETTINGS_FILE, Workspace
from notices.letters.languages import FOLDERS, in_language
from notices.messages import Language, say
from notices.settings import Estate
from notices.texts import render_text

SAMPLE_ESTATE = "示例花园"


@dataclass(frozen=True)
class NewWorkspace:
    """What `init` made."""

    workspace: Workspace
    estates: tuple[str, ...]


def init(folder: Path, estates: Sequence[str]) -> NewWorkspace:
    """Make a workspace in `folder`; raises Refused where there is one already."""
    if (folder / SETTINGS_FILE).exists():
        raise Refused(
            say("{folder} is a workspace already; nothing was changed.", folder=folder),
            say("Edit its {file}, or name another folder.", file=SETTINGS_FILE),
        )
    names = _distinct(estates) or (SAMPLE_ESTATE,)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(bundled("templates"), folder / "templates", dirs_exist_ok=True)
    for name in ("batches", "output"):
        (folder / name).mkdir(mode=0o700, exist_ok=True)
    write_whole(folder / SETTINGS_FILE, sample_settings(names).encode())
    return NewWorkspace(Workspace(folder), names)


def sample_settings(estates: Sequence[str]) -> str:
    """The text of a settings file for these estates, every key explained."""
    codes = _codes(estates)
    fields = {"estates": [{"name": name, "code": code} for name, code in zip(estates, codes, strict=True)]}
    return render_text(bundled("notices.toml.j2"), fields)


def bundled(name: str) -> Path:
    """What comes with the program: inside the package, or in the checkout it runs from."""
    inside = Path(str(resources.files("notices"))) / "data" / name
    return inside if inside.exists() else Path(str(resources.files("notices"))).parent / name


def _distinct(estates: Sequence[str]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in estates))
    for name in names:
        try:
            Estate(name=name, code="A1")
        except ValueError as error:
            raise UsageMistake(
                say("“{name}” cannot be the name of an estate.", name=name),
                say("Give it as the arrears list writes it, without a slash."),
            ) from error
    return names


def _codes(estates: Sequence[str]) -> list[str]:
    """A short code for each estate's numbers; the clerk puts the real one in its place."""
    return ["SLHY" if name == SAMPLE_ESTATE else f"WY{place:02d}" for place, name in enumerate(estates, start=1)]


@dataclass(frozen=True)
class TemplateUse:
    """A template of the workspace, its language, and the tiers whose letters it makes."""

    file: str
    language: Language
    present: bool
    tiers: tuple[str, ...]


def template_list(workspace: Workspace) -> list[TemplateUse]:
    """The templates there are and those the policy asks for, in each language of the estates."""
    uses: dict[tuple[str, Language], dict[str, None]] = {}
    for language, folder in FOLDERS.items():
        for path in sorted((workspace.templates / folder).glob("*.docx")):
            uses[path.relative_to(workspace.templates).as_posix(), language] = {}
    there = frozenset(file for file, _ in uses)
    for estate in workspace.settings.estates:
        for tier in workspace.settings.policy_of(estate.name).tiers:
            file = in_language(workspace.templates, tier.template, estate.language)
            uses.setdefault((file, "en" if file != tier.template else "zh"), {})[tier.name] = None
    return [TemplateUse(file, language, file in there, tuple(tiers)) for (file, language), tiers in uses.items()]
