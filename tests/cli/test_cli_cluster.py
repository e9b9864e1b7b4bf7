"""render --cluster and worker from the command line, with the real LibreOffice: letters equal those of this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cluster_parts import Papers, Scheduler, Workers, cluster, end, environment, papers, stand_in, wait_for
from support import SAMPLE, Cli, free_port

from notices.flow.setup import doctor
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


@contextmanager
def dask_worker(folder: Path, address: str, given: Papers) -> Iterator[None]:
    """Run Dask's own worker program with the preload module, over TLS, until it has registered."""
    folder.mkdir(mode=0o700)
    words = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--nworkers", "1"]
    words += ["--preload", "notices.letters.shards.preload", "--local-directory", str(folder), "--no-dashboard"]
    words += ["--host", "127.0.0.1", "--tls-ca-file", str(given.ca)]
    words += ["--tls-cert", str(given.certificate), "--tls-key", str(given.key)]
    log = folder.with_suffix(".log")
    with log.open("wb") as out:
        process = subprocess.Popen(words, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=environment())
    try:
        wait_for(lambda: "Registered to" in log.read_text("utf-8"))
        yield
    finally:
        end(process)


@pytest.mark.slow
@pytest.mark.office
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", ["notices worker", "dask worker"])
def test_letters_are_made_over_tls_by_either_kind_of_worker(
    tmp_path: Path, workspace: Path, cli: Cli, kind: str
) -> None:
    """The settings and commands are those of docs/scaling.md."""
    approved(workspace, cli)
    given = papers(tmp_path / "papers")
    shown = ("--tls-ca-file", str(given.ca), "--tls-cert", str(given.certificate), "--tls-key", str(given.key))
    ours = ("--ca-file", str(given.ca), "--certificate", str(given.certificate), "--key", str(given.key))
    scheduler = Scheduler(tmp_path / "scheduler.log", scheme="tls", options=shown)
    settings = workspace / "notices.toml"
    text = settings.read_text("utf-8").replace('scheduler = "" ', f'scheduler = "{scheduler.address}" ')
    for key, path in (("ca_file", given.ca), ("certificate", given.certificate), ("key", given.key)):
        text = re.sub(rf'(?m)^{key} = ""', f'{key} = "{path}"', text)
    settings.write_text(text, "utf-8")
    press = Workers(tmp_path / "workers", scheduler.address, options=ours)
    assert scheduler.address in cli("render", BATCH, status=3).errors  # nothing is made without it
    try:
        scheduler.start()
        if kind == "dask worker":
            with dask_worker(tmp_path / "dask", scheduler.address, given):
                made = cli("render", BATCH, "--json").json
        else:
            press.start()
            press.wait_until_ready()
            made = cli("render", BATCH, "--json").json
    finally:
        press.stop()
        scheduler.stop()
    assert made["rendered"] > 20
    assert not [path for path in (tmp_path / "dask").rglob("*.pdf") if path.exists()]


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


def set_cluster(workspace: Path, address: str, given: Papers | None = None) -> None:
    """Write a scheduler and its certificates into the settings."""
    settings = workspace / "notices.toml"
    text = re.sub(r'(?m)^scheduler = ".*?"', f'scheduler = "{address}"', settings.read_text("utf-8"))
    if given is not None:
        for key, path in (("ca_file", given.ca), ("certificate", given.certificate), ("key", given.key)):
            text = re.sub(rf'(?m)^{key} = ".*?"', f'{key} = "{path}"', text)
    settings.write_text(text, "utf-8")


@pytest.fixture
def quick_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the checks of this machine, which take long and are about other things."""
    for slow in ("_office", "_fonts", "_templates"):
        monkeypatch.setattr(doctor, slow, lambda *_: ())


def about_cluster(cli: Cli, *, language: str = "en", status: int) -> list[dict[str, object]]:
    findings = cli("doctor", "--json", "--lang", language, status=status).json["findings"]
    return [each for each in findings if each["what"] in {"cluster", "集群"}]


@pytest.mark.usefixtures("quick_doctor")
def test_doctor_names_a_scheduler_that_cannot_be_used_with_the_remedy(
    workspace: Path, cli: Cli, tmp_path: Path
) -> None:
    assert about_cluster(cli, status=0) == []
    address = f"127.0.0.1:{free_port()}"
    set_cluster(workspace, f"tcp://{address}")
    (told,) = about_cluster(cli, status=3)
    assert f"tcp://{address} cannot be reached" in str(told["fact"])
    assert "dask scheduler" in str(told["remedy"])
    set_cluster(workspace, "tcp://192.0.2.1:8786")
    assert "not encrypted" in str(about_cluster(cli, status=3)[0]["fact"])
    set_cluster(
        workspace, f"tls://{address}", Papers(tmp_path / "ca.pem", tmp_path / "node.pem", tmp_path / "node.key")
    )
    assert "ca.pem cannot be used" in str(about_cluster(cli, status=3)[0]["fact"])


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.usefixtures("quick_doctor")
def test_doctor_counts_the_workers_that_make_the_same_letters_and_names_the_others(
    tmp_path: Path, workspace: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, theirs = papers(tmp_path / "papers"), papers(tmp_path / "theirs")
    shown = ("--tls-ca-file", str(given.ca), "--tls-cert", str(given.certificate), "--tls-key", str(given.key))
    ours = ("--ca-file", str(given.ca), "--certificate", str(given.certificate), "--key", str(given.key))
    here, other = stand_in(tmp_path / "here"), stand_in(tmp_path / "other", version="9.9")
    monkeypatch.setenv("PATH", f"{here}:{os.environ['PATH']}")
    facts.machine_facts.cache_clear()
    scheduler = Scheduler(tmp_path / "scheduler.log", scheme="tls", options=shown)
    stranger = Workers(tmp_path / "stranger", scheduler.address, name="stranger", office=other, options=ours)
    equal = Workers(tmp_path / "equal", scheduler.address, 2, name="equal", office=here, options=ours)
    set_cluster(workspace, scheduler.address, given)
    try:
        scheduler.start()
        (told,) = about_cluster(cli, status=3)
        assert "has no worker" in str(told["fact"])
        stranger.start()
        stranger.wait_until_ready()
        (told,) = about_cluster(cli, status=3)
        assert "stranger-1 would not be used: LibreOffice 9.9 stand-in instead of 0.0" in str(told["fact"])
        equal.start()
        equal.wait_until_ready()
        for language in ("en", "zh"):
            used, unused = about_cluster(cli, status=0, language=language)
            assert (used["fine"], unused["fine"], unused["needed"]) == (True, False, False)
            assert "2" in str(used["fact"])
            assert "TLS" in str(used["fact"])
            assert "stranger-1" in str(unused["fact"])
        assert "with TLS; 2 worker(s)" in str(about_cluster(cli, status=0)[0]["fact"])
        set_cluster(workspace, scheduler.address, theirs)
        assert "certificate that is not trusted" in str(about_cluster(cli, status=3)[0]["fact"])
    finally:
        for each in (stranger, equal):
            each.stop()
        scheduler.stop()
        facts.machine_facts.cache_clear()
