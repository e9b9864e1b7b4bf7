"""The slip fits on one page whatever the owner's name, and mentions e-mail only to owners who get one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from letter_builders import TEMPLATES, PagesOf, letter_of, occasion

from notices.model import Channel

pytestmark = pytest.mark.office
LONG = ("示例市朝阳区示例国际商业管理有限责任公司第一分公司示例店铺经营部门壹号分部",) * 2


@pytest.mark.parametrize(("language", "said"), [("", "回复发送本函的电子邮件"), ("en", "answer the e-mail")])
def test_only_who_gets_an_e_mail_is_told_to_answer_it(pages_of: PagesOf, language: str, said: str) -> None:
    usual = occasion(tier="follow-up")
    by_post, by_mail = (
        letter_of(replace(usual, number=number, decision=replace(usual.decision, channels=channels)))
        for number, channels in (("A-1", (Channel.PRINT,)), ("A-2", (Channel.PRINT, Channel.EMAIL)))
    )
    pages = pages_of(TEMPLATES / language / "follow-up.docx", [by_post, by_mail])
    slips = ["".join(page.split()) for page in pages if page.count("□") > 5]
    assert [said.replace(" ", "") in slip for slip in slips] == [False, True]


def test_a_slip_is_one_page_even_for_two_owners_of_forty_characters(pages_of: PagesOf) -> None:
    usual = occasion(tier="follow-up")
    mailed = replace(usual.decision, channels=(Channel.EMAIL,))
    owners = replace(usual.account, owners=LONG)
    pages = pages_of(TEMPLATES / "follow-up.docx", [letter_of(replace(usual, account=owners, decision=mailed))])
    assert "□" in pages[-1]
    assert "请于" in pages[-1]
