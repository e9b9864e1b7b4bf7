"""A printer that never ends its answer, by dripping or by flooding, ends within a time limit and little memory."""

from __future__ import annotations

import time

import pytest
from stubborn_server import Way, stubborn_server

from notices.press.ipp.address import read_address
from notices.press.ipp.faults import OutcomeUnknown
from notices.press.ipp.wire import HttpTransport

PROVISIONAL = b"HTTP/1.1 100 Continue\r\n\r\n"
HEADERS = b"HTTP/1.1 200 OK\r\nX: y\r\n"
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
BODY = b"HTTP/1.1 200 OK\r\n\r\n"


@pytest.mark.parametrize("way", ["flood", "drip"])
@pytest.mark.parametrize(
    ("start", "piece"),
    [(b"", PROVISIONAL), (HEADERS, b"X: y\r\n"), (CHUNKS, b"1\r\nx\r\n"), (BODY, b"x")],
    ids=["provisional", "headers", "chunks", "body"],
)
def test_an_answer_without_end_is_no_answer(way: Way, start: bytes, piece: bytes) -> None:
    with stubborn_server(way, piece, [start] if start else ()) as port:
        transport = HttpTransport(read_address(f"ipp://127.0.0.1:{port}/ipp/print"), timeout=0.5)
        begun = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            transport.ask(b"request")
    assert time.monotonic() - begun < 10


def test_an_answer_in_small_pieces_within_the_time_is_read() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"
    with stubborn_server("drip", answer, pause=0.01) as port:
        transport = HttpTransport(read_address(f"ipp://127.0.0.1:{port}/ipp/print"), timeout=2)
        assert transport.ask(b"request") == b"abc"
