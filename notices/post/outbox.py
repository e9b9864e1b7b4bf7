"""The outbox: messages as .eml files, for a person to send."""

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


@dataclass(frozen=True, slots=True)
class Spooled:
    """A message that waits in the outbox: its file, and the SHA-256 of the file's bytes."""

    path: Path
    sha256: str


def spool(message: EmailMessage, number: str, outbox: Path) -> Spooled:
    """Write the message as NUMBER.eml, lines ended by CR LF, whole or not at all, readable by its owner only.

    The same message written again gives the same file. Raises Unusable where the folder takes no file.
    """
    content = as_bytes(message)
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
            say("Make room on the disk and see that {folder} can be written to; then resume.", folder=outbox),
        ) from error
    return Spooled(target, hashlib.sha256(content).hexdigest())
