"""Hostile input: parsed within seconds, without an exception, and without inventing content."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from returned_mail import complaint, delivery_status, html, receipt

from notices.post.bounces import read_report

HEAD = b"From: mailer-daemon@x.example\nSubject: undeliverable\n"

BOMBS = {
    "nested multiparts": HEAD
    + b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (i, i) for i in range(4000)),
    "nested messages": HEAD + b"Content-Type: message/rfc822\n\n" * 10_000,
    "many parts": HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 40_000,
    "many headers": HEAD + b"X-A: b\n" * 40_000,
    "many recipients": HEAD + b"To: " + b"a@b.c, " * 40_000 + b"\n\nfailed",
    "many references": HEAD + b"References: " + b"<a@b> " * 40_000,
    "many blocks": HEAD
    + b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
    + b"Final-Recipient: rfc822;a@b.c\nAction: failed\nStatus: 5.1.1\n\n" * 4000,
    "comments in comments": b"From: " + b"(" * 100_000 + b"\n\nx",
    "parameters": HEAD + b"Content-Type: multipart/report; " + b'a="b;' * 50_000 + b"\n\nfailed",
    "one line": HEAD + b"\n" + b"deliver message fail " * 12_000,
    "at signs": HEAD + b"\n" + b"a@" * 120_000,
    "dots": HEAD + b"\n" + b"a." * 120_000 + b"@b.c",
    "dashes": HEAD + b"\n" + b"-" * 250_000,
    "lines of dashes": HEAD + b"\n" + (b"-" * 79 + b"\n") * 3000,
    "empty lines": HEAD + b"\n" + b"\n" * 250_000,
    "brackets": HEAD + b"Content-Type: text/html\n\n" + b"<" * 250_000,
    "comments": HEAD + b"Content-Type: text/html\n\n" + b"<!--" * 60_000,
    "scripts": HEAD + b"Content-Type: text/html\n\n<script>" + b"</scrip" * 40_000,
    "a slow codec": HEAD + b"Content-Type: text/plain; charset=idna\n\n" + b"a" * 250_000,
    "another": HEAD + b"Content-Type: text/plain; charset=punycode\n\n" + b"a" * 99_000 + b"-" + b"b" * 99_000,
    "no codec of text": HEAD + b"Content-Type: text/plain; charset=zlib\n\nfailed a@b.c",
    "no bytes at all": b"\0" * 5000,
    "dates": b"Date: Mon, 31 Dec 9999 23:59:59 -2359\n" + HEAD,
}


@pytest.mark.parametrize("raw", BOMBS.values(), ids=BOMBS)
@pytest.mark.slow
def test_a_malicious_message_is_read_within_seconds(raw: bytes) -> None:
    start = time.process_time()  # not wall time: other tests may be running too
    report = read_report(raw)
    assert time.process_time() - start < 20  # usually up to two; catastrophic backtracking takes hours
    assert len(report.recipients) <= 100
    assert len(report.message_ids) <= 100
    assert len(report.mentioned) <= 400


GOOD = (delivery_status(), complaint(), receipt("manual-action/MDN-sent-manually; displayed"), html("<p>失败</p>"))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(GOOD),
    st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 40), st.binary(max_size=30)), min_size=1, max_size=8),
)
def test_a_damaged_message_is_still_read(raw: bytes, damages: list[tuple[int, int, bytes]]) -> None:
    for place, length, instead in damages:
        raw = raw[:place] + instead + raw[place + length :]
    read_report(raw)


@given(st.binary(max_size=400))
def test_any_bytes_are_read(raw: bytes) -> None:
    read_report(raw)


def test_displayed_text_has_no_terminal_control_characters() -> None:
    raw = "From: \x1b]0;x\x07\x1b[2J <a@b.example>\nSubject: =?utf-8?q?=1B=5B2J=E2=80=AE?=\nIn-Reply-To: <a@b>\n\n"
    report = read_report(raw.encode())
    assert report.subject.isprintable()
    assert report.sender.isprintable()
    told = delivery_status(diagnostic="smtp; 550 \x1b[2J\u202e no")
    assert read_report(told).recipients[0].diagnostic.isprintable()
