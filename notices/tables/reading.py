"""Reading of table files: read once, hash what was read, detect the kind by content."""

from __future__ import annotations

import codecs
import hashlib
import re
import stat
from pathlib import Path

from notices.errors import Unusable
from notices.files import is_marker_of_open_file
from notices.messages import Message, say
from notices.tables.archives import archive_kind, not_a_table_error, packed_tables, password_error
from notices.tables.cells import Limits, Workbook
from notices.tables.plain import html_sheet, text_sheet
from notices.tables.workbooks import calamine_sheets

# Files that people hand in by mistake, by their first bytes.
STRANGERS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "PDF"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"SQLite format 3", "SQLite"),
    (b"{\\rtf", "RTF"),
    (b"ID;P", "SYLK"),
    (b"\x09\x00\x04\x00", "Excel 2"),
    (b"\x09\x02\x06\x00", "Excel 3"),
    (b"\x09\x04\x06\x00", "Excel 4"),
    (b"\x09\x08\x08\x00\x00\x05", "Excel 5"),
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")  # stream name in a password-protected .xlsx
HTML = re.compile(rb"^\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html|head|meta|body|table|style|div)\b", re.IGNORECASE)
MHTML = re.compile(rb"\s*(?:[A-Za-z-]+:[^\n]*\n(?:[ \t][^\n]*\n)*){0,20}?MIME-Version:", re.IGNORECASE)
JSON = re.compile(rb"\s*[\[{]\s*(?:[\[{]\s*)?\"")
WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
LOOKED_AT = 4096  # bytes by which the kind of a file is known
# Streams of other documents that lie in the same container as an .xls, by their names in UTF-16.
IN_CONTAINER: tuple[tuple[str, Message], ...] = (
    ("WordDocument", say("a Word document")),
    ("PowerPoint Document", say("a presentation")),
    ("__properties_version1.0", say("an e-mail saved by Outlook")),
)


def read_sheets(path: Path, limits: Limits) -> Workbook:
    """Read a table file, whatever its extension: .xlsx, .xls, .ods, .csv, .tsv, or HTML saved as .xls.

    Raises Unusable if the file is missing, unreadable, empty, damaged, too large or of another kind.
    """
    return _workbook(_bytes_of(path, limits), path.name, limits)


def read_packed(path: Path, limits: Limits) -> tuple[tuple[str, Workbook | Unusable], ...]:
    """Read a table file, or all table files in a .zip, as payment providers pack them; each with its name.

    A file that cannot be read beside others in a .zip is its error. Raises Unusable as `read_sheets` does, for a zip
    with a password or without a table too.
    """
    data = _bytes_of(path, limits)
    if not data.startswith(b"PK"):
        return ((path.name, _workbook(data, path.name, limits)),)
    inside = packed_tables(data, path.name, limits)
    if inside is None:
        return ((path.name, _workbook(data, path.name, limits)),)
    if len(inside) == 1:
        return ((path.name, _workbook(inside[0][1], path.name, limits)),)
    names = [f"{path.name}/{name}" for name, _ in inside]
    return tuple((name, _workbook_or_error(part, name, limits)) for name, (_, part) in zip(names, inside, strict=True))


def _workbook_or_error(data: bytes, name: str, limits: Limits) -> Workbook | Unusable:
    try:
        return _workbook(data, name, limits)
    except Unusable as error:
        return error


def _workbook(data: bytes, name: str, limits: Limits) -> Workbook:
    digest = hashlib.sha256(data).hexdigest()
    if data.startswith(b"PK"):
        kind = archive_kind(data, name, limits)
        return Workbook(kind, digest, calamine_sheets(data, kind, name, limits))
    if data.startswith(OLE):
        if ENCRYPTED_PACKAGE in data:
            raise password_error(name)
        _refuse_other_documents(data, name)
        return Workbook("xls", digest, calamine_sheets(data, "xls", name, limits))
    start = _start_of(data)
    _refuse_other_kinds(start, name)
    if HTML.match(start):
        sheets, encoding = html_sheet(data, name, limits)
        return Workbook("html", digest, sheets, encoding)
    if start.lstrip().startswith(b"<?xml"):
        raise not_a_table_error(name, say("a file of type {kind}", kind="XML"))
    sheet, encoding = text_sheet(data, name, limits)
    return Workbook("csv", digest, (sheet,), encoding)


def _bytes_of(path: Path, limits: Limits) -> bytes:
    if is_marker_of_open_file(path):
        raise Unusable(
            say("{file} is not a table but a marker that Excel keeps while the table is open.", file=path.name),
            say("Name the table itself, and close it in Excel first."),
        )
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise Unusable(say("{file} is a folder.", file=path.name), say("Name a file in it."))
        if not stat.S_ISREG(status.st_mode):
            raise Unusable(
                say("{file} is not a regular file.", file=path.name), say("Copy it to a regular file first.")
            )
        if status.st_size > limits.max_bytes:
            raise _too_large(path.name, limits)
        with path.open("rb") as source:
            data = source.read(limits.max_bytes + 1)
    except FileNotFoundError:
        raise Unusable(say("There is no file {file}.", file=path.name), say("Check the name and the folder.")) from None
    except OSError as error:
        raise Unusable(
            say("{file} cannot be read: {reason}.", file=path.name, reason=error.strerror or type(error).__name__),
            say("Check that you may open it and that no other program has locked it."),
        ) from error
    if len(data) > limits.max_bytes:
        raise _too_large(path.name, limits)
    if not data.strip(b"\x00\t\r\n ") or data in {b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"}:
        raise Unusable(say("{file} is empty.", file=path.name), say("Export the list again."))
    return data


def _too_large(file: str, limits: Limits) -> Unusable:
    return Unusable(
        say("{file} is larger than {megabytes} MB.", file=file, megabytes=limits.max_bytes // 1024**2),
        say("Split the list, or raise intake.max_megabytes in notices.toml."),
    )


def _start_of(data: bytes) -> bytes:
    """Return the beginning of a file without its byte order mark; of a text in UTF-16, as UTF-8."""
    start = data[:LOOKED_AT]
    if start.startswith(WIDE):
        return start.decode("utf-16", "ignore").encode()
    return start.removeprefix(codecs.BOM_UTF8)


def _refuse_other_kinds(start: bytes, file: str) -> None:
    found = next((name for magic, name in STRANGERS if start.startswith(magic)), None)
    if found is None and b"urn:schemas-microsoft-com:office:spreadsheet" in start:
        found = "Excel 2003 XML"
    if found is None and JSON.match(start):
        found = "JSON"
    if found is not None:
        raise not_a_table_error(file, say("a file of type {kind}", kind=found))
    if MHTML.match(start):
        raise not_a_table_error(file, say("a web page saved with its pictures (.mht)"))


def _refuse_other_documents(data: bytes, file: str) -> None:
    """Raise Unusable if a container holds another document and no workbook."""
    if any(name.encode("utf-16-le") in data for name in ("Workbook", "Book")):
        return
    found = next((what for name, what in IN_CONTAINER if name.encode("utf-16-le") in data), None)
    if found is not None:
        raise not_a_table_error(file, found)
