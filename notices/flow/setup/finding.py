"""Finding of a check by `doctor`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from notices.errors import NoticesError
from notices.messages import NOTHING, Message


@dataclass(frozen=True)
class Finding:
    """Result of a check: the thing checked (`what`), the fact, and the remedy; `needed` if letters depend on it."""

    what: Message
    fine: bool
    fact: Message
    remedy: Message = NOTHING
    needed: bool = True


def failed(what: Message, error: NoticesError) -> Iterator[Finding]:
    """Yield a finding for each fact of an error."""
    for fact in (error.fact, *error.details):
        yield Finding(what, fine=False, fact=fact, remedy=error.remedy)
