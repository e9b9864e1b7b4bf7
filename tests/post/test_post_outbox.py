"""The outbox: complete messages only, private, and the same message gives the same file."""

from __future__ import annotations

import hashlib
import os
import signal
import stat
import sys
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from notices.errors import Unusable
from notices.post.message import MailContent, build_message
from notices.post.outbox import as_spooled, spool

NUMBER = "（2026）示律函字第003号"


def a_message(number: str = NUMBER) -> EmailMessage:
    return build_message(
        MailContent(
            number=number,
            sender="notices@example.com",
            sender_name="示例物业服务中心",
            recipient="owner@example.org",
            reply_to="",
            subject="催费函",
            text="您好",
            html="<p>您好</p>",
            attachment=b"%PDF-1.7 " + b"x" * 100_000,
            attachment_name="催费函.pdf",
            date=datetime(2026, 11, 23, 1, 30, tzinfo=UTC),
        )
    )


def test_the_file_is_the_message_with_its_hash_and_for_its_owner_only(tmp_path: Path) -> None:
    spooled = spool(as_spooled(a_message()), NUMBER, tmp_path / "outbox")
    content = spooled.path.read_bytes()
    assert spooled.path == tmp_path / "outbox" / f"{NUMBER}.eml"
    assert spooled.sha256 == hashlib.sha256(content).hexdigest()
    assert content == b"X-Unsent: 1\r\n" + a_message().as_bytes()
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert stat.S_IMODE(spooled.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(spooled.path.parent.stat().st_mode) == 0o700
    assert message_from_bytes(content, policy=policy.default)["To"] == "owner@example.org"


def test_the_same_message_written_again_changes_nothing(tmp_path: Path) -> None:
    assert spool(as_spooled(a_message()), NUMBER, tmp_path) == spool(as_spooled(a_message()), NUMBER, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [f"{NUMBER}.eml"]


def test_a_number_that_is_a_path_stays_in_the_outbox(tmp_path: Path) -> None:
    spooled = spool(as_spooled(a_message("../../x")), "../../x", tmp_path / "outbox")
    assert spooled.path.parent == tmp_path / "outbox"


def test_an_unwritable_folder_is_reported_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file where the folder should be")
    with pytest.raises(Unusable) as caught:
        spool(as_spooled(a_message()), NUMBER, tmp_path / "outbox")
    assert NUMBER in str(caught.value)
    assert caught.value.remedy.text


def test_killed_at_any_step_it_leaves_a_whole_message_or_none(tmp_path: Path) -> None:
    whole = b"X-Unsent: 1\r\n" + a_message().as_bytes()
    for step in range(1, 100):
        outbox = tmp_path / str(step)
        child = os.fork()
        if child == 0:
            try:
                _die_at_file_event(step)
                spool(as_spooled(a_message()), NUMBER, outbox)
                os._exit(0)
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        found = list(outbox.glob("*.eml"))
        assert [path.read_bytes() for path in found] in ([], [whole])
        if os.WIFEXITED(status):
            break
        assert spool(as_spooled(a_message()), NUMBER, outbox).path.read_bytes() == whole
        assert len(list(outbox.iterdir())) == 1
    assert step > 3
    assert os.WIFEXITED(status)
    assert os.WEXITSTATUS(status) == 0


def _die_at_file_event(step: int) -> None:
    left = step

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal left
        if event in {"open", "os.rename", "os.mkdir"}:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
