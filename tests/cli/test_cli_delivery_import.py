"""The delivery import command: each row of the carrier's table records a delivery or a return, once."""

from __future__ import annotations

import pytest
from desk import Desk
from neighbours import BOTH_WAYS, BY_MAIL, EVERYBODY, ON_PAPER, ON_PAPER_TOO

pytestmark = pytest.mark.office

HEADINGS = ("内件编号", "邮件号", "投递状态", "投递日期")


def number(desk: Desk, account: str) -> str:
    return str(desk.decisions()[account]["notice"])


def paper(desk: Desk) -> dict[str, tuple[str, str | None]]:
    return {
        account: (delivery["state"], delivery.get("at"))
        for account, decision in desk.decisions().items()
        for delivery in decision["deliveries"]
        if delivery["channel"] == "print"
    }


def states(desk: Desk) -> dict[str, str]:
    return {account: state for account, (state, _) in paper(desk).items()}


@pytest.fixture
def handed(rendered: Desk) -> Desk:
    """Three letters on paper that the shop has posted."""
    rendered("print", "b")
    rendered("job", "confirm", "b-P01")
    return rendered


def rows(desk: Desk, *results: tuple[str, str, str]) -> list[tuple[str, str, str, str]]:
    owners = (BOTH_WAYS, ON_PAPER, ON_PAPER_TOO)
    return [(number(desk, owner.account), *result) for owner, result in zip(owners, results, strict=False)]


def test_each_result_becomes_its_state_and_the_same_table_changes_nothing_again(handed: Desk) -> None:
    table = handed.table(
        HEADINGS,
        rows(
            handed,
            ("1098765432101", "妥投", "2026-11-23"),
            ("1098765432102", "拒收退回", "2026-11-23"),
            ("EA3CN00", "已收寄", ""),
        ),
    )
    entered = handed("delivery", "import", table, "--json").json
    assert (entered["new"], entered["changed"], entered["same"], entered["problems"]) == (3, 0, 0, [])
    assert states(handed) == {
        BOTH_WAYS.account: "delivered",
        ON_PAPER.account: "returned",
        ON_PAPER_TOO.account: "handed-over",
    }
    before = handed.rows()
    entered = handed("delivery", "import", table, "--json").json
    assert (entered["new"], entered["changed"], entered["same"]) == (0, 0, 3)
    assert handed.rows() == before


def test_a_later_table_needs_the_waybill_alone(handed: Desk) -> None:
    handed(
        "delivery",
        "import",
        handed.table(("函件编号", "运单号"), [(number(handed, ON_PAPER.account), "EA123456789CN")]),
    )
    table = handed.table(("快递单号", "状态", "签收日期"), [("ea123456789cn", "他人代收", "2026-11-23")])
    handed("delivery", "import", table)
    assert states(handed)[ON_PAPER.account] == "delivered"


def test_a_bad_row_is_named_and_the_good_ones_are_kept(handed: Desk) -> None:
    good, other, third = (number(handed, it.account) for it in (ON_PAPER, ON_PAPER_TOO, BOTH_WAYS))
    mailed = number(handed, BY_MAIL.account)
    table = handed.table(
        HEADINGS,
        [
            (good, "W-000001", "签收", "2026-11-23"),
            ("NO-1", "W-000002", "签收", "2026-11-23"),
            (other, "W-000003", "签收", ""),
            (third, "W-000004", "不知道", "2026-11-23"),
            (third, "W-000005", "签收", "2031-01-01"),
            (other, "EMS 单", "签收", "2026-11-23"),
            ("", "", "签收", "2026-11-23"),
            (mailed, "W-000006", "签收", "2026-11-23"),
            ("", "W-999999", "签收", "2026-11-23"),
        ],
    )
    problems = handed("delivery", "import", table, "--json", status=1).json["problems"]
    assert [problem["row"] for problem in problems] == [3, 4, 5, 6, 7, 8, 9, 10]
    assert all(problem["problem"] and problem["remedy"] for problem in problems)
    assert states(handed) == {
        BOTH_WAYS.account: "handed-over",
        ON_PAPER.account: "delivered",
        ON_PAPER_TOO.account: "handed-over",
    }


def test_two_results_of_one_letter_count_as_the_later_one_and_of_one_day_not_at_all(handed: Desk) -> None:
    first, second = (number(handed, it.account) for it in (ON_PAPER, ON_PAPER_TOO))
    table = handed.table(
        HEADINGS,
        [
            (first, "W-000001", "退回", "2026-11-24"),
            (first, "W-000001", "妥投", "2026-11-23"),
            (second, "W-000002", "妥投", "2026-11-23"),
            (second, "W-000002", "退回", "2026-11-23"),
        ],
    )
    assert len(handed("delivery", "import", table, "--json", status=1).json["problems"]) == 2
    assert states(handed)[ON_PAPER.account] == "returned"
    assert states(handed)[ON_PAPER_TOO.account] == "handed-over"


def test_an_older_or_contradicting_result_is_left_to_a_person(handed: Desk) -> None:
    own = number(handed, ON_PAPER.account)
    handed("delivery", "import", handed.table(HEADINGS, [(own, "W-000001", "退回", "2026-11-24")]))
    older = handed("delivery", "import", handed.table(HEADINGS, [(own, "W-000001", "妥投", "2026-11-23")]), status=1)
    assert own in older.errors
    assert states(handed)[ON_PAPER.account] == "returned"


def test_a_spooled_letter_that_the_carrier_delivered_counts_as_sent_and_is_reported(rendered: Desk) -> None:
    rendered("print", "b")
    own = number(rendered, ON_PAPER.account)
    outcome = rendered("delivery", "import", rendered.table(HEADINGS, [(own, "W-000001", "妥投", "2026-11-23")]))
    assert own in outcome.errors
    assert states(rendered)[ON_PAPER.account] == "delivered"
    assert states(rendered)[ON_PAPER_TOO.account] == "spooled"
    rendered("job", "confirm", "b-P01")
    assert states(rendered)[ON_PAPER.account] == "delivered"


def test_a_letter_that_never_left_cannot_have_been_delivered(rendered: Desk) -> None:
    own = number(rendered, ON_PAPER.account)
    rendered("delivery", "import", rendered.table(HEADINGS, [(own, "W-000001", "妥投", "2026-11-23")]), status=1)
    assert states(rendered)[ON_PAPER.account] == "rendered"


@pytest.mark.parametrize(("result", "moved"), [("妥投", True), ("退回", False)])
def test_a_proven_delivery_moves_the_limitation_date_and_one_that_came_back_does_not(
    handed: Desk, result: str, moved: bool
) -> None:
    before = handed.decisions()[ON_PAPER.account]["limitation_date"]
    own = number(handed, ON_PAPER.account)
    handed("delivery", "import", handed.table(HEADINGS, [(own, "W-000001", result, "2026-11-24")]))
    later = handed.plan(*EVERYBODY, batch="c", as_of="2026-12-20")[ON_PAPER.account]
    assert (later["limitation_date"] == "2029-11-24") is moved
    assert (later["limitation_date"] == before) is not moved


def test_numbers_of_a_law_firm_are_found_however_their_brackets_are_typed(handed: Desk) -> None:
    own = number(handed, BOTH_WAYS.account)
    assert "（" in own
    typed = own.replace("（", "(").replace("）", ") ")
    handed("delivery", "import", handed.table(HEADINGS, [(typed, "W-000001", "妥投", "2026-11-23")]))
    assert states(handed)[BOTH_WAYS.account] == "delivered"


def test_a_waybill_that_two_letters_claim_proves_neither(handed: Desk) -> None:
    """The program cannot know which of the two rows is wrong."""
    same = ("1098765432101", "妥投", "2026-11-23")
    entered = handed("delivery", "import", handed.table(HEADINGS, rows(handed, same, same)), "--json", status=1).json
    assert [problem["row"] for problem in entered["problems"]] == [2, 3]
    assert set(states(handed).values()) == {"handed-over"}
