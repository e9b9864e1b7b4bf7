"""How the ledger keeps the field's values: money as whole fen, moments in UTC, names in a fixed order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Enum, Text
from sqlalchemy.types import TypeDecorator

MOST_FEN = 2**63 - 1  # what a 64-bit column holds


class Yuan(TypeDecorator[Decimal]):
    """Decimal yuan, kept as a whole number of fen; a third decimal is refused, never rounded."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - its signature
        """Yuan to fen; raises ValueError for what is not exactly fen."""
        if value is None:
            return None
        if not isinstance(value, Decimal) or not value.is_finite():
            raise ValueError("money must be a finite Decimal")
        fen = int(value.scaleb(2))
        if Decimal(fen).scaleb(-2) != value or abs(fen) > MOST_FEN:
            raise ValueError("money must be whole fen")
        return fen

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002 - its signature
        """Fen to yuan with two places."""
        return None if value is None else Decimal(value).scaleb(-2)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC, aware on both sides; SQLite, which knows no time zones, keeps it without."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Any aware moment to UTC; raises ValueError for a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - its signature
        """The moment in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Names(TypeDecorator[tuple[str, ...]]):
    """Several names in their order, as one comparable text (a JSON list)."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - its signature
        """Names to text."""
        return None if value is None else in_json(list(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:  # noqa: ARG002 - its signature
        """Text to names."""
        return None if value is None else _names(value)


@lru_cache(maxsize=2**17)  # the same owners are read again and again: with each list, notice and payment
def _names(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def word(kind: type[StrEnum]) -> Enum:
    """A column for one of the field's fixed words, kept as people read it."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=32,
        values_callable=lambda words: [w.value for w in words],
    )


def in_json(value: Mapping[str, Any] | list[Any]) -> str:
    """JSON with Chinese left readable, the same text for the same value."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
