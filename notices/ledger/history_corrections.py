"""Comparison of imported notices with those on record; no I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from notices.ledger.inputs import ImportedNotice
from notices.ledger.records import DeliveryRecord, NoticeRecord
from notices.model import CaseKey, PastDelivery
from notices.rules.states import NO_REPORT_YET
from notices.spelling import comparable_number

Identity = tuple[str] | tuple[CaseKey, str, date]


def notice_key(notice: ImportedNotice) -> Identity:
    """Return the key that identifies a notice: its number, or else its case, tier and date."""
    return (comparable_number(notice.number),) if notice.number else (notice.case, notice.tier, notice.date)


def merge_rows(notices: Iterable[ImportedNotice]) -> dict[Identity, ImportedNotice]:
    """Merge rows of the same notice, with all its deliveries; rows that name another case are ignored."""
    once: dict[Identity, ImportedNotice] = {}
    for notice in notices:
        first = once.setdefault(notice_key(notice), notice)
        if first.case == notice.case:
            once[notice_key(notice)] = replace(first, deliveries=_merge_deliveries(first.deliveries, notice.deliveries))
    return once


def _merge_deliveries(first: tuple[PastDelivery, ...], second: tuple[PastDelivery, ...]) -> tuple[PastDelivery, ...]:
    ways = {delivery.channel: delivery for delivery in first}
    for delivery in second:
        if delivery.channel not in ways or delivery.state not in NO_REPORT_YET:
            ways[delivery.channel] = delivery
    return tuple(ways.values())


@dataclass
class NoticeIndex:
    """Index of the notices on record by number and by day; a match by day is used only once."""

    by_number: dict[str, NoticeRecord] = field(default_factory=dict)
    by_day: dict[tuple[CaseKey, str, date], list[NoticeRecord]] = field(
        default_factory=lambda: defaultdict[tuple[CaseKey, str, date], list[NoticeRecord]](list)
    )

    def add(self, notice: NoticeRecord) -> None:
        """Add a notice on record."""
        if notice.number:
            self.by_number[comparable_number(notice.number)] = notice
        if notice.imported and notice.date:
            self.by_day[notice.case, notice.tier, notice.date].append(notice)

    def find(self, notice: ImportedNotice) -> NoticeRecord | None:
        """Find the record of this notice, or None; a numbered notice may match a record without a number."""
        if notice.number and (found := self.by_number.get(comparable_number(notice.number))):
            return found
        same_day = self.by_day.get((notice.case, notice.tier, notice.date), [])
        unnumbered = [record for record in same_day if not record.number]
        candidates = unnumbered if notice.number else unnumbered or same_day
        if not candidates:
            return None
        same_day.remove(candidates[0])
        return candidates[0]


@dataclass(frozen=True, slots=True)
class Correction:
    """Changes to a notice on record: its fields, its changed deliveries and its new ones."""

    notice: NoticeRecord
    fields: dict[str, object]
    changed: tuple[tuple[DeliveryRecord, PastDelivery], ...]
    added: tuple[PastDelivery, ...]

    def __bool__(self) -> bool:
        return bool(self.fields or self.changed or self.added)


def correction(known: NoticeRecord, told: ImportedNotice) -> Correction:
    """Return what the import changes; values that it does not give stay as they are."""
    now = {"number": known.number, "tier": known.tier, "date": known.date, "deadline": known.deadline}
    then = {"number": told.number, "tier": told.tier, "date": told.date, "deadline": told.deadline}
    ways = {delivery.channel: delivery for delivery in known.deliveries}
    return Correction(
        notice=known,
        fields={
            name: value
            for name, value in then.items()
            if value is not None and value != now[name] and not (name == "number" and _same_number(known, told))
        },
        changed=tuple(
            (ways[it.channel], it) for it in told.deliveries if it.channel in ways and _adds_facts(it, ways[it.channel])
        ),
        added=tuple(it for it in told.deliveries if it.channel not in ways),
    )


def _same_number(known: NoticeRecord, told: ImportedNotice) -> bool:
    """Return whether both numbers are one, however they are written: what the ledger has, stays."""
    return comparable_number(known.number or "") == comparable_number(told.number or "")


def _adds_facts(told: PastDelivery, known: DeliveryRecord) -> bool:
    if told.to is not None and told.to != known.recipient:
        return True
    if told.state in NO_REPORT_YET:
        return False
    return told.state is not known.state or (told.on is not None and told.on != known.on)
