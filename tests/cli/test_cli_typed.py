"""What people type or leave lying about: lock files, full-width marks, words in their own language."""

from __future__ import annotations

import pytest
from desk import Desk, Owes

from notices.intake.headings import MEANINGS, mapped_heading
from notices.intake.holds import hold_kind
from notices.messages import translator
from notices.model import HoldKind
from notices.words import word

LIN = Owes("1-1-101", "林一")
CHINESE = translator("zh")


def test_the_marker_of_an_open_table_is_named_for_what_it_is(desk: Desk) -> None:
    marker = desk.folder / "~$欠费.xlsx"
    marker.write_bytes(b"\x05Clerk" + bytes(159))
    said = desk("check", marker, status=3).errors
    assert "Excel" in said
    assert "open" in said


def test_the_marker_of_an_open_template_is_no_template(desk: Desk) -> None:
    marker = desk.folder / "templates" / "~$minder.docx"
    marker.write_bytes(b"\x05Clerk" + bytes(157))
    assert "~$" not in desk("template", "list").output
    assert "Word" in desk("template", "check", marker, status=1).output
    desk("template", "check")
    desk.plan(LIN)
    desk("approve", "b", "--by", "Releaser")
    assert not list((desk.folder / "batches").rglob("~$*"))


@pytest.mark.parametrize(
    ("line", "mark"), [("name = “示例花园”", "“"), ("name ＝ '示例花园'", "＝"), ("names = ['a'，'b']", "，")]
)
def test_full_width_marks_in_the_settings_are_named(desk: Desk, line: str, mark: str) -> None:
    settings = desk.folder / "notices.toml"
    settings.write_text(f"# 第一行\n[people]\n{line}\n", "utf-8")
    said = desk("status", status=2).errors
    assert "Line 3" in said
    assert mark in said.split("Line 3")[1]


def test_every_word_that_is_shown_is_taken() -> None:
    for kind in HoldKind:
        assert hold_kind(word(kind).translated(CHINESE)) is kind
    for meaning in MEANINGS:
        assert mapped_heading("数额", word(meaning).translated(CHINESE)).meaning == meaning


def test_choices_are_given_in_the_readers_language(desk: Desk) -> None:
    said = desk("hold", "add", LIN.account, "--kind", "xyz", locale="zh_CN.UTF-8", status=2).errors
    assert "有异议" in said
    assert "disputed" not in said
    said = desk("check", desk.list(LIN), "--map", "邮箱=xyz", locale="zh_CN.UTF-8", status=2).errors
    assert "应缴日期" in said or "应缴日" in said
    assert "due-date" not in said
    desk.plan(LIN)
    assert "催费函 (reminder)" in desk("approve", "b", "--by", "R", "--tier", "x", status=2).errors


def test_help_with_bounds_is_translated(desk: Desk) -> None:
    said = desk("print", "--help", locale="zh_CN.UTF-8").output
    assert "Print again from sheet" not in said
    assert "从该任务的第 N 张起补印" in said
