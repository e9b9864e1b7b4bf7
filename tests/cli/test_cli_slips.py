"""The slip command: slips are recorded once, for the right owner, as data; they suggest but decide nothing."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from desk import HEADINGS as LIST
from desk import Desk, Owes

from notices.flow.replies import making
from notices.letters.answers import read_objections
from notices.letters.proof import Failure
from notices.letters.shards.shard import Shard, ShardResult
from notices.messages import say
from notices.workers import capacity

ONE = Owes("1-1-301", "林一山", due_date="2025-06-30")
TWO = Owes("1-1-302", "陈示例")
HEADINGS = ("编号", "房号", "业主", "原因", "家中需要解决的问题", "承诺日期", "分期安排", "联系电话", "交回日期")


@pytest.fixture(scope="module")
def out_desk(fresh_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Batch `b`, whose two notices were sent; a master to be copied."""
    desk = fresh_desk.copy(tmp_path_factory.mktemp("out") / "workspace")
    earlier = [cell.replace("2026年", "2025年") for cell in ONE.cells]
    desk.import_both_letters(ONE, TWO)
    owed = desk.table(LIST, [earlier, TWO.cells])
    desk("plan", owed, "--name", "b", "--as-of", "2026-11-23", "--by", "Planner")
    desk("approve", "b", "--by", "Releaser")
    _lies_spooled(desk)
    return desk


@pytest.fixture
def out(out_desk: Desk, tmp_path: Path) -> tuple[Desk, str, str]:
    """Return a desk with two notices that were sent, and their numbers."""
    desk = out_desk.copy(tmp_path / "workspace")
    decisions = desk.decisions()
    return desk, decisions[ONE.account]["notice"], decisions[TWO.account]["notice"]


def _lies_spooled(desk: Desk) -> None:
    """Set the state that `render` and `print` leave; these tests do not need LibreOffice."""
    desk.change("UPDATE deliveries SET state = 'spooled'")


def test_a_slip_that_is_typed_in_is_recorded_and_its_notice_answered(out: tuple[Desk, str, str]) -> None:
    desk, one, two = out
    done = desk(
        "slip", "set", one, "--objection", "heating-cold", "--objection", "service-poor", "--note", "客厅不热",
        "--telephone", "000-1", "--date", "2026-11-24", "--by", "Clerk", "--json",
    ).json  # fmt: skip
    (slip,) = done["slips"]
    assert slip["recorded"] is True
    assert slip["account"] == ONE.account
    # In the slip's order; the manager handles it if earlier years are owed too.
    assert slip["objections"] == [
        {"code": "service-poor", "who": "项目经理"},
        {"code": "heating-cold", "who": "工程维修人员"},
    ]
    assert slip["suggestions"] == []
    assert {entry["notice"]: entry["state"] for entry in desk.decisions().values()} == {one: "answered", two: "spooled"}
    assert [each["state"] for each in desk("status", "b", "--json").json["notices"]] == ["answered", "spooled"]
    (listed,) = desk("slip", "list", "b", "--json").json["slips"]
    assert (listed["note"], listed["telephone"], listed["date"]) == ("客厅不热", "000-1", "2026-11-24")
    assert "暖气" in desk("slip", "list", "b", "--lang", "zh").output


def test_owners_who_owe_this_year_only_go_to_the_supervisor(out: tuple[Desk, str, str]) -> None:
    desk, _, two = out
    (slip,) = desk("slip", "set", two, "--objection", "service-poor", "--json").json["slips"]
    assert slip["objections"] == [{"code": "service-poor", "who": "客户主管"}]


def test_the_same_slip_is_recorded_once_and_another_one_corrects_it(out: tuple[Desk, str, str]) -> None:
    desk, one, _ = out
    words = ("slip", "set", one, "--objection", "heating-cold", "--json")
    assert [desk(*words).json["slips"][0]["recorded"] for _ in range(2)] == [True, False]
    desk("slip", "set", one, "--objection", "noise-outside")
    assert desk(*words).json["slips"][0]["recorded"] is True  # the correction was wrong: the first holds again
    assert [each["objections"] for each in desk("slip", "list", "b", "--json").json["slips"]] == [
        ["heating-cold"],
        ["noise-outside"],
        ["heating-cold"],
    ]


def test_a_promise_is_suggested_as_a_hold_and_changes_no_decision_by_itself(out: tuple[Desk, str, str]) -> None:
    desk, one, _ = out
    before = desk.decisions()[ONE.account]
    done = desk(
        "slip", "set", one, "--promise", "2026-12-20", "--instalments", "每月五百", "--date", "2026-11-24", "--json"
    )
    promise, instalments = done.json["slips"][0]["suggestions"]
    assert f"notices hold add '{ONE.account}' --kind promise --until 2026-12-20" in promise
    assert "--kind instalments" in instalments
    assert desk("hold", "list", "--json").json["holds"] == []
    after = desk.decisions()[ONE.account]
    assert {key: after[key] for key in before if key != "state"} == {
        key: before[key] for key in before if key != "state"
    }


@pytest.mark.parametrize(
    ("words", "said", "status"),
    [
        (("--objection", "no-such"), "no objection “no-such”", 2),
        ((), "Nothing was ticked", 2),
        (("--note", " \x07 "), "Nothing was ticked", 2),
        (("--promise", "2026-11-01", "--date", "2026-11-24"), "before the day", 2),
        (("--note", "x", "--date", "2099-01-01"), "cannot have come back", 2),
        (("--note", "x", "--date", "2026-11-01"), "cannot have come back", 2),
        (("--note", "字" * 2001), "text is too long for a slip", 2),
    ],
)
def test_impossible_slip_data_is_refused(
    out: tuple[Desk, str, str], words: tuple[str, ...], said: str, status: int
) -> None:
    desk, one, _ = out
    assert said in desk("slip", "set", one, *words, status=status).errors
    assert desk("slip", "list", "b", "--json").json["slips"] == []


def test_a_notice_that_is_unknown_or_has_not_left_takes_no_slip(desk: Desk) -> None:
    desk.plan(ONE)
    desk("approve", "b", "--by", "Releaser")
    number = desk.decisions()[ONE.account]["notice"]
    assert "has not been sent" in desk("slip", "set", number, "--note", "x", status=4).errors
    assert "no notice numbered" in desk("slip", "set", "X-1", "--note", "x", status=2).errors


def test_a_letter_without_a_slip_takes_none(desk: Desk) -> None:
    desk.plan(ONE)
    desk("approve", "b", "--by", "Releaser")
    _lies_spooled(desk)
    number = desk.decisions()[ONE.account]["notice"]
    assert f"{number} is a 催费函, which has no slip" in desk("slip", "set", number, "--note", "x", status=4).errors
    assert desk("slip", "list", "b", "--json").json["slips"] == []


def test_unlisted_people_cannot_enter_a_slip(out: tuple[Desk, str, str]) -> None:
    desk, one, _ = out
    desk.set("names = []", 'names = ["Clerk"]')
    desk("slip", "set", one, "--note", "x", "--by", "Stranger", status=4)
    desk("slip", "set", one, "--note", "x", "--by", "Clerk")


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_typed_table_is_read_row_by_row_and_bad_rows_are_said(out: tuple[Desk, str, str], suffix: str) -> None:
    desk, one, two = out
    labels = {each.code: each.label for each in read_objections(desk.folder / "templates" / "answers.toml")}
    rows = [
        # text of an option (with commas) and a code, on separate lines
        (
            one,
            "1-1-301",
            "林一山",
            f"{labels['loss-theft']}；heating-cold",
            "漏水",
            "2026-12-20",
            "",
            "000-1",
            "2026-11-24",
        ),
        (two, "1-1-301", "林一山", "暖气不热", "", "", "", "", "2026-11-24"),  # another owner's number
        ("X-1", "", "", "暖气不热", "", "", "", "", "2026-11-24"),
        (two, "", "", "太贵了", "", "", "", "", "2026-11-24"),
        (two, "", "", "", "", "", "", "", "2026-11-24"),
    ]
    file = desk.table(HEADINGS, rows, f"slips{suffix}")
    done = desk("slip", "import", file, "--json", status=1).json
    (slip,) = done["slips"]
    assert {each["code"] for each in slip["objections"]} == {"loss-theft", "heating-cold"}
    assert (slip["note"], slip["promise"], slip["date"]) == ("漏水", "2026-12-20", "2026-11-24")
    assert [problem["row"] for problem in done["problems"]] == [3, 4, 5, 6]
    assert "belongs to another owner" in done["problems"][0]["problem"]
    again = desk("slip", "import", file, "--json", status=1).json
    assert [each["recorded"] for each in again["slips"]] == [False]


def test_a_file_that_is_not_a_slip_is_reported_and_the_rest_continues(out: tuple[Desk, str, str]) -> None:
    desk, one, _ = out
    scan, damaged = desk.folder / "scan.jpg", desk.folder / "damaged.pdf"
    scan.write_bytes(b"\xff\xd8\xff")
    damaged.write_bytes(b"%PDF-1.7 and nothing more")
    good = desk.table(("编号", "原因"), [(one, "暖气不热")])
    done = desk("slip", "import", scan, damaged, good, "--json", status=1).json
    assert len(done["slips"]) == 1
    assert "scan.jpg" in done["attention"][0]
    assert "damaged.pdf" in done["attention"][1]
    desk("slip", "import", damaged, status=3)
    desk("slip", "import", Path("none.pdf"), status=2)


def test_an_owners_text_stays_data(out: tuple[Desk, str, str]) -> None:
    desk, one, _ = out
    hostile = "=cmd|'/c calc'!A1 {{ number }} <b>&\x1b[31m\u202e"
    desk("slip", "set", one, "--note", hostile)
    (slip,) = desk("slip", "list", "b", "--json").json["slips"]
    assert slip["note"] == "=cmd|'/c calc'!A1 {{ number }} <b>&[31m"
    assert "\x1b" not in desk("slip", "list", "b").output


class FailingPool:
    """Workers that make no letter."""

    def submit(self, _: object, shard: Shard) -> Future[Any]:
        future: Future[Any] = Future()
        failures = tuple(Failure(letter.number, say("pretended")) for letter in shard.letters)
        future.set_result(ShardResult(shard.name, (), failures))
        return future


@pytest.mark.parametrize(("free", "expected"), [(100, 1), (64_000, 2)])
def test_answers_start_no_more_workers_than_fit_into_free_memory(
    free: int, expected: int, out: tuple[Desk, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, *numbers = out
    for number in numbers:
        desk("slip", "set", number, "--objection", "heating-cold", "--date", "2026-11-24")
    started: list[int] = []

    def office_pool(workers: int) -> AbstractContextManager[FailingPool]:
        started.append(workers)
        return nullcontext(FailingPool())

    memory = tmp_path / "meminfo"
    memory.write_text(f"MemAvailable: {free * 1024} kB\n")
    monkeypatch.setattr(capacity, "MEMORY", memory)
    monkeypatch.setattr(capacity.os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    monkeypatch.setattr(making, "engine_of", lambda workspace: workspace.office.mkdir(parents=True, exist_ok=True))
    monkeypatch.setattr(making, "office_pool", office_pool)
    assert "was not made: pretended" in desk("answer", "b", "--date", "2026-11-25", status=1).errors
    assert started == [expected]
