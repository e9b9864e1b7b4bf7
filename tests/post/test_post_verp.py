"""Bounce addresses: made from the notice number, and read back whatever letter case servers use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.addresses import AddressMistake
from notices.post.message import message_id
from notices.post.names import token
from notices.post.verp import return_path, token_of_envelope_id, token_of_message_id, token_of_return_path

BOUNCES = "bounces@example.com"


def test_the_return_path_shows_the_number_to_a_person() -> None:
    assert return_path(BOUNCES, "YGHY-2026-000123").startswith("bounces+YGHY-2026-000123.")
    assert return_path(BOUNCES, "YGHY-2026-000123").endswith("@example.com")


@given(st.text(min_size=1, max_size=300))
def test_any_number_is_read_back_from_its_return_path_and_its_message_id(number: str) -> None:
    assert token_of_return_path(return_path(BOUNCES, number)) == token(number).lower()
    assert token_of_message_id(message_id(number, "notices@example.com")) == token(number).lower()
    assert token_of_envelope_id(token(number)) == token(number).lower()


def test_letter_case_and_angle_brackets_do_not_matter() -> None:
    path = return_path(BOUNCES, "YGHY-2026-000123")
    expected = token("YGHY-2026-000123").lower()
    assert token_of_return_path(path.upper()) == expected
    assert token_of_return_path(f" <{path.lower()}> ") == expected


def test_a_bounce_address_that_has_a_plus_itself_is_read_back() -> None:
    assert token_of_return_path(return_path("fees+back@example.com", "A-1")) == token("A-1").lower()


@pytest.mark.parametrize(
    "address",
    ["", "bounces@example.com", "bounces+YGHY-2026-000123@example.com", "a@b+x.0123456789abcdef0123", "+@", "@"],
)
def test_other_addresses_name_no_notice(address: str) -> None:
    assert token_of_return_path(address) is None


@pytest.mark.parametrize("text", ["", "<>", "<abc@example.com>", "<a.0123456789abcdef0123>", "a.0123@example.com"])
def test_other_message_ids_name_no_notice(text: str) -> None:
    assert token_of_message_id(text) is None


def test_a_bounce_address_without_room_for_the_number_is_a_mistake() -> None:
    with pytest.raises(AddressMistake, match="too long"):
        return_path(f"{'b' * 40}@example.com", "YGHY-2026-000123")


@pytest.mark.parametrize("address", ["", "bounces", "a@example.com, b@example.com", "a@example.com\r\nBcc: x@y.z"])
def test_a_bounce_address_is_one_plain_address(address: str) -> None:
    with pytest.raises(AddressMistake):
        return_path(address, "A-1")
