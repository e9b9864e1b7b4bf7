"""All operations of the ledger in one class."""

from __future__ import annotations

from notices.ledger.approvals import ApprovalsBook
from notices.ledger.carrier import PostedBook
from notices.ledger.commands import CommandsBook
from notices.ledger.handovers import HandoversBook
from notices.ledger.histories import HistoriesBook
from notices.ledger.imports import ImportsBook
from notices.ledger.lists import ListsBook
from notices.ledger.mail_attempts import AttemptsBook
from notices.ledger.mail_reports import ReportsBook
from notices.ledger.slips import SlipsBook


class Books(
    ApprovalsBook,
    AttemptsBook,
    CommandsBook,
    HandoversBook,
    HistoriesBook,
    ImportsBook,
    ListsBook,
    PostedBook,
    ReportsBook,
    SlipsBook,
):
    """All ledger operations, bound to one open transaction."""
