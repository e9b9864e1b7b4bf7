"""Tests with the real LibreOffice: its output, and clean-up after a process is killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from office_helpers import alive, profiles_left, write_document
from pypdf import PdfReader

from notices.office import ConversionFailed, Engine, WarmOffice, allocator
from notices.pdf import fonts_embedded, page_texts, settle

pytestmark = pytest.mark.office
LIMIT = 60.0


def offices(profiles: Path) -> list[int]:
    """Return the processes whose profile is in this folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and alive(int(entry.name)):
            try:
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if os.fsencode(str(profiles)) in words and b"-env:UserInstallation" in words:
                found.append(int(entry.name))
    return found


def sockets_of(profiles: Path) -> list[Path]:
    return [Path(line) for each in profiles.glob("*/sockets") for line in each.read_text().splitlines()]


def until(holds: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


def test_the_office_works_with_the_allocator_of_this_machine_and_its_bridge_does_not(
    engine: Engine, tmp_path: Path
) -> None:
    library = allocator()
    assert library, "`.ci/setup` installs it"
    with WarmOffice(engine) as office:
        office.convert(write_document(tmp_path / "in.docx", pages=1), tmp_path / "out.pdf", limit=LIMIT)
        loaded = {
            (Path("/proc") / str(each) / "comm").read_text().strip(): library.name
            in (Path("/proc") / str(each) / "maps").read_text()
            for each in offices(engine.profiles)
        }
        statuses = [(Path("/proc") / str(each) / "status").read_text() for each in offices(engine.profiles)]
    assert loaded == {"soffice.bin": True}
    # With a stricter mask it would close its extension cache, run as root, to every other user of the machine.
    assert all("Umask:\t0022" in status for status in statuses)


def test_a_fresh_profile_does_not_make_the_office_start_twice(engine: Engine, tmp_path: Path) -> None:
    real = engine.office.program
    counting, starts = tmp_path / "program" / "soffice.bin", tmp_path / "starts"
    (tmp_path / "share" / "extensions").mkdir(parents=True)
    counting.parent.mkdir()
    shutil.copy(real.with_name("versionrc"), counting.parent)
    counting.write_text(f'#!/bin/sh\necho started >> "{starts}"\nexec "{real}" "$@"\n')
    counting.chmod(0o755)
    with WarmOffice(replace(engine, office=replace(engine.office, program=counting))) as office:
        office.convert(write_document(tmp_path / "in.docx"), tmp_path / "out.pdf", limit=LIMIT)
    assert starts.read_text().split() == ["started"], "a second start follows an exit with status 81"


def test_every_character_reads_back_fonts_are_embedded_and_nothing_is_tagged(engine: Engine, tmp_path: Path) -> None:
    source = write_document(tmp_path / "in.docx", pages=2)
    with WarmOffice(engine) as office:
        office.convert(source, tmp_path / "out.pdf", limit=LIMIT)
    texts = page_texts(tmp_path / "out.pdf")
    assert len(texts) == 2
    assert all("𬭎 合计 1,234.56 元" in text for text in texts)
    fonts = fonts_embedded(tmp_path / "out.pdf")
    assert fonts
    assert all(fonts.values())
    root = PdfReader(tmp_path / "out.pdf").trailer["/Root"]
    assert "/StructTreeRoot" not in root
    assert "/AcroForm" not in root
    assert (tmp_path / "out.pdf").stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_a_document_made_again_by_a_fresh_office_is_the_same_to_the_byte_once_settled(
    engine: Engine, tmp_path: Path
) -> None:
    source = write_document(tmp_path / "in.docx")
    for name in ("one.pdf", "two.pdf"):
        with WarmOffice(engine) as office:
            office.convert(source, tmp_path / name, limit=LIMIT)
        settle(tmp_path / name, date(2026, 11, 23))
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()
    assert PdfReader(tmp_path / "one.pdf").metadata["/CreationDate"].startswith("D:20261123000000")


def test_a_damaged_document_is_named_and_the_next_one_still_made(engine: Engine, tmp_path: Path) -> None:
    bad = tmp_path / "bad.docx"
    bad.write_bytes(b"PK\x03\x04 this is no document")
    good = write_document(tmp_path / "good.docx")
    with WarmOffice(engine) as office:
        with pytest.raises(ConversionFailed, match=r"bad\.docx"):
            office.convert(bad, tmp_path / "bad.pdf", limit=LIMIT, attempts=1)
        office.convert(good, tmp_path / "good.pdf", limit=LIMIT)
    assert not (tmp_path / "bad.pdf").exists()
    assert page_texts(tmp_path / "good.pdf")


@pytest.mark.slow
def test_an_office_killed_between_documents_is_replaced_and_leaves_nothing(engine: Engine, tmp_path: Path) -> None:
    source = write_document(tmp_path / "in.docx")
    with WarmOffice(engine) as office:
        office.convert(source, tmp_path / "one.pdf", limit=LIMIT)
        sockets = sockets_of(engine.profiles)
        assert sockets
        for pid in offices(engine.profiles):
            os.kill(pid, signal.SIGKILL)
        office.convert(source, tmp_path / "two.pdf", limit=LIMIT)
    assert page_texts(tmp_path / "two.pdf")
    assert not any(socket.exists() for socket in sockets)
    assert offices(engine.profiles) == []
    assert profiles_left(engine) == []


CHILD = """
import sys, time
from pathlib import Path
from notices.office import Engine, WarmOffice, find
office = WarmOffice(Engine(find(), Path(sys.argv[1])))
office.convert(Path(sys.argv[2]), Path(sys.argv[3]), limit=60)
print("made", flush=True)
{then}
"""


@pytest.mark.parametrize("then", ["time.sleep(600)", "office.convert(Path(sys.argv[4]), Path(sys.argv[3]), limit=600)"])
@pytest.mark.slow
def test_a_killed_parent_takes_office_profile_and_sockets_with_it(engine: Engine, tmp_path: Path, then: str) -> None:
    short = write_document(tmp_path / "short.docx")
    long = write_document(tmp_path / "long.docx", text="长" * 900, pages=400)
    arguments = [engine.profiles, short, tmp_path / "out.pdf", long]
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD.format(then=then), *arguments],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert child.stdout
    assert child.stdout.readline() == b"made\n"
    sockets = sockets_of(engine.profiles)
    assert offices(engine.profiles)
    assert sockets
    child.kill()
    child.wait()
    child.stdout.close()
    assert until(lambda: not offices(engine.profiles), 10.0)
    assert until(lambda: not profiles_left(engine), 10.0)
    assert not any(socket.exists() for socket in sockets)


@pytest.mark.slow
def test_a_killed_bridge_takes_the_office_with_it(engine: Engine, tmp_path: Path) -> None:
    source = write_document(tmp_path / "in.docx")
    with WarmOffice(engine) as office:
        office.convert(source, tmp_path / "one.pdf", limit=LIMIT)
        (running,) = offices(engine.profiles)
        bridge = int(Path(f"/proc/{running}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(bridge, signal.SIGKILL)
        assert until(lambda: not alive(running), 10.0)
        office.convert(source, tmp_path / "two.pdf", limit=LIMIT)
    assert profiles_left(engine) == []
