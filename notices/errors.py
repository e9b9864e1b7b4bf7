"""One small tree of errors; each states the fact, the item and the remedy, and knows its exit status."""

from __future__ import annotations

from collections.abc import Sequence

from notices.messages import NOTHING, Message


class NoticesError(Exception):
    """Anything that stops a command; `fact` names the item, `remedy` says what to do about it.

    `details` are further facts of the same kind, so that a file with five mistakes reports five.
    """

    exit_status = 1

    def __init__(self, fact: Message, remedy: Message = NOTHING, details: Sequence[Message] = ()) -> None:
        super().__init__(fact, remedy, tuple(details))
        self.fact = fact
        self.remedy = remedy
        self.details = tuple(details)

    def __str__(self) -> str:
        return " ".join(str(part) for part in (self.fact, *self.details, self.remedy) if part.text)


class DataNeedsPerson(NoticesError):  # noqa: N818 - the name says what is wanted, not that something broke
    """The data needs a person; everything good was done, or nothing was recorded."""

    exit_status = 1


class UsageMistake(NoticesError):  # noqa: N818 - it is the caller's mistake
    """The command was called wrongly, or a choice is missing that an option can make; nothing changed."""

    exit_status = 2


class SettingsMistake(UsageMistake):
    """`notices.toml` cannot be used; `details` name every mistake with its key."""


class Unusable(NoticesError):  # noqa: N818 - says of what it names
    """Something the program needs cannot be used: LibreOffice, printer, disk, a file that cannot be read."""

    exit_status = 3


class Refused(NoticesError):  # noqa: N818 - says of what it names
    """Refused to protect someone; nothing changed."""

    exit_status = 4
