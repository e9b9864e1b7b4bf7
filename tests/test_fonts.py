from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from notices.fonts import installed

NOTO = "Noto Serif CJK SC"
needs_noto = pytest.mark.skipif(NOTO not in installed.installed(), reason="Noto Serif CJK is not installed")


def test_a_formal_font_that_is_missing_gets_the_first_free_one_there_is() -> None:
    chosen = installed.substitutes({"Source Han Serif SC", "FandolSong", "Noto Sans CJK SC"})
    assert chosen["宋体"] == "Source Han Serif SC"
    assert chosen["黑体"] == "Noto Sans CJK SC"


def test_a_formal_font_that_is_there_under_its_other_name_stands_in_for_itself() -> None:
    chosen = installed.substitutes({"SimSun", NOTO})
    assert chosen["宋体"] == "SimSun"
    assert "SimSun" not in chosen
    assert chosen["仿宋"] == NOTO


def test_without_any_chinese_font_nothing_stands_in() -> None:
    assert "宋体" not in installed.substitutes({"DejaVu Sans"})


@needs_noto
def test_the_office_sees_the_stand_in_and_the_users_own_configuration_stays(tmp_path: Path) -> None:
    environment = installed.office_environment(tmp_path / "fonts")
    matched = subprocess.run(
        ["fc-match", "--format", "%{family[0]}", "仿宋"],
        env={**os.environ, **environment},
        capture_output=True,
        check=True,
        text=True,
    )
    assert matched.stdout == NOTO
    assert Path(environment["FONTCONFIG_FILE"]).parent == tmp_path / "fonts"


@needs_noto
def test_writing_the_mapping_again_changes_nothing(tmp_path: Path) -> None:
    file = Path(installed.office_environment(tmp_path)["FONTCONFIG_FILE"])
    before = file.stat().st_ino
    installed.office_environment(tmp_path)
    assert file.stat().st_ino == before
    assert [each.name for each in tmp_path.iterdir()] == ["fonts.conf"]


@needs_noto
def test_characters_that_the_font_cannot_draw_are_found_each_once_in_order() -> None:
    assert installed.missing_characters("张\ue01e䶮𠀀𬭎\ue01e", [NOTO]) == ("\ue01e", "𠀀")


@needs_noto
def test_what_needs_no_glyph_is_not_missed() -> None:
    assert installed.missing_characters("葛\U000e0100 \u200d\n\t　", [NOTO]) == ()


def test_a_family_that_is_not_there_draws_nothing() -> None:
    assert installed.missing_characters("张", ["No Such Font"]) == ("张",)


@needs_noto
def test_the_report_names_what_stands_in_and_what_is_lacking() -> None:
    found = installed.report()
    assert found.lacking == ()
    assert found.substitutes.get("仿宋", NOTO)
