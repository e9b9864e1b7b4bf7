"""What can go wrong with an office program, as errors of ours."""

from __future__ import annotations

from notices.errors import DataNeedsPerson, Unusable


class OfficeMissing(Unusable):
    """No LibreOffice, or no Python that can talk to it, on this machine."""


class OfficeBroken(Unusable):
    """LibreOffice is there and does not start, or has nowhere to write."""


class ConversionFailed(DataNeedsPerson):
    """One document did not become a whole PDF, on a fresh office either."""
