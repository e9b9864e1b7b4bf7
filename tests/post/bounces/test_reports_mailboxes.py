"""Mailbox files: each message once, in a fixed order, and no file that was not named."""

from __future__ import annotations

import mailbox
import os
import tracemalloc
from pathlib import Path

import pytest
from returned_mail import answer, delivery_status, plain

from notices.post.bounces import NotMailError, messages_in, read_report
from notices.post.bounces.parts import MOST_BYTES

SEPARATOR = b"From MAILER-DAEMON Mon Nov 23 09:30:01 2026\n"


def _kinds(path: Path) -> list[tuple[int, str]]:
    return [(raw.index, read_report(raw.content).kind.value) for raw in messages_in(path)]


def test_an_mbox_of_the_standard_library_is_read_in_order(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "box")
    for raw in (delivery_status(), answer("已缴费。"), plain("hello", From="a@b.example", Subject="hi")):
        box.add(raw)
    box.close()
    assert _kinds(tmp_path / "box") == [(0, "failed"), (1, "reply"), (2, "other")]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_text_that_says_from_does_not_split_a_message(tmp_path: Path, end: bytes) -> None:
    first = b"Subject: a\n\nFrom here on\n\nFrom now on we pay.\n>From the owner\n\n"
    raw = SEPARATOR + first + SEPARATOR + b"Subject: b\n\nb\n"
    (tmp_path / "box").write_bytes(raw.replace(b"\n", end))
    found = [each.content.replace(b"\r\n", b"\n").replace(b"\r", b"\n") for each in messages_in(tmp_path / "box")]
    assert found == [first.replace(b">From", b"From"), b"Subject: b\n\nb\n"]


def test_messages_without_an_empty_line_between_them_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "box").write_bytes((SEPARATOR + b"Subject: a\n\na\n") * 3)
    assert [raw.index for raw in messages_in(tmp_path / "box")] == [0, 1, 2]


def test_a_single_message_may_begin_with_an_envelope_line_or_a_byte_order_mark(tmp_path: Path) -> None:
    for start in (SEPARATOR, b"\xef\xbb\xbf", b"\r\n"):
        (tmp_path / "one.eml").write_bytes(start + delivery_status())
        assert _kinds(tmp_path / "one.eml") == [(0, "failed")]


def test_an_empty_mailbox_has_no_messages(tmp_path: Path) -> None:
    (tmp_path / "box").touch()
    mailbox.Maildir(tmp_path / "Maildir").close()
    assert _kinds(tmp_path / "box") == _kinds(tmp_path / "Maildir") == []


@pytest.mark.parametrize(
    "content",
    [b"PK\x03\x04" + bytes(900), b"%PDF-1.7\n1 0 obj", b"\x00" * 5000, b"name,amount\n1,2\n", b"hello", b"a: b\n"],
)
def test_a_file_that_is_not_mail_is_reported(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(NotMailError, match="contains no e-mail"):
        list(messages_in(tmp_path / "file"))


def test_a_path_that_is_not_a_file_is_reported(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path / "gone", tmp_path):
        with pytest.raises(NotMailError):
            list(messages_in(path))


def test_a_link_in_a_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(delivery_status())
    box = mailbox.Maildir(tmp_path / "Maildir")
    box.add(delivery_status())
    (tmp_path / "Maildir" / "cur" / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "Maildir" / "new" / "pipe")
    assert _kinds(tmp_path / "Maildir") == [(0, "failed")]


def test_only_the_beginning_of_a_huge_message_is_kept(tmp_path: Path) -> None:
    with (tmp_path / "box").open("wb") as box:
        for _ in range(2):
            box.write(SEPARATOR + delivery_status() + b"\n" + b"x" * 20_000_000 + b"\n\n")
    tracemalloc.start()
    found = _kinds(tmp_path / "box")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == [(0, "failed"), (1, "failed")]
    assert most < 40 * MOST_BYTES
