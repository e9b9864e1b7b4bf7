"""Error classes of the program; each has a fact that names the item, a remedy and an exit status."""

from __future__ import annotations

from collections.abc import Sequence

from notices.messages import NOTHING, Message


class NoticesError(Exception):
    """Base class of errors that stop a command; `fact` names the item, `remedy` says what to do.

    `details` are further facts of the same kind, so that a file with five mistakes reports all five.
    """

    exit_status = 1

    def __init__(self, fact: Message, remedy: Message = NOTHING, details: Sequence[Message] = ()) -> None:
        super().__init__(fact, remedy, tuple(details))
        self.fact = fact
        self.remedy = remedy
        self.details = tuple(details)

    def __str__(self) -> str:
        return " ".join(str(part) for part in (self.fact, *self.details, self.remedy) if part.text)


class DataNeedsPerson(NoticesError):  # noqa: N818 - says what is needed, not that something broke
    """A person must correct the data; all good items were processed, or nothing was recorded."""

    exit_status = 1


class UsageMistake(NoticesError):  # noqa: N818 - the caller's mistake
    """Wrong use of a command, or a choice that an option must make; nothing changed."""

    exit_status = 2


class SettingsMistake(UsageMistake):
    """Invalid `notices.toml`; `details` name every mistake with its key."""


class Unusable(NoticesError):  # noqa: N818 - describes the item that it names
    """A resource that cannot be used: LibreOffice, printer, disk, an unreadable file."""

    exit_status = 3


class Refused(NoticesError):  # noqa: N818 - describes the item that it names
    """Refusal that protects somebody; nothing changed."""

    exit_status = 4
