"""Stamp of a workspace: what changes whenever its ledger or its settings do."""

from __future__ import annotations

from notices.flow import workspace as workspaces
from notices.flow.workspace import Workspace
from notices.ledger import Ledger


def stamp_of(workspace: Workspace, ledger: Ledger) -> str:
    """Return the last event of the ledger and the moment in which the settings were changed, as one text."""
    with ledger.read() as books:
        last = books.events.last()
    return f"{last}-{(workspace.root / workspaces.SETTINGS_FILE).stat().st_mtime_ns}"
