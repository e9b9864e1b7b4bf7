"""Names that look alike."""

from __future__ import annotations

import pytest

from notices.model import CaseKey
from notices.rules.likeness import like_a_former_owner


@pytest.mark.parametrize(
    ("old", "new", "alike"),
    [
        ("林小测", "林小侧", True),  # one character apart
        ("林小测", "林测小", True),  # two swapped
        ("林小测", "林测", True),  # one left out
        ("АВС贸易", "ABC贸易", True),  # three Cyrillic letters that look like Latin ones
        ("林小测", "王大明", False),
        ("林小测", "陈小鹏", False),
    ],
)
def test_names_alike(old: str, new: str, alike: bool) -> None:
    found = like_a_former_owner(CaseKey.of("苑", "1-1-101", [new]), [(old,)])
    assert (found == (old,)) is alike


def test_who_was_the_owner_before_is_nobody_new() -> None:
    assert like_a_former_owner(CaseKey.of("苑", "1-1-101", ["林测"]), [("林侧",), ("林测",)]) is None


def test_joint_owners_are_compared_one_by_one() -> None:
    case = CaseKey.of("苑", "1-1-101", ["林小测", "王大明"])
    assert like_a_former_owner(case, [("林小侧", "王大明")]) == ("林小侧", "王大明")
    assert like_a_former_owner(case, [("王大明",)]) is None
