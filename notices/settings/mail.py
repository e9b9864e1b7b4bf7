"""[mail]: how e-mail leaves."""

from __future__ import annotations

from typing import Literal

from notices.settings.section import Section


class Mail(Section):
    """How e-mail leaves; `outbox` writes .eml files and sends nothing."""

    transport: Literal["outbox"] = "outbox"
    sender: str = "notices@example.com"
    sender_name: str = ""
    reply_to: str = ""
