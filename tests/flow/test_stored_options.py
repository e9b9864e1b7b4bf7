"""Options of interrupted commands: stored under keys that every version reads."""

from __future__ import annotations

from datetime import date

import pytest

from notices.errors import Unusable
from notices.flow.approval.approve import ApproveRequest
from notices.flow.batch.options import CommandOptions
from notices.flow.mailing.send import SendRequest
from notices.flow.printing.handover.hand_over import HandOverRequest
from notices.flow.printing.make_job import Archiving
from notices.flow.printing.reprint import ReprintRequest
from notices.press import Spoiled

APPROVAL = {
    "tier": "reminder",
    "letter_date": "2026-11-30",
    "excluded": {"a": "why"},
    "included": ["b", "c"],
    "looked_at": [],
    "only": [],
    "alone": False,
}
REPRINT = {
    "notices": ["SLHY-1"],
    "spoiled": [[3, "", "b-P01", 17]],
    "from_sheet": None,
    "job": "b-P01",
    "again": False,
    "made_for": None,
}
HAND_OVER = {"zip": False, "encrypted": False, "tier": None, "to": "/shop", "again": False}
STORED = [
    (
        ApproveRequest(
            tier="reminder", letter_date=date(2026, 11, 30), excluded={"a": "why"}, included=frozenset({"c", "b"})
        ),
        APPROVAL,
    ),
    (SendRequest(limit=5, dry_run=True), {"limit": 5, "only": None}),
    (SendRequest(only=frozenset({12, 3})), {"limit": None, "only": [3, 12]}),
    (Archiving(zip=True, encrypted=True, password="secret"), {"zip": True, "encrypted": True}),
    (HandOverRequest(to="/shop", password="secret"), HAND_OVER),
    (
        ReprintRequest(notices=("SLHY-1",), spoiled=(Spoiled(3, "", "b-P01", 17),), job="b-P01"),
        REPRINT,
    ),
]


@pytest.mark.parametrize(("options", "stored"), STORED)
def test_options_are_stored_under_the_same_keys_as_ever(options: CommandOptions, stored: dict[str, object]) -> None:
    assert options.stored() == stored


@pytest.mark.parametrize(("options", "stored"), STORED)
def test_stored_options_are_read_beside_the_name_of_who_acted(
    options: CommandOptions, stored: dict[str, object]
) -> None:
    assert type(options).model_validate({"by": "clerk", **stored}).stored() == stored


def test_an_approval_stored_by_an_earlier_version_is_read() -> None:
    earlier = {name: value for name, value in APPROVAL.items() if name not in {"looked_at", "only", "alone"}}
    assert ApproveRequest.model_validate(earlier).stored() == APPROVAL


def test_a_job_without_an_archive_needs_no_password_when_it_is_resumed() -> None:
    """An older version stored that the password was set, although no archive was asked for."""
    assert Archiving.model_validate({"zip": False, "encrypted": True}).with_password("").password == ""
    with pytest.raises(Unusable):
        Archiving.model_validate({"zip": True, "encrypted": True}).with_password("")
