"""Ctrl-C during a finalizer, where Python would discard the KeyboardInterrupt."""

from __future__ import annotations

import signal
import time

import pytest

from notices.interrupts import no_ctrl_c_lost


class Finalized:
    """Object whose finalizer is running when Ctrl-C is pressed."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


def finalize_and_wait() -> None:
    Finalized()
    time.sleep(20.0)


@pytest.mark.usefixtures("ctrl_c_works")
def test_ctrl_c_during_a_finalizer_still_stops_the_program() -> None:
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), no_ctrl_c_lost():
        finalize_and_wait()
    assert time.monotonic() - began < 10.0  # at once, but on a busy machine; not the whole sleep
