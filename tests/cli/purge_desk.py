"""Two owners with letters by e-mail, one of whom has paid, for tests of purge on any database."""

from __future__ import annotations

import hashlib
from contextlib import closing
from datetime import UTC, date, datetime

from desk import Desk, Owes
from readable_letters import letter_pdf

from notices.ledger import Ledger, NewReport, RenderedLetter
from notices.model import ReportKind, Slip

PAID = Owes("1-1-101", "甲一某", email="jiayi@example.com", due_date="2025-06-30")
OWING = Owes("1-1-104", "己六某", "777.70", email="jiliu@example.com", due_date="2025-06-30")
DAY, SETTLED_BEFORE = "2025-11-23", "2026-01-15"


def send_to_two(desk: Desk, url: str) -> None:
    """Plan and send batch `b` of two owners; one of them paid everything in 2025, the other nothing."""
    desk.plan(PAID, OWING, as_of=DAY)
    desk("approve", "b", "--by", "Releaser")
    folder = desk.folder / "output" / "b" / "letters"
    folder.mkdir(parents=True)
    with closing(Ledger.open(url)) as ledger:
        with ledger.read() as books:
            entries = list(books.batches.decisions("b"))
        with ledger.begin() as books:
            for entry in entries:
                assert entry.notice is not None
                file = folder / f"{entry.notice.id}.pdf"
                file.write_bytes(letter_pdf(entry))
                digest = hashlib.sha256(file.read_bytes()).hexdigest()
                name, at = file.relative_to(desk.folder).as_posix(), datetime.now(UTC)
                shard = books.notices.add_shard("b", file=name, sha256=digest, pages=1, at=at)
                books.notices.set_rendered([RenderedLetter(entry.notice.id, shard, 1, 1)], at=at, by="Renderer")
                if entry.account.owner == PAID.owner:
                    slip = Slip(("service-poor",), date(2025, 12, 1), note="门口灯坏了")
                    books.slips.add(entry.notice.id, slip, "typed", by="Clerk", at=at)
                    (way,) = entry.notice.deliveries
                    told = {"address": PAID.email, "status": "5.1.1", "reply": "550", "diagnostic": PAID.email}
                    report = NewReport(
                        "k1", way.id, ReportKind.DELAYED, final=False, sender=PAID.email, dated=at, **told
                    )
                    books.reports.add(report, by="Clerk", at=at)
    desk("send", "b", "--by", "Sender")
    desk("mail", "confirm", "b", "--by", "Sender")
    paid = ("--amount", "1200.00", "--date", "2025-12-05", "--note", "转账", "--by", "Cashier")
    desk("payment", "add", PAID.account, *paid)
