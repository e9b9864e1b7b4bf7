"""Cells of tables on their way from an errand to a page: as JSON values, and back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from notices.messages import Message


def as_json(value: object) -> Any:
    """Return a cell as a JSON value that `from_json` reads."""
    match value:
        case Message():
            return {"message": value.as_data()}
        case Decimal():
            return {"yuan": str(value)}
        case date():
            return {"day": value.isoformat()[:10]}
        case None | bool() | int():
            return value
        case list() | tuple():
            return [as_json(each) for each in value]
        case _:
            return str(value)


def from_json(value: Any) -> Any:
    """Return the cell that `as_json` was given; a text for what has no kind of its own."""
    match value:
        case {"message": data}:
            return Message.from_data(data)
        case {"yuan": amount}:
            return Decimal(amount)
        case {"day": day}:
            return date.fromisoformat(day)
        case list():
            return [from_json(each) for each in value]
        case _:
            return value
