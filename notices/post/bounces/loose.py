"""Bounce reports in non-standard formats, recognized by flufl.bounce and by our own phrases."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from flufl.bounce import all_failures

from notices.model import ReportKind
from notices.post.bounces.about import returned_headers
from notices.post.bounces.codes import failure_in, one_line, reply_in
from notices.post.bounces.parts import Mail
from notices.post.bounces.phrases import ADDRESS, PHRASES, address_in
from notices.post.bounces.report import Recipient
from notices.post.sender_limits import limits_sender

MOST_RECIPIENTS = 50
AFTER = 600  # characters after an address that are searched for the server's reply about it

_LOG = logging.getLogger("flufl.bounce")
_LOG.addHandler(logging.NullHandler())  # a detector's warnings mean nothing to the user
_LOG.propagate = False

Understood = tuple[ReportKind, tuple[Recipient, ...]]


def loose_recipients(mail: Mail, ours: Sequence[str], returned_to: Sequence[str]) -> Understood:
    """Return the kind of a non-standard report and the recipients it names.

    `ours` holds the addresses the report was sent to, which are ignored unless no other is named;
    `returned_to` holds the recipients of the returned message.
    """
    own, _ = PHRASES.cut(mail.text)
    waiting, failed = _known_to_flufl(mail)
    chosen = _chosen([*failed, *waiting], mail, own, ours, returned_to)
    delayed = bool(waiting and not failed) or _says_delayed(mail.header("subject"), own)
    recipients = tuple(_recipient(address, own, delayed=delayed) for address in chosen)
    if len(recipients) == 1 and chosen[0].lower() not in own.lower():
        # The header names where it was forwarded to, or the other way round; the text names the address written to.
        seen = _others(_by_pattern(own), [*ours, chosen[0].lower()])
        recipients = (replace(recipients[0], also=(*recipients[0].also, *seen[:1])),)
    kinds = {each.kind for each in recipients}
    kind = ReportKind.DELAYED if delayed or kinds == {ReportKind.DELAYED} else ReportKind.FAILED
    return kind, recipients


def _chosen(known: list[str], mail: Mail, own: str, ours: Sequence[str], returned_to: Sequence[str]) -> list[str]:
    """Choose the addresses it is about, from the most reliable source that names any."""
    named, seen = _failed_header(mail), _by_pattern(own)
    returned = [address for address in returned_to if address in own.lower()]
    sources = (
        *(_others(source, ours) for source in (known, named, seen)),
        returned,
        known,
        named,
        list(returned_to),
        seen,
    )
    return next((source[:MOST_RECIPIENTS] for source in sources if source), [])


def _says_delayed(subject: str, own: str) -> bool:
    """Check whether the server says it will retry; when in doubt it is a failure, which must not be missed."""
    if PHRASES.text("over", own):
        return False
    refused = (failure_in(own) or reply_in(own) or "").startswith("5") or PHRASES.text("hard", own)
    return PHRASES.text("delayed", own) or (PHRASES.subject("delayed", subject) and not refused)


def has_report_form(mail: Mail) -> bool:
    """Check whether flufl.bounce recognizes it, or it returns a message."""
    return bool(returned_headers(mail)) or any(_known_to_flufl(mail))


def _known_to_flufl(mail: Mail) -> tuple[list[str], list[str]]:
    try:
        waiting, failed = all_failures(mail.brief)
    except Exception:  # noqa: BLE001 - heuristics of a library, run on untrusted input
        return [], []
    return _plain(waiting, mail), _plain(failed, mail)


def _plain(addresses: frozenset[bytes], mail: Mail) -> list[str]:
    texts = [address.decode("ascii", "replace") for address in addresses]
    names = {found for text in texts if (found := address_in(text))}
    return sorted(name for name in names if f"message-id:<{name.lower()}" not in mail.text.lower().replace(" ", ""))


def _failed_header(mail: Mail) -> list[str]:
    """Return the addresses in X-Failed-Recipients, as set by Exim, Gmail and others."""
    return [found[0] for value in mail.headers("x-failed-recipients") for found in ADDRESS.finditer(value)]


def _by_pattern(text: str) -> list[str]:
    for pattern in PHRASES.recipients:
        found = [match["address"].strip(".'") for match in pattern.finditer(text)]
        if found:
            return list(dict.fromkeys(found))
    found = [match[0].strip(".'") for match in ADDRESS.finditer(text)]
    return list(dict.fromkeys(found))[:1]


def _others(addresses: Sequence[str], ours: Sequence[str]) -> list[str]:
    return [address for address in addresses if address.lower() not in ours]


def _recipient(address: str, own: str, *, delayed: bool) -> Recipient:
    place = own.lower().find(address.lower())
    said = own[own.rfind("\n", 0, place) + 1 : place + AFTER] if place >= 0 else own
    status, reply = failure_in(said) or failure_in(own), reply_in(said) or reply_in(own)
    refused = (status or reply or "").startswith("5")
    expired = PHRASES.text("expired", own) and not refused
    reason = one_line(_reason_line(said))
    return Recipient(
        address=address,
        kind=ReportKind.DELAYED if delayed or expired else ReportKind.FAILED,
        final=not delayed,
        status=status,
        reply=reply,
        diagnostic=reason,
        limits_sender=not delayed and limits_sender(int(reply or (status or "0")[0] + "00"), reason),
        also=tuple(_aliases(said, address)),
    )


def _reason_line(said: str) -> str:
    """Return the line with the server's reason, else the whole text."""
    lines = [line for line in said.splitlines() if reply_in(line) or failure_in(line) or PHRASES.text("failed", line)]
    return lines[0] if lines else said


def _aliases(text: str, address: str) -> Iterator[str]:
    for pattern in PHRASES.aliases:
        for match in pattern.finditer(text):
            found = re.sub(r"\.+$", "", match["address"])
            if found.lower() != address.lower():
                yield found
