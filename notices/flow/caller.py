"""Services that a door, such as the command line, hands to a verb: clock, secrets, progress, questions, language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from notices.ledger import DecisionRecord
from notices.messages import Message, Translator
from notices.model import Action
from notices.progress import Progress, no_progress


@dataclass(frozen=True)
class ReleaseQuestion:
    """Question whether to approve a batch's notices: number and totals by action, tier and reason, and examples."""

    batch: str
    counts: Counter[tuple[Action, str | None, str]]
    totals: Mapping[tuple[Action, str | None, str], Decimal]
    examples: tuple[DecisionRecord, ...]


def _say_nothing(_message: Message) -> None:
    pass


def _answer_no(_question: ReleaseQuestion) -> bool:
    return False


@dataclass(frozen=True)
class Caller:
    """Services of the caller.

    `now` is the time, with the office's offset; `local_time` is the clock of office hours; `secret` gives a password by
    the name of its environment variable; `tell` shows how a hand-over is going. With `any_hour`, e-mail is sent outside
    office hours too.
    """

    now: Callable[[], datetime]
    local_time: Callable[[], datetime]
    secret: Callable[[str], str | None]
    translate: Translator
    tell: Callable[[Message], None] = _say_nothing
    ask: Callable[[ReleaseQuestion], bool] = _answer_no
    letters: Progress = no_progress
    mails: Progress = no_progress
    any_hour: bool = False
