"""Names derived from a notice number: valid where they are used, and unique."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from notices.post.names import attachment_name, file_stem, token


def test_an_ascii_number_stays_readable_in_its_token() -> None:
    assert re.fullmatch(r"YGHY-2026-000123\.[0-9a-f]{20}", token("YGHY-2026-000123"))


def test_a_chinese_number_gives_an_ascii_token() -> None:
    assert re.fullmatch(r"notice\.[0-9a-f]{20}", token("（2026）示律函字第003号"))


def test_numbers_that_differ_only_in_case_or_width_have_different_tokens() -> None:
    numbers = ["a-1", "A-1", "Ａ-1", "(2026)1号", "（2026）1号"]
    assert len({token(number).lower() for number in numbers}) == len(numbers)


def test_a_usual_number_names_its_file() -> None:
    assert file_stem("（2026）示律函字第003号") == "（2026）示律函字第003号"
    assert file_stem("YGHY-2026-000123") == "YGHY-2026-000123"


@given(st.text(max_size=300) | st.text(st.sampled_from("../\\\x00\n~ :第号1"), max_size=20))
def test_any_number_gives_a_file_name_that_stays_in_its_folder(number: str) -> None:
    stem = file_stem(number)
    assert stem
    assert not stem.startswith((".", " "))
    assert not set(stem) & set('/\\:*?"<>|\x00\r\n')
    assert len(f".{stem}.eml.partial".encode()) <= 255


@given(st.text(max_size=30), st.text(max_size=30))
def test_two_numbers_never_share_a_name(one: str, other: str) -> None:
    if one != other:
        assert token(one) != token(other)
        assert file_stem(one) != file_stem(other)


def test_an_attachment_name_is_never_a_path() -> None:
    assert attachment_name("../../律师函:1.pdf") == "_.._律师函_1.pdf"
    assert attachment_name("a\r\nb.pdf") == "a__b.pdf"
    assert attachment_name(" . ") == "notice.pdf"
