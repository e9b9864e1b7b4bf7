"""Messages follow the standards, are deterministic, and are safe from injection by values of a list."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notices.errors import DataNeedsPerson, SettingsMistake
from notices.post.message import MailContent, as_bytes, build_message, message_id

CONTENT = MailContent(
    number="（2026）示律函字第003号",
    sender="notices@example.com",
    sender_name="示例物业服务中心",
    recipient="owner@example.org",
    reply_to="service@example.com",
    subject="律师函（2026）示律函字第003号",
    text="您好：\n随信附上函件。\n",
    html="<p>您好：</p>\n<p>随信附上函件。</p>",
    attachment=b"%PDF-1.7\n\x00\xff\r\n%%EOF\n",
    attachment_name="律师函（2026）示律函字第003号.pdf",
    date=datetime(2026, 11, 23, 9, 30, tzinfo=timezone(timedelta(hours=8))),
)


def parsed(content: MailContent) -> EmailMessage:
    message = message_from_bytes(build_message(content).as_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not [defect for part in message.walk() for defect in part.defects]
    return message


def raw_headers(content: MailContent) -> list[str]:
    head = build_message(content).as_bytes().split(b"\r\n\r\n", 1)[0].decode("ascii")
    return re.sub(r"\r\n(?=[ \t])", "", head).split("\r\n")


def names(headers: list[str]) -> list[str]:
    return [header.partition(":")[0] for header in headers]


EXPECTED_NAMES = [
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
    "Content-Language",
]


def test_the_headers_are_exactly_those_of_a_notice() -> None:
    assert names(raw_headers(CONTENT)) == EXPECTED_NAMES
    message = parsed(CONTENT)
    assert message["From"].addresses[0].display_name == "示例物业服务中心"
    assert message["From"].addresses[0].addr_spec == "notices@example.com"
    assert str(message["To"]) == "owner@example.org"
    assert str(message["Reply-To"]) == "service@example.com"
    assert message["Subject"] == CONTENT.subject
    assert message["Date"].datetime == CONTENT.date
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "zh-CN"


def test_text_html_and_the_letter_are_there_unchanged() -> None:
    message = parsed(CONTENT)
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/pdf",
    ]
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().replace("\r\n", "\n") == CONTENT.text
    assert html.get_content().replace("\r\n", "\n") == CONTENT.html + "\n"
    (letter,) = message.iter_attachments()
    assert letter.get_content() == CONTENT.attachment


def test_the_letter_has_its_chinese_name_and_an_ascii_one_for_old_programs() -> None:
    (letter,) = parsed(CONTENT).iter_attachments()
    assert letter.get_filename() == CONTENT.attachment_name
    assert letter["Content-Disposition"].content_disposition == "attachment"
    assert re.fullmatch(r"notice\.[0-9a-f]{20}\.pdf", letter["Content-Type"].params["name"])
    assert b"filename*0*=utf-8''" in build_message(CONTENT).as_bytes()


def test_the_bytes_depend_only_on_the_content() -> None:
    first = build_message(CONTENT).as_bytes()
    assert first == build_message(replace(CONTENT)).as_bytes()
    assert first != build_message(replace(CONTENT, number="（2026）示律函字第004号")).as_bytes()


def test_the_fast_generator_writes_the_same_bytes_as_the_library() -> None:
    for content in (CONTENT, replace(CONTENT, text="a\rb\r\nc", attachment=b""), replace(CONTENT, language="en")):
        message = build_message(content)
        assert as_bytes(message) == message.as_bytes()


def test_all_lines_end_with_cr_lf_are_ascii_and_short_enough() -> None:
    content = build_message(replace(CONTENT, text="长" * 5000, attachment=bytes(range(256)) * 50)).as_bytes()
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", content) is None
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 78


def test_the_message_id_is_ascii_and_unique_per_number() -> None:
    numbers = [f"（2026）示律函字第{seq:03d}号" for seq in range(500)] + [f"YGHY-2026-{seq:06d}" for seq in range(500)]
    ids = [message_id(number, "notices@example.com") for number in numbers]
    assert len(set(ids)) == len(numbers)
    assert all(re.fullmatch(r"<[A-Za-z0-9.-]+@example\.com>", each) for each in ids)
    assert parsed(CONTENT)["Message-ID"] == message_id(CONTENT.number, CONTENT.sender)


def test_a_long_sender_domain_leaves_the_message_id_whole() -> None:
    domain = "notices." * 8 + "example.com"
    headers = raw_headers(replace(CONTENT, sender=f"notices@{domain}"))
    (header,) = [each for each in headers if each.startswith("Message-ID:")]
    assert header.strip().endswith(f"@{domain}>")


def test_an_internationalised_domain_goes_out_in_ascii() -> None:
    message = parsed(replace(CONTENT, sender="notices@公司.cn", recipient="a@例え.jp"))
    assert message["From"].addresses[0].addr_spec == "notices@xn--55qx5d.cn"
    assert message["To"].addresses[0].addr_spec == "a@xn--r8jz45g.jp"
    assert message["Message-ID"].endswith("@xn--55qx5d.cn>")


def test_no_reply_to_where_none_is_set() -> None:
    assert "Reply-To" not in names(raw_headers(replace(CONTENT, reply_to="")))


def test_an_english_letter_declares_its_language() -> None:
    assert parsed(replace(CONTENT, language="en"))["Content-Language"] == "en"


@pytest.mark.parametrize(
    "recipient",
    ["a@example.com\r\nBcc: b@example.com", "a@example.com, b@example.com", "a@b.c;d@e.f", "张三@example.com", ""],
)
def test_an_invalid_recipient_address_needs_a_person(recipient: str) -> None:
    with pytest.raises(DataNeedsPerson) as caught:
        build_message(replace(CONTENT, recipient=recipient))
    assert CONTENT.number in str(caught.value)
    assert caught.value.remedy.text


@pytest.mark.parametrize(("field", "key"), [("sender", "mail.sender"), ("reply_to", "mail.reply_to")])
def test_an_invalid_sender_address_is_a_settings_mistake(field: str, key: str) -> None:
    with pytest.raises(SettingsMistake) as caught:
        build_message(replace(CONTENT, **{field: "a@b.c, d@e.f"}))
    assert key in str(caught.value)


INJECTIONS = [
    "x\r\nBcc: evil@example.net",
    "x\nBcc: evil@example.net",
    "x\rBcc: evil@example.net",
    "x\r\n\r\n<b>body</b>",
    "x\u2028Bcc: evil@example.net",
    "x\x85Bcc: evil@example.net",
    "x\x0bBcc: evil@example.net",
    "=?utf-8?q?x=0D=0ABcc:_evil@example.net?=",
    'evil" <evil@example.net>, "',
    "a@b.c, d@e.f",
]


@pytest.mark.parametrize("value", INJECTIONS)
@pytest.mark.parametrize("field", ["subject", "sender_name", "attachment_name", "number", "text", "html"])
def test_no_value_can_inject_a_header_a_recipient_or_a_part(field: str, value: str) -> None:
    content = replace(CONTENT, **{field: value})
    assert names(raw_headers(content)) == EXPECTED_NAMES
    message = parsed(content)
    assert [each.addr_spec for each in message["To"].addresses] == ["owner@example.org"]
    assert [each.addr_spec for each in message["From"].addresses] == ["notices@example.com"]
    assert len(list(message.walk())) == 5


@pytest.mark.parametrize("order", [0, 1])
def test_a_body_containing_the_boundary_adds_no_part(order: int) -> None:
    boundary = [part.get_boundary() for part in parsed(CONTENT).walk() if part.is_multipart()][order]
    forged = f"--{boundary}\r\nContent-Type: text/plain\r\n\r\nforged\r\n--{boundary}--"
    content = replace(CONTENT, text=forged, html=forged, attachment=forged.encode())
    assert len(list(parsed(content).walk())) == 5


PRINTABLE = st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp", "Zs"))
LINES = st.text(PRINTABLE | st.sampled_from(' ,;:"<>@().\\=?_张三催费函'), min_size=1, max_size=150).map(
    lambda text: " ".join(text.split()).replace("=?", "= ?")  # encoded words are broken up, see INJECTIONS
)


@settings(deadline=None)
@given(LINES)
def test_any_subject_arrives_as_it_was_written(subject: str) -> None:
    message = parsed(replace(CONTENT, subject=subject))
    assert str(message["Subject"]) == subject


@settings(deadline=None)
@given(LINES.filter(str.strip))
def test_any_sender_name_arrives_as_it_was_written_beside_one_address(name: str) -> None:
    (header,) = [each for each in raw_headers(replace(CONTENT, sender_name=name)) if each.startswith("From:")]
    ((written, address),) = getaddresses([header.removeprefix("From:")])
    assert address == "notices@example.com"
    assert str(make_header(decode_header(written))) == name


@settings(deadline=None)
@given(st.text(PRINTABLE, min_size=1, max_size=80).map(lambda text: text.strip(" .")).filter(bool))
def test_any_attachment_name_without_path_characters_arrives_as_it_was_written(name: str) -> None:
    (letter,) = parsed(replace(CONTENT, attachment_name=name)).iter_attachments()
    assert letter.get_filename() == re.sub(r'[/\\:*?"<>|]', "_", name)
