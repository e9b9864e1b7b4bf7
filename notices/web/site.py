"""Site: what one server serves, and its access to clock, environment, workspace and ledger."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

from flask import current_app

from notices.files import private_key
from notices.flow import workspace as workspaces
from notices.flow.workspace import Workspace
from notices.ledger import Ledger
from notices.web.errands import Errands
from notices.web.kept import Counted, KeptForSessions, Recent
from notices.web.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notices.flow.templates.preview import Previewer

KEY_FILE = ".page.key"  # beside the ledger, not readable by others


@dataclass(frozen=True)
class ListeningAddress:
    """ListeningAddress that the server listens on, and how the browser reaches it."""

    host: str = "127.0.0.1"
    port: int = 8765
    loopback: bool = True
    tls: bool = False
    behind_proxy: bool = False

    @property
    def https(self) -> bool:
        """True if browsers reach the page by HTTPS."""
        return self.tls or self.behind_proxy


@dataclass
class Site:
    """All that one server serves: a workspace and its ledger, the running errands, and what is kept for sessions."""

    folder: Path
    address: ListeningAddress = field(default_factory=ListeningAddress)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    errands: Errands = field(default_factory=Errands)
    kept: KeptForSessions = field(default_factory=KeptForSessions)
    throttle: Throttle = field(default_factory=Throttle)
    letters: Recent[bytes] = field(default_factory=Recent)  # PDFs that are being looked at
    counted: Recent[Any] = field(default_factory=Recent)  # sums and checks, by what they depend on
    figures: Counted[Any] = field(default_factory=Counted)  # the newest figures of batches, and of today
    ended: set[str] = field(default_factory=set)  # sessions that were logged out
    _read: tuple[object, Workspace] | None = None
    _reading: Lock = field(default_factory=Lock)

    @property
    def workspace(self) -> Workspace:
        """The workspace, with its settings as they are now: a clerk may edit them while the server runs."""
        stamp = _stamp(self.folder / workspaces.SETTINGS_FILE)
        with self._reading:
            if self._read is None or self._read[0] != stamp:
                self._read = (stamp, workspaces.at(self.folder))
            return self._read[1]

    @cached_property
    def ledger(self) -> Ledger:
        """Ledger of the workspace, open as long as the server runs."""
        workspace = self.workspace
        workspace.batches.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Ledger.open(workspace.ledger_url, workspace.settings.calendar.zone, heads=workspace.heads)

    @cached_property
    def secret_key(self) -> bytes:
        """Key that authenticates sessions; it outlives the server, so that nobody has to log in again."""
        self.workspace.batches.mkdir(parents=True, exist_ok=True, mode=0o700)
        return private_key(self.workspace.batches / KEY_FILE)

    @cached_property
    def previewer(self) -> Previewer:
        """LibreOffice for previews of letters; it starts with the first."""
        from notices.flow.templates.preview import Previewer  # noqa: PLC0415 - the first page need not wait for it

        return Previewer()

    def now(self) -> datetime:
        """Return the time in the office, with its offset."""
        return self.clock().astimezone(self.workspace.settings.calendar.zone)

    def today(self) -> date:
        """Return the office's date."""
        return self.now().date()

    def close(self) -> None:
        """Stop what runs, so that it can be resumed, and close the ledger if it was opened."""
        self.errands.close()
        self.figures.close()
        if "previewer" in self.__dict__:
            self.previewer.close()
        if "ledger" in self.__dict__:
            self.ledger.close()


def _stamp(file: Path) -> object:
    try:
        state = file.stat()
    except OSError:  # reading it will report that
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino


def the_site() -> Site:
    """Return the site that this request is for."""
    return cast("Site", current_app.extensions["notices"])
