"""A letter's PDF is compared with what was proved, whatever its time stamp says."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from unittest.mock import Mock

from notices.flow.batch.outgoing import ReadyLetter, is_as_proved

PROVED, OTHER = b"%PDF pay to 0000 0000 0001", b"%PDF pay to 6666 6666 6666"


def test_a_pdf_that_was_changed_and_got_its_old_time_back_is_not_the_one_that_was_proved(tmp_path: Path) -> None:
    """A long `send` compares each PDF again; only the time of the last change of any kind cannot be put back."""
    file = tmp_path / "0001.pdf"
    file.write_bytes(PROVED)
    ready = Mock(spec=ReadyLetter, source=file, sha256=sha256(PROVED).hexdigest())
    assert is_as_proved(ready)
    before = file.stat()
    with file.open("r+b") as written:
        written.write(OTHER)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (file.stat().st_ino, file.stat().st_size) == (before.st_ino, before.st_size)
    assert not is_as_proved(ready)
