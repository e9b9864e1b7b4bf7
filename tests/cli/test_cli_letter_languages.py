"""Letter languages: letters follow their estate's language, and the answer sheet covers only what was ticked."""

from __future__ import annotations

import json
from email import message_from_bytes
from email.policy import default

import pytest
from desk import Desk, Owes
from pypdf import PdfReader

from notices.letters.answers import answer_rows, read_objections
from notices.letters.fields import sample_fields
from notices.letters.proof import Page
from notices.pdf import page_texts

OWNER = Owes("1-1-301", "Lin Ltd", email="owner@example.com")
TICKED = frozenset({"heating-cold", "fee-too-high"})


@pytest.mark.office
@pytest.mark.slow
def test_an_english_estates_letters_are_english_with_the_seal_of_the_workspace(desk: Desk) -> None:
    desk.set('language = "zh"', 'language = "en"')
    desk.plan(OWNER)
    desk("approve", "b", "--by", "Releaser")
    desk("render", "b")
    (shard,) = (desk.folder / "output" / "b" / "letters").glob("*.pdf")
    (page,) = page_texts(shard)
    read = Page(page)
    for text in ("Payment Reminder", "Lin Ltd", "Date: 23 November 2026", "1,200.00", "Page 1 of 1"):
        assert read.holds(text)
    assert len(PdfReader(shard).pages[0].images) == 3  # two codes and the seal
    desk("send", "b")
    (eml,) = (desk.folder / "output" / "b" / "outbox").glob("*.eml")
    message = message_from_bytes(eml.read_bytes(), policy=default)
    body = message.get_body(("plain",))
    assert body is not None
    for text in (message["Subject"], body.get_content()):
        assert "Property fees" in text or "property fees" in text
        assert "业主" not in text


@pytest.mark.parametrize("folder", ["", "en"])
def test_the_slips_of_both_languages_offer_the_same_fourteen_objections(desk: Desk, folder: str) -> None:
    objections = read_objections(desk.folder / "templates" / folder / "answers.toml")
    chinese = read_objections(desk.folder / "templates" / "answers.toml")
    assert [each.code for each in objections] == [each.code for each in chinese]
    assert len({each.code for each in objections}) == 14


@pytest.mark.office
@pytest.mark.parametrize("folder", ["", "en/"])
@pytest.mark.slow
def test_the_answer_sheet_holds_the_answers_to_what_was_ticked_and_no_others(desk: Desk, folder: str) -> None:
    objections = read_objections(desk.folder / "templates" / folder / "answers.toml")
    data = desk.folder / "data.json"
    rows = answer_rows(objections, TICKED, "2026-12-01")
    data.write_text(json.dumps({**sample_fields(), "answers": rows}, ensure_ascii=False), encoding="utf-8")
    target = desk.folder / "answer.pdf"
    desk("template", "preview", f"{folder}answer.docx", "--to", target, "--data", data)
    read = Page("\n".join(page_texts(target)))
    assert {each.code for each in objections if read.holds(each.position)} == TICKED
    assert {each.code for each in objections if read.holds(each.label)} == TICKED
