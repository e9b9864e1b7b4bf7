"""Printer errors, distinguished by what is known about the fate of the request."""

from __future__ import annotations

from notices.errors import Unusable


class PrinterUnreachable(Unusable):
    """No connection: nothing of the request was sent."""


class OutcomeUnknown(Unusable):
    """The request was sent, at least in part, but no valid response came: it may have been executed."""


class PrinterRefused(Unusable):
    """The printer rejected the request; `status` is its IPP status code, None if HTTP rejected it."""

    status: int | None = None
