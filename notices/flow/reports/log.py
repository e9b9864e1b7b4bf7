"""log: who did what, and when, from the chain of events."""

from __future__ import annotations

from datetime import date, datetime, time, tzinfo

from notices.flow.register.account_records import found_account
from notices.flow.workspace import Workspace
from notices.ledger import Ledger, LogEntry


def read_log(
    workspace: Workspace,
    ledger: Ledger,
    zone: tzinfo,
    *,
    since: date | None = None,
    by: str | None = None,
    account: str | None = None,
) -> list[LogEntry]:
    """Return what was done since a day, by a person, about an account; raises as `found_account` does."""
    with ledger.read() as books:
        case = None if account is None else found_account(workspace, books, account)
        first = None if since is None else datetime.combine(since, time(), zone)
        return books.log.entries(since=first, by=by, case=case)


def log_page(
    ledger: Ledger,
    zone: tzinfo,
    size: int,
    *,
    before: int | None = None,
    since: date | None = None,
    by: str | None = None,
) -> list[LogEntry]:
    """Return a page of the log, the newest first: entries before an event, since a day, by a person."""
    first = None if since is None else datetime.combine(since, time(), zone)
    with ledger.read() as books:
        return books.log.page(size, before=before, since=first, by=by)


def people_on_record(ledger: Ledger) -> list[str]:
    """Return everybody who has done something."""
    with ledger.read() as books:
        return books.log.people()
