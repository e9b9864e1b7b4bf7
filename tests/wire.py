"""A port of this machine that passes everything on to another one, until it is cut."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress

from support import free_port


class Wire:
    """A port that passes everything on to another one, until it is cut."""

    def __init__(self, target: int) -> None:
        self.port, self._target = free_port(), target
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self._is_cut = self._loses_answers = False
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._connect, "127.0.0.1", self.port), self._loop
        ).result()

    def cut(self, seconds: float) -> int:
        """Close all connections, and accept none for some seconds; return how many there were."""
        closed = self.drop()
        time.sleep(seconds)
        self.mend()
        return closed

    def drop(self) -> int:
        """Close all connections, and accept none until it is mended; return how many there were."""
        self._is_cut = True
        return asyncio.run_coroutine_threadsafe(self._close_all(), self._loop).result()

    def mend(self) -> None:
        """Accept connections again."""
        self._is_cut = False

    def lose_answers(self, seconds: float) -> None:
        """Pass on what is sent, but no answer; after some seconds close all connections, and be whole again."""
        self._loses_answers = True
        self._loop.call_soon_threadsafe(self._loop.call_later, seconds, self._end_of_loss)

    def close(self) -> None:
        """End the wire."""
        self.drop()
        self._loop.call_soon_threadsafe(self._server.close)
        time.sleep(0.1)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _end_of_loss(self) -> None:
        for writer in self._open:
            writer.transport.abort()
        self._loses_answers = False

    async def _close_all(self) -> int:
        for writer in self._open:
            writer.transport.abort()
        return len(self._open)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        ends = {writer}
        self._open.add(writer)
        try:
            with suppress(OSError):
                onward, back = await asyncio.open_connection("127.0.0.1", self._target)
                ends.add(back)
                self._open.add(back)
                await asyncio.gather(self._pass_on(reader, back), self._pass_on(onward, writer, answers=True))
        finally:
            for end in ends:  # also where nobody answers at the other end
                end.transport.abort()
            self._open -= ends

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool = False
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                if answers and self._loses_answers:
                    continue
                writer.write(data)
                await writer.drain()
        writer.transport.abort()
