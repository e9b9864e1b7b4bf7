"""The drawn parts of a notice's evidence: each with the same facts as data, for the file beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from notices.flow.reports.letters import PageProof
from notices.flow.reports.list_rows import Cells
from notices.flow.reports.papers import Paper
from notices.flow.reports.proven import JobPlace, Proven
from notices.flow.reports.wording import coded, happened, in_chinese, label, shown, wording
from notices.ledger import (
    DeliveryRecord,
    HoldRecord,
    LinkedEvent,
    PaymentRecord,
    ReplyDelivery,
    ReplyRecord,
    ReportRecord,
    SlipRecord,
)
from notices.letters.wording import is_preliminary, percentage, written_period
from notices.model import Channel
from notices.pdf.drawing import Table

PAIR = (3, 7)
FINE = 8.5  # points, of tables with many columns or long checksums
FINEST = 7.5  # of the table of charges, in which no sum or day may be torn apart
Facts = list[tuple[str, object]]  # each with the name of its label
_TableAndFacts = tuple[Table, list[dict[str, object]]]


@dataclass(frozen=True, slots=True)
class EvidencePart:
    """A part of the evidence: its code, its paper, and its facts for a JSON file."""

    code: str
    paper: Paper
    facts: Mapping[str, Any]


def parts_of(
    proven: Proven,
    proofs: Sequence[PageProof],
    listed: Sequence[tuple[int, Cells]],
    objections: Mapping[str, str],
    zone: tzinfo | None,
) -> list[EvidencePart]:
    """Return the drawn parts between the letter and the method of checking, in order.

    `listed` are the account's own rows in the list as received; `objections` are those of the
    slip by code.
    """
    return [
        _page_proof(proofs),
        _list(proven, listed),
        _decision(proven),
        _approval(proven, zone),
        _delivery(proven, zone),
        _replies(proven, objections, zone),
        _events(proven),
    ]


def summary(proven: Proven) -> Table:
    """Return the table that names the notice and its owner."""
    notice, account = proven.notice, proven.entry.account
    claimed = proven.occasion.tier.claims_late_fee
    return _pairs(
        "",
        [
            ("number", proven.number),
            ("unit", f"{account.estate} {account.printed_unit}"),
            ("owner", account.owner),
            ("date", notice.date),
            ("deadline", notice.deadline),
            ("principal", notice.principal),
            ("late_fee" if claimed else "late_fee_mentioned", notice.late_fee),
            ("total", notice.total),
        ],
    )


def _title(code: str) -> str:
    return str(wording()["titles"][code])


def _pairs(caption: str, rows: Facts, zone: tzinfo | None = UTC) -> Table:
    return Table(caption, tuple((label(name), shown(value, zone)) for name, value in rows), PAIR)


def _rows(
    caption: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[object]],
    widths: tuple[int, ...],
    *,
    right: tuple[int, ...] = (),
    zone: tzinfo | None = UTC,
    size: float = FINE,
) -> Table:
    told = [tuple(shown(cell, zone) for cell in row) for row in rows]
    if not told:
        return Table(caption, ((label("nothing"),),), (1,), size=FINE)
    return Table(caption, (tuple(map(label, heads)), *told), widths, size=size, headings=1, right=right)


def _page_proof(proofs: Sequence[PageProof]) -> EvidencePart:
    tables = []
    for proof in proofs:
        tables += [
            _rows(
                _title(proof.kind),
                ("page", "page_number", "number"),
                (
                    (place, *_marked(mark, has=has))
                    for place, (mark, has) in enumerate(zip(proof.labels, proof.numbered, strict=True), start=1)
                ),
                (1, 4, 2),
            ),
            _rows(
                "",
                ("required", "on_page"),
                ((text, "、".join(map(str, places)) or label("lacks")) for text, places in proof.required),
                (7, 3),
            ),
        ]
    facts = {
        "letters": [
            {
                "letter": proof.kind,
                "pages": [
                    {"page": place, "label": list(mark) if mark else None, "number": has}
                    for place, (mark, has) in enumerate(zip(proof.labels, proof.numbered, strict=True), start=1)
                ],
                "required": [{"text": text, "pages": list(places)} for text, places in proof.required],
                "sound": proof.flaw is None,
            }
            for proof in proofs
        ]
    }
    return EvidencePart("page-proof", Paper(_title("page-proof"), (), tuple(tables)), facts)


def _marked(mark: tuple[int, int] | None, *, has: bool) -> tuple[str, str]:
    """Return the page number that a page bears, and whether it has the notice's number."""
    if mark is None and not has:
        return label("beside"), ""
    return f"{mark[0]}/{mark[1]}" if mark else "", label("holds" if has else "lacks")


def _list(proven: Proven, listed: Sequence[tuple[int, Cells]]) -> EvidencePart:
    origin, batch = proven.origin, proven.batch
    source: Facts = [
        ("file", origin.file),
        ("sheet", origin.sheet),
        ("rows", "、".join(map(str, origin.rows))),
        ("list_date", batch.list_date),
        ("as_of", batch.as_of),
        ("sha256", origin.sha256),
    ]
    heads = ("item", "period", "due_date", "due", "waived", "paid", "balance", "days_late", "late_fee", "claimed")
    charges = [
        (
            it.charge.item,
            written_period(it.charge, "zh"),
            it.charge.due_date,
            it.charge.due,
            it.charge.waived,
            it.charge.due - it.charge.waived - it.balance,
            it.balance,
            it.days_late,
            it.late_fee,
            it.claimable,
        )
        for it in proven.entry.decision.standings
    ]
    widths = (4, 6, 4, 4, 3, 4, 4, 3, 5, 3)
    tables = [_pairs("", source), _rows("", heads, charges, widths, right=(3, 4, 5, 6, 7, 8), size=FINEST)]
    tables += [
        Table(label("list_row").format(row=number), tuple(cells), PAIR, size=FINE) for number, cells in listed if cells
    ]
    facts = {
        "file": origin.file,
        "sha256": origin.sha256,
        "sheet": origin.sheet,
        "rows": list(origin.rows),
        "list_date": shown(batch.list_date),
        "as_of": shown(batch.as_of),
        "cells": [{"heading": head, "text": text} for _, cells in listed for head, text in cells],
        "charges": _listed(heads, charges),
    }
    return EvidencePart("list", Paper(_title("list"), (), tuple(tables)), facts)


def _decision(proven: Proven) -> EvidencePart:
    decision, occasion = proven.entry.decision, proven.occasion
    estate, policy, fee = occasion.estate, occasion.policy, occasion.policy.late_fee
    decided: Facts = [
        ("action", coded(decision.action)),
        ("reason", coded(decision.reason)),
        ("detail", in_chinese(decision.detail)),
        ("oldest_due", decision.oldest_due),
        ("days_overdue", decision.days_overdue),
        ("limitation_date", decision.limitation_date),
    ]
    rules: Facts = [
        ("contract", estate.contract),
        ("contract_clause", estate.contract_clause),
        ("fee_standard", estate.fee_standard),
        ("grace_days", policy.grace_days),
        ("minimum", policy.minimum),
        ("daily_rate", percentage(fee.daily_rate)),
        ("cap", label("none") if fee.cap is None else percentage(fee.cap)),
        ("respond_within_days", occasion.tier.respond_within_days),
        ("claims_late_fee", occasion.tier.claims_late_fee),
        ("second_person", occasion.tier.approval is not None),
        ("law_duty", occasion.law.duty),
        ("law_demand", occasion.law.demand),
        ("law_regulation", occasion.law.regulation),
        ("law_other", occasion.law.other),
        ("law_late_fee", occasion.law.late_fee),
        *([("law_preliminary", occasion.law.preliminary)] if is_preliminary(estate.contract) else []),
    ]
    files = proven.approval.files or {}
    names = ("notices.toml", f"templates/{occasion.tier.template}")
    tables = [_pairs("", decided), _pairs("", rules)]
    tables.append(Table("", tuple((name, files[name]) for name in names if name in files), PAIR, size=FINE))
    facts = {
        **_facts((*decided, *rules)),
        "policy": policy.model_dump(mode="json"),
        "files": {name: files[name] for name in names if name in files},
    }
    return EvidencePart("decision", Paper(_title("decision"), (), tuple(tables)), facts)


def _approval(proven: Proven, zone: tzinfo | None) -> EvidencePart:
    batch, approval = proven.batch, proven.approval
    rows: Facts = [
        ("batch", batch.name),
        ("planned_by", batch.planned_by),
        ("planned_at", batch.planned_at),
        ("approval", approval.number),
        ("approved_by", approval.by),
        ("approved_at", approval.at),
        ("date", approval.letter_date),
        ("second_person", proven.occasion.tier.approval is not None),
    ]
    paper = Paper(_title("approval"), (), (_pairs("", rows, zone),))
    return EvidencePart("approval", paper, _facts(rows))


def _delivery(proven: Proven, zone: tzinfo | None) -> EvidencePart:
    together = _together(proven)
    ways = [_way(delivery) for delivery in proven.notice.deliveries]
    jobs = [_job(place, zone) for place in proven.jobs]
    steps = [
        (event.at, happened(event.kind), event.by)
        for event in proven.events
        if event.what == "delivery" and event.kind != "approved"
    ]
    tables = (
        *([_pairs("", together, zone)] if together else []),
        *(
            _pairs(coded(delivery.channel), rows, zone)
            for delivery, rows in zip(proven.notice.deliveries, ways, strict=True)
        ),
        *(_pairs(label("job"), rows, zone) for rows in jobs),
        _rows("", ("when", "what", "who"), steps, (5, 4, 4), zone=zone),
    )
    facts = {
        **_facts(together),
        "deliveries": [
            {"code": delivery.channel.value, **_facts(rows)}
            for delivery, rows in zip(proven.notice.deliveries, ways, strict=True)
        ],
        "jobs": list(map(_facts, jobs)),
        "steps": _listed(("at", "what", "by"), steps),
    }
    return EvidencePart("delivery", Paper(_title("delivery"), (), tables), facts)


def _together(proven: Proven) -> Facts:
    """Return the letter in which the notice left, if that was for several units."""
    units = proven.occasion.units
    if not units:
        return []
    own = "、".join(f"{part.account.printed_unit} {part.number}" for part in units)
    return [("in_letter", proven.occasion.number), ("with_units", own)]


def _way(delivery: DeliveryRecord) -> Facts:
    rows: Facts = [
        ("channel", coded(delivery.channel)),
        ("recipient", delivery.recipient),
        ("state", coded(delivery.state)),
        ("since", delivery.since),
        ("on", delivery.on),
    ]
    if delivery.channel is not Channel.EMAIL:
        return [*rows, ("waybill", delivery.waybill)]
    answer = " ".join(str(it) for it in (delivery.server_code, delivery.server_text) if it)
    return [
        *rows,
        ("message_id", delivery.message_id),
        ("attempt", delivery.attempt),
        ("server", answer),
        ("message_sha256", delivery.sha256),
    ]


def _job(contained: JobPlace, zone: tzinfo | None) -> Facts:
    job, place, handover = contained.job, contained.place, contained.handover
    return [
        ("job", job.number),
        ("made_at", job.made_at),
        ("state", coded(job.state)),
        ("position", place.position if place else None),
        ("pages", place.pages if place else None),
        ("sheets", place.sheets if place else None),
        ("job_file", place.file if place else None),
        ("sha256", job.files.get(place.file) if place else None),
        ("handed_over", f"{handover.place} {shown(handover.ended_at, zone)}" if handover else None),
    ]


def _replies(proven: Proven, objections: Mapping[str, str], zone: tzinfo | None) -> EvidencePart:
    replies = proven.replies
    kinds = {
        "slips": _slips(replies.slips, objections, zone),
        "letters": _letters(replies.letters),
        "payments": _payments(replies.payments),
        "reports": _reports(replies.reports, zone),
        "holds": _holds(replies.holds),
    }
    tables = tuple(table for table, _ in kinds.values())
    facts = {kind: told for kind, (_, told) in kinds.items()}
    return EvidencePart("replies", Paper(_title("replies"), (), tables), facts)


def _slips(slips: Sequence[SlipRecord], objections: Mapping[str, str], zone: tzinfo | None) -> _TableAndFacts:
    rows = [
        (
            it.slip.received,
            label("taken_back")
            if it.takes_back
            else "；".join(filter(None, (*ticked, it.slip.note, it.slip.instalments))),
            it.by,
        )
        for it in slips
        for ticked in [[objections.get(code, code) for code in it.slip.objections]]
    ]
    facts: list[dict[str, object]] = [
        {
            "received": shown(it.slip.received),
            "objections": list(it.slip.objections),
            "note": it.slip.note,
            "promise": _plain(it.slip.promise),
            "instalments": it.slip.instalments,
            "source": it.source,
            "by": it.by,
            "entered_at": _plain(it.entered_at),
        }
        for it in slips
    ]
    return _rows(label("slip"), ("when", "content", "who"), rows, (3, 8, 3), zone=zone), facts


def _letters(letters: Sequence[ReplyRecord]) -> _TableAndFacts:
    rows = [(it.date, it.number, coded(it.kind), "；".join(map(_fate, it.deliveries))) for it in letters]
    facts: list[dict[str, object]] = [
        {
            "number": it.number,
            "kind": it.kind,
            "date": shown(it.date),
            "sha256": it.sha256,
            "deliveries": [
                {"channel": way.channel.value, "to": way.recipient, "state": way.state.value, "on": _plain(way.on)}
                for way in it.deliveries
            ],
        }
        for it in letters
    ]
    return _rows(label("letter_of_reply"), ("when", "number", "what", "state"), rows, (3, 4, 3, 5)), facts


def _fate(way: ReplyDelivery) -> str:
    return f"{coded(way.channel)}：{coded(way.state)}"


def _payments(payments: Sequence[PaymentRecord]) -> _TableAndFacts:
    rows = [(it.payment.date, it.payment.amount, it.note, it.by, it.why or "") for it in payments]
    heads = ("when", "amount", "content", "who", "taken_back")
    facts = _listed(("date", "amount", "note", "by", "taken_back"), rows)
    return _rows(label("payment"), heads, rows, (3, 3, 4, 3, 3), right=(1,)), facts


def _reports(reports: Sequence[ReportRecord], zone: tzinfo | None) -> _TableAndFacts:
    rows = [(it.dated or it.entered_at, coded(it.kind), it.address, it.diagnostic) for it in reports]
    heads = ("when", "what", "recipient", "content")
    facts = _listed(("at", "kind", "address", "diagnostic"), rows)
    return _rows(label("report"), heads, rows, (5, 2, 4, 6), zone=zone), facts


def _holds(holds: Sequence[HoldRecord]) -> _TableAndFacts:
    rows = [(it.hold.registered, coded(it.hold.kind), it.hold.until, it.hold.note, it.by, it.lifted_on) for it in holds]
    heads = ("when", "what", "deadline", "content", "who", "lifted")
    facts = _listed(("registered", "kind", "until", "note", "by", "lifted"), rows)
    return _rows(label("hold"), heads, rows, (3, 2, 3, 4, 3, 3)), facts


def _events(proven: Proven) -> EvidencePart:
    rows = [
        (it.id, f"{it.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}", happened(it.kind), it.by, it.link) for it in proven.events
    ]
    table = _rows("", ("event", "clock", "kind", "who", "link"), rows, (2, 5, 4, 3, 16))
    return EvidencePart("events", Paper(_title("events"), (), (table,)), {"events": list(map(_event, proven.events))})


def _event(event: LinkedEvent) -> dict[str, Any]:
    return {
        "event": event.id,
        "at": _plain(event.at),
        "by": event.by,
        "kind": event.kind,
        "what": event.what,
        "digest": event.digest,
        "link": event.link,
    }


def _facts(rows: Iterable[tuple[str, object]]) -> dict[str, object]:
    return {name: _plain(value) for name, value in rows}


def _listed(names: Sequence[str], rows: Iterable[Sequence[object]]) -> list[dict[str, object]]:
    """Return rows as JSON has them, each value under its name."""
    return [_facts(zip(names, row, strict=True)) for row in rows]


def _plain(value: object) -> object:
    """Return a value as JSON has it: sums and days as text, moments in UTC."""
    if value is None or isinstance(value, bool | int | str):
        return value
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
