"""Progress of rendering: a bar with rate and time left on a terminal, plain lines in a pipe."""

from __future__ import annotations

import csv
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from desk import AS_OF, ESTATE

from notices.cli.commands import rendering
from notices.cli.door import Door
from notices.cli.progress import progress

HEADINGS = ("小区", "房号", "业主姓名", "通讯地址", "费用期间", "应缴日期", "应收金额", "已收金额")


def test_in_a_pipe_a_line_every_fifteen_seconds_shows_count_rate_and_time_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = [100.0]
    monkeypatch.setattr(rendering.time, "monotonic", lambda: clock[0])
    with progress() as bar:
        advance = rendering.letters_task(Door(language="en"), bar)
        for seconds, done in ((10, 100), (16, 400), (20, 500), (32, 800), (40, 1000)):
            clock[0] = 100.0 + seconds
            advance(done, 1000)
    out, said = capsys.readouterr()
    assert out == ""
    assert said.splitlines() == [
        "400 of 1000 letters, 25.0 a second, 24 s left.",
        "800 of 1000 letters, 25.0 a second, 8 s left.",
    ]


def test_in_a_pipe_a_short_render_shows_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as bar:
        advance = rendering.letters_task(Door(), bar)
        advance(1, 2)
        advance(2, 2)
    assert capsys.readouterr() == ("", "")


def on_a_terminal(words: list[str], folder: Path) -> str:
    """Return what the command shows on a pseudo-terminal."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "LC_ALL": "C.UTF-8"}
    with subprocess.Popen(words, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                shown += os.read(ours, 65536)
            except OSError:  # the writing process has ended
                break
    os.close(ours)
    assert process.returncode == 0, shown.decode()
    return shown.decode()


@pytest.mark.slow
@pytest.mark.alone
def test_on_a_terminal_a_bar_counts_the_letters_with_rate_and_time_left(tmp_path: Path) -> None:
    notices = [sys.executable, "-m", "notices"]
    subprocess.run([*notices, "init", tmp_path], check=True, capture_output=True)
    with (tmp_path / "list.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADINGS)
        for number in range(400):
            owner = f"张{chr(0x4E00 + number)}"
            rows.writerow((ESTATE, f"1-1-{101 + number}", owner, "示例路1号", "2025年度", "2025-12-31", "1200", "0"))
    for words in (["plan", "list.csv", "--name", "b", "--as-of", AS_OF], ["approve", "b", "--by", "Releaser"]):
        subprocess.run([*notices, *words], cwd=tmp_path, check=True, capture_output=True)
    pretending = [sys.executable, str(Path(__file__).with_name("pretending.py"))]
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", on_a_terminal([*pretending, "render", "b"], tmp_path))
    assert re.search(r"letters .*\d+/400 ", shown)
    assert re.search(r"400/400 +\d+\.\d/s \d:\d\d:\d\d", shown)
