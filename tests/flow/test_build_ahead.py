"""E-mails built ahead: all of them in order, even if the system kills the worker processes."""

from __future__ import annotations

from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from notices.flow.mailing import build_ahead


class Killed:
    """Workers that die whatever they are given."""

    def submit(self, *_: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(BrokenProcessPool())
        return future


class Queued(list[int]):
    """Stand-ins for letters of no kind."""

    kinds: frozenset[object] = frozenset()


def test_messages_are_built_in_order_even_if_workers_are_killed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(build_ahead, "WorkerPool", lambda *_, **__: nullcontext(Killed()))
    monkeypatch.setattr(build_ahead, "_build", lambda _frozen, wanted, *_: list(wanted))
    frozen: Any = SimpleNamespace()
    letters: Any = Queued(range(100))
    context = build_ahead.BuildContext(frozen, lambda: datetime.now(UTC))
    built = list(build_ahead.build_ahead(context, letters, in_hurry=True))
    assert built == letters
