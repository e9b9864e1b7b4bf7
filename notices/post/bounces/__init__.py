"""Incoming e-mail, classified: delivery reports, complaints, automatic replies and personal replies."""

from notices.post.bounces.mailboxes import NotMailError, RawMail, messages_in
from notices.post.bounces.reading import read_report
from notices.post.bounces.report import PROBLEMS, Recipient, Report

__all__ = ["PROBLEMS", "NotMailError", "RawMail", "Recipient", "Report", "messages_in", "read_report"]
