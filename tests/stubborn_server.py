"""A server for tests that, at a chosen moment, floods the line or drips a byte at a time, without end."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

Way = Literal["flood", "drip"]


@contextmanager
def stubborn_server(
    way: Way,
    piece: bytes,
    replies: Sequence[bytes] = (),
    *,
    pause: float = 0.1,
    at_it: threading.Event | None = None,
) -> Iterator[int]:
    """Yield the port of a server that gives these replies, one a line received, and then never ends the next.

    The first reply is given at once, as a greeting is. A flood repeats `piece`; a drip is its bytes, one a pause.
    `at_it` is set when that begins.
    """
    over = threading.Event()

    def speak(line: socket.socket) -> None:
        with contextlib.suppress(OSError), line, line.makefile("rb") as heard:
            for reply in replies:
                line.sendall(reply)
                heard.readline()
            place = 0
            if at_it is not None:
                at_it.set()
            while not over.is_set():
                if way == "flood":
                    line.sendall(piece * 1000)
                else:
                    line.sendall((piece[place:] or piece)[:1])
                    place = (place + 1) % max(1, len(piece))
                    over.wait(pause)

    with socket.create_server(("127.0.0.1", 0)) as door:

        def receive() -> None:
            with contextlib.suppress(OSError):
                while True:
                    guest, _ = door.accept()
                    threading.Thread(target=speak, args=(guest,), daemon=True).start()

        threading.Thread(target=receive, daemon=True).start()
        try:
            yield door.getsockname()[1]
        finally:
            over.set()
            with contextlib.suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)
