"""ledger stamp: have a time-stamp authority prove how old the ledger's newest event is."""

from __future__ import annotations

from datetime import datetime

from notices.errors import SettingsMistake
from notices.flow.batch.outside import refuse_older_ledger
from notices.flow.batch.stamping import StampedEvent, stamp_head
from notices.flow.workspace import Workspace
from notices.ledger import Ledger
from notices.messages import say


def stamp(workspace: Workspace, ledger: Ledger, *, by: str, at: datetime) -> StampedEvent | None:
    """Stamp the newest event, whether or not anything was released; None for a ledger without events.

    Raises SettingsMistake if no authority is set, Unusable if it is down or lies, Refused for an old copy of the
    ledger.
    """
    if not workspace.settings.timestamp.url:
        raise SettingsMistake(
            say("The settings name no time-stamp authority."),
            say("Set [timestamp] url and ca_file in notices.toml."),
        )
    refuse_older_ledger(workspace, ledger)
    return stamp_head(workspace, ledger, by=by, at=at)
