"""Messages for invalid values in `notices.toml`; each follows the key it is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import ErrorDetails

from notices.messages import Message, say

# By pydantic's error type or, if that is not listed, by its first word.
KNOWN: Mapping[str, Message] = {
    "missing": say("is missing"),
    "extra_forbidden": say("is not a setting; check its spelling"),
    "greater_than_equal": say("must be {ge} or more"),
    "less_than_equal": say("must be {le} or less"),
    "decimal_max_places": say("may have at most {decimal_places} decimals"),
    "decimal_max_digits": say("has too many digits"),
    "decimal_whole_digits": say("has too many digits"),
    "string_pattern_mismatch": say("is too long, or has characters that are not allowed here"),
    "string_too_short": say("must not be empty"),
    "string_type": say("must be text in quotes"),
    "literal_error": say("must be one of: {expected}"),
    "enum": say("must be one of: {expected}"),
    "too_short": say("needs at least one entry"),
    "int": say("must be a whole number"),
    "decimal": say('must be a number in quotes, such as "0.30"'),
    "finite": say('must be a number in quotes, such as "0.30"'),
    "float": say("must be a number"),
    "greater_than": say("must be more than {gt}"),
    "bool": say("must be true or false"),
    "date": say("must be a date, such as 2026-11-23"),
    "tuple": say("must be a list in brackets"),
    "dict": say("must be a table of keys and values"),
    "model": say("must be a table of keys and values"),
}


class Mistake(ValueError):  # noqa: N818 - the user's mistake, not the program's
    """Raised by our own validators; pydantic wraps it in its ValidationError."""

    def __init__(self, message: Message) -> None:
        """Keep the message for `said`."""
        super().__init__(str(message))
        self.message = message


def message_for_error(error: ErrorDetails) -> Message:
    """Return the message for one of pydantic's errors."""
    context = error.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, Mistake):
        return cause.message
    known = KNOWN.get(error["type"]) or KNOWN.get(error["type"].split("_")[0])
    return Message(known.text, _values(context)) if known else say("{mistake}", mistake=error["msg"])


def _values(context: Mapping[str, Any]) -> dict[str, object]:
    """Return pydantic's context, with the English "or" removed from lists of choices."""
    return {name: value.replace(" or ", ", ") if name == "expected" else value for name, value in context.items()}
