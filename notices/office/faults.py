"""Errors of LibreOffice conversions."""

from __future__ import annotations

from notices.errors import DataNeedsPerson, Unusable


class OfficeMissing(Unusable):
    """LibreOffice, or a Python that can import `uno`, is not installed."""


class OfficeBroken(Unusable):
    """LibreOffice is installed but does not start, or cannot write its profile."""


class ConversionFailed(DataNeedsPerson):
    """A document could not be converted into a complete PDF, even after restarting LibreOffice."""
