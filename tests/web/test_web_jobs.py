"""Print jobs on the page: files, download, confirmation, cancelling, spoiled sheets again, hand-over."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from desk import Desk

from notices.web.site import Site

pytestmark = [pytest.mark.office, pytest.mark.slow]


@pytest.fixture(scope="module")
def printed_master(planned_master: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Batch `b`, printed in one job; a master to be copied."""
    desk = planned_master.copy(tmp_path_factory.mktemp("printed") / "workspace")
    desk.set('separate = "sender"', 'separate = "none"')
    desk("approve", "b", "--by", "Releaser")
    desk("render", "b")
    desk("print", "b")
    return desk


@pytest.fixture
def desk(printed_master: Desk, tmp_path: Path) -> Desk:
    return printed_master.copy(tmp_path / "workspace")


@pytest.fixture
def job(alone: Any) -> str:
    """Return the address of the job of batch `b`."""
    found = re.search(r'href="(/jobs/\d+)"', alone.get("/jobs/").text)
    assert found is not None
    return found[1]


def state(desk: Desk) -> str:
    return str(desk("job", "list", "--json").json["jobs"][0]["state"])


def test_a_job_shows_its_files_and_is_downloaded_whole(alone: Any, desk: Desk, job: str) -> None:
    page = alone.get(job).text
    assert "SHA-256" in page
    answer = alone.get(f"{job}/files.zip")
    assert answer.headers["Cache-Control"] == "no-store"
    names = zipfile.ZipFile(BytesIO(answer.data)).namelist()
    assert any(name.endswith("SHA256SUMS") for name in names)
    answer.close()
    assert any(name.endswith(".pdf") for name in names)
    assert alone.get("/jobs/99").status_code == 404


def test_changed_files_are_not_downloaded(alone: Any, desk: Desk, job: str) -> None:
    pdf = next((desk.folder / "output" / "b" / "print").rglob("*.pdf"))
    pdf.write_bytes(pdf.read_bytes() + b"%")
    answer = alone.get(f"{job}/files.zip")
    assert answer.status_code == 409
    assert pdf.name in answer.text


def test_a_job_is_confirmed_by_who_is_logged_in(alone: Any, desk: Desk, job: str) -> None:
    assert alone.post(f"{job}/confirm", {"gone": "no-such"}, page=job).status_code == 400
    done = alone.post(f"{job}/confirm", page=job)
    assert done.status_code == 303
    assert alone.get(done.location).status_code == 200
    assert state(desk) == "handed-over"
    assert any("王小明" in row for row in desk.rows()["events"])
    assert alone.get(f"{job}/files.zip").status_code == 409


def test_a_job_is_cancelled_with_a_reason(alone: Any, desk: Desk, job: str) -> None:
    assert alone.post(f"{job}/cancel", {"why": ""}, page=job).status_code == 400
    assert state(desk) == "spooled"
    assert alone.post(f"{job}/cancel", {"why": "纸错了", "pulled": "1"}, page=job).status_code == 303
    assert state(desk) == "cancelled"


def test_spoiled_sheets_are_printed_again_as_a_job_of_their_own(alone: Any, desk: Desk, site: Site, job: str) -> None:
    alone.post(f"{job}/confirm", page=job)
    assert alone.post(f"{job}/again", {"spoiled": " "}, page=job).status_code == 400
    answer = alone.post(f"{job}/again", {"from_sheet": "1"}, page=job)
    assert answer.location == "/batches/1"
    site.errands.wait("batch:1", 60)
    errand = site.errands.find("batch:1")
    assert errand is not None
    assert errand.state == "done", errand
    jobs = desk("job", "list", "--json").json["jobs"]
    assert len(jobs) == 2


def test_a_job_is_handed_over_to_the_place_of_the_settings_only(
    alone: Any, desk: Desk, site: Site, job: str, tmp_path: Path
) -> None:
    assert alone.post(f"{job}/hand-over", page=job).status_code == 400
    folder, other = tmp_path / "hot", tmp_path / "other"
    folder.mkdir()
    other.mkdir()
    desk.set('to = ""', f'to = "{folder}"')
    alone.post(f"{job}/hand-over", {"to": str(other), "again": "1"}, page=job)
    site.errands.wait("batch:1", 60)
    assert list(other.iterdir()) == []
    assert list(folder.iterdir()) != []
