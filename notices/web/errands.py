"""Errands: long verbs, each in a process of its own, one at a time for a batch; the page asks how they are going.

A process and not a thread: the verbs defer Ctrl-C, which only a main thread can; *Stop* is a Ctrl-C; pages stay quick
while letters are made; and memory is given back. Its standard input stays open as long as the server lives: when the
server dies, the errand interrupts itself as by Ctrl-C, and can be resumed.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field
from enum import StrEnum
from secrets import token_hex
from threading import Lock, Thread
from typing import Any

from notices.messages import Message, say

# -P: else every module is first looked for in the folder where the server was started, such as a shared workspace.
COMMAND = (sys.executable, "-P", "-m", "notices.web.errand")
SECONDS_TO_STOP = 15.0
MOST_ENDED = 200  # reports that are kept


class ErrandState(StrEnum):
    """State of an errand: at work, asked to stop, done, stopped before its end, or failed."""

    RUNNING = "running"
    STOPPING = "stopping"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass
class Errand:
    """A long verb at work, or just ended: how far it is, and what it reported."""

    verb: str
    by: str
    began: float = field(default_factory=time.monotonic)
    state: ErrandState = ErrandState.RUNNING
    done: int = 0
    total: int = 0
    counted: str = ""  # what is counted: letters or e-mails
    told: tuple[Message, ...] = ()
    attention: tuple[Message, ...] = ()
    more: int = 0  # further messages like those of `attention`
    result: Any = None  # what the verb found, as JSON values
    ended: float | None = None
    change: int = 0  # goes up whenever something of this changes
    asked: Any = None  # the options that it was started with
    key: str = field(default_factory=lambda: token_hex(4))  # tells it from others of the same place

    @property
    def at_work(self) -> bool:
        """True while the process runs."""
        return self.state in {ErrandState.RUNNING, ErrandState.STOPPING}

    @property
    def rate(self) -> float:
        """Things done a second, 0 before the first."""
        spent = (self.ended or time.monotonic()) - self.began
        return self.done / spent if spent > 0 else 0.0

    @property
    def seconds_left(self) -> int | None:
        """Seconds until the end at this rate, None before it is known."""
        return round((self.total - self.done) / self.rate) if self.at_work and self.done and self.rate else None


class Errands:
    """The errands of a server, by what they work on; one at a time for each. The last report of each is kept."""

    def __init__(self) -> None:
        self._running: dict[str, tuple[Errand, subprocess.Popen[str]]] = {}
        self._ended: OrderedDict[str, Errand] = OrderedDict()
        self._lock = Lock()
        self._threads: list[Thread] = []
        self._closing = False

    def start(
        self, place: str, verb: str, order: Mapping[str, Any], ended: Callable[[], None] | None = None
    ) -> tuple[Errand, bool]:
        """Start a verb for `place`, such as a batch; return the errand, False if one was at work there already.

        `ended` is called when the verb has ended by itself or by `stop`, but not when the server ends.
        """
        with self._lock:
            known = self._running.get(place)
            if known is not None and known[0].at_work:
                return known[0], False
            errand = Errand(verb, str(order["by"]), asked=order.get("options"))
            process = subprocess.Popen(
                COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
                start_new_session=True,  # Ctrl-C at the terminal is for the server, which then ends its errands
            )  # fmt: skip
            self._ended.pop(place, None)
            self._running[place] = errand, process
            given = {**order, "verb": verb}
            thread = Thread(target=self._attend, args=(place, errand, process, given, ended), daemon=True)
            self._threads = [each for each in self._threads if each.is_alive()] + [thread]
            thread.start()
            return errand, True

    def find(self, place: str) -> Errand | None:
        """Return the errand that is or was last at work for `place`, None if there was none or it was dismissed.

        It is as of this moment: a page must not show it as ended without the result that came just then.
        """
        with self._lock:
            known = self._running.get(place)
            found = known[0] if known else self._ended.get(place)
            return copy(found) if found is not None else None

    def stop(self, place: str) -> None:
        """Interrupt the errand for `place` as Ctrl-C does: what was done is kept, and it can be resumed."""
        with self._lock:
            known = self._running.get(place)
            if known is not None and known[0].state is ErrandState.RUNNING:
                known[0].state = ErrandState.STOPPING
                known[0].change += 1
                with suppress(ProcessLookupError):
                    known[1].send_signal(signal.SIGINT)

    def dismiss(self, place: str) -> None:
        """Forget the report of an errand that has ended."""
        with self._lock:
            known = self._running.get(place)
            if known is not None and not known[0].at_work:
                del self._running[place]
            self._ended.pop(place, None)

    def forget_older(self, name: str, by: str, most: int) -> None:
        """Make room for one more of a person's errands whose places begin with a name: `most` are kept, or at work.

        Results may be big, and a process for each address that somebody thinks of would fill the memory; who asks for
        another does not wait for the oldest any more, which is interrupted.
        """

        def is_own(place: str, errand: Errand) -> bool:
            return place.startswith(f"{name}:") and errand.by == by

        with self._lock:
            for place in [place for place, each in self._ended.items() if is_own(place, each)][:-most]:
                del self._ended[place]
            running = [place for place, (each, _) in self._running.items() if is_own(place, each)]
        for place in running[: max(0, len(running) - most + 1)]:
            self.stop(place)

    def wait(self, place: str, seconds: float) -> None:
        """Wait until the errand for `place` has ended, for at most so many seconds."""
        deadline = time.monotonic() + seconds
        while (errand := self.find(place)) is not None and errand.at_work and time.monotonic() < deadline:
            time.sleep(0.05)

    def close(self) -> None:
        """Interrupt every errand, wait a little for their ends, and kill what does not end."""
        self._closing = True
        for place in list(self._running):
            self.stop(place)
        for _, process in list(self._running.values()):
            try:
                process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                process.kill()
        for thread in self._threads:
            thread.join(1.0)

    def _attend(
        self,
        place: str,
        errand: Errand,
        process: subprocess.Popen[str],
        order: Mapping[str, Any],
        ended: Callable[[], None] | None,
    ) -> None:
        """Follow a process to its end; then keep its report, as long as there are not too many newer ones."""
        try:
            _follow(errand, process, order)
            if ended is not None and not self._closing:
                ended()
        finally:
            with self._lock:
                if self._running.get(place, (None,))[0] is errand:  # else it was dismissed, or another has begun
                    del self._running[place]
                    self._ended[place] = errand
                while len(self._ended) > MOST_ENDED:
                    self._ended.popitem(last=False)


def _follow(errand: Errand, process: subprocess.Popen[str], order: Mapping[str, Any]) -> None:
    """Give the process its order, and note what it reports, line by line, until its end."""
    assert process.stdin is not None  # noqa: S101 - both are pipes
    assert process.stdout is not None  # noqa: S101
    with process:
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps(order, ensure_ascii=True) + "\n")
            process.stdin.flush()
        for line in process.stdout:
            note_report(errand, json.loads(line))
    if errand.at_work:
        errand.state = ErrandState.STOPPED if errand.state is ErrandState.STOPPING else ErrandState.FAILED
        if errand.state is ErrandState.FAILED:
            errand.attention = (say("The process ended before its work was done. What was done is kept."),)
    errand.ended = time.monotonic()
    errand.change += 1


def note_report(errand: Errand, report: Mapping[str, Any]) -> None:
    """Note a line of the process: its progress, or its end."""
    if "done" in report:
        errand.done, errand.total, errand.counted = report["done"], report["total"], report["counted"]
    else:
        errand.told = tuple(map(Message.from_data, report["told"]))
        errand.attention = tuple(map(Message.from_data, report["attention"]))
        errand.more, errand.result = report["more"], report["result"]
        errand.ended = time.monotonic()
        errand.state = ErrandState(report["state"])
    errand.change += 1
