"""First import of the fork server: lets it end silently while it imports the other modules, which takes a second.

Ctrl-C ends it without a traceback, and so does the death of its parent.
"""

import ctypes
import signal

PR_SET_PDEATHSIG = 1  # of prctl(2), Linux only

signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
if prctl := getattr(ctypes.CDLL(None), "prctl", None):
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
