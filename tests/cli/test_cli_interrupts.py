"""Ctrl-C where Python would lose it."""

from __future__ import annotations

import signal
import time

import pytest

from notices.interrupts import no_ctrl_c_lost


class Finalized:
    """Something that is being cleared away when Ctrl-C is pressed."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


def finalize_and_wait() -> None:
    Finalized()
    time.sleep(20.0)


def test_a_ctrl_c_that_falls_into_a_finalizer_stops_the_program_all_the_same() -> None:
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), no_ctrl_c_lost():
        finalize_and_wait()
    assert time.monotonic() - began < 2.0
