"""What can go wrong with a printer, told apart by what is then known of the request."""

from __future__ import annotations

from notices.errors import Unusable


class Unreached(Unusable):
    """There was no connection: nothing of the request left this machine."""


class Unanswered(Unusable):
    """The request left, wholly or in part, and no answer came that can be understood: it may have been carried out."""


class Declined(Unusable):
    """The printer answered that it did not do it; `status` is its IPP status code, None where HTTP said no."""

    status: int | None = None
