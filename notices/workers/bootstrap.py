"""Read in first by the server that forks the workers: how it ends while it reads in the rest, which takes a second.

A Ctrl-C ends it without a word, where Python would print a page about where it was; so does the end of who started it.
"""

import ctypes
import signal

PR_SET_PDEATHSIG = 1  # prctl(2), which only Linux has

signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
if prctl := getattr(ctypes.CDLL(None), "prctl", None):
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
