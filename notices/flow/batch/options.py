"""Options of a command as the ledger keeps them, so that `resume` can carry it out again."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, PlainSerializer

T = TypeVar("T")
SortedSet = Annotated[frozenset[T], PlainSerializer(sorted, return_type=list, when_used="json")]


class CommandOptions(BaseModel, frozen=True):
    """Options of a command: `model_dump(mode="json")` gives what the ledger stores, `model_validate` reads it.

    Keys of the stored options that are not fields, such as `by`, are ignored.
    """

    def stored(self) -> dict[str, Any]:
        """Return the options as the ledger stores them, as JSON values."""
        return self.model_dump(mode="json")
