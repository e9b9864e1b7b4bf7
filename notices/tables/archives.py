"""Checks of a zipped workbook before anything unpacks it."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from xml.parsers import expat

from notices.errors import Unusable
from notices.messages import Message, say
from notices.tables.cells import Kind, Limits
from notices.tables.xlsxscan import parse_xml

# The parts that are read when a workbook is opened; a worksheet is checked when it is read.
READ_AT_ONCE = re.compile(r"content\.xml$|META-INF/manifest\.xml$|xl/(?!worksheets/[^/]+$).*\.(?:xml|rels)$")
TABLES = (".csv", ".txt", ".tsv", ".xls", ".xlsx")
MANIFEST = "META-INF/manifest.xml"  # in an .ods, lists the encrypted parts
ODS = b"application/vnd.oasis.opendocument.spreadsheet"
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


def archive_kind(data: bytes, file: str, limits: Limits) -> Kind:
    """Check a zip's sizes and checksums and return the kind of workbook it is; raises Unusable."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _refuse_bomb(archive, file, limits)
            names = set(archive.namelist())
            mimetype = archive.read("mimetype")[:100] if "mimetype" in names else b""
            manifest = archive.read(MANIFEST) if MANIFEST in names else b""
            broken_part = archive.testzip()
            for name in filter(READ_AT_ONCE.match, names):
                parse_xml(expat.ParserCreate(), archive.read(name))  # calamine may hang on truncated XML
    except DAMAGE as error:
        raise damaged_error(file) from error
    if broken_part is not None:
        raise damaged_error(file)
    if b"encryption-data" in manifest:
        raise password_error(file)
    if "xl/workbook.xml" in names:
        return "xlsx"
    if mimetype.startswith(ODS) and "content.xml" in names:
        return "ods"
    raise not_a_table_error(file, _what_else(names))


def packed_tables(data: bytes, file: str, limits: Limits) -> list[tuple[str, bytes]] | None:
    """Return the table files in a zip by their names; None if the zip is itself a document.

    Raises Unusable if it is damaged, has a password, unpacks to too much or contains no table.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if names & {"[Content_Types].xml", "mimetype", MANIFEST}:
                return None
            _refuse_bomb(archive, file, limits)
            tables = [info for info in archive.infolist() if info.filename.lower().endswith(TABLES)]
            found = [(_name_of(info), archive.read(info)) for info in tables]
    except DAMAGE as error:
        raise damaged_error(file) from error
    if not found:
        raise not_a_table_error(file, say("a zip archive"))
    return found


def _name_of(info: zipfile.ZipInfo) -> str:
    """Return the name of a packed file; Chinese programs write names in GBK without saying so."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gbk")
    except UnicodeError:
        return info.filename


def read_part(data: bytes, name: str) -> bytes | None:
    """Read one part of the archive; None if it has no such part."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name) if name in archive.namelist() else None


def replace_part(data: bytes, name: str, content: bytes) -> bytes:
    """Return a copy of the archive with one part replaced."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy,
    ):
        for info in source.infolist():
            copy.writestr(info.filename, content if info.filename == name else source.read(info))
    return target.getvalue()


def damaged_error(file: str) -> Unusable:
    """Build the error for a file that claims to be a workbook but cannot be read as one."""
    return Unusable(
        say("{file} is damaged and cannot be read.", file=file),
        say("Open it in Excel or WPS and save it again as .xlsx, or ask for a new copy."),
    )


def not_a_table_error(file: str, what: Message) -> Unusable:
    """Build the error for a file that is not a table."""
    return Unusable(
        say("{file} is not a table but {what}.", file=file, what=what),
        say("Save the list as .xlsx or .csv and use that file."),
    )


def _refuse_bomb(archive: zipfile.ZipFile, file: str, limits: Limits) -> None:
    if sum(info.file_size for info in archive.infolist()) > limits.max_unpacked or len(archive.infolist()) > 10_000:
        raise Unusable(
            say("{file} unpacks to more than {megabytes} MB.", file=file, megabytes=limits.max_unpacked // 1024**2),
            say("It may be malicious; do not open it, and check with the sender."),
        )
    if any(info.flag_bits & 1 for info in archive.infolist()):
        raise password_error(file)


def password_error(file: str) -> Unusable:
    """Build the error for a password-protected workbook."""
    return Unusable(
        say("{file} is password-protected.", file=file),
        say("Open it, save a copy without a password, and use that copy."),
    )


def _what_else(names: set[str]) -> Message:
    if "word/document.xml" in names:
        return say("a Word document")
    if "ppt/presentation.xml" in names:
        return say("a presentation")
    if "xl/workbook.bin" in names:
        return say("a binary workbook (.xlsb)")
    return say("a zip archive")
