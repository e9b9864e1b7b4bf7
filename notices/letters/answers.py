"""Objections printed on the slip and the company's answers to them, read from the workspace's answers.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from notices.errors import Unusable
from notices.messages import Message, say

ANSWERS_FILE = "answers.toml"
KEYS = ("code", "group", "label", "position", "who")
OPTIONAL = ("who_earlier_years",)


@dataclass(frozen=True, slots=True)
class Objection:
    """One tick box of the slip: code, group, label, the company's position, and the person who acts on it.

    `who_earlier_years` acts instead where charges of earlier years are owed too; empty for the same person.
    """

    code: str
    group: str
    label: str
    position: str
    who: str
    who_earlier_years: str = ""

    def acts(self, scope: str | None) -> str:
        """Return who acts for an account that owes charges of that scope (`notices.rules.balances.scope`)."""
        return self.who if scope in {None, "current-year"} else self.who_earlier_years or self.who


def read_objections(file: Path) -> tuple[Objection, ...]:
    """Read the workspace's objections, in the slip's order; raise Unusable listing every mistake."""
    entries = _parsed(file).get("objections")
    if not isinstance(entries, list) or not entries:
        raise _unusable_file(file, (say("it has no [[objections]]"),))
    mistakes = tuple(mistake for place, entry in enumerate(entries, start=1) for mistake in _mistakes(place, entry))
    if mistakes:
        raise _unusable_file(file, mistakes)
    codes = [entry["code"] for entry in entries]
    twice = dict.fromkeys(code for code in codes if codes.count(code) > 1)
    if twice:
        raise _unusable_file(file, tuple(say("the code “{code}” is used twice", code=code) for code in twice))
    return tuple(
        Objection(**{key: entry[key].strip() for key in (*KEYS, *OPTIONAL) if key in entry}) for entry in entries
    )


def read_text_fields(file: Path) -> Mapping[str, str]:
    """Read the slip's text fields, each with the words printed before it; raise Unusable on mistakes."""
    rooms = _parsed(file).get("rooms", {})
    if not isinstance(rooms, dict) or not all(isinstance(words, str) and words.strip() for words in rooms.values()):
        raise _unusable_file(file, (say("[rooms] is not a table of names and texts"),))
    return rooms


def answer_rows(
    objections: tuple[Objection, ...], ticked: frozenset[str], until: str, scope: str | None = None
) -> list[Mapping[str, str]]:
    """Return the rows of the answer sheet: the ticked objections, in the slip's order, with the day to call by."""
    return [
        {
            "objection": each.label,
            "group": each.group,
            "position": each.position,
            "who": each.acts(scope),
            "until": until,
        }
        for each in objections
        if each.code in ticked
    ]


def _parsed(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _unusable_file(file, (say("{why}", why=error),)) from error


def _mistakes(place: int, entry: object) -> tuple[Message, ...]:
    if not isinstance(entry, dict):
        return (say("entry {place} is not a table", place=place),)
    return tuple(
        say("entry {place} has no {key}", place=place, key=key)
        for key in KEYS
        if not isinstance(entry.get(key), str) or not entry[key].strip()
    ) + tuple(
        say("entry {place}: {key} must be text", place=place, key=key)
        for key in OPTIONAL
        if not isinstance(entry.get(key, ""), str)
    )


def _unusable_file(file: Path, why: tuple[Message, ...]) -> Unusable:
    return Unusable(
        say("The answers in {file} cannot be used: {why}.", file=file.name, why=why[0]),
        say("Give each objection a code, group, label, position and who, as in a new workspace."),
        why[1:],
    )
