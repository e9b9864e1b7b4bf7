"""Client for IPP printers and CUPS queues (RFC 8010, RFC 8011): capabilities, jobs and printer state."""

from notices.press.ipp.address import Address, is_address, read_address
from notices.press.ipp.codec import Status, Value
from notices.press.ipp.faults import OutcomeUnknown, PrinterRefused, PrinterUnreachable
from notices.press.ipp.fitness import (
    PrintSettings,
    blocking_problems,
    job_template,
    print_warnings,
    printer_problems,
    reason_words,
)
from notices.press.ipp.printer import Capabilities, Printer, PrinterJob, PrinterJobState
from notices.press.ipp.trust import Trust
from notices.press.ipp.wire import HttpTransport

__all__ = [
    "Address",
    "Capabilities",
    "HttpTransport",
    "OutcomeUnknown",
    "PrintSettings",
    "Printer",
    "PrinterJob",
    "PrinterJobState",
    "PrinterRefused",
    "PrinterUnreachable",
    "Status",
    "Trust",
    "Value",
    "blocking_problems",
    "is_address",
    "job_template",
    "print_warnings",
    "printer_problems",
    "read_address",
    "reason_words",
]
