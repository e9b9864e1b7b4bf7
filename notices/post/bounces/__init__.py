"""What comes back by e-mail: reports of delivery, complaints, automatic answers and letters, told from each other."""

from notices.post.bounces.mailboxes import NotMailError, RawMail, messages_in
from notices.post.bounces.reading import read_report
from notices.post.bounces.report import PROBLEMS, Recipient, Report

__all__ = ["PROBLEMS", "NotMailError", "RawMail", "Recipient", "Report", "messages_in", "read_report"]
