"""The tasks that a cluster's workers carry out. The scheduler imports this module too, so it imports nothing else.

Kits, parcels and deliveries are bytes here: Dask neither looks into them nor shows personal data in a log.
"""

from __future__ import annotations

from contextlib import suppress


def make_parcel(kit: tuple[str, bytes], parcel: bytes) -> bytes:
    """Make a parcel in the workshop of this process; return the delivery."""
    from notices.letters.shards.workshop import made_in_this_process  # noqa: PLC0415 - see above

    return made_in_this_process(kit, parcel)


def put_away() -> None:
    """Clear the workshop of this process; it is called when a client has finished."""
    from notices.letters.shards.workshop import clear_this_process  # noqa: PLC0415 - see above

    with suppress(OSError):
        clear_this_process()
