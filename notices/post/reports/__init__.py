"""What comes back by e-mail: reports of delivery, complaints, automatic answers and letters, told from each other."""

from notices.post.reports.mailboxes import NotMailError, RawMail, messages_in
from notices.post.reports.reading import read_report
from notices.post.reports.report import PROBLEMS, Recipient, Report

__all__ = ["PROBLEMS", "NotMailError", "RawMail", "Recipient", "Report", "messages_in", "read_report"]
