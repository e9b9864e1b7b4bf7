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
STARTS = ("", "<", "  ", "    ", " <")  # of lines that name the next recipient
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
    waits = bool(waiting and not failed) and not _says_only_failed(mail.header("subject"), own)
    delayed = waits or _says_delayed(mail.header("subject"), own)
    recipients = tuple(_recipient(address, own, chosen, delayed=delayed) for address in chosen)
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
        *(_others(source, ours) for source in (known, named, seen, _first_named(own))),
        returned,
        known,
        named,
        list(returned_to),
        seen,
        _first_named(own),
    )
    chosen = next((source for source in sources if source), [])
    beside = [address for address in _refused_in_lines(own) if address not in chosen] if chosen else []
    return [*chosen, *_others(beside, ours)][:MOST_RECIPIENTS]


def _refused_in_lines(own: str) -> list[str]:
    """Return the addresses that begin a line which says by a code why they were refused."""
    lines = (line.lstrip(" \t<") for line in own.splitlines() if "@" in line)
    found = ((ADDRESS.match(line), line) for line in lines)
    told = [match[0].strip(".'") for match, line in found if match and (reply_in(line) or failure_in(line))]
    return list(dict.fromkeys(told))


def _says_delayed(subject: str, own: str) -> bool:
    """Check whether the server says it will retry; when in doubt it is a failure, which must not be missed."""
    if PHRASES.text("over", own):
        return False
    refused = (failure_in(own) or reply_in(own) or "").startswith("5") or PHRASES.text("hard", own)
    return PHRASES.text("delayed", own) or (PHRASES.subject("delayed", subject) and not refused)


def _says_only_failed(subject: str, own: str) -> bool:
    return PHRASES.text("failed", own) and not (PHRASES.text("delayed", own) or PHRASES.subject("delayed", subject))


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
    contacts = PHRASES.contacts(text)
    for pattern in PHRASES.recipients:
        found = [address for it in pattern.finditer(text) if (address := it["address"].strip(".'")) not in contacts]
        if found:
            return list(dict.fromkeys(found))
    return []


def _first_named(text: str) -> list[str]:
    """Return the first address of a text that it does not give as somebody to ask, as the last resort."""
    contacts = PHRASES.contacts(text)
    found = (it[0].strip(".'") for it in ADDRESS.finditer(text))
    return [address for address in found if address not in contacts][:1]


def _others(addresses: Sequence[str], ours: Sequence[str]) -> list[str]:
    return [address for address in addresses if address.lower() not in ours]


def _recipient(address: str, own: str, chosen: Sequence[str], *, delayed: bool) -> Recipient:
    said = _said_about(address, own, chosen)
    status, reply = failure_in(said) or failure_in(own), reply_in(said) or reply_in(own)
    refused = (status or reply or "").startswith("5")
    reasons = said if len(chosen) > 1 else own
    expired = PHRASES.text("expired", reasons) and not refused and not PHRASES.text("of_address", reasons)
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


def _said_about(address: str, own: str, chosen: Sequence[str]) -> str:
    """Return the text beside an address, up to the next of the others; the whole text if it does not name it."""
    lower = own.lower()
    place = lower.find(address.lower())
    if place < 0:
        return own
    others = (
        lower.find(f"\n{start}{other.lower()}", place) for other in chosen if other != address for start in STARTS
    )
    end = min((found for found in others if found > place), default=len(own))
    return own[own.rfind("\n", 0, place) + 1 : min(end, place + AFTER)]


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
