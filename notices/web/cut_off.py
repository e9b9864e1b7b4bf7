"""Uploads that were being read or planned when the server ended, noted on disk, so that the next one shows them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from notices.files import write_whole
from notices.spelling import comparable_person
from notices.web.site import Site
from notices.web.uploads import uploads_folder

ENDING = ".begun"


@dataclass(frozen=True)
class CutOff:
    """An upload whose verb did not come to its end: where it was at work, and what begins it again."""

    key: str
    place: str
    verb: str
    by: str
    shown: str  # names of the files, as the person knows them
    options: Mapping[str, Any]


def note_begun(site: Site, place: str, verb: str, by: str, told: Mapping[str, Any]) -> Callable[[], None]:
    """Note that a verb begins, with `shown` and `options` of `CutOff`; return what forgets it at its end."""
    path = uploads_folder(site.workspace) / f"{token_hex(8)}{ENDING}"
    write_whole(path, json.dumps({"place": place, "verb": verb, "by": by, **told}).encode())
    return lambda: path.unlink(missing_ok=True)


def cut_off(site: Site, by: str, verbs: Collection[str] = ()) -> list[CutOff]:
    """Return what a person began and what was cut off, of these verbs or of all, the oldest first."""
    found = []
    for path in uploads_folder(site.workspace).glob(f"*{ENDING}"):
        with suppress(OSError, ValueError, TypeError):  # it has just ended
            began = path.stat().st_mtime_ns
            each = CutOff(path.stem, **json.loads(path.read_bytes()))
            if comparable_person(each.by) == comparable_person(by) and (not verbs or each.verb in verbs):
                found.append((began, each))
    # What this server knows is at work, or has just ended.
    return [each for _, each in sorted(found, key=lambda it: it[0]) if site.errands.find(each.place) is None]


def forget(site: Site, key: str) -> None:
    """Forget that an upload was cut off: it is begun again, under a name of its own."""
    if key.isalnum():
        (uploads_folder(site.workspace) / f"{key}{ENDING}").unlink(missing_ok=True)
