"""A letter for several units: sums of all, each unit with its own number and subtotal, and proof of every one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from letter_builders import charge, earlier, letter_of, occasion

from notices.letters.context import LetterInput, combined, letter_fields
from notices.letters.inspection import knows_units
from notices.letters.proof import Failure, prove
from notices.letters.template import open_template
from notices.letters.unit_boxes import ticked_units
from notices.rules.money import format_grouped

TEMPLATES = Path(__file__).parents[2] / "templates"


def of_unit(unit: str, number: int, months: tuple[int, ...], **changes: object) -> LetterInput:
    usual = occasion([charge(month, due=Decimal(100 * number + month)) for month in months])
    account = replace(usual.account, unit=unit)
    return replace(usual, account=account, number=f"QSY-2026-{number:06d}", **changes)


NEW, OLD = of_unit("2-1-301", 1, (78, 79)), of_unit("车位12", 2, (60, 61, 62))
LETTER = combined(NEW, [OLD])


def rows(made: LetterInput) -> list[dict[str, object]]:
    charges = letter_fields(made)["charges"]
    assert isinstance(charges, list)
    return charges


def test_the_sums_are_those_of_all_units_and_the_deadline_is_the_latest() -> None:
    late = replace(OLD, deadline=date(2026, 12, 31))
    made = combined(NEW, [late])
    for name in ("principal", "late_fee", "total"):
        assert getattr(made.decision, name) == getattr(NEW.decision, name) + getattr(OLD.decision, name)
    assert (made.deadline, made.number) == (late.deadline, NEW.number)
    fields = letter_fields(made)
    assert fields["total"] == format_grouped(made.decision.total)
    assert (fields["unit"], fields["combined"], fields["unit_count"]) == ("2-1-301等2处", True, 2)


def test_the_unit_with_the_oldest_debt_comes_first_with_its_number_and_subtotal() -> None:
    found = rows(LETTER)
    assert [row["unit"] for row in found] == ["车位12"] * 3 + ["2-1-301"] * 2
    assert [(row["opens"], row["closes"]) for row in found] == [
        (True, False),
        (False, False),
        (False, True),
        (True, False),
        (False, True),
    ]
    assert {(row["notice"], row["unit_balance"]) for row in found} == {
        (each.number, format_grouped(each.decision.principal)) for each in (NEW, OLD)
    }


def test_rows_of_a_unit_are_kept_together_unless_they_are_many() -> None:
    many = combined(NEW, [of_unit("9-9-909", 3, tuple(range(40, 60)))])
    kept = [row["keep"] for row in rows(many) if row["unit"] == "9-9-909"]
    assert kept == [True, *[False] * 18, True]
    assert all(row["keep"] for row in rows(LETTER))


def test_a_letter_of_one_unit_is_as_before() -> None:
    assert combined(NEW, []) is NEW
    fields = letter_fields(NEW)
    assert (fields["unit"], fields["combined"], fields["unit_count"]) == ("2-1-301", False, 1)


def shown(*left_out: str) -> str:
    """Return a page with everything that the letter must show, without some texts."""
    letter = letter_of(LETTER)
    texts = [text for text in (*letter.proof, *letter.foreign) if text not in left_out]
    return "\n".join((letter.number, *texts, "第1页共1页"))


@pytest.mark.parametrize("place", range(len(letter_of(LETTER).proof)))
def test_its_pages_prove_every_unit_number_and_subtotal(place: int) -> None:
    letter = letter_of(LETTER)
    lacking = letter.proof[place]
    (found,) = prove([shown()], [letter])
    assert not isinstance(found, Failure)
    page = "\n".join(line for line in shown().splitlines() if line != lacking)
    (found,) = prove([page], [letter])
    assert isinstance(found, Failure)


def test_it_may_bear_the_numbers_of_its_notices_and_of_no_other() -> None:
    letter, other = letter_of(LETTER), letter_of(of_unit("9-9-909", 7, (79,)))
    found, _ = prove([f"{shown()}\n{other.number}", "第1页共1页"], [letter, other])
    assert isinstance(found, Failure)


@pytest.mark.parametrize("count", [2, 4])
def test_it_names_the_letters_that_its_notices_follow_up(count: int) -> None:
    each = [of_unit(f"1-1-{n}", n, (79,), previous=earlier(f"旧字{n:03d}")) for n in range(1, count + 1)]
    made = combined(each[0], each[1:])
    expected = "旧字001、旧字002" if count == 2 else "旧字001等4件"
    assert letter_fields(made)["previous_number"] == expected
    assert set(letter_of(made).foreign) >= {f"旧字{n:03d}" for n in range(1, count + 1)}


@pytest.mark.parametrize("folder", ["", "en"])
@pytest.mark.parametrize("name", ["reminder", "lawyer-letter", "follow-up"])
def test_the_sample_letters_know_several_units(folder: str, name: str) -> None:
    assert knows_units(open_template(TEMPLATES / folder / f"{name}.docx"))


def test_a_template_that_shows_no_unit_in_its_rows_does_not() -> None:
    assert not knows_units(open_template(TEMPLATES / "resolved.docx"))


def test_the_boxes_of_units_on_a_slip_are_told_from_objections() -> None:
    number = "（2026）示律函字第001号"
    assert ticked_units(["fee-high", f"unit-{number.encode().hex()}"]) == (("fee-high",), (number,))
