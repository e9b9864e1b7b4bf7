"""The user's mappings of headings: for this reading, and saved ones for every list with the same headings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from notices.errors import SettingsMistake, Unusable
from notices.files import write_whole
from notices.intake.headings import normalise_heading
from notices.messages import say


@dataclass(frozen=True, slots=True)
class SavedMapping:
    """Meanings of a list's headings, saved under a name; `estate` is "" if the list has an estate column.

    `headings` are all of the list's normalised headings; the mapping applies only to lists with exactly these.
    """

    name: str
    estate: str
    headings: frozenset[str]
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Choices:
    """The user's choices for reading one table (estate, sheet, heading → meaning), and the saved mappings.

    `home` is the default estate of a list without an estate column: the only one in the settings.
    """

    estate: str | None = None
    sheet: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    saved: Sequence[SavedMapping] = ()
    home: str | None = None

    def candidates(self) -> list[SavedMapping]:
        """Return the saved mappings that may apply: this estate's before those for any estate."""
        mine = [kept for kept in self.saved if kept.estate and kept.estate == (self.estate or self.home)]
        return [*mine, *(kept for kept in self.saved if not kept.estate)]

    def told(self, kept: SavedMapping | None) -> dict[str, str]:
        """Return heading → meaning; the user's mapping takes precedence over the saved one."""
        told = {normalise_heading(text): meaning for text, meaning in (kept.columns if kept else {}).items()}
        return told | {normalise_heading(text): meaning for text, meaning in self.mapping.items()}


MAPPINGS_FILE = "mappings.json"


def load_mappings(folder: Path) -> tuple[SavedMapping, ...]:
    """Load the mappings saved in a folder; raises SettingsMistake if the file is damaged, Unusable if unreadable."""
    path = folder / MAPPINGS_FILE
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["mappings"]
        return tuple(
            SavedMapping(
                name=str(entry["name"]),
                estate=str(entry["estate"]),
                headings=frozenset(map(str, entry["headings"])),
                columns={str(heading): str(meaning) for heading, meaning in entry["columns"].items()},
            )
            for entry in entries
        )
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise Unusable(
            say("{file} cannot be read: {mistake}.", file=MAPPINGS_FILE, mistake=error.strerror or str(error)),
            say("Check that you may read the file."),
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsMistake(
            say("{file} is damaged: not in the format that `notices check --save-mapping` writes.", file=MAPPINGS_FILE),
            say("Delete the file and save the mappings again."),
        ) from error


def save_mapping(folder: Path, mapping: SavedMapping) -> Path:
    """Save a mapping, replacing any with the same name or with the same headings and estate."""
    others = [
        kept
        for kept in load_mappings(folder)
        if kept.name != mapping.name and (kept.estate, kept.headings) != (mapping.estate, mapping.headings)
    ]
    entries = [
        {
            "name": kept.name,
            "estate": kept.estate,
            "headings": sorted(kept.headings),
            "columns": dict(sorted(kept.columns.items())),
        }
        for kept in (*others, mapping)
    ]
    path = folder / MAPPINGS_FILE
    write_whole(path, json.dumps({"mappings": entries}, ensure_ascii=False, indent=1).encode())
    return path
