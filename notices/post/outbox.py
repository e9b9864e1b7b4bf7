"""The outbox: a folder of .eml files for a person to send."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from notices.errors import Unusable
from notices.files import write_whole
from notices.messages import say
from notices.post.message import as_bytes
from notices.post.names import file_stem

UNSENT = b"X-Unsent: 1\r\n"  # mail programs then open the file ready to be sent, not as a message received


@dataclass(frozen=True, slots=True)
class OutboxFile:
    """Message in the outbox: its file and the file's SHA-256."""

    path: Path
    sha256: str


def as_spooled(message: EmailMessage) -> bytes:
    """Serialize a message as it lies in the outbox, with CR LF line ends."""
    return UNSENT + as_bytes(message)


def spool(content: bytes, number: str, outbox: Path) -> OutboxFile:
    """Write a message, serialized with CR LF line ends, atomically as NUMBER.eml, readable by its owner only.

    Writing the same message again gives the same file. Raises Unusable if the file cannot be written.
    """
    target = outbox / f"{file_stem(number)}.eml"
    try:
        outbox.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(target, content)
    except OSError as error:
        raise Unusable(
            say(
                "{notice} cannot be written to the outbox: {mistake}.",
                notice=number,
                mistake=error.strerror or str(error),
            ),
            say(
                "Free some disk space and check that {folder} is writable; then run `notices resume BATCH`.",
                folder=outbox,
            ),
        ) from error
    return OutboxFile(target, hashlib.sha256(content).hexdigest())
