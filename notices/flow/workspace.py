"""Workspace: a folder that holds `notices.toml`, and the paths of everything in it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath

from notices.errors import Refused, SettingsMistake, Unusable, UsageMistake
from notices.ledger.engine import sqlite_url
from notices.letters.languages import in_language
from notices.messages import Message, say
from notices.rules.workdays import WorkingDays
from notices.settings import Policy, Settings, parse

SETTINGS_FILE = "notices.toml"
FULL_WIDTH = re.compile("[“”‘’「」＂＇＝，［］【】]")


@dataclass(frozen=True)
class Workspace:
    """Workspace folder: the settings and the folders beside them."""

    root: Path

    @cached_property
    def settings(self) -> Settings:
        """Settings read from the file. Raises SettingsMistake with all mistakes."""
        return read_settings(self.root / SETTINGS_FILE)

    @property
    def templates(self) -> Path:
        """Folder of the letter templates, edited by the clerk."""
        return self.root / "templates"

    @property
    def batches(self) -> Path:
        """Folder of the embedded ledger and of each batch's frozen files."""
        return self.root / "batches"

    @property
    def ledger_url(self) -> str:
        """URL of the ledger, for SQLAlchemy."""
        return self.settings.ledger.url or sqlite_url(self.batches / "ledger.db")

    @property
    def shares_files(self) -> bool:
        """True if other machines need the files of its batches."""
        return self.settings.ledger.files != "workspace"

    @property
    def shared_files(self) -> Path | None:
        """Shared folder where the files of batches are kept for all machines; None if that is the ledger."""
        files = self.settings.ledger.files
        return None if files == "database" else self.root / files

    @property
    def heads(self) -> Path:
        """File that shows how new the ledger is, outside the folder that holds it."""
        return self.root / "notices.heads"

    @property
    def stamps(self) -> Path:
        """Folder of the time stamps of the ledger, beside the file that shows how new it is."""
        return self.root / "notices.stamps"

    def batch(self, name: str) -> Path:
        """Return a batch's folder: its list as received, its frozen files, copies of what was sent."""
        return self.batches / name

    def output(self, name: str) -> Path:
        """Return the folder of what a batch sends out; all of it can be made again."""
        return self.root / "output" / name

    def letters(self, name: str) -> Path:
        """Return the folder of a batch's letters as PDF."""
        return self.output(name) / "letters"

    def outbox(self, name: str) -> Path:
        """Return the folder of a batch's e-mails, ready to send."""
        return self.output(name) / "outbox"

    def print_jobs(self, name: str) -> Path:
        """Return the folder of a batch's print jobs, one folder each."""
        return self.output(name) / "print"

    @property
    def letter_jobs(self) -> Path:
        """Folder of the print jobs of letters of reply, one folder each."""
        return self.root / "output" / "replies" / "jobs"

    def sent(self, name: str) -> Path:
        """Return the folder of copies of what was sent, kept as evidence."""
        return self.batch(name) / "sent"

    def kept_job(self, name: str, job: str, version: int) -> Path:
        """Return the folder of the copy kept of a version of a print job."""
        return self.sent(name) / (job if version == 1 else f"{job}.v{version}")

    def named(self, file: str) -> Path:
        """Return a file that a row of the ledger names. Raises Refused if it would lie outside the workspace."""
        parts = PurePosixPath(file)
        if parts.is_absolute() or ".." in parts.parts:
            raise Refused(
                say("The ledger names {file}, which is no file of this workspace.", file=file),
                say("Somebody has changed the ledger: restore it from a backup, then `notices ledger verify`."),
            )
        return self.root / file

    @property
    def office(self) -> Path:
        """Folder of LibreOffice's profiles, font mapping and form font."""
        return self.root / "output" / ".office"

    def policy(self, estate: str) -> Policy:
        """Return an estate's policy; the general one for an estate that is not in the settings."""
        known = self.settings.estate(estate)
        return self.settings.policy_of(estate) if known else self.settings.policy

    def template_path(self, estate: str, tier: str) -> Path:
        """Return the template of a tier's letters in an estate's language; the Chinese one where there is no other."""
        known = self.settings.estate(estate)
        file = self.policy(estate).tier(tier).template
        return self.templates / in_language(self.templates, file, known.language if known else "zh")

    @property
    def working_days(self) -> WorkingDays:
        """Calendar of working days, for deadlines."""
        calendar = self.settings.calendar
        return WorkingDays(frozenset(calendar.holidays), frozenset(calendar.workdays))


def read_settings(path: Path) -> Settings:
    """Read and check a settings file. Raises SettingsMistake, or Unusable if it cannot be read."""
    try:
        return _parsed(path.read_text(encoding="utf-8-sig"), path.name)
    except tomllib.TOMLDecodeError as error:
        raise SettingsMistake(
            say("{file} is not valid TOML: {mistake}.", file=path.name, mistake=str(error)),
            _toml_remedy(error, path),
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(
            say("{file} cannot be read: {mistake}.", file=path.name, mistake=str(error)),
            say("Check that the file exists, is readable, and is saved as UTF-8."),
        ) from error


@lru_cache(maxsize=4)  # frozen; every page of `notices serve` reads them
def _parsed(text: str, name: str) -> Settings:
    return parse(tomllib.loads(text), name)


def _toml_remedy(error: tomllib.TOMLDecodeError, path: Path) -> Message:
    """Return what to do about a line that is no TOML; Chinese input methods type marks that look right and are not."""
    place = re.search(r"line (\d+)", str(error))
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    line = lines[int(place[1]) - 1] if place and int(place[1]) <= len(lines) else ""
    wide = "".join(dict.fromkeys(FULL_WIDTH.findall(line)))
    if not wide:
        return say("Correct that line: text goes in quotes, lists in brackets.")
    return say(
        "Line {line} has full-width marks ({marks}), as Chinese input methods type them. "
        'Type them half-width: " = , [ ]',
        line=place[1] if place else "",
        marks=wide,
    )


def find(start: Path) -> Workspace:
    """Return the workspace that contains `start`. Raises UsageMistake if there is none."""
    for folder in (start, *start.parents):
        if (folder / SETTINGS_FILE).is_file():
            return Workspace(folder)
    raise UsageMistake(
        say(
            "No workspace here: there is no {file} in {folder} or any folder above it.",
            folder=start,
            file=SETTINGS_FILE,
        ),
        say("Change to your workspace, give it with --workspace DIR, or create one with `notices init DIR`."),
    )


def at(folder: Path) -> Workspace:
    """Return the workspace in exactly this folder. Raises UsageMistake if it is none."""
    if not (folder / SETTINGS_FILE).is_file():
        raise UsageMistake(
            say("{folder} is not a workspace: it has no {file}.", folder=folder, file=SETTINGS_FILE),
            say("Create one with `notices init {folder}`.", folder=folder),
        )
    return Workspace(folder)


def unknown_estate(name: str, known: tuple[str, ...]) -> UsageMistake:
    """Return the error for an estate that is not in the settings."""
    return UsageMistake(
        say("There is no estate “{name}” in the settings.", name=name),
        say("Use one of {known}, or add [[estates]] to notices.toml.", known=", ".join(known)),
    )
