"""Column types: money as whole fen, times in UTC, names as a JSON list."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Enum, Text
from sqlalchemy.types import TypeDecorator

MOST_FEN = 2**63 - 1  # maximum of a 64-bit column


@lru_cache(maxsize=2**16)  # the same sums recur in every list
def _yuan(fen: int | Decimal | None) -> Decimal | None:
    """Convert fen, of which a database may give a sum as decimal number."""
    return None if fen is None else Decimal(fen).scaleb(-2)


@lru_cache(maxsize=2**16, typed=True)
def _fen(yuan: Decimal | None) -> int | None:
    if yuan is None:
        return None
    if not isinstance(yuan, Decimal) or not yuan.is_finite():
        raise ValueError("money must be a finite Decimal")
    fen = int(yuan.scaleb(2))
    if Decimal(fen).scaleb(-2) != yuan or abs(fen) > MOST_FEN:
        raise ValueError("money must be whole fen")
    return fen


class Yuan(TypeDecorator[Decimal]):
    """Decimal yuan, stored as whole fen; a third decimal raises ValueError and is never rounded."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - its signature
        """Convert yuan to fen; raises ValueError if the amount is not whole fen."""
        return _fen(value)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], int | None]:  # noqa: ARG002 - its signature
        """Return the conversion itself, as for results."""
        return _fen

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002 - its signature
        """Convert fen to yuan with two decimals."""
        return _yuan(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Decimal | None]:  # noqa: ARG002 - its signature
        """Return the conversion itself: SQLAlchemy's way to it takes longer than it does."""
        return _yuan


def _in_utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Moment(TypeDecorator[datetime]):
    """Time-zone-aware datetime, stored in UTC; SQLite has no time zones and stores it naive."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert an aware datetime to UTC; raises ValueError for a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - its signature
        """Return the datetime as aware UTC."""
        return _in_utc(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        """Return the conversion to an aware datetime in UTC."""
        read = self.impl_instance.result_processor(dialect, coltype)

        @lru_cache(maxsize=2**12)  # a command records all of its events at one moment
        def in_utc(stored: Any) -> datetime | None:
            return _in_utc(stored if read is None else read(stored))

        return in_utc


class Names(TypeDecorator[tuple[str, ...]]):
    """Ordered names, stored as a JSON list so that they can be compared as text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - its signature
        """Convert names to JSON."""
        return None if value is None else in_json(list(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:  # noqa: ARG002 - its signature
        """Convert JSON to names."""
        return None if value is None else names_in(value)


class TextWord(TypeDecorator[StrEnum]):
    """StrEnum stored as text of any length."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - its signature
        """Convert to the value as text."""
        return None if value is None else value.value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:  # noqa: ARG002 - its signature
        """Convert the text to the enum's member."""
        return None if value is None else self.kind(value)


@lru_cache(maxsize=2**17)  # the same owners recur in every list, notice and payment
def names_in(text: str) -> tuple[str, ...]:
    """Return the names in the text of a column; mostly that of one owner, which needs no parser."""
    if text.startswith('["') and text.endswith('"]') and text.count('"') == 2 and "\\" not in text:
        return (text[2:-2],)
    return tuple(json.loads(text))


def word(kind: type[StrEnum]) -> Enum:
    """Return a column type for a StrEnum, storing its values as text."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=32,
        values_callable=lambda words: [w.value for w in words],
    )


def in_json(value: Mapping[str, Any] | list[Any]) -> str:
    """Serialise to compact JSON with Chinese unescaped; equal values give equal text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
