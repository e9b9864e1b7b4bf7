from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from docx import Document
from letter_builders import TEMPLATES, TIERS, template

from notices.errors import Unusable
from notices.letters.template import check_template, missing_fields, open_template

FORBIDDEN = ("停水", "停电", "停热", "停气", "停止供", "断水", "断电", "公示", "曝光", "失信", "黑名单")


def words(path: Path) -> str:
    with zipfile.ZipFile(path) as package:
        return "".join(package.read(name).decode() for name in package.namelist() if name.endswith(".xml"))


@pytest.mark.parametrize("tier", TIERS)
def test_the_projects_letters_can_be_used(tier: str) -> None:
    assert check_template(TEMPLATES / f"{tier}.docx") == ()


@pytest.mark.parametrize("tier", TIERS)
def test_the_projects_letters_threaten_nothing_that_the_law_forbids(tier: str) -> None:
    assert [word for word in FORBIDDEN if word in words(TEMPLATES / f"{tier}.docx")] == []


@pytest.mark.parametrize("tier", TIERS)
def test_the_projects_letters_name_the_formal_fonts_only(tier: str) -> None:
    with zipfile.ZipFile(TEMPLATES / f"{tier}.docx") as package:
        body = package.read("word/document.xml").decode()
    assert set(re.findall(r'<w:rFonts[^>]*w:eastAsia="([^"]*)"', body)) <= {"宋体", "仿宋", "黑体"}


def test_a_lawyers_letter_names_the_earlier_letter_in_one_sentence() -> None:
    said = [paragraph.text for paragraph in Document(str(TEMPLATES / "lawyer-letter.docx")).paragraphs]
    earlier = (
        "委托人已于{{ previous_date }}以{{ previous_number }}号{{ previous_title }}催告{{ you }}付款，"
        "上表所列款项至今未付清。"
    )
    assert [text for text in said if "previous_number }}" in text] == [earlier]


@pytest.mark.parametrize("tier", TIERS)
def test_who_sues_or_arbitrates_is_the_company(tier: str) -> None:
    sentences = re.split("[。；]", re.sub(r"\{%.*?%\}|<[^>]*>", "", words(TEMPLATES / f"{tier}.docx")))
    threats = [each for each in sentences if re.search("提起诉讼|申请仲裁", each) and "服务人可以" not in each]
    assert threats
    assert all(re.search("我们|委托人|我公司", each) for each in threats)


def test_an_unknown_field_is_named_with_its_template_wherever_it_stands(tmp_path: Path) -> None:
    path = template(tmp_path / "a.docx", "{{ owner }} {{ ownr }}", header="{{ titel }}", footer="{{ numbr }}")
    assert [str(problem) for problem in check_template(path)] == [
        f"The template a.docx uses the field {name}, which does not exist." for name in ("numbr", "ownr", "titel")
    ]
    assert missing_fields(open_template(path), {"owner", "ownr", "titel"}) == ("numbr",)


def test_an_unknown_field_of_a_row_is_named(tmp_path: Path) -> None:
    path = template(tmp_path / "a.docx", "{% for c in charges %}{{ c.item }} {{ c.amount }}{% endfor %}")
    assert ["c.amount" in str(problem) for problem in check_template(path)] == [True]


def test_a_broken_tag_is_named_with_the_paragraph_it_stands_in(tmp_path: Path) -> None:
    path = template(tmp_path / "a.docx", "one", "two {% if owner %} three {% endfor %}", "four")
    (problem,) = check_template(path)
    assert "two" in str(problem)
    assert "a.docx" in str(problem)


def test_a_tag_split_by_word_over_runs_is_still_one(tmp_path: Path) -> None:
    document = Document()
    paragraph = document.add_paragraph("{{ ow")
    paragraph.add_run("ner").bold = True
    paragraph.add_run(" }}")
    document.save(str(tmp_path / "a.docx"))
    assert check_template(tmp_path / "a.docx") == ()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"%PDF-1.7 ...", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "password"),
        (b"{\\rtf1}", "RTF"),
        (b"", "not a Word document"),
        (b"PK\x03\x04 broken", "damaged"),
    ],
)
def test_what_is_no_docx_is_named_for_what_it_is(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "a.docx").write_bytes(content)
    with pytest.raises(Unusable, match=why):
        open_template(tmp_path / "a.docx")
    assert why in str(check_template(tmp_path / "a.docx")[0])


def test_a_missing_template_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=r"none\.docx"):
        open_template(tmp_path / "none.docx")


def test_macros_are_refused(tmp_path: Path) -> None:
    source, target = template(tmp_path / "a.docx", "x"), tmp_path / "b.docx"
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(target, "w") as after:
        for entry in before.infolist():
            content = before.read(entry)
            if entry.filename == "[Content_Types].xml":
                content = content.replace(
                    b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
                    b"application/vnd.ms-word.document.macroEnabled.main+xml",
                )
            after.writestr(entry, content)
    with pytest.raises(Unusable, match="macros"):
        open_template(target)


def test_a_spreadsheet_named_docx_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as package:
        package.writestr("[Content_Types].xml", "<Types/>")
    with pytest.raises(Unusable, match="not a Word document"):
        open_template(tmp_path / "a.docx")
