"""render --cluster and worker from the command line, with the real LibreOffice: letters equal those of this machine."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest
from cluster_parts import cluster
from support import SAMPLE, Cli, free_port

from notices.letters.shards import facts
from notices.pdf import page_count, page_texts, render_page

BATCH = "b"
AS_OF = "2026-11-23"


def approved(workspace: Path, cli: Cli) -> None:
    cli("history", "import", SAMPLE / "history.xlsx")
    cli("hold", "import", SAMPLE / "holds.xlsx")
    cli("plan", SAMPLE / "arrears.xlsx", "--name", BATCH, "--as-of", AS_OF, "--by", "示例经办人")
    cli("approve", BATCH, "--by", "示例批准人", status=1)


@pytest.mark.slow
@pytest.mark.office
@pytest.mark.timeout(1800)
def test_a_cluster_makes_the_same_letters_as_this_machine(
    tmp_path: Path, workspace: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    approved(workspace, cli)
    there = tmp_path / "there"
    shutil.copytree(workspace, there)
    here = cli("render", BATCH, "--json").json
    facts.machine_facts.cache_clear()
    with cluster(tmp_path / "cluster", workers=2) as (scheduler, _):
        monkeypatch.setenv("NOTICES_WORKSPACE", str(there))
        made = cli("render", BATCH, "--cluster", scheduler.address, "--json").json
    assert made["rendered"] == here["rendered"] > 20
    ours, theirs = (sorted((root / "output" / BATCH / "letters").glob("*.pdf")) for root in (workspace, there))
    assert [path.name for path in ours] == [path.name for path in theirs]
    for one, other in zip(ours, theirs, strict=True):
        assert page_texts(one) == page_texts(other)
        for page in range(1, page_count(one) + 1):
            assert render_page(one, page, 60) == render_page(other, page, 60)


def test_a_scheduler_that_is_not_there_is_named_before_anything_changes(workspace: Path, cli: Cli) -> None:
    approved(workspace, cli)
    address = f"tcp://127.0.0.1:{free_port()}"
    outcome = cli("render", BATCH, "--cluster", address, "--lang", "en", status=3)
    assert f"The scheduler {address} cannot be reached: Connection refused." in outcome.errors
    assert not (workspace / "output" / BATCH / "letters").exists()
    outcome = cli("render", BATCH, "--cluster", "tcp://192.0.2.1:8786", "--lang", "en", status=4)
    assert "not encrypted" in outcome.errors
    settings = workspace / "notices.toml"
    settings.write_text(re.sub(r'scheduler = "" ', f'scheduler = "{address}" ', settings.read_text("utf-8")), "utf-8")
    assert address in cli("render", BATCH, "--lang", "en", status=3).errors


def test_the_extra_is_named_where_it_is_not_installed(
    workspace: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    approved(workspace, cli)
    for name in [*sys.modules]:
        if name.startswith(("notices.letters.shards.remote", "notices.workers.dask")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "distributed", None)  # as if it could not be imported
    outcome = cli("render", BATCH, "--cluster", "tcp://127.0.0.1:8786", "--lang", "en", status=3)
    assert "extra “cluster”, which is not installed" in outcome.errors
