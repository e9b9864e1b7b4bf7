"""Plain pages as letters of reply, to test the steps after making them without LibreOffice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256

from desk import Desk
from readable_letters import page_pdf

from notices.ledger import NewReply, ReplyRecord
from notices.model import Channel


def pretend_to_reply(
    desk: Desk,
    notice: str,
    to: Mapping[str, str],
    *,
    kind: str = "answer",
    subject: str = "",
    principal: str | None = None,
    number: str = "SLHY-R-2026-0001",
) -> ReplyRecord:
    """Record a letter of reply to a notice, ready to leave; an answer to its last slip unless a subject is given."""
    with desk.books() as books:
        found = books.notices.find(notice)
        assert found is not None
        (entry,) = books.batches.decisions_of_notices([found.id])
        slips = books.slips.of_notices([found.id])
        content = page_pdf((number, *entry.account.owners, entry.account.unit, "第1页共1页"))
        file = desk.folder / "batches" / entry.batch / "replies" / f"{number}.pdf"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        reply = NewReply(
            number=number,
            kind=kind,
            subject=subject or f"slip:{slips[-1].id}",
            case=entry.account.case,
            account_id=books.replies.account_of(entry.id),
            notice_id=found.id,
            principal=None if principal is None else Decimal(principal),
            date=date(2026, 11, 30),
            file=file.relative_to(desk.folder).as_posix(),
            sha256=sha256(content).hexdigest(),
            pages=1,
            recipients={Channel(way): address for way, address in to.items()},
        )
        return books.replies.save(reply, by="Clerk", at=datetime.now(UTC))
