"""A workspace: a folder that holds `notices.toml`, and where everything in it lies."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from notices.errors import SettingsMistake, Unusable, UsageMistake
from notices.messages import say
from notices.rules.workdays import WorkingDays
from notices.settings import Policy, Settings, parse

SETTINGS_FILE = "notices.toml"


@dataclass(frozen=True)
class Workspace:
    """Where a clerk works: the settings, and the folders beside them."""

    root: Path

    @cached_property
    def settings(self) -> Settings:
        """The settings as they stand now; raises SettingsMistake with every mistake."""
        return read_settings(self.root / SETTINGS_FILE)

    @property
    def templates(self) -> Path:
        """The letters that a clerk edits."""
        return self.root / "templates"

    @property
    def batches(self) -> Path:
        """The embedded ledger and what each batch froze."""
        return self.root / "batches"

    @property
    def ledger_url(self) -> str:
        """Where the ledger is, as SQLAlchemy writes it."""
        return self.settings.ledger.url or f"sqlite:///{self.batches / 'ledger.db'}"

    def batch(self, name: str) -> Path:
        """What belongs to one batch: its list as received, what its approvals froze, what left the house."""
        return self.batches / name

    def output(self, name: str) -> Path:
        """What leaves the house of one batch; all of it can be made again."""
        return self.root / "output" / name

    def letters(self, name: str) -> Path:
        """The PDFs of one batch's letters."""
        return self.output(name) / "letters"

    def outbox(self, name: str) -> Path:
        """The e-mails of one batch, ready to send."""
        return self.output(name) / "outbox"

    def print_jobs(self, name: str) -> Path:
        """The print jobs of one batch, a folder each."""
        return self.output(name) / "print"

    def sent(self, name: str) -> Path:
        """Copies of what left the house, kept as evidence."""
        return self.batch(name) / "sent"

    @property
    def office(self) -> Path:
        """What the program keeps for its own offices: their profiles, the font mapping, the font of forms."""
        return self.root / "output" / ".office"

    def policy(self, estate: str) -> Policy:
        """The policy that holds for an estate: its own, or the general one where the settings do not know it."""
        known = self.settings.estate(estate)
        return self.settings.policy_of(estate) if known else self.settings.policy

    @property
    def working_days(self) -> WorkingDays:
        """The calendar that deadlines follow."""
        calendar = self.settings.calendar
        return WorkingDays(frozenset(calendar.holidays), frozenset(calendar.workdays))


def read_settings(path: Path) -> Settings:
    """Read and check a settings file; raises SettingsMistake, or Unusable where it cannot be read."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsMistake(
            say("{file} is not valid TOML: {mistake}.", file=path.name, mistake=str(error)),
            say("Correct the line named; text stands in quotes, lists in brackets."),
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(
            say("{file} cannot be read: {mistake}.", file=path.name, mistake=str(error)),
            say("Check that the file is there, is yours to read, and is saved as UTF-8."),
        ) from error
    return parse(data, path.name)


def find(start: Path) -> Workspace:
    """The workspace that `start` lies in, looking upwards; raises UsageMistake where there is none."""
    for folder in (start, *start.parents):
        if (folder / SETTINGS_FILE).is_file():
            return Workspace(folder)
    raise UsageMistake(
        say("No workspace here: {folder} and the folders above it hold no {file}.", folder=start, file=SETTINGS_FILE),
        say("Go to your workspace, name it with --workspace DIR, or make one with `notices init DIR`."),
    )


def at(folder: Path) -> Workspace:
    """The workspace in exactly that folder; raises UsageMistake where it is none."""
    if not (folder / SETTINGS_FILE).is_file():
        raise UsageMistake(
            say("{folder} is no workspace: it holds no {file}.", folder=folder, file=SETTINGS_FILE),
            say("Make one with `notices init {folder}`.", folder=folder),
        )
    return Workspace(folder)


def unknown_estate(name: str, known: tuple[str, ...]) -> UsageMistake:
    """The mistake of naming an estate that the settings do not know."""
    return UsageMistake(
        say("The settings know no estate “{name}”.", name=name),
        say("Name one of {known}, or add [[estates]] to notices.toml.", known=", ".join(known)),
    )
