"""[print]: what the print shop is told."""

from __future__ import annotations

from notices.settings.section import Section


class Print(Section):
    """What the print shop is told."""

    duplex: bool = True
