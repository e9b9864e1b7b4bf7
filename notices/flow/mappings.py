"""What people have said of headings, kept in the workspace so that it is said once."""

from __future__ import annotations

import json
from pathlib import Path

from notices.errors import SettingsMistake, Unusable
from notices.files import write_whole
from notices.flow.workspace import Workspace
from notices.intake import SavedMapping
from notices.messages import say

MAPPINGS_FILE = "mappings.json"


def saved_mappings(workspace: Workspace) -> tuple[SavedMapping, ...]:
    """The mappings that the workspace keeps; raises SettingsMistake where their file is none, Unusable unreadable."""
    path = workspace.root / MAPPINGS_FILE
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
            say("Check that the file is yours to read."),
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsMistake(
            say("{file} is not as `notices check --save-mapping` writes it.", file=MAPPINGS_FILE),
            say("Remove the file, and save the mappings again."),
        ) from error


def keep_mapping(workspace: Workspace, mapping: SavedMapping) -> Path:
    """Keep a mapping; one of the same name, or of the same headings and estate, gives way to it."""
    others = [
        kept
        for kept in saved_mappings(workspace)
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
    path = workspace.root / MAPPINGS_FILE
    write_whole(path, json.dumps({"mappings": entries}, ensure_ascii=False, indent=1).encode())
    return path
