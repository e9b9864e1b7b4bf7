"""Client for IPP printers and CUPS queues (RFC 8010, RFC 8011): capabilities, jobs and printer state."""

from notices.press.ipp.address import Address, is_address, read_address
from notices.press.ipp.codec import Status, Value
from notices.press.ipp.faults import Declined, Unanswered, Unreached
from notices.press.ipp.fitness import Wish, doubts, job_template, not_ready, reason_words, unfit
from notices.press.ipp.printer import Capabilities, Printer, PrinterJob, PrinterJobState
from notices.press.ipp.trust import Trust
from notices.press.ipp.wire import Wire

__all__ = [
    "Address",
    "Capabilities",
    "Declined",
    "Printer",
    "PrinterJob",
    "PrinterJobState",
    "Status",
    "Trust",
    "Unanswered",
    "Unreached",
    "Value",
    "Wire",
    "Wish",
    "doubts",
    "is_address",
    "job_template",
    "not_ready",
    "read_address",
    "reason_words",
    "unfit",
]
