"""Looking into a zipped workbook before anything unpacks it."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from xml.parsers import expat

from notices.errors import Unusable
from notices.messages import Message, say
from notices.tables.cells import Kind, Limits
from notices.tables.xlsxscan import walk

# The parts that are read when a workbook is opened; a worksheet is looked at when it is read itself.
READ_AT_ONCE = re.compile(r"content\.xml$|META-INF/manifest\.xml$|xl/(?!worksheets/[^/]+$).*\.(?:xml|rels)$")
MANIFEST = "META-INF/manifest.xml"  # where an .ods says which of its parts ask for a password
ODS = b"application/vnd.oasis.opendocument.spreadsheet"
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


def archive_kind(data: bytes, file: str, limits: Limits) -> Kind:
    """What a zip really is, after its sizes and checksums have been looked at; raises Unusable."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _refuse_bomb(archive, file, limits)
            names = set(archive.namelist())
            mimetype = archive.read("mimetype")[:100] if "mimetype" in names else b""
            manifest = archive.read(MANIFEST) if MANIFEST in names else b""
            broken_part = archive.testzip()
            for name in filter(READ_AT_ONCE.match, names):
                walk(expat.ParserCreate(), archive.read(name))  # where XML breaks off, calamine may wait for ever
    except DAMAGE as error:
        raise damaged(file) from error
    if broken_part is not None:
        raise damaged(file)
    if b"encryption-data" in manifest:
        raise password(file)
    if "xl/workbook.xml" in names:
        return "xlsx"
    if mimetype.startswith(ODS) and "content.xml" in names:
        return "ods"
    raise stranger(file, _what_else(names))


def part(data: bytes, name: str) -> bytes | None:
    """One part of the archive, or None where it has no such part."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name) if name in archive.namelist() else None


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    """The same archive with one part replaced."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy,
    ):
        for info in source.infolist():
            copy.writestr(info.filename, content if info.filename == name else source.read(info))
    return target.getvalue()


def damaged(file: str) -> Unusable:
    """The error for a file that claims to be a workbook and cannot be read as one."""
    return Unusable(
        say("{file} is damaged and cannot be read.", file=file),
        say("Open it in Excel or WPS, save it anew as .xlsx, or ask for it again."),
    )


def stranger(file: str, what: Message) -> Unusable:
    """The error for a file that is something else than a table."""
    return Unusable(
        say("{file} is not a table but {what}.", file=file, what=what),
        say("Save the list as .xlsx or .csv and give that file."),
    )


def _refuse_bomb(archive: zipfile.ZipFile, file: str, limits: Limits) -> None:
    if sum(info.file_size for info in archive.infolist()) > limits.max_unpacked or len(archive.infolist()) > 10_000:
        raise Unusable(
            say("{file} unpacks to more than {megabytes} MB.", file=file, megabytes=limits.max_unpacked // 1024**2),
            say("It may have been made to do harm; do not open it, and ask its sender."),
        )
    if any(info.flag_bits & 1 for info in archive.infolist()):
        raise password(file)


def password(file: str) -> Unusable:
    """The error for a workbook that asks for a password."""
    return Unusable(
        say("{file} is protected by a password.", file=file),
        say("Open it, save a copy without a password, and give that copy."),
    )


def _what_else(names: set[str]) -> Message:
    if "word/document.xml" in names:
        return say("a Word document")
    if "ppt/presentation.xml" in names:
        return say("a presentation")
    if "xl/workbook.bin" in names:
        return say("a binary workbook (.xlsb)")
    return say("a zip archive")
