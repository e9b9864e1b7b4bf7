"""The file of heads: it only grows, survives torn lines and several writers, and never takes an old ledger for new."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from notices.errors import Unusable
from notices.ledger import Head, HeadEntry, HeadFile, Ledger, Movement, heads
from notices.model import CaseKey, Channel, Hold, HoldKind, State

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
CASE = CaseKey.of("示例花园", "1-1-101", ("甲一",))


def entry(number: int, letters: int = 0) -> HeadEntry:
    moved = tuple(
        Movement(f"N-{number}-{it}", Channel.EMAIL, State.SENDING, "<m@x>", "0" * 64) for it in range(letters)
    )
    return HeadEntry(Head(number, f"{number:064x}"), AT, moved, ("b-P01",), {"N-{seq:06d}": number})


@pytest.fixture
def file(tmp_path: Path) -> HeadFile:
    return HeadFile(tmp_path / "notices.heads")


def test_what_was_appended_is_read_back(file: HeadFile) -> None:
    assert (file.newest(), file.entries()) == (None, [])
    for number in (1, 2, 3):
        file.append(entry(number, letters=2))
    assert file.newest() == entry(3, letters=2)
    assert file.entries() == [entry(number, letters=2) for number in (1, 2, 3)]
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_a_last_line_longer_than_the_tail_is_read_whole(file: HeadFile) -> None:
    file.append(entry(1))
    file.append(entry(2, letters=2_000))
    assert file.path.stat().st_size > 4 * heads.TAIL
    assert file.newest() == entry(2, letters=2_000)


@pytest.mark.parametrize("rest", [b"{", b'{"id":9,"link":"x"', b"\x00\x00\x00", b"nonsense", b"\xff\xfe"])
def test_a_torn_line_is_ignored_and_the_next_one_does_not_join_it(file: HeadFile, rest: bytes) -> None:
    file.append(entry(1))
    with file.path.open("ab") as torn:
        torn.write(rest)
    assert file.newest() == entry(1)
    file.append(entry(2))
    assert [each.head.id for each in file.entries()] == [1, 2]


def test_of_lines_out_of_order_the_highest_event_is_the_newest(file: HeadFile) -> None:
    for number in (1, 3, 2):
        file.append(entry(number))
    newest = file.newest()
    assert newest is not None
    assert newest.head.id == 3


def test_a_large_file_loses_its_older_half_and_keeps_the_series(
    file: HeadFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "LARGEST", 2_000)
    for number in range(1, 200):
        file.append(entry(number))
    assert file.path.stat().st_size < 4_000
    assert file.newest() == entry(199)
    assert max(each.series["N-{seq:06d}"] for each in file.entries()) == 199
    assert all(each.series for each in file.entries())


def test_writers_at_once_lose_no_line_while_the_file_is_replaced(
    file: HeadFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "LARGEST", 4_000)
    with ThreadPoolExecutor(4) as writers:
        list(writers.map(lambda number: file.append(entry(number)), range(1, 121)))
    newest = file.newest()
    assert newest is not None
    assert newest.head.id == 120


def test_a_file_that_cannot_be_written_stops_the_command(tmp_path: Path) -> None:
    (tmp_path / "notices.heads").mkdir()
    with pytest.raises(Unusable, match=r"notices\.heads"):
        HeadFile(tmp_path / "notices.heads").append(entry(1))


def add_hold(ledger: Ledger, day: int = 1) -> None:
    with ledger.begin() as books:
        books.holds.add(CASE, Hold(HoldKind.DISPUTED, date(2026, 11, day)), by="clerk", at=AT)


def break_off(ledger: Ledger) -> None:
    with ledger.begin() as books:
        books.holds.add(CASE, Hold(HoldKind.DISPUTED, date(2026, 11, 30)), by="clerk", at=AT)
        raise KeyboardInterrupt


def test_each_commit_with_an_event_is_known_outside_when_it_returns(url: str, file: HeadFile) -> None:
    ledger = Ledger.open(url, heads=file.path)
    try:
        for day in (1, 2, 3):
            add_hold(ledger, day)
            with ledger.read() as books:
                newest = file.newest()
                assert newest is not None
                assert newest.head == books.events.head()
        with pytest.raises(KeyboardInterrupt):
            break_off(ledger)
        assert len(file.entries()) == 3, "what was rolled back is not known"
    finally:
        ledger.close()


def test_a_ledger_that_lacks_the_newest_head_adds_nothing(url: str, file: HeadFile) -> None:
    file.append(entry(900))
    ledger = Ledger.open(url, heads=file.path)
    try:
        add_hold(ledger)
    finally:
        ledger.close()
    assert file.entries() == [entry(900)]
