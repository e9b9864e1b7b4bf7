"""Input that pages share: days and amounts as people type them, and uploaded files, kept under names of our own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import file_digest
from pathlib import Path
from secrets import token_hex
from typing import Any

from werkzeug.datastructures import FileStorage
from wtforms import DateField, Form, StringField, ValidationError
from wtforms.validators import DataRequired, Optional

from notices.errors import UsageMistake
from notices.messages import Message, say
from notices.web.site import Site
from notices.web.uploads import uploads_folder

ENDING = re.compile(r"\.[a-z0-9]{1,5}")
LONGEST_NAME = 80


@dataclass(frozen=True)
class Upload:
    """A file that came in: where it is kept, and the name that it had, which is only shown."""

    path: Path
    name: str


def keep_uploads(site: Site, given: Iterable[FileStorage]) -> list[Upload]:
    """Keep uploaded files for some days, each under a name of our own; raise UsageMistake if there is none.

    Of the name that a browser gives only the ending is used, because readers look at it.
    """
    files = [file for file in given if file.filename]
    if not files:
        raise UsageMistake(say("No file was chosen."), say("Choose a file, or drop it onto the field."))
    folder = uploads_folder(site.workspace)
    return [_keep(folder, file) for file in files]


def _keep(folder: Path, file: FileStorage) -> Upload:
    name = (file.filename or "").replace("\\", "/").rsplit("/", 1)[-1]
    ending = Path(name).suffix.lower()
    path = folder / f"{token_hex(8)}{ending if ENDING.fullmatch(ending) else ''}"
    path.touch(mode=0o600, exist_ok=False)
    file.save(path)
    return Upload(path, name[-LONGEST_NAME:])


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def original_names(uploads: Iterable[Upload]) -> dict[str, str]:
    """Return the name that each file had, by our own name and path of it."""
    named = list(uploads)
    return {str(each.path): each.name for each in named} | {each.path.name: each.name for each in named}


def renamed(message: Message, names: dict[str, str]) -> Message:
    """Return a message about a file of ours with the name that the person knows."""
    return Message(
        message.text,
        {
            key: renamed(value, names)
            if isinstance(value, Message)
            else names.get(str(value), value)
            if isinstance(value, str | Path)
            else value
            for key, value in message.values.items()
        },
    )


def day_field(label: Message, *, required: bool = False) -> Any:
    """Return a field for a day."""
    missing = DataRequired(say("Enter a day such as 2026-11-23.")) if required else Optional()
    return DateField(label, validators=[missing])


def yuan_field(label: Message, *, required: bool = False) -> Any:
    """Return a field for an amount in yuan above zero."""
    missing = DataRequired(say("Enter an amount such as 1234.56.")) if required else Optional()
    return StringField(label, validators=[missing, _check_amount])


def _check_amount(_form: Form, field: Any) -> None:
    if field.data and yuan_of(field.data) is None:
        raise ValidationError(say("Enter an amount such as 1234.56."))


def yuan_of(text: str | None) -> Decimal | None:
    """Return a typed amount, None if it is none above zero."""
    from notices.intake.amounts import parse_money  # noqa: PLC0415 - the readers of spreadsheets: a form may wait
    from notices.intake.problems import Unreadable  # noqa: PLC0415

    try:
        amount = parse_money(text or "")
    except Unreadable:
        return None
    return amount if amount is not None and amount > 0 else None


def typed_day(text: str) -> date | None:
    """Return a day of a form, None if there is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
