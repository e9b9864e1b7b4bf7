"""The print --to option over a bad network: whatever is lost, no file is printed twice or forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import Desk
from faultproxy import Fault, Proxy, proxy
from printers import PRINTER_PROGRAM, Paper, lacking, letters, on_paper, paper_printer
from pyipp.enums import IppOperation, IppStatus

pytestmark = [
    pytest.mark.slow,
    pytest.mark.office,
    pytest.mark.skipif(bool(lacking(PRINTER_PROGRAM, "dbus-daemon")), reason="needs cups-ipp-utils and dbus-daemon"),
]

CREATE, SEND, ASK = IppOperation.CREATE_JOB, IppOperation.SEND_DOCUMENT, IppOperation.GET_JOB_ATTRIBUTES
ONE_STEP = IppOperation.PRINT_JOB
BUSY, NO_SUCH = IppStatus.ERROR_BUSY, IppStatus.ERROR_OPERATION_NOT_SUPPORTED


@pytest.fixture
def paper(tmp_path: Path, bus_address: str) -> Iterator[Paper]:
    with paper_printer(tmp_path / "printer", bus_address, "-2") as printer:
        yield printer


@pytest.fixture
def network(paper: Paper) -> Iterator[Proxy]:
    with proxy(paper.port) as between:
        yield between


@pytest.mark.parametrize("operation", [CREATE, SEND, ASK])
@pytest.mark.parametrize("fault", ["request lost", "answer lost", "not HTTP"])
def test_after_a_lost_request_or_response_nothing_is_printed_twice(
    operation: IppOperation, fault: Fault, rendered: Desk, paper: Paper, network: Proxy
) -> None:
    network.faults[operation] = [fault]
    rendered("print", "b", "--to", network.uri)
    assert paper.received == letters(rendered)
    assert on_paper(rendered) == {"handed-over"}
    assert network.count(CREATE) <= 2


def test_a_truncated_document_is_not_taken_for_the_whole(rendered: Desk, paper: Paper, network: Proxy) -> None:
    network.faults[SEND] = ["cut short"]
    rendered("print", "b", "--to", network.uri, status=1)
    assert on_paper(rendered) != {"handed-over"}
    assert network.count(SEND) == 1
    assert not set(paper.received) & set(letters(rendered))


def test_a_busy_printer_is_retried_for_a_while(rendered: Desk, paper: Paper, network: Proxy) -> None:
    network.faults[CREATE] = [BUSY, BUSY]
    rendered("print", "b", "--to", network.uri)
    assert (network.count(CREATE), paper.received) == (3, letters(rendered))


def test_a_printer_that_stays_busy_is_reported_and_resume_continues(
    rendered: Desk, paper: Paper, network: Proxy
) -> None:
    rendered.set("stopped_seconds = 60", "stopped_seconds = 0")
    network.faults[CREATE] = [BUSY]
    assert "busy" in rendered("print", "b", "--to", network.uri, status=3).errors
    assert (paper.received, on_paper(rendered)) == ([], {"spooled"})
    rendered("resume", "b")
    assert paper.received == letters(rendered)


def test_a_printer_without_create_job_gets_the_file_in_one_step(rendered: Desk, paper: Paper, network: Proxy) -> None:
    network.faults[CREATE] = [NO_SUCH]
    rendered("print", "b", "--to", network.uri)
    assert (network.count(SEND), paper.received) == (0, letters(rendered))


def test_in_one_step_a_lost_answer_is_looked_up_by_the_name_of_the_job(
    rendered: Desk, paper: Paper, network: Proxy
) -> None:
    network.faults[CREATE] = [NO_SUCH]
    network.faults[ONE_STEP] = ["answer lost"]
    rendered("print", "b", "--to", network.uri)
    assert (network.count(ONE_STEP), paper.received) == (1, letters(rendered))


def test_in_one_step_a_lost_request_waits_for_a_person(rendered: Desk, paper: Paper, network: Proxy) -> None:
    network.faults[CREATE] = [NO_SUCH]
    network.faults[ONE_STEP] = ["request lost"]
    said = rendered("print", "b", "--to", network.uri, status=1).errors
    assert "job confirm b-P01" in said
    assert "job cancel b-P01" in said
    assert on_paper(rendered) == {"spooled"}
    rendered("print", "b", "--to", network.uri, status=1)
    assert (network.count(ONE_STEP), paper.received) == (1, [])
    rendered("job", "cancel", "b-P01", "--why", "nothing came", "--pulled")
    rendered("print", "b", "--to", network.uri)
    assert paper.received == letters(rendered, "b-P02")


def test_a_printer_that_no_longer_knows_the_job_leaves_it_to_a_person(
    rendered: Desk, paper: Paper, network: Proxy
) -> None:
    network.faults[ASK] = [IppStatus.ERROR_NOT_FOUND]
    rendered("print", "b", "--to", network.uri, status=1)
    assert on_paper(rendered) == {"spooled"}
    rendered("job", "confirm", "b-P01")
    assert rendered("print", "b", "--to", network.uri, "--json").json["handed_over"] == []
    assert (len(paper.received), on_paper(rendered)) == (1, {"handed-over"})
