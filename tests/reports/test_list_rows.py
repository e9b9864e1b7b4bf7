"""The account's own rows of a list: read once for many notices, and anew if the file was touched."""

from __future__ import annotations

from pathlib import Path

from notices.flow.reports import list_rows
from notices.flow.reports.list_rows import own_rows
from notices.flow.reports.proven import ListOrigin
from notices.pdf import sha256_of

HEADINGS = "小区,房号,业主姓名,费用期间,应缴日期,应收金额,已收金额"


def origin(path: Path, *rows: int) -> ListOrigin:
    return ListOrigin(path, path.name, sha256_of(path), None, rows)


def test_only_its_own_rows_are_read_and_the_list_is_opened_once(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    lines = [f"示例花园,1-1-{n},业主{n},2026年1月,2026-01-31,{n}.00,0" for n in range(101, 131)]
    path.write_text("\n".join((HEADINGS, *lines)), "utf-8")
    list_rows._opened.cache_clear()
    ((number, cells),) = own_rows(origin(path, 3))
    assert (number, ("业主姓名", "业主102") in cells) == (3, True)
    assert [number for number, _ in own_rows(origin(path, 31, 2))] == [2, 31]
    assert list_rows._opened.cache_info().misses == 1


def test_a_list_that_was_changed_since_gives_nothing(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"{HEADINGS}\n示例花园,1-1-101,业主,2026年1月,2026-01-31,1.00,0\n", "utf-8")
    then = origin(path, 2)
    assert own_rows(then)
    path.write_text(path.read_text("utf-8").replace("1.00", "2.00"), "utf-8")
    assert own_rows(then) == []
    path.unlink()
    assert own_rows(then) == []
