"""Shards with a faulty letter: the fault is isolated and the other letters are made."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from shard_helpers import drawing_engine, letter, shard

from notices.errors import Unusable
from notices.letters.shards import dispatch, worker
from notices.letters.shards import shard as shard_module
from notices.letters.shards.dispatch import run_shards, sweep_unfinished
from notices.letters.shards.shard import LetterPages, Shard, ShardResult
from notices.letters.shards.worker import make_shard
from notices.messages import say
from notices.office import Engine, OfficeBroken
from notices.pdf import page_texts, sha256_of


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    yield drawing_engine(tmp_path)
    worker.close_offices()
    assert list((tmp_path / "profiles").glob("office-*")) == []


def proved(result: ShardResult) -> dict[str, str]:
    """Return each proved letter's number and the text of its page in the PDF."""
    return {each.number: page_texts(pdf.path)[each.first_page - 1] for pdf in result.pdfs for each in pdf.letters}


def unfinished(folder: Path) -> list[Path]:
    return [each for each in folder.iterdir() if each.name.startswith(".")]


def test_a_good_shard_is_one_whole_pdf_with_each_letters_pages_counted_from_1(tmp_path: Path, engine: Engine) -> None:
    result = make_shard(shard(tmp_path, engine, "s", [letter(index) for index in range(1, 4)]))
    (pdf,) = result.pdfs
    assert pdf.path == tmp_path / "s.pdf"
    assert pdf.sha256 == sha256_of(pdf.path)
    assert pdf.pages == 3
    assert pdf.letters == tuple(LetterPages(letter(index).number, index, 1) for index in range(1, 4))
    assert result.failures == ()
    assert unfinished(tmp_path) == []
    assert pdf.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("poison", ["CRASHES", "EMPTIES", "CUTS-OFF", "DAMAGES"])
@pytest.mark.slow
def test_a_letter_that_breaks_the_document_is_found_and_the_others_are_made(
    tmp_path: Path, engine: Engine, poison: str
) -> None:
    letters = [letter(index, poison if index == 5 else None) for index in range(1, 8)]
    result = make_shard(shard(tmp_path, engine, "s", letters))
    assert [failure.number for failure in result.failures] == [letters[4].number]
    made = proved(result)
    assert set(made) == {each.number for each in letters} - {letters[4].number}
    assert all(number in text for number, text in made.items())
    assert unfinished(tmp_path) == []


@pytest.mark.slow
def test_a_letter_that_hangs_the_office_is_found_and_the_others_are_made(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shard_module, "LEAST_LIMIT_SECONDS", 0.4)
    letters = [letter(1), letter(2, "HANGS"), letter(3)]
    result = make_shard(shard(tmp_path, engine, "s", letters, limit=0.4))
    assert [failure.number for failure in result.failures] == [letters[1].number]
    assert set(proved(result)) == {letters[0].number, letters[2].number}


def test_a_letter_that_fails_its_proof_is_reported_and_the_others_stand(tmp_path: Path, engine: Engine) -> None:
    letters = [letter(1), replace(letter(2), proof=("999.99",)), letter(3)]
    result = make_shard(shard(tmp_path, engine, "s", letters))
    assert [failure.number for failure in result.failures] == [letters[1].number]
    assert [each.number for each in result.pdfs[0].letters] == [letters[0].number, letters[2].number]


def test_the_same_shard_made_again_is_the_same_file(tmp_path: Path, engine: Engine) -> None:
    work = shard(tmp_path, engine, "s", [letter(1), letter(2)])
    assert make_shard(work) == make_shard(work)


def test_an_office_that_does_not_start_stops_everything(tmp_path: Path, engine: Engine) -> None:
    engine.office.python.write_text("#!/bin/false\n")
    with pytest.raises(OfficeBroken):
        make_shard(shard(tmp_path, engine, "s", [letter(1), letter(2)]))
    assert not (tmp_path / "s.pdf").exists()


def test_a_full_disk_stops_everything_with_exit_3_and_leaves_nothing_half_done(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(worker, "assemble", full)
    with pytest.raises(Unusable, match="disk is full") as caught:
        make_shard(shard(tmp_path, engine, "s", [letter(1)]))
    assert caught.value.exit_status == 3
    assert unfinished(tmp_path) == []


def test_partial_files_are_removed_and_complete_files_stay(tmp_path: Path) -> None:
    for name in (".s1.making/s1.docx", ".s1.making/lu1.tmp", ".s1.pdf.partial", "s2.pdf"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    sweep_unfinished(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["s2.pdf"]


class Here(Executor):
    """Executor that works at once in this thread and counts results not yet fetched."""

    def __init__(self) -> None:
        self.open = self.most = 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            future.set_result(fn(*args, **kwargs))
        except Unusable as error:
            future.set_exception(error)
        return future


def test_shards_are_given_out_a_few_at_a_time_and_each_result_comes_once(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = Here()
    monkeypatch.setattr(dispatch, "make_shard", lambda work: ShardResult(work.name, (), ()))
    results: list[str] = []

    def take(result: ShardResult) -> None:
        executor.open -= 1
        results.append(result.name)

    names = [f"s{index}" for index in range(50)]
    run_shards(executor, (shard(tmp_path, engine, name, [letter(1)]) for name in names), take, ahead=3)
    assert sorted(results) == sorted(names)
    assert executor.most <= 3


def test_a_workers_error_stops_the_run_unchanged(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(work: Shard) -> ShardResult:
        raise OfficeBroken(say("broken"))

    monkeypatch.setattr(dispatch, "make_shard", broken)
    with pytest.raises(OfficeBroken):
        run_shards(Here(), [shard(tmp_path, engine, "s", [letter(1)])], print)
