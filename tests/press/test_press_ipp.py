"""Checks of printer capabilities, and parsing of printer addresses and responses."""

from __future__ import annotations

from typing import Any

import pytest
from pyipp.enums import IppOperation

from notices.errors import UsageMistake
from notices.press.ipp import (
    Capabilities,
    PrinterJob,
    PrinterJobState,
    PrintSettings,
    blocking_problems,
    job_template,
    printer_problems,
    read_address,
)
from notices.press.ipp.codec import InvalidResponse, decode, encode

WISH = PrintSettings("iso_a4_210x297mm", duplex=True)
READY: dict[str, Any] = {
    "document-format-supported": ["application/octet-stream", "application/pdf"],
    "media-supported": ["na_letter_8.5x11in", "iso_a4_210x297mm"],
    "sides-supported": ["one-sided", "two-sided-long-edge"],
    "copies-supported": [1, 999],
    "printer-is-accepting-jobs": True,
    "printer-state": 3,
    "printer-state-reasons": "none",
}


def printer(**others: Any) -> Capabilities:
    return Capabilities(READY | {name.replace("_", "-"): value for name, value in others.items()}, None)


@pytest.mark.parametrize(
    ("attribute", "value", "said"),
    [
        ("document_format_supported", "image/urf", "PDF"),
        ("media_supported", "na_letter_8.5x11in", "iso_a4_210x297mm"),
        ("sides_supported", "one-sided", "both sides"),
        ("printer_is_accepting_jobs", False, "not accepting jobs"),
        ("printer_state_reasons", ["media-empty-error"], "out of paper"),
        ("printer_state_reasons", ["media-empty"], "out of paper"),
        ("printer_state", 5, "stopped"),
    ],
)
def test_a_printer_that_cannot_print_these_letters_is_refused(attribute: str, value: object, said: str) -> None:
    (mistake,) = blocking_problems(printer(**{attribute: value}), WISH)
    assert said in str(mistake)


@pytest.mark.parametrize("reason", ["none", "media-empty-warning", "toner-low", "offline-report"])
def test_an_unrelated_warning_does_not_block_printing(reason: str) -> None:
    assert blocking_problems(printer(printer_state_reasons=reason), WISH) == []


def test_warnings_are_reported_once_the_job_has_stalled() -> None:
    warned = printer(printer_state_reasons=["media-empty-warning"])
    assert [str(it) for it in printer_problems(warned, warned=True)] == ["It is not ready: out of paper."]


def test_a_missing_attribute_is_ignored() -> None:
    assert blocking_problems(Capabilities({"printer-state": 3}, None), WISH) == []


def test_the_job_overrides_every_queue_default() -> None:
    able = printer(
        number_up_supported=[1, 2], job_sheets_supported=["none", "standard"], print_scaling_supported="none"
    )
    assert job_template(able, WISH) == {
        "media": "iso_a4_210x297mm",
        "sides": "two-sided-long-edge",
        "copies": 1,
        "number-up": 1,
        "job-sheets": "none",
        "print-scaling": "none",
    }


@pytest.mark.parametrize(
    ("text", "uri", "port"),
    [
        ("ipp://printer", "ipp://printer/", 631),
        ("ipps://printer:8631/ipp/print", "ipps://printer:8631/ipp/print", 8631),
        ("ipp://[2001:db8::7]/ipp/print", "ipp://[2001:db8::7]/ipp/print", 631),
    ],
)
def test_an_address_has_a_host_a_port_and_a_path(text: str, uri: str, port: int) -> None:
    address = read_address(text)
    assert (address.uri, address.port, address.secure) == (uri, port, text.startswith("ipps"))


@pytest.mark.parametrize(
    "text", ["ipp://", "http://printer/", "ipp://printer:x/", "ipp://a:b@printer/", "ipp://p/?x=1"]
)
def test_an_invalid_address_is_refused(text: str) -> None:
    with pytest.raises(UsageMistake):
        read_address(text)


def test_an_attribute_without_a_known_tag_is_an_error() -> None:
    with pytest.raises(KeyError):
        encode(IppOperation.CREATE_JOB, {"printer-uri": "ipp://printer/"}, {"no-such-attribute": "x"})


@pytest.mark.parametrize("cut", [0, 4, 8, 9, 20])
def test_a_truncated_response_is_rejected(cut: int) -> None:
    whole = encode(IppOperation.CREATE_JOB, {"printer-uri": "ipp://printer/"})
    with pytest.raises(InvalidResponse):
        decode(whole[:cut])


@pytest.mark.parametrize(
    ("state", "begun", "printed", "certain"),
    [
        (PrinterJobState.CANCELED, False, 0, True),
        (PrinterJobState.CANCELED, True, 0, False),
        (PrinterJobState.CANCELED, None, 0, False),
        (PrinterJobState.ABORTED, False, 3, False),
        (PrinterJobState.COMPLETED, False, 0, False),
    ],
)
def test_only_a_job_that_never_began_is_known_to_have_printed_nothing(
    state: PrinterJobState, begun: bool | None, printed: int, certain: bool
) -> None:
    job = PrinterJob(7, "A-1/01", state, (), "", printed, None, begun, None)
    assert job.ended_before_it_began is certain
