"""A mail server that never ends a reply, by dripping or by flooding, ends within the time limit and little memory."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from stubborn_server import Way, stubborn_server

from notices.errors import Unusable
from notices.post import ConnectionLost, MailEnvelope, Verdict
from notices.post.server import connect
from notices.settings import Route

ENVELOPE = MailEnvelope("a@example.com", "b@example.com", "N-1")
GREETING, EHLO, LOGIN = b"220 test\r\n", b"250-test\r\n250 AUTH PLAIN\r\n", b"235 ok\r\n"
OK, GO = b"250 ok\r\n", b"354 go\r\n"
LINE = b"250-more to come\r\n"


def route(port: int, *, user: str = "", answer_seconds: int = 1) -> Route:
    return Route(
        host="127.0.0.1",
        port=port,
        security="none",
        insecure=True,
        user=user,
        sender="a@example.com",
        timeout_seconds=1,
        answer_seconds=answer_seconds,
    )


@contextmanager
def within(seconds: float) -> Iterator[None]:
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < seconds


@pytest.mark.parametrize("way", ["flood", "drip"])
@pytest.mark.parametrize("replies", [(), (GREETING,), (GREETING, EHLO)], ids=["greeting", "EHLO", "login"])
def test_a_reply_without_end_stops_the_connecting(way: Way, replies: tuple[bytes, ...]) -> None:
    with stubborn_server(way, LINE, replies) as port, within(8), pytest.raises(Unusable) as caught:
        connect(route(port, user="clerk"), "secret")
    said = str(caught.value.fact)
    assert ("does not end" in said) if way == "flood" else ("timed out" in said)


@pytest.mark.parametrize("way", ["flood", "drip"])
@pytest.mark.parametrize("before", [(), (OK,), (OK, OK)], ids=["MAIL", "RCPT", "DATA"])
def test_a_reply_without_end_before_the_content_loses_the_connection_only(way: Way, before: tuple[bytes, ...]) -> None:
    with stubborn_server(way, LINE, (GREETING, EHLO, *before)) as port:
        connection = connect(route(port), None)
        with within(8), pytest.raises(ConnectionLost):
            connection.attempt(ENVELOPE, b"Subject: x\r\n\r\nx\r\n")


@pytest.mark.parametrize("way", ["flood", "drip"])
def test_a_reply_without_end_to_the_content_leaves_the_outcome_unknown(way: Way) -> None:
    with stubborn_server(way, LINE, (GREETING, EHLO, OK, OK, GO)) as port:
        connection = connect(route(port), None)
        with within(8):
            answer = connection.attempt(ENVELOPE, b"Subject: x\r\n\r\nx\r\n")
    assert answer.verdict is Verdict.UNKNOWN
    assert answer.ends_connection


@pytest.mark.parametrize("way", ["flood", "drip"])
def test_a_reply_without_end_to_quit_does_not_hold_up_the_end(way: Way) -> None:
    with stubborn_server(way, LINE, (GREETING, EHLO)) as port:
        connection = connect(route(port), None)
        with within(6):
            connection.close()


def test_a_server_that_stops_reading_is_left_after_the_time_limit() -> None:
    with stubborn_server("drip", b"", (GREETING, EHLO, OK, OK, GO)) as port:
        connection = connect(route(port), None)
        with within(8):
            answer = connection.attempt(ENVELOPE, b"x" * 20_000_000 + b"\r\n")
    assert answer.verdict is Verdict.UNKNOWN
