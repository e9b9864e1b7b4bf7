"""Parcels: shards on their way to another machine and back, without a shared disk.

What many shards need (templates, pictures, fonts) is a kit, sent once and known by its digest. A shard becomes a parcel
with the paths inside the kit; its PDFs come back in a delivery, with the text of their pages. Nothing in these types
shows personal data when printed: Dask writes the arguments of a failed task into its log.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from notices.errors import NoticesError
from notices.files import write_whole
from notices.fonts.batch_fonts import font_files
from notices.letters.languages import templates_root
from notices.letters.proof import Failure, is_proved
from notices.letters.shards.shard import LetterPages, Shard, ShardPdf, ShardResult
from notices.model import Letter

Files = dict[str, bytes]  # path in its folder -> content


@dataclass(frozen=True, slots=True)
class Kit:
    """Files and settings that all shards of a template folder need; `fonts` is empty if the machine's own are used."""

    templates: Files = field(repr=False)
    fonts: Files = field(repr=False)
    characters: frozenset[str] = field(repr=False)
    archival: bool
    renew_after_documents: int
    renew_above_mib: int
    start_limit: float


@dataclass(frozen=True, slots=True)
class PackedKit:
    """A kit as bytes, with its digest."""

    digest: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A shard without the paths of its machine; the template's is that inside the kit."""

    name: str
    template: str
    letters: tuple[Letter, ...] = field(repr=False)
    dated: date
    limit: float
    compiled: bool


@dataclass(frozen=True, slots=True)
class DeliveredPdf:
    """A PDF that came back: name, content, SHA-256, the text of each page as the worker read it, and its letters."""

    name: str
    content: bytes = field(repr=False)
    sha256: str
    texts: tuple[str, ...] = field(repr=False)
    letters: tuple[LetterPages, ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """The result of a parcel; `fault` is an error of its machine, upon which nothing of it is used.

    `worker` is its host and process, for messages.
    """

    worker: str
    pdfs: tuple[DeliveredPdf, ...] = ()
    failures: tuple[Failure, ...] = field(default=(), repr=False)
    fault: NoticesError | None = None


class UnsoundDelivery(Exception):  # noqa: N818 - caught where shards are dispatched
    """A delivery is not what was asked for: hash, pages or texts differ. Nothing of it was written."""


def pack_kit(shard: Shard) -> PackedKit:
    """Return the kit of a shard: all files of its templates folder, and the fonts of the batch; raises OSError."""
    root = templates_root(shard.template)
    engine = shard.engine
    kit = Kit(
        templates=_files(root),
        fonts=font_files(dict(engine.environment)) if shard.characters else {},
        characters=shard.characters,
        archival=engine.archival,
        renew_after_documents=engine.renew_after_documents,
        renew_above_mib=engine.renew_above_mib,
        start_limit=engine.start_limit,
    )
    facts = (sorted(kit.templates.items()), sorted(kit.fonts.items()), sorted(kit.characters), kit.archival)
    facts += (kit.renew_after_documents, kit.renew_above_mib, kit.start_limit)  # type: ignore[assignment]
    return PackedKit(sha256(repr(facts).encode()).hexdigest(), packed(kit))


def _files(root: Path) -> Files:
    paths = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def packed(value: object) -> bytes:
    """Return a kit, parcel or delivery as bytes; PDFs are compressed already."""
    return pickle.dumps(value, protocol=5)


def unpacked(content: bytes) -> Any:
    """Return what was packed. Only machines of the cluster are believed: they run each other's programs anyway."""
    return pickle.loads(content)  # noqa: S301 - see above


def pack(shard: Shard) -> bytes:
    """Return a shard as a parcel, packed."""
    parcel = Parcel(
        name=shard.name,
        template=shard.template.relative_to(templates_root(shard.template)).as_posix(),
        letters=shard.letters,
        dated=shard.dated,
        limit=shard.limit,
        compiled=shard.compiled,
    )
    return packed(parcel)


def unpack(shard: Shard, delivery: Delivery) -> ShardResult:
    """Compare what came back with the letters' own data, and write the PDFs beside the shard's target.

    Raises UnsoundDelivery before anything is written if a hash is wrong, a letter is missing, there twice or none of
    this shard, or the text of its pages does not prove it; raises the delivery's fault, and OSError.
    """
    if delivery.fault is not None:
        raise delivery.fault
    given = {letter.number: letter for letter in shard.letters}
    numbers = [page.number for pdf in delivery.pdfs for page in pdf.letters]
    numbers += [failure.number for failure in delivery.failures]
    if sorted(numbers) != sorted(given):
        raise UnsoundDelivery("letters")
    names = [pdf.name for pdf in delivery.pdfs]
    if len(set(names)) != len(names):  # the second would be written over the first
        raise UnsoundDelivery("names")
    for pdf in delivery.pdfs:
        _check(pdf, [given[page.number] for page in pdf.letters], shard)
    for pdf in delivery.pdfs:
        write_whole(shard.target.with_name(pdf.name), pdf.content)
    made = (
        ShardPdf(shard.target.with_name(pdf.name), pdf.sha256, len(pdf.texts), pdf.letters) for pdf in delivery.pdfs
    )
    return ShardResult(shard.name, tuple(made), delivery.failures)


def _check(pdf: DeliveredPdf, letters: Sequence[Letter], shard: Shard) -> None:
    stem, ending = shard.target.stem, shard.target.suffix
    half = pdf.name.removeprefix(stem).removesuffix(ending)
    if pdf.name != f"{stem}{half}{ending}" or not set(half) <= {"a", "b"}:
        raise UnsoundDelivery("name")
    if sha256(pdf.content).hexdigest() != pdf.sha256:
        raise UnsoundDelivery("hash")
    if not _apart(pdf.letters, len(pdf.texts)):
        raise UnsoundDelivery("pages")
    numbers = [letter.number for letter in shard.letters]
    for letter, pages in zip(letters, pdf.letters, strict=True):
        if not is_proved(pdf.texts[pages.first_page - 1 :][: pages.page_count], letter, numbers):
            raise UnsoundDelivery("texts")


def _apart(letters: Sequence[LetterPages], pages: int) -> bool:
    """Return whether the letters' pages are in the document and do not overlap."""
    end = 1
    for each in sorted(letters, key=lambda letter: letter.first_page):
        if each.first_page < end or each.page_count < 1:
            return False
        end = each.first_page + each.page_count
    return end <= pages + 1
