from __future__ import annotations

import sys
from pathlib import Path

import pytest

from notices.office import Office, OfficeBroken, OfficeMissing, find, version
from notices.office.find import plain_build


@pytest.mark.office
def test_the_office_of_this_machine_is_found_and_says_its_version() -> None:
    assert version(find()).startswith("LibreOffice ")


def test_a_missing_office_is_exit_3_and_says_how_to_install_it(tmp_path: Path) -> None:
    with pytest.raises(OfficeMissing) as caught:
        find(program=tmp_path / "soffice")
    assert caught.value.exit_status == 3
    assert "apt install" in str(caught.value.remedy)


def test_an_office_without_a_python_that_can_talk_to_it_counts_as_missing(tmp_path: Path) -> None:
    program = tmp_path / "soffice"
    program.touch()
    with pytest.raises(OfficeMissing, match="uno"):
        find(program, python=Path(sys.executable))


def test_the_binary_beside_the_starter_is_taken(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 0\n")
    python.chmod(0o755)
    for name in ("soffice", "soffice.bin"):
        (tmp_path / name).touch()
    assert find(tmp_path / "soffice") == Office(tmp_path / "soffice.bin", python)


def test_a_program_that_does_not_run_is_broken_with_a_remedy() -> None:
    with pytest.raises(OfficeBroken, match="apt install"):
        version(Office(Path("/bin/false"), Path(sys.executable)))


@pytest.mark.parametrize(
    ("versionrc", "extensions", "build"),
    [
        ("[Version]\nbuildid=40(Build:2)\n", (), "40(Build:2)"),
        ("[Version]\nbuildid=4\n", ("dict-en",), ""),
        ("x", (), ""),
    ],
)
def test_only_an_office_without_extensions_names_its_build(
    tmp_path: Path, versionrc: str, extensions: tuple[str, ...], build: str
) -> None:
    for folder in ("program", "share/extensions", *(f"share/extensions/{name}" for name in extensions)):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "program" / "versionrc").write_text(versionrc)
    assert plain_build(tmp_path / "program" / "soffice.bin") == build
