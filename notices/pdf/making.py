"""PDFs made of pages of others: one letter cut out, many put together; the same input gives the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from pathlib import Path

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, ByteStringObject, NameObject, TextStringObject
from pypdf.xmp import XmpInformation

from notices.pdf.faults import damaged, reading
from notices.pdf.files import whole_file

PRODUCER = "notices"


def cut(
    source: Path, first: int, count: int, target: Path, *, title: str, author: str, language: str, dated: date
) -> None:
    """Put `count` pages of `source` from page `first` (counted from 1) into a file of their own.

    Title, author, language (such as `zh-CN`) and date are what the new file says of itself.
    Raises DamagedPdf where the source is none or ends before those pages do.
    """
    merge([(source, first, count)], target, title=title, author=author, language=language, dated=dated)


def merge(
    ranges: Iterable[tuple[Path, int, int]], target: Path, *, title: str, author: str, language: str, dated: date
) -> None:
    """Put page ranges (file, first page counted from 1, count) into one file, in the order given.

    Each source is opened once and its fonts are taken over once, in whatever order its pages come. What is made of
    PDF/A alone is PDF/A-2b.
    Raises DamagedPdf naming the source that cannot be used, Unusable where the disk is full.
    """
    writer = PdfWriter()
    readers: dict[Path, PdfReader] = {}
    identity = hashlib.sha256(f"{title}\n{author}\n{language}\n{dated}".encode())
    for source, first, count in ranges:
        identity.update(f"\n{source.name} {first} {count}".encode())
        with reading(source):
            if source not in readers:
                readers[source] = PdfReader(source)
            _take(readers[source], source, first, count, writer)
    _describe(writer, title, author, language, dated)
    if readers and all(map(is_archival, readers.values())):
        _keep_archival(writer, next(iter(readers.values())), title, author, language, dated)
    _identify(writer, identity.digest()[:16])
    with whole_file(target) as unfinished, unfinished.open("wb") as file:
        writer.write(file)


def is_archival(reader: PdfReader) -> bool:
    """Whether a PDF calls itself PDF/A and brings the definition of its colours along."""
    metadata = reader.xmp_metadata
    return "/OutputIntents" in reader.root_object and metadata is not None and bool(metadata.pdfaid_part)


def _keep_archival(writer: PdfWriter, source: PdfReader, title: str, author: str, language: str, dated: date) -> None:
    """Put back what pages alone do not carry: the output intent, and metadata that say the same as the document's."""
    intents = source.root_object["/OutputIntents"]
    writer.root_object[NameObject("/OutputIntents")] = intents.clone(writer)
    metadata = XmpInformation.create()
    metadata.dc_title = {"x-default": title}
    metadata.dc_creator = [author]
    metadata.dc_language = [language]
    metadata.pdf_producer = PRODUCER
    metadata.xmp_create_date = metadata.xmp_modify_date = datetime.combine(dated, time(), UTC)
    metadata.pdfaid_part = "2"
    metadata.pdfaid_conformance = "B"
    writer.xmp_metadata = metadata
    writer.pdf_header = "%PDF-1.7"


def _take(reader: PdfReader, source: Path, first: int, count: int, writer: PdfWriter) -> None:
    if first < 1 or count < 1 or first - 1 + count > len(reader.pages):
        raise damaged(source)
    for index in range(first - 1, first - 1 + count):
        writer.add_page(reader.pages[index])


def _describe(writer: PdfWriter, title: str, author: str, language: str, dated: date) -> None:
    midnight = f"D:{dated:%Y%m%d}000000Z"
    writer.metadata = {
        "/Title": title,
        "/Author": author,
        "/Producer": PRODUCER,
        "/CreationDate": midnight,
        "/ModDate": midnight,
    }
    writer.root_object[NameObject("/Lang")] = TextStringObject(language)


def _identify(writer: PdfWriter, identity: bytes) -> None:
    # A PDF should have an identifier; the only public way to give it one is a random one, and two runs would differ.
    writer._ID = ArrayObject((ByteStringObject(identity), ByteStringObject(identity)))
