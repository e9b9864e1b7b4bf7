"""Plain pages as the letters of a batch, to test the steps after rendering without LibreOffice."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from desk import Desk
from readable_letters import make_letters

from notices.flow.workspace import Workspace
from notices.ledger import Ledger


def pretend_to_render(desk: Desk, batch: str = "b", url: str = "") -> list[Path]:
    """Make a PDF for each approved notice that bears what its letter must bear."""
    with closing(Ledger.open(url or Workspace(desk.folder).ledger_url)) as ledger:
        return make_letters(ledger, desk.folder, batch, by="Renderer", at=datetime.now(UTC))
