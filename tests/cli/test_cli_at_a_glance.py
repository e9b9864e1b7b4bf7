"""What a terminal shows at a glance: much of one kind once, sums, what presses, and what is known of the missing."""

from __future__ import annotations

from desk import HEADINGS, Desk, Owes

MANY = [Owes(f"1-1-10{place}", f"林{name}") for place, name in enumerate("甲乙丙丁戊己庚", 1)]


def test_one_problem_in_many_rows_is_said_once(desk: Desk) -> None:
    rows = [Owes(f"1-1-10{place}", "", due="100").cells for place in range(1, 10)]
    said = desk("check", desk.table(HEADINGS, rows), status=1).output
    assert said.count("owner is missing") == 1
    assert "2, 3, 4 … (9 rows)" in said


def test_attention_of_one_kind_is_said_with_the_first_three_and_the_rest_counted(desk: Desk) -> None:
    desk.plan(*MANY)
    for owes in MANY:
        desk("payment", "add", owes.account, "--amount", "1200", "--date", "2026-11-24")
    both = desk.copy(desk.folder.parent / "again")
    said = desk("approve", "b", "--by", "Releaser", status=1).errors
    assert said.count("withdrawn") == 3
    assert "4 more like these" in said
    assert len(both("approve", "b", "--by", "Releaser", "--json", status=1).json["attention"]) == len(MANY)


def test_plan_and_show_add_up(desk: Desk) -> None:
    file = desk.list(MANY[0], MANY[1], Owes("1-1-109", "林辛", due="50"))
    lines = desk("plan", file, "--name", "b", "--as-of", "2026-11-23").output.splitlines()
    assert lines[-1].split("\t")[0] == "sum"
    assert lines[-1].split("\t")[3] == "3"
    shown = desk("show", "b").output.splitlines()
    assert (shown[-1].split("\t")[0], shown[-1].split("\t")[4]) == ("sum", "2450.00")
    assert "sum" not in desk("show", "b", MANY[0].account).output


def test_limitation_that_presses_is_in_the_summary_with_names(desk: Desk) -> None:
    old = Owes("1-1-109", "林辛", due_date="2023-12-31")
    said = desk("plan", desk.list(old, MANY[0]), "--as-of", "2026-11-23").errors
    assert f"Limitation presses for 1 account(s): {old.account} (" in said


def test_who_is_missing_and_has_paid_is_not_unknown(desk: Desk) -> None:
    desk.plan(*MANY[:3])
    desk("payment", "add", MANY[0].account, "--amount", "1200", "--date", "2026-11-25")
    notes = desk("check", desk.list(MANY[2]), "--as-of", "2026-11-30", "--json").json["notes"]
    told = {note["value"]: note["detail"] for note in notes if note["code"] == "vanished-account"}
    assert "a payment of 1200.00 is recorded" in told[MANY[0].account]
    assert "not known" in told[MANY[1].account]


def test_numbers_come_in_their_order(desk: Desk) -> None:
    desk.plan(*reversed(MANY))
    numbers = [each["notice"] for each in desk("approve", "b", "--by", "Releaser", "--json").json["approved"]]
    assert numbers == sorted(numbers)
