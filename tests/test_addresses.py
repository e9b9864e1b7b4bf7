"""Validation of recipients: exactly one address, in ASCII, or a clear refusal."""

from __future__ import annotations

from email.utils import getaddresses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.addresses import AddressMistake, ascii_address


@pytest.mark.parametrize(
    ("given_address", "expected"),
    [
        ("zhang.san@example.com", "zhang.san@example.com"),
        ("Zhang.San+fees@QQ.COM", "Zhang.San+fees@qq.com"),
        ("3-2-501@mail.example.com", "3-2-501@mail.example.com"),
        ("a@公司.cn", "a@xn--55qx5d.cn"),
        ("a@例え.jp", "a@xn--r8jz45g.jp"),
        ("a@straße.de", "a@xn--strae-oqa.de"),
        ("a@中国e动网.com", "a@xn--e-kq6a86lyqf684d.com"),
        ("a@例子.公司", "a@xn--fsqu00a.xn--55qx5d"),
        ("a@例え.セール", "a@xn--r8jz45g.xn--1ck2e1b"),
        ("a@пример.рф", "a@xn--e1afmkfd.xn--p1ai"),
    ],
)
def test_one_plain_address_passes_with_its_domain_in_ascii(given_address: str, expected: str) -> None:
    assert ascii_address(given_address) == expected


@pytest.mark.parametrize(
    ("given_address", "fact"),
    [
        ("", "no @"),
        ("zhang.san", "no @"),
        ("a＠example.com", "no @"),
        ("a@example.com\r\nBcc: b@example.com", "line break"),
        ("a@example.com\n", "line break"),
        ("a@exam\x00ple.com", "control character"),
        ("a@example.com\u2028", "control character"),
        ("a@example.com,b@example.com", "more than one"),
        ("a@example.com;b@example.com", "more than one"),
        ("a@example.com b@example.com", "more than one"),
        ("a@b.c, d@e.f", "more than one"),
        ("a、b@example.com", "more than one"),
        ("a@b@example.com", "more than one"),
        ("张三@example.com", "mail servers do not accept"),
        ("zhang san@example.com", "before its @"),
        (" a@example.com", "before its @"),
        ("Zhang San <a@example.com>", "before its @"),
        ('"a b"@example.com', "before its @"),
        (".a@example.com", "before its @"),
        ("a..b@example.com", "before its @"),
        ("@example.com", "before its @"),
        (f"{'a' * 65}@example.com", "before its @"),
        ("a@example.com ", "after its @"),
        ("a@example.com>", "after its @"),
        ("a@localhost", "after its @"),
        ("a@example", "after its @"),
        ("a@example.com.", "after its @"),
        ("a@-example.com", "after its @"),
        ("a@exa_mple.com", "after its @"),
        ("a@ex\u0430mple.com", "after its @"),  # a Cyrillic а: another domain, indistinguishable to the eye
        ("a@xn--exmple-4nf.com", "after its @"),
        ("a@例\u0430.com", "after its @"),
        ("a@qq.com张三", "after its @"),
        ("a@qq.com本人", "after its @"),
        ("a@192.0.2.1", "after its @"),
        ("a@[192.0.2.1]", "after its @"),
        ("a@", "after its @"),
        (f"a@{'a' * 64}.com", "after its @"),
        (f"{'a' * 64}@{'.'.join(['b' * 60] * 4)}.com", "too long"),
    ],
)
def test_anything_but_one_plain_address_is_refused_with_the_reason(given_address: str, fact: str) -> None:
    with pytest.raises(AddressMistake) as caught:
        ascii_address(given_address)
    assert fact in str(caught.value.problem)


def test_the_reason_does_not_repeat_the_address() -> None:
    with pytest.raises(AddressMistake) as caught:
        ascii_address("zhangsan@secret place")
    assert "zhangsan" not in str(caught.value)


_LIKE_ADDRESSES = st.text(st.sampled_from('ab1@.-+<>()[]",;: \t\r\n\\＠。，张é\x00'), max_size=30)


@given(st.one_of(st.text(max_size=40), _LIKE_ADDRESSES, _LIKE_ADDRESSES.map(lambda text: f"a@{text}.com")))
def test_whatever_passes_is_one_printable_ascii_address_to_every_parser(text: str) -> None:
    try:
        address = ascii_address(text)
    except AddressMistake:
        return
    assert address.isascii()
    assert address.isprintable()
    assert getaddresses([address]) == [("", address)]
