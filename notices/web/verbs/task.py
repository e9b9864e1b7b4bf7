"""Task of an errand, and its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from notices.flow.batch.session import Order
from notices.flow.caller import Caller
from notices.flow.workspace import Workspace
from notices.ledger import Ledger
from notices.messages import Message


@dataclass(frozen=True)
class Ended:
    """End of a verb: what it did, what needs a person, and what it found, as JSON values."""

    told: Sequence[Message]
    attention: Sequence[Message] = ()
    result: Any = None


@dataclass(frozen=True)
class Task:
    """A verb to carry out: where, for whom, with which options, and the services it is handed."""

    workspace: Workspace
    ledger: Ledger
    caller: Caller
    by: str
    language: str
    options: Mapping[str, Any]

    @property
    def order(self) -> Order:
        """Order for a batch, at the present time."""
        return Order(self.options["batch"], self.by, self.caller.now())
