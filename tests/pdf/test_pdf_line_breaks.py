"""Line breaks of drawn Chinese text: what may not begin or end a line does not, and words stay whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from notices.pdf.line_breaks import NEVER_FIRST, NEVER_LAST, broken

WIDTH = 10
CHARACTERS = st.sampled_from("甲乙丙，。）（《》“”AB1-2 ")


def widths(text: str) -> float:
    """Measure as a font does, in halves of a Chinese character."""
    return sum(0.5 if character.isascii() else 1.0 for character in text)


def test_a_mark_never_begins_a_line_and_a_day_is_never_torn_apart() -> None:
    told = "函件日期2026-11-23，所主张金额人民币2,799.04元。应显示“OK”或“成功”。"
    lines = broken(told, WIDTH, widths).split("\n")
    assert "".join(lines) == told
    assert [line for line in lines if line[0] in NEVER_FIRST or line[-1] in NEVER_LAST] == []
    for whole in ("2026-11-23", "2,799.04", "“OK”"):
        assert any(whole in line for line in lines)


@given(st.lists(CHARACTERS, max_size=60).map("".join))
def test_no_line_is_wider_than_it_may_be_and_nothing_is_lost(text: str) -> None:
    lines = broken(text, WIDTH, widths).split("\n")
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(widths(line) <= WIDTH or len(units(line)) == 1 for line in lines)


def units(line: str) -> list[str]:
    return broken(line, 0, widths).split("\n")


def test_lines_of_the_text_stay_lines() -> None:
    assert broken("甲\n乙", WIDTH, widths) == "甲\n乙"
    assert broken("", WIDTH, widths) == ""
