"""A print job that is downloaded to be carried to the shop leaves as one that is handed over: decided again."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from desk import AS_OF, HEADINGS, Desk, Owes, number_of
from letters_without_office import pretend_to_render
from readable_letters import page_pdf

from notices.errors import Refused
from notices.flow.printing.download import job_archive
from notices.flow.workspace import Workspace
from notices.ledger import Ledger
from notices.press.cover import COVER

FLAT = Owes("3-2-501", "王三", "1000.00", address="示例市幸福路1号")
SHOP = Owes("S-101", "王三", "500.00", address="示例市幸福路1号")
OTHER = Owes("1-1-102", "乙二", address="示例路2号")


@pytest.fixture
def printed(desk: Desk, plain_pages: None, plain_covers: None) -> Desk:
    """Return a desk with one job: a letter for two units, and one for another owner."""
    desk.set('combine = "unit"', 'combine = "owner"')
    rows = [(*owner.cells, "13800000003" if owner is not OTHER else "") for owner in (FLAT, SHOP, OTHER)]
    desk("plan", desk.table((*HEADINGS, "联系电话"), rows), "--name", "b", "--as-of", AS_OF, "--by", "Planner")
    desk("approve", "b", "--by", "Releaser")
    pretend_to_render(desk)
    desk("print", "b")
    return desk


def downloaded(desk: Desk) -> Path:
    workspace = Workspace(desk.folder)
    with closing(Ledger.open(workspace.ledger_url)) as ledger:
        with ledger.read() as books:
            (only,) = books.jobs.all()
        return job_archive(workspace, ledger, only, "")


def test_a_job_of_which_nothing_is_to_stay_is_downloaded(printed: Desk) -> None:
    assert any(name.endswith(COVER) for name in zipfile.ZipFile(downloaded(printed)).namelist())


@pytest.mark.parametrize("owner", [FLAT, SHOP, OTHER])
@pytest.mark.parametrize("what", ["payment", "dispute", "question"])
def test_a_job_with_a_letter_that_was_stopped_since_is_not_downloaded(printed: Desk, owner: Owes, what: str) -> None:
    if what == "dispute":
        printed("hold", "add", owner.account, "--kind", "disputed")
    else:
        day = "2026-11-24" if what == "payment" else "2026-11-10"
        printed("payment", "add", owner.account, "--amount", "100.00", "--date", day)
    with pytest.raises(Refused) as refused:
        downloaded(printed)
    assert number_of(printed, owner) in str(refused.value)


def test_a_job_whose_letter_or_record_another_program_changed_is_not_downloaded(printed: Desk) -> None:
    printed.tamper("UPDATE accounts SET address = 'elsewhere' WHERE owners LIKE '%乙二%'")
    with pytest.raises(Refused, match=r"another program|not those that were approved"):
        downloaded(printed)


def test_a_job_that_was_handed_over_to_a_folder_is_not_carried_there_as_well(printed: Desk, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    printed("print", "b", "--to", shop, "--again")
    with pytest.raises(Refused, match="may have been printed already"):
        downloaded(printed)


def test_files_that_were_exchanged_together_with_their_checksums_are_not_downloaded(printed: Desk) -> None:
    (letters,) = (printed.folder / "output" / "b" / "print").rglob("letters-*.pdf")
    letters.write_bytes(page_pdf(["6222 0000 0000 0000"]))
    with closing(sqlite3.connect(printed.ledger_file)) as ledger, ledger:
        (files,) = ledger.execute("SELECT files FROM jobs").fetchone()
        told = {**json.loads(files), letters.name: sha256(letters.read_bytes()).hexdigest()}
        ledger.execute("UPDATE jobs SET files = ?", (json.dumps(told),))
    with pytest.raises(Refused, match="another program"):
        downloaded(printed)
