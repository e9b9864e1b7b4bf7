"""A report about 10,000 accounts and two rounds of letters to them."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from crowd import ESTATES, OWED, ROUNDS, settle
from support import Cli

from notices.flow.reports.response import ReportRequest, report
from notices.flow.workspace import at
from notices.ledger import Ledger


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_ten_thousand_accounts_are_reported_on(cli: Cli, tmp_path: Path) -> None:
    owners = 10_000
    folder = tmp_path / "workspace"
    cli("init", folder, *(word for name in ESTATES for word in ("--estate", name)))
    workspace = at(folder)
    with closing(Ledger.open(workspace.ledger_url, workspace.settings.calendar.zone)) as ledger:
        settle(ledger, owners)
        found = report(workspace, ledger, ReportRequest(date(2026, 11, 23)))
    first, second = found.tiers
    assert (first.batch, first.sent, second.batch, second.sent) == (
        ROUNDS[0][0],
        owners,
        ROUNDS[1][0],
        owners * 85 // 100,
    )
    assert (float(first.paid_15 or 0), float(first.paid_30 or 0)) == (0.10, 0.15)
    assert first.collected == OWED * owners * 15 / 100
    assert len(found.undelivered) == owners * 4 // 100  # two of each hundred, in both rounds
