"""Shards (letters of one template that share a document) and their results."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from notices.letters.proof import Failure
from notices.model import Letter
from notices.office import Engine

LEAST_LIMIT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Shard:
    """Letters of one template that become one PDF at `target`.

    `dated` is the date stored in the PDF; `limit` is the number of seconds LibreOffice may take for all its letters.
    `compiled` allows the compiled form, which pays off for many letters. `characters` are those that the fonts of
    `engine` draw, empty if it has all fonts of this machine; letters with others are made by `fallback`, each alone.
    """

    name: str
    template: Path
    letters: tuple[Letter, ...]
    target: Path
    engine: Engine
    dated: date
    limit: float = 180.0
    compiled: bool = False
    characters: frozenset[str] = frozenset()
    fallback: Engine | None = None


@dataclass(frozen=True, slots=True)
class LetterPages:
    """A proved letter's pages in its PDF: the first, counted from 1, and their count."""

    number: str
    first_page: int
    page_count: int


@dataclass(frozen=True, slots=True)
class ShardPdf:
    """A complete PDF, its page count, and the proved letters in it."""

    path: Path
    sha256: str
    pages: int
    letters: tuple[LetterPages, ...]


@dataclass(frozen=True, slots=True)
class ShardResult:
    """The letters of a shard, each in exactly one of `pdfs`, or among `failures` with its reason.

    There are several PDFs if a letter in the middle could not be made.
    """

    name: str
    pdfs: tuple[ShardPdf, ...]
    failures: tuple[Failure, ...]


def _halves(shard: Shard) -> tuple[Shard, Shard]:
    middle = len(shard.letters) // 2
    return _part(shard, "a", shard.letters[:middle]), _part(shard, "b", shard.letters[middle:])


def _part(shard: Shard, mark: str, letters: tuple[Letter, ...]) -> Shard:
    return replace(
        shard,
        name=shard.name + mark,
        letters=letters,
        target=shard.target.with_stem(shard.target.stem + mark),
        limit=max(min(shard.limit, LEAST_LIMIT_SECONDS), shard.limit * len(letters) / len(shard.letters)),
    )


def _failed(shard: Shard, failure: Failure) -> ShardResult:
    return ShardResult(shard.name, (), (failure,))


def _joined(name: str, results: Iterable[ShardResult]) -> ShardResult:
    parts = tuple(results)
    return ShardResult(
        name,
        tuple(pdf for part in parts for pdf in part.pdfs),
        tuple(failure for part in parts for failure in part.failures),
    )
