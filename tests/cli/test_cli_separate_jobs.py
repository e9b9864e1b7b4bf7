"""One `print`, several jobs: by sender, by tier or none, because a firm's letters need its stamp and its envelopes."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pypdfium2
import pytest
from desk import Desk
from neighbours import BOTH_WAYS, ON_PAPER, ON_PAPER_TOO

pytestmark = pytest.mark.office

LAWYERS, REMINDERS = {BOTH_WAYS.unit}, {ON_PAPER.unit, ON_PAPER_TOO.unit}


@pytest.fixture
def apart(rendered: Desk) -> Desk:
    """Two reminders and a lawyer's letter; print jobs are separated by sender."""
    rendered.set('separate = "none"', 'separate = "sender"')
    return rendered


def units(desk: Desk, job: str) -> set[str]:
    text = (desk.folder / "output/b/print" / job / "manifest.csv").read_text(encoding="utf-8-sig")
    return {row["Unit"] for row in csv.DictReader(io.StringIO(text))}


def cover(desk: Desk, job: str) -> str:
    with pypdfium2.PdfDocument(desk.folder / "output/b/print" / job / "cover.pdf") as document:
        return "".join("".join(page.get_textpage().get_text_range() for page in document).split())


@pytest.mark.slow
def test_the_letters_of_each_sender_are_a_job_of_their_own(apart: Desk) -> None:
    document = apart("print", "b", "--json").json
    assert (document["job"], document["letters"]) == ("b-P01", 2), "the first job's keys, as ever"
    assert [(each["job"], each["letters"], each["tiers"]) for each in document["jobs"]] == [
        ("b-P01", 2, ["reminder"]),
        ("b-P02", 1, ["lawyer-letter"]),
    ]
    assert (units(apart, "b-P01"), units(apart, "b-P02")) == (REMINDERS, LAWYERS)
    assert "示例律师事务所" in cover(apart, "b-P02")
    assert "示例律师事务所" not in cover(apart, "b-P01")


@pytest.mark.parametrize(("how", "jobs"), [("tier", 2), ("none", 1)])
def test_jobs_are_separated_as_the_settings_say(how: str, jobs: int, apart: Desk) -> None:
    apart.set('separate = "sender"', f'separate = "{how}"')
    assert len(apart("print", "b", "--json").json["jobs"]) == jobs


def test_one_tier_is_printed_alone_and_the_rest_later(apart: Desk, tmp_path: Path) -> None:
    apart("print", "b", "--tier", "no-such", status=2)
    apart("print", "b", "--tier", "lawyer-letter", "--to", tmp_path)
    assert units(apart, "b-P01") == LAWYERS
    assert [path.name for path in tmp_path.glob("b-P*")] == ["b-P01"]
    apart("print", "b", "--to", tmp_path)
    assert sorted(path.name for path in tmp_path.glob("b-P*")) == ["b-P01", "b-P02"]
    assert units(apart, "b-P02") == REMINDERS


def test_the_letters_without_a_telephone_or_postcode_are_counted(apart: Desk) -> None:
    outcome = apart("print", "b", "--json")
    assert [each["empty"] for each in outcome.json["jobs"]] == [
        {"telephone": 2, "postcode": 2},
        {"telephone": 1, "postcode": 1},
    ]
    apart("job", "cancel", "b-P01", "--pulled", "--why", "test")
    assert "no telephone for 2" in apart("print", "b").errors
