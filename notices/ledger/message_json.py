"""Conversion of messages to JSON data and back, so that they can be translated later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notices.messages import Message


def as_data(message: Message) -> dict[str, Any]:
    """Return a message as JSON data; values that are neither numbers nor messages become strings."""
    return {"text": message.text, "values": {name: _value(value) for name, value in message.values.items()}}


def as_message(data: Mapping[str, Any]) -> Message:
    """Rebuild a message from the data of `as_data`."""
    return Message(
        data["text"],
        {name: as_message(value) if isinstance(value, dict) else value for name, value in data["values"].items()},
    )


def _value(value: object) -> object:
    if isinstance(value, Message):
        return as_data(value)
    return value if isinstance(value, int | float) else str(value)
