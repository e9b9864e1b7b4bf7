"""The template commands: every mistake in a template is reported with its file and place."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from desk import Desk
from docx import Document
from docx.document import Document as Docx
from docx.oxml.ns import qn
from docx.shared import Mm

from notices.letters.fields import FIELDS
from notices.pdf import page_texts
from notices.qr import qr_png


@pytest.fixture
def reminder(desk: Desk) -> Path:
    return desk.folder / "templates" / "reminder.docx"


def problems(desk: Desk, *templates: Path, status: int = 1) -> list[str]:
    """Return the findings of `template check`, one line each."""
    checked = desk("template", "check", *templates, "--json", status=status).json["templates"]
    return [f"{each['file']}: {one['problem']} {one['remedy']}" for each in checked for one in each["problems"]]


def changed(path: Path, change: Callable[[Docx], None]) -> Path:
    document = Document(str(path))
    change(document)
    document.save(str(path))
    return path


def replaced(path: Path, old: str, new: str) -> Path:
    """Replace text everywhere in a template's body, headers and footers, joining runs."""
    with zipfile.ZipFile(path) as package:
        entries = {name: package.read(name) for name in package.namelist()}
    names = [name for name in entries if name.startswith(("word/document", "word/header", "word/footer"))]
    assert any(old.encode() in entries[name] for name in names)
    with zipfile.ZipFile(path, "w") as package:
        for name, content in entries.items():
            package.writestr(name, content.replace(old.encode(), new.encode()) if name in names else content)
    return path


def with_paragraph(path: Path, text: str) -> Path:
    def add(document: Docx) -> None:
        document.add_paragraph(text)

    return changed(path, add)


def test_the_projects_own_templates_pass_the_check(desk: Desk) -> None:
    checked = desk("template", "check", "--json").json["templates"]
    assert {each["file"] for each in checked} >= {"reminder.docx", "lawyer-letter.docx", "follow-up.docx"}
    assert {each["file"] for each in checked} >= {"answer.docx", "en/reminder.docx", "mail/reminder.txt"}


def test_check_reports_font_substitutions(desk: Desk) -> None:
    (checked,) = desk("template", "check", "reminder.docx", "--json").json["templates"]
    assert checked["stand_ins"].keys() <= {"宋体", "仿宋", "黑体", "Times New Roman"}
    assert all(pair in desk("template", "check", "reminder.docx").output for pair in checked["stand_ins"].values())


def test_every_unknown_field_is_named(desk: Desk, reminder: Path) -> None:
    with_paragraph(reminder, "{{ onwer }} {% for c in charges %}{{ c.balanse }}{% endfor %}")
    found = "\n".join(problems(desk))
    assert "reminder.docx uses the field onwer" in found
    assert "reminder.docx uses the field c.balanse" in found


def test_an_unbalanced_tag_is_named_with_its_paragraph(desk: Desk, reminder: Path) -> None:
    with_paragraph(reminder, "此处没有结束 {% if owner %}")
    (found,) = problems(desk, reminder)
    assert "此处没有结束" in found


@pytest.mark.parametrize(
    ("fields", "duty"),
    [
        (("{{ owner }}",), "the owner"),
        (("{{ unit }}",), "the unit"),
        (("{{ total }}",), "the total"),
        (("{{ deadline }}",), "the deadline"),
        (("{{ number }}",), "the number on every page"),
    ],
)
def test_a_letter_without_a_required_part_is_refused(
    desk: Desk, reminder: Path, fields: tuple[str, ...], duty: str
) -> None:
    for one in fields:
        replaced(reminder, one, "x")
    assert any(f"reminder.docx lacks {duty}." in found for found in problems(desk, reminder))


def test_a_letter_without_any_way_to_pay_is_refused(desk: Desk, reminder: Path) -> None:
    changed(reminder, lambda document: [table._tbl.getparent().remove(table._tbl) for table in document.tables[2:]])
    for name in ("centre_address", "online", "bank_account", "payment_link"):
        with zipfile.ZipFile(reminder) as package:
            used = any(f"{{{{ {name} }}}}".encode() in package.read(entry) for entry in package.namelist())
        if used:
            replaced(reminder, f"{{{{ {name} }}}}", "x")
    with_paragraph(reminder, "x")
    replaced(reminder, "payment_qr", "owner")
    assert any("lacks a way to pay" in found for found in problems(desk, reminder))


def test_a_letter_without_a_page_count_is_refused(desk: Desk, reminder: Path) -> None:
    def drop(document: Docx) -> None:
        for footer in (document.sections[0].footer, document.sections[0].first_page_footer):
            for text in footer._element.iter(qn("w:instrText")):
                text.text = (text.text or "").replace("NUMPAGES", "TIME")

    assert any("lacks the page count" in found for found in problems(desk, changed(reminder, drop)))


@pytest.mark.parametrize(
    "sentence",
    [
        "逾期不缴的，将停水停电。",
        "届时将对您家停止供热。",
        "我们将限制用电。",
        "我们将切断燃气供应。",
        "欠费名单将在小区公告栏公示。",
        "将公开张贴欠费业主姓名。",
        "We shall cut off your water supply.",
        "The names of debtors are published in the lobby.",
    ],
)
def test_forbidden_wording_is_refused_with_its_paragraph(desk: Desk, reminder: Path, sentence: str) -> None:
    with_paragraph(reminder, sentence)
    assert all(sentence in found and "944" in found for found in problems(desk, reminder))


@pytest.mark.parametrize(
    "sentence",
    ["我们不会停水停电。", "不得以停止供电、供水的方式催交。", "电梯停用期间请走楼梯。", "收费标准已公示。"],
)
def test_wording_that_only_resembles_a_threat_is_allowed(desk: Desk, reminder: Path, sentence: str) -> None:
    with_paragraph(reminder, sentence)
    assert problems(desk, reminder, status=0) == []


def test_a_threat_in_an_e_mail_is_refused_too(desk: Desk) -> None:
    text = desk.folder / "templates" / "mail" / "reminder.txt"
    text.write_text(text.read_text("utf-8") + "\n否则停水。\n", encoding="utf-8")
    assert any(found.startswith("mail/reminder.txt") and "停水" in found for found in problems(desk))


def test_a_font_without_a_substitute_is_reported(desk: Desk, reminder: Path) -> None:
    replaced(reminder, "黑体", "某某手写体")
    assert any("某某手写体" in found for found in problems(desk, reminder))


def test_a_picture_too_coarse_for_print_is_named_with_the_dots_it_needs(
    desk: Desk, reminder: Path, tmp_path: Path
) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(qr_png("logo", side_mm=10, dpi=100))
    changed(reminder, lambda document: document.add_picture(str(logo), width=Mm(50)))
    (found,) = problems(desk, reminder)
    assert "591 pixels" in found


def test_a_seal_that_is_too_coarse_or_no_picture_or_missing_is_named(desk: Desk, reminder: Path) -> None:
    seal = desk.folder / "templates" / "images" / "centre-seal.png"
    seal.write_bytes(qr_png("x", side_mm=10, dpi=100))
    assert any("centre-seal.png at only" in found for found in problems(desk, reminder))
    seal.write_bytes(b"no picture")
    assert any("centre-seal.png, which is not a picture" in found for found in problems(desk, reminder))
    seal.unlink()
    assert any("centre-seal.png is not in the templates folder" in found for found in problems(desk, reminder))


def test_a_tier_with_a_slip_needs_one_in_its_template(desk: Desk) -> None:
    follow_up = desk.folder / "templates" / "follow-up.docx"
    replaced(follow_up, "□ 暖气不热", "□ 冷")
    assert any("follow-up.docx has no slip, or its slip lacks: 暖气不热." in found for found in problems(desk))
    desk.set("slip = true", "slip = false")
    assert problems(desk, status=0) == []


def no_letter(kind: str, path: Path) -> None:
    """Write a file that is not a macro-free Word document under the name of one."""
    starts = {"PDF": b"%PDF-1.7\n%%EOF", "old .doc": bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600, "text": b"hello"}
    if kind == "50 MB":
        with path.open("ab") as file:
            file.truncate(50_000_001)
    elif kind == "macros":
        with zipfile.ZipFile(path) as package:
            entries = {name: package.read(name) for name in package.namelist()}
        main, macro = b"wordprocessingml.document.main+xml", b"ms-word.document.macroEnabled.main+xml"
        entries["[Content_Types].xml"] = entries["[Content_Types].xml"].replace(main, macro)
        with zipfile.ZipFile(path, "w") as package:
            for name, content in entries.items():
                package.writestr(name, content)
    else:
        path.write_bytes(starts[kind])


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("PDF", "it is a PDF"),
        ("old .doc", "old .doc file, or protected by a password"),
        ("text", "not a Word document"),
        ("50 MB", "larger than 50 MB"),
        ("macros", "macros"),
    ],
)
def test_a_file_that_is_not_a_template_is_reported(desk: Desk, reminder: Path, kind: str, said: str) -> None:
    no_letter(kind, reminder)
    (found,) = problems(desk, reminder)
    assert said in found
    assert "reminder.docx" in found
    assert said in desk("template", "preview", "reminder.docx", "--to", reminder.parent / "x.pdf", status=3).errors


def test_a_threat_in_a_footnote_is_refused_too(desk: Desk, tmp_path: Path) -> None:
    template = desk.folder / "templates" / "reminder.docx"
    with zipfile.ZipFile(template) as package:
        entries = {name: package.read(name) for name in package.namelist()}
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    words = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    note = '<w:footnote w:id="1"><w:p><w:r><w:t>逾期即停水。</w:t></w:r></w:p></w:footnote>'
    entries["word/footnotes.xml"] = f'<w:footnotes xmlns:w="{words}">{note}</w:footnotes>'.encode()
    for name, end, more in (
        ("[Content_Types].xml", "</Types>", f'<Override PartName="/word/footnotes.xml" ContentType="{kind}"/>'),
        (
            "word/_rels/document.xml.rels",
            "</Relationships>",
            f'<Relationship Id="rIdN" Type="{relation}" Target="footnotes.xml"/>',
        ),
    ):
        entries[name] = entries[name].replace(end.encode(), (more + end).encode())
    with zipfile.ZipFile(template, "w") as package:
        for name, content in entries.items():
            package.writestr(name, content)
    assert any("逾期即停水" in found for found in problems(desk, template))


def test_answers_that_cannot_be_read_are_named(desk: Desk) -> None:
    answers = desk.folder / "templates" / "answers.toml"
    answers.write_text(answers.read_text("utf-8").replace('code = "heating-cold"', 'code = ""'), encoding="utf-8")
    assert any("answers.toml" in found and "code" in found for found in problems(desk))


@pytest.mark.parametrize(
    ("field", "article"), [("law_preliminary", "art. 939"), ("law_late_fee", "art. 585")], ids=["939", "585"]
)
def test_a_lawyers_letter_without_a_legal_ground_that_it_needs_is_refused(desk: Desk, field: str, article: str) -> None:
    letter = desk.folder / "templates" / "lawyer-letter.docx"
    replaced(letter, field, "law_duty")
    (found,) = problems(desk, letter)
    assert article in found
    assert field in found


def test_a_ground_that_is_written_out_is_enough(desk: Desk) -> None:
    letter = desk.folder / "templates" / "lawyer-letter.docx"
    replaced(letter, "law_preliminary", "law_duty")
    with_paragraph(letter, "依据《民法典》第九百三十九条，前期物业服务合同对业主有约束力。")
    assert problems(desk, letter, status=0) == []


def test_the_ground_of_a_preliminary_contract_is_asked_only_where_the_contract_is_one(desk: Desk) -> None:
    letter = desk.folder / "templates" / "lawyer-letter.docx"
    replaced(letter, "law_preliminary", "law_duty")
    desk.set("前期物业服务合同", "物业服务合同")
    assert problems(desk, letter, status=0) == []


def test_fields_lists_every_field_with_meaning_kind_and_example(desk: Desk) -> None:
    listed = desk("template", "fields", "--json").json["fields"]
    assert [each["field"] for each in listed] == [field.name for field in FIELDS]
    assert all(each["meaning"] and each["kind"] for each in listed)
    assert "1,288.63" in desk("template", "fields").output


def test_list_shows_the_tiers_and_languages_of_each_template(desk: Desk) -> None:
    listed = {each["file"]: each for each in desk("template", "list", "--json").json["templates"]}
    assert listed["follow-up.docx"] == {
        "file": "follow-up.docx",
        "language": "zh",
        "present": True,
        "tiers": ["follow-up"],
    }
    assert listed["en/reminder.docx"]["language"] == "en"


@pytest.mark.office
@pytest.mark.slow
def test_preview_makes_the_sample_owners_letter_without_any_data(desk: Desk) -> None:
    target = desk.folder / "preview.pdf"
    made = desk("template", "preview", "follow-up.docx", "--to", target, "--json").json
    assert made == {"file": str(target), "letters": 1, "pages": 2, "shared": False, "account": None}
    assert "张示例" in page_texts(target)[0]


@pytest.mark.slow
@pytest.mark.office
def test_preview_makes_a_letter_of_each_set_of_data_or_as_many_as_asked_for(desk: Desk, tmp_path: Path) -> None:
    template, data = tmp_path / "own.docx", tmp_path / "data.json"
    document = Document()
    document.add_paragraph("letter to {{ who }}")
    document.save(str(template))
    data.write_text(json.dumps([{"who": "A"}, {"who": "B"}]), encoding="utf-8")
    target = tmp_path / "out.pdf"
    desk("template", "preview", template, "--to", target, "--data", data)
    assert [text.split()[-1] for text in page_texts(target)] == ["A", "B"]
    desk("template", "preview", template, "--to", target, "--data", data, "--letters", "3")
    assert [text.split()[-1] for text in page_texts(target)] == ["A", "B", "A"]


def test_preview_says_what_is_wrong_with_data_and_template(desk: Desk, tmp_path: Path) -> None:
    data, target = tmp_path / "data.json", tmp_path / "out.pdf"
    for content in ("{", "[]", "3"):
        data.write_text(content, encoding="utf-8")
        desk("template", "preview", "reminder.docx", "--to", target, "--data", data, status=2)
    data.write_text('{"number": "A-1"}', encoding="utf-8")
    assert "owner" in desk("template", "preview", "reminder.docx", "--to", target, "--data", data, status=3).errors
    desk("template", "preview", "none.docx", "--to", target, status=2)
    assert not target.exists()
