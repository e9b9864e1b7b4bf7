"""The ledger's tables of hand-overs: where a print job went, and how far each of its files has come there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from notices.ledger.columns import word
from notices.ledger.handover_records import Reach
from notices.ledger.schema import Base


class HandoverRow(Base):
    """A print job on its way to one place.

    `claim` is the job's number while the place may have something of it: being unique, it is what forbids that a job
    goes to two places. It is empty once it is certain that nothing went there.
    """

    __tablename__ = "handovers"

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id"), index=True)
    claim: Mapped[str | None] = mapped_column(unique=True)
    place: Mapped[str]
    by: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class HandoverFileRow(Base):
    """A file of a hand-over: `name` is what it is called there, `printer_job` the printer's number for it."""

    __tablename__ = "handover_files"
    __table_args__ = (UniqueConstraint("handover_id", "file"),)

    handover_id: Mapped[int] = mapped_column(ForeignKey("handovers.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    file: Mapped[str]
    sha256: Mapped[str]
    name: Mapped[str]
    reach: Mapped[Reach] = mapped_column(word(Reach))
    since: Mapped[datetime]
    attempt: Mapped[int]
    printer_job: Mapped[int | None]
    told: Mapped[str | None]
