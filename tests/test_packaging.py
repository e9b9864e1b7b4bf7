"""The wheel contains templates, settings, translations and migrations, and works without the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from support import ROOT

pytestmark = pytest.mark.slow


def run(*words: str | Path, cwd: Path) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("NOTICES", "PYTHON"))}
    done = subprocess.run(
        [str(word) for word in words], check=False, cwd=cwd, env=clean, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel in its own environment, with the libraries of this one; return the command's path."""
    home = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", home, cwd=home)
    site = next(home.glob("lib/python*/site-packages"))
    python = home / "bin" / "python"
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--no-deps",
        "--no-index",
        "--quiet",
        wheel,
        cwd=home,
    )
    libraries = sysconfig.get_path("purelib")
    (site / "libraries.pth").write_text(f"import sys; sys.path.append({libraries!r})\n", encoding="utf-8")
    return home / "bin" / "notices"


def test_the_installed_program_is_the_wheels_and_not_the_checkouts(program: Path, tmp_path: Path) -> None:
    where = run(program.with_name("python"), "-c", "import notices; print(notices.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(program.parents[1])


def test_a_workspace_is_made_and_its_templates_are_sound_outside_the_checkout(program: Path, tmp_path: Path) -> None:
    run(program, "init", "arrears", cwd=tmp_path)
    workspace = tmp_path / "arrears"
    assert (workspace / "notices.toml").read_bytes() == (ROOT / "notices.toml").read_bytes()
    shipped = {path.relative_to(ROOT) for path in (ROOT / "templates").rglob("*") if path.is_file()}
    made = {path.relative_to(workspace) for path in (workspace / "templates").rglob("*") if path.is_file()}
    assert shipped == made
    listed = run(program, "template", "list", "--json", cwd=workspace)
    for letter in (ROOT / "templates").glob("*.docx"):
        assert letter.name in listed


def test_the_ledger_of_the_installed_program_opens(program: Path, tmp_path: Path) -> None:
    run(program, "init", cwd=tmp_path)
    run(program, "status", "--json", cwd=tmp_path)
    assert (tmp_path / "batches" / "ledger.db").exists()


def test_the_installed_program_speaks_chinese_without_babel(program: Path, tmp_path: Path) -> None:
    assert "用法：" in run(program, "--help", "--lang", "zh", cwd=tmp_path)
    code = """
import sys
sys.modules["babel"] = None
from notices.cli import main
from notices.messages import translator
print(translator("zh")("There is no file {file}."))
"""
    assert run(program.with_name("python"), "-c", code, cwd=tmp_path).strip() == "没有文件 {file}。"
