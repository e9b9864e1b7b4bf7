from __future__ import annotations

from pathlib import Path

import pytest

from notices.errors import Unusable
from notices.letters.fields import NAMES, sample_fields
from notices.text_templates import check_text, render_text

MAIL = Path(__file__).parents[1] / "templates" / "mail"
KINDS = ("subject", "txt", "html")


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, "utf-8")
    return file


def test_values_are_data_and_never_templates(tmp_path: Path) -> None:
    file = write(tmp_path, "a.txt", "{{ owner }}")
    assert render_text(file, {"owner": "{{ 7*7 }} & <b>"}) == "{{ 7*7 }} & <b>"


def test_values_are_escaped_in_html(tmp_path: Path) -> None:
    file = write(tmp_path, "a.html", "<p>{{ owner }}</p>")
    assert render_text(file, {"owner": "<b>&"}) == "<p>&lt;b&gt;&amp;</p>"


def test_a_missing_field_names_template_line_and_field(tmp_path: Path) -> None:
    file = write(tmp_path, "a.txt", "one\ntwo {{ ownr }}")
    with pytest.raises(Unusable) as caught:
        render_text(file, {"owner": "x"})
    assert str(caught.value.fact) == "The template a.txt cannot be filled, line 2: 'ownr' is undefined."


def test_a_broken_tag_names_template_and_line(tmp_path: Path) -> None:
    file = write(tmp_path, "a.txt", "one\n{% if x %}\nthree {{ x }")
    with pytest.raises(Unusable) as caught:
        render_text(file, {"x": 1})
    assert "a.txt" in str(caught.value.fact)
    assert "line 3" in str(caught.value.fact)


def test_a_missing_template_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=r"none\.txt"):
        render_text(tmp_path / "none.txt", {})


@pytest.mark.parametrize(
    "attempt",
    ["{{ ''.__class__.__mro__ }}", "{{ render.__globals__ }}", "{{ items.append(1) }}", "{{ range(10**9)|list }}"],
)
def test_templates_cannot_reach_out_of_the_sandbox(tmp_path: Path, attempt: str) -> None:
    with pytest.raises(Unusable):
        render_text(write(tmp_path, "a.txt", attempt), {"render": render_text, "items": []})


def test_check_names_every_unknown_field(tmp_path: Path) -> None:
    found = check_text(write(tmp_path, "a.txt", "{{ a }} {{ b }} {{ c }}"), ["a"])
    assert [str(problem) for problem in found] == [
        f"The template a.txt uses the field {name}, which does not exist." for name in "bc"
    ]


@pytest.mark.parametrize(
    "file",
    sorted(file for file in MAIL.rglob("*.*") if file.is_file()),
    ids=lambda file: f"{file.parent.name}-{file.name}",
)
def test_the_projects_mail_texts_ask_only_for_fields_that_there_are(file: Path) -> None:
    assert check_text(file, NAMES) == ()
    assert render_text(file, sample_fields()).strip()


@pytest.mark.parametrize("tier", ["default", "reminder", "lawyer-letter", "follow-up"])
def test_every_tier_has_its_mail_texts_or_the_default_ones(tier: str) -> None:
    missing = [
        kind for kind in KINDS if not (MAIL / f"{tier}.{kind}").exists() and not (MAIL / f"default.{kind}").exists()
    ]
    assert missing == []


def test_subjects_name_no_amount_and_fit_one_line() -> None:
    for file in MAIL.glob("*.subject"):
        subject = render_text(file, sample_fields())
        assert "\n" not in subject.strip()
        assert "元" not in subject
        assert "1,2" not in subject
