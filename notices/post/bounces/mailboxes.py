"""Readers for .eml files, mbox (RFC 4155) and Maildir: one message at a time, in bounded memory.

The standard library's `mailbox` reads whole lines, and a file may be one huge line; so lines are read here in pieces.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from notices.messages import Message, say
from notices.post.bounces.parts import MOST_BYTES

MOST_LINE = 64 * 1024  # longer ones are read in pieces
LOOKED_AT = 64 * 1024  # bytes of a file checked to see whether it is mail

MARK = b"\xef\xbb\xbf"  # the UTF-8 byte order mark, common on Windows

_SEPARATOR = re.compile(
    rb"From (\S+@\S+|MAILER-DAEMON|-|\S.*\d{1,2}:\d{2})", re.IGNORECASE
)  # after an empty line; ordinary text starting with "From " is not followed by an address or a time
_DATED = re.compile(
    rb"From \S.*\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b.*\d{1,2}:\d{2}.*\d{4}\s*$"
)  # anywhere, even without an empty line before it
_HEADER = re.compile(rb"^(>?From |[!-9;-~]{1,100}:)", re.MULTILINE)
_USUAL = re.compile(
    rb"^(from|to|subject|date|received|return-path|message-id|mime-version|content-type|delivered-to)\s*:",
    re.IGNORECASE | re.MULTILINE,
)


class NotMailError(ValueError):
    """Raised for a file that cannot be read or is not mail; `problem` gives the reason."""

    def __init__(self, problem: Message) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(frozen=True, slots=True)
class RawMail:
    """Raw message: its file, its index there (from 0), and its first 256 KiB."""

    file: Path
    index: int
    content: bytes


def messages_in(path: Path) -> Iterator[RawMail]:
    """Yield the messages of a file, a Maildir or a folder of .eml files, in a fixed order; raises NotMailError.

    Symbolic links inside a folder are not followed: their targets were not chosen by the user.
    """
    try:
        if path.is_dir():
            yield from _in_folder(path)
        elif stat.S_ISREG(path.stat().st_mode):
            yield from _in_file(path)
        else:
            raise NotMailError(say("it is neither a file nor a folder"))
    except OSError as error:
        raise NotMailError(say("{reason}", reason=error.strerror or type(error).__name__)) from error


def _in_folder(folder: Path) -> Iterator[RawMail]:
    maildir = [folder / name for name in ("new", "cur") if (folder / name).is_dir()]
    if maildir:
        files = sorted(_regular_files(maildir), key=lambda file: file.name)
        for index, file in enumerate(files):
            yield RawMail(folder, index, _head_of(file))
        return
    files = sorted(file for file in _regular_files([folder]) if file.suffix.lower() in {".eml", ".mbox"})
    if not files:
        raise NotMailError(say("the folder is not a Maildir and contains no .eml files"))
    for file in files:
        yield from _in_file(file)


def _regular_files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False) and not entry.name.startswith("."):
                    yield Path(entry.path)


def _head_of(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(MOST_BYTES)


def _in_file(file: Path) -> Iterator[RawMail]:
    with file.open("rb") as opened:
        start = opened.read(LOOKED_AT).removeprefix(MARK)
        if not start.strip():
            return  # an empty mailbox
        if not _looks_like_mail(start):
            raise NotMailError(say("it contains no e-mail; save the message as .eml, or the folder as mbox"))
        opened.seek(0)
        lines = opened if b"\n" in start else _with_newlines(opened)
        if _SEPARATOR.match(start.lstrip(b"\r\n")):
            for index, content in enumerate(_split(lines)):
                yield RawMail(file, index, content)
        else:
            yield RawMail(file, 0, lines.read(MOST_BYTES).removeprefix(MARK))


def _with_newlines(old: BinaryIO) -> BinaryIO:
    """Convert old Mac line ends (CR), for the first 4 MiB only, as larger files of this kind are not expected."""
    return BytesIO(old.read(MOST_BYTES * 16).replace(b"\r", b"\n"))


def _looks_like_mail(start: bytes) -> bool:
    head = re.split(rb"\r?\n\r?\n", start.lstrip(b"\r\n"), maxsplit=1)[0].replace(b"\r", b"\n")
    return bool(_HEADER.match(head)) and bool(_USUAL.search(head))


def _split(lines: BinaryIO) -> Iterator[bytes]:
    """Split an mbox into its messages, each of which begins with a `From ADDRESS DATE` line."""
    kept: list[bytes] = []
    size, after_empty, begins, inside = 0, True, True, False
    while line := lines.readline(MOST_LINE):
        if begins and ((after_empty and _SEPARATOR.match(line)) or _DATED.match(line)):
            if inside:
                yield b"".join(kept)
            kept, size, inside = [], 0, True
        elif inside and size < MOST_BYTES:
            plain = line[1:] if begins and line.startswith(b">From ") else line
            kept.append(plain)
            size += len(plain)
        after_empty = begins and line in {b"\n", b"\r\n"}
        begins = line.endswith(b"\n")
    if inside:
        yield b"".join(kept)
