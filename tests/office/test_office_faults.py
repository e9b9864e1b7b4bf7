"""Failures of LibreOffice, injected by a fake bridge."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from office_helpers import alive, fake_engine, profiles_left, starts

from notices.office import ConversionFailed, OfficeBroken, WarmOffice

LIMIT = 0.5


def convert(folder: Path, *behaviours: str, documents: int = 1, **options: object) -> Path:
    """Convert with fake bridges that behave as named, then check that they leave nothing behind."""
    engine = fake_engine(folder, *behaviours, **options)
    target = folder / "out.pdf"
    try:
        with WarmOffice(engine) as office:
            for _ in range(documents):
                office.convert(folder / "in.docx", target, limit=LIMIT)
    finally:
        assert profiles_left(engine) == []
        assert not any(alive(int(each.read_text())) for each in folder.glob("started-*"))
    return target


def test_a_whole_pdf_is_accepted(tmp_path: Path) -> None:
    assert convert(tmp_path, "works").read_bytes().startswith(b"%PDF")
    assert starts(tmp_path) == 1


@pytest.mark.parametrize(
    "fault", ["hangs", "hangs-deaf", "dies", "refuses", "empty", "cut-off", "garbage", "writes-nothing"]
)
def test_what_fails_once_is_done_again_on_a_fresh_office(tmp_path: Path, fault: str) -> None:
    assert convert(tmp_path, fault, "works").is_file()
    assert starts(tmp_path) == 2


@pytest.mark.parametrize("fault", ["hangs", "dies", "refuses", "empty", "cut-off", "garbage", "writes-nothing"])
def test_what_fails_twice_names_the_document_and_leaves_no_pdf(tmp_path: Path, fault: str) -> None:
    with pytest.raises(ConversionFailed, match=r"in\.docx") as caught:
        convert(tmp_path, fault)
    assert caught.value.exit_status == 1
    assert starts(tmp_path) == 2
    assert not (tmp_path / "out.pdf").exists()


@pytest.mark.parametrize("fault", ["dies-at-start", "cannot-start", "hangs-at-start", "babbles"])
def test_an_office_that_does_not_start_twice_is_the_machines_fault(tmp_path: Path, fault: str) -> None:
    with pytest.raises(OfficeBroken) as caught:
        convert(tmp_path, fault, start_limit=LIMIT)
    assert caught.value.exit_status == 3
    assert starts(tmp_path) == 2


def test_an_office_that_starts_at_the_second_attempt_is_used(tmp_path: Path) -> None:
    assert convert(tmp_path, "dies-at-start", "works").is_file()


def test_a_program_that_cannot_be_run_is_broken_and_leaves_no_profile(tmp_path: Path) -> None:
    engine = fake_engine(tmp_path, "works")
    engine.office.python.unlink()
    with pytest.raises(OfficeBroken), WarmOffice(engine) as office:
        office.convert(tmp_path / "in.docx", tmp_path / "out.pdf", limit=LIMIT)
    assert profiles_left(engine) == []


def test_an_office_closes_nothing_to_other_users_and_reads_chinese_names_in_any_locale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    before = os.umask(0o077)  # as the command line sets it
    try:
        target = convert(tmp_path, "works")
    finally:
        os.umask(before)
    assert json.loads((tmp_path / "surroundings").read_text()) == {"umask": 0o022, "locale": "C.UTF-8"}
    assert target.stat().st_mode & 0o077 == 0


def test_an_office_serves_many_documents(tmp_path: Path) -> None:
    convert(tmp_path, "works", documents=5)
    assert starts(tmp_path) == 1


def test_an_office_is_renewed_after_so_many_documents(tmp_path: Path) -> None:
    convert(tmp_path, "works", documents=4, renew_after_documents=2)
    assert starts(tmp_path) == 3


def test_an_office_that_grew_too_large_is_renewed(tmp_path: Path) -> None:
    convert(tmp_path, "swells", "works", documents=3)
    assert starts(tmp_path) == 2


def test_nowhere_to_keep_a_profile_is_exit_3_and_names_the_folder(tmp_path: Path) -> None:
    engine = fake_engine(tmp_path, "works")
    engine.profiles.touch()
    with pytest.raises(OfficeBroken, match="profiles") as caught, WarmOffice(engine) as office:
        office.convert(tmp_path / "in.docx", tmp_path / "out.pdf", limit=LIMIT)
    assert caught.value.exit_status == 3


def test_a_failure_on_a_full_disk_is_the_disks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=0))
    with pytest.raises(OfficeBroken, match="disk is full") as caught:
        convert(tmp_path, "disk-full")
    assert caught.value.exit_status == 3


def test_profiles_of_a_killed_run_are_swept_at_the_next_start_and_living_ones_are_not(tmp_path: Path) -> None:
    engine = fake_engine(tmp_path, "works")
    stale = engine.profiles / "office-0123456789ab"
    stale.mkdir(parents=True)
    (stale / "lock").touch()
    with WarmOffice(engine) as first, WarmOffice(engine) as second:
        first.warm_up()
        assert not stale.exists()
        (mine,) = profiles_left(engine)
        second.warm_up()
        assert mine in profiles_left(engine)
        assert mine.stat().st_mode & 0o777 == 0o700
