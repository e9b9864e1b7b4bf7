"""Data of `template preview`: a real account's with the workspace's own settings, the sample owner's where none is."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from docx import Document
from support import Cli

from notices.errors import Unusable, UsageMistake
from notices.flow.templates.account_data import PreviewData, account_data
from notices.flow.workspace import Workspace
from notices.ledger import Ledger
from notices.letters.assemble import assemble
from notices.model import Letter

TODAY = date(2026, 11, 23)
HEADINGS = "小区,房号,业主姓名,通讯地址,费用期间,应缴日期,应收金额,已收金额"
ROWS = (
    "示例花园,1-1-101,张三,示例路1号,2026年1月至6月,2026-06-30,1200,0",
    "示例花园,1-1-102,李四,示例路1号,2026年1月至6月,2026-06-30,900,0",
)


def plain(fields: Mapping[str, object]) -> dict[str, str]:
    return {key: unicodedata.normalize("NFKC", str(value)).replace("\u2060", "") for key, value in fields.items()}


def data(folder: Path, template: str, account: str | None = None) -> PreviewData:
    workspace = Workspace(folder)
    (folder / "batches").mkdir(exist_ok=True)
    ledger = Ledger.open(workspace.ledger_url)
    try:
        return account_data(workspace, ledger, workspace.templates / template, account, TODAY)
    finally:
        ledger.close()


@pytest.fixture
def planned(workspace: Path, cli: Cli) -> Path:
    table = workspace / "list.csv"
    table.write_text("\n".join((HEADINGS, *ROWS)), encoding="utf-8")
    cli("plan", table, "--as-of", TODAY.isoformat(), "--name", "b")
    settings = workspace / "notices.toml"
    settings.write_text(settings.read_text("utf-8").replace('"示例律师事务所"', '"真实律师事务所"'), "utf-8")
    return workspace


def test_a_preview_shows_an_account_of_the_newest_batch_and_the_settings_of_today(planned: Path) -> None:
    shown = data(planned, "reminder.docx")
    fields = plain(shown.fields)
    assert (shown.account, shown.batch) == ("示例花园/1-1-101/张三", "b")
    assert (fields["owner"], fields["principal"], fields["title"]) == ("张三", "1,200.00", "催费函")
    assert (fields["law_firm"], fields["number"]) == ("真实律师事务所", "SLHY-2026-000000")


def test_a_preview_shows_the_account_that_is_named(planned: Path) -> None:
    assert plain(data(planned, "reminder.docx", "示例花园/1-1-102/李四").fields)["principal"] == "900.00"
    with pytest.raises(UsageMistake, match="9-9-999"):
        data(planned, "reminder.docx", "示例花园/9-9-999/王五")


def test_a_template_that_is_nobodys_turn_shows_the_account_with_its_own_title_and_sum(planned: Path) -> None:
    fields = plain(data(planned, "lawyer-letter.docx").fields)
    assert (fields["owner"], fields["title"]) == ("张三", "律师函")
    assert fields["total"] != fields["principal"]
    assert fields["number"] == "(2026)示律函字第000号"


def test_a_discarded_batch_gives_no_account(planned: Path, cli: Cli) -> None:
    cli("batch", "discard", "b", "--yes")
    assert data(planned, "reminder.docx").account is None


def test_the_sample_owner_is_shown_with_the_settings_of_the_workspace(workspace: Path) -> None:
    settings = workspace / "notices.toml"
    settings.write_text(settings.read_text("utf-8").replace('"示例律师事务所"', '"真实律师事务所"'), "utf-8")
    shown = data(workspace, "follow-up.docx")
    fields = plain(shown.fields)
    assert shown.account is None
    assert (fields["law_firm"], fields["owner"], fields["title"]) == ("真实律师事务所", "张示例、李示例", "律师函后函")
    assert (fields["principal"], fields["previous_title"]) == ("1,234.56", "律师函")
    assert plain(data(workspace, "answer.docx").fields)["answers"] != "[]"


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{ nickname | default('neighbour') }}", "neighbour"),
        ("{{ nickname | d('neighbour') }} {{ owner }}", "neighbour A"),
        ("{% if nickname is defined %}{{ nickname }}{% endif %}.", "."),
        ("{{ nickname | default('x') }} {{ nickname }}", None),
        ("{{ nickname }}", None),
    ],
)
def test_a_field_with_a_default_may_be_unknown_in_a_preview(tmp_path: Path, text: str, filled: str | None) -> None:
    template, out = tmp_path / "own.docx", tmp_path / "out.docx"
    document = Document()
    document.add_paragraph(text)
    document.save(str(template))
    letter = Letter("1", template.name, {"owner": "A"}, ())
    if filled is None:
        with pytest.raises(Unusable, match="nickname"):
            assemble(template, [letter], out)
    else:
        assemble(template, [letter], out)
        assert Document(str(out)).paragraphs[0].text == filled
