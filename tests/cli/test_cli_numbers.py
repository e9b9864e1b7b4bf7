"""Notice numbers: a start of their own, imported history moves them on, and either width of brackets finds them."""

from __future__ import annotations

import pytest
from desk import Desk, Owes, Sent
from neighbours import BOTH_WAYS, BY_MAIL, ON_PAPER

FIRM = "（2026）示律函字第001号"
TYPED = (
    "(2026)示律函字第001号",
    "（２０２６）示律函字第００１号",
    "(2026) 示律函字第 001 号",
    "〔2026〕示律函字第001号",
)


def start(desk: Desk, *lines: str) -> None:
    desk.set("start = {}", "start = { " + ", ".join(lines) + " }")


def released(desk: Desk, *owners: Owes, batch: str = "b") -> list[str]:
    desk.plan(*owners, batch=batch)
    desk("approve", batch, "--by", "Releaser")
    return sorted(entry["notice"] for entry in desk.decisions(batch).values() if entry["notice"])


@pytest.mark.parametrize(
    "key", ["{code}-{year}-{seq:06d}", "{code}-{year}-{seq:06}", "SLHY-2026-{seq:06d}", "{code}－２０２６-{seq}"]
)
def test_a_series_begins_where_its_register_stands(desk: Desk, key: str) -> None:
    start(desk, f'"{key}" = 17')
    assert released(desk, BY_MAIL, ON_PAPER) == ["SLHY-2026-000017", "SLHY-2026-000018"]
    assert released(desk, Owes("8-8-801", "新业主"), batch="c") == ["SLHY-2026-000019"]


def test_a_start_with_a_year_is_for_that_year_only(desk: Desk) -> None:
    start(desk, '"{code}-2027-{seq:06d}" = 17')
    assert released(desk, BY_MAIL) == ["SLHY-2026-000001"]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('"示律函字第{seq:03d}号" = 17', "numbers.start has 示律函字第{seq:03d}号"),
        ('"{code}-{year}-{seq:06d}" = 0', "must be 1 or more"),
        ('"{code}-{year}-{seq:06d}" = "x"', "must be a whole number"),
    ],
)
def test_a_wrong_start_is_named_with_its_key(desk: Desk, line: str, fault: str) -> None:
    start(desk, line)
    errors = desk("plan", desk.list(BY_MAIL), status=2).errors
    assert fault in errors
    assert "numbers" in errors


def test_imported_history_moves_the_numbers_on(desk: Desk) -> None:
    letters = [
        Sent(Owes("9-9-901", "旧一"), "2026-10-01", number="SLHY-2026-000041"),
        Sent(Owes("9-9-902", "旧二"), "2026-10-01", number="SLHY-2025-000099"),
        Sent(Owes("9-9-903", "旧三"), "2026-10-01", letter="律师函", number="(2026)示律函字第016号"),
    ]
    told = desk("history", "import", desk.history(*letters)).errors
    for following in ("SLHY-2026-000042", "SLHY-2025-000100", "（2026）示律函字第017号"):
        assert following in told
    assert released(desk, BY_MAIL) == ["SLHY-2026-000042"]
    assert "go on" not in desk("history", "import", desk.history(*letters)).errors


def test_a_number_imported_in_other_brackets_is_the_same_number(approved: Desk) -> None:
    asked = Sent(Owes("9-9-901", "旧一"), "2026-10-01", letter="律师函", number=TYPED[0])
    assert "already belongs" in approved("history", "import", approved.history(asked), status=1).errors


@pytest.mark.parametrize("typed", TYPED)
def test_a_notice_is_found_in_brackets_and_figures_of_either_width(approved: Desk, typed: str) -> None:
    (found,) = approved("show", "b", typed, "--json").json["decisions"]
    assert found["account"] == BOTH_WAYS.account
    document = approved("withdraw", typed, "--by", "X", "--why", "y", "--json").json
    assert document["notice"] == FIRM


def test_what_lies_ready_is_confirmed_by_a_number_in_other_brackets(rendered: Desk) -> None:
    rendered("send", "b")
    rendered("mail", "confirm", "b", "--notice", TYPED[0])
    assert rendered.states()[BOTH_WAYS.account]["email"] == "sent"
    assert rendered.states()[BY_MAIL.account]["email"] == "spooled"
