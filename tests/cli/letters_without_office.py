"""Plain pages as the letters of a batch, to test the steps after rendering without LibreOffice."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from desk import Desk
from readable_letters import make_letters

from notices.flow.workspace import Workspace
from notices.ledger import Ledger, StateChange
from notices.model import Channel, State


def pretend_to_render(desk: Desk, batch: str = "b", url: str = "") -> list[Path]:
    """Make a PDF for each approved notice that bears what its letter must bear."""
    with closing(Ledger.open(url or Workspace(desk.folder).ledger_url)) as ledger:
        return make_letters(ledger, desk.folder, batch, by="Renderer", at=datetime.now(UTC))


def pretend_to_leave(desk: Desk, batch: str = "b") -> None:
    """Record that every rendered letter of a batch left, by e-mail or with the print shop."""
    with desk.books() as books:
        for way in (way for it in books.batches.decisions(batch) if it.notice for way in it.notice.deliveries):
            for state in (State.SPOOLED, State.SENT if way.channel is Channel.EMAIL else State.HANDED_OVER):
                books.deliveries.set_states([StateChange(way.id, state)], by="Shop", at=datetime.now(UTC))
