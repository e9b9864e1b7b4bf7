"""The sample letter of `template preview`: headed and dated as a letter of its template would be."""

from __future__ import annotations

from pathlib import Path

from notices.flow.templates.preview import sample
from notices.settings import Policy

TIERS = Policy().tiers


def test_the_sample_of_a_template_bears_the_title_of_its_tier() -> None:
    assert sample(Path("templates/lawyer-letter.docx"), TIERS)["title"] == "律师函"
    assert sample(Path("templates/follow-up.docx"), TIERS)["title"] == "律师函后函"


def test_the_sample_of_an_english_template_writes_its_days_in_english() -> None:
    english = sample(Path("templates/en/reminder.docx"), TIERS)
    assert (english["letter_date"], english["deadline"]) == ("23 November 2026", "8 December 2026")
    assert sample(Path("templates/reminder.docx"), TIERS)["letter_date"] == "2026年11月23日"
