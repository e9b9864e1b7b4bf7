"""Reports that follow no standard: what flufl.bounce knows, and by our own phrases what it does not."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence

from flufl.bounce import all_failures

from notices.model import ReportKind
from notices.post.bounces.about import returned_headers
from notices.post.bounces.codes import failure_in, one_line, reply_in
from notices.post.bounces.parts import Mail
from notices.post.bounces.phrases import ADDRESS, PHRASES, address_in
from notices.post.bounces.report import Recipient

MOST_RECIPIENTS = 50
AFTER = 600  # characters after an address in which a server's answer about it stands

_LOG = logging.getLogger("flufl.bounce")
_LOG.addHandler(logging.NullHandler())  # what a detector trips over is no news for whoever reads the mail
_LOG.propagate = False

Understood = tuple[ReportKind, tuple[Recipient, ...]]


def loose_recipients(mail: Mail, ours: Sequence[str], returned_to: Sequence[str]) -> Understood:
    """What a report in no standard form says, and of whom.

    `ours` are the addresses that the report was sent to: it is not about them, unless it names no other;
    `returned_to` are those of the message that it returns.
    """
    own, _ = PHRASES.cut(mail.text)
    waiting, failed = _known_to_flufl(mail)
    chosen = _chosen([*failed, *waiting], mail, own, ours, returned_to)
    delayed = bool(waiting and not failed) or _says_delayed(mail.header("subject"), own)
    recipients = tuple(_recipient(address, own, delayed=delayed) for address in chosen)
    kinds = {each.kind for each in recipients}
    kind = ReportKind.DELAYED if delayed or kinds == {ReportKind.DELAYED} else ReportKind.FAILED
    return kind, recipients


def _chosen(known: list[str], mail: Mail, own: str, ours: Sequence[str], returned_to: Sequence[str]) -> list[str]:
    """The addresses that it is about: from the surest source that names any."""
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
    """Whether the server will try again: only what it says so itself counts, for a failure taken for less is a loss."""
    if PHRASES.text("over", own):
        return False
    refused = (failure_in(own) or reply_in(own) or "").startswith("5") or PHRASES.text("hard", own)
    return PHRASES.text("delayed", own) or (PHRASES.subject("delayed", subject) and not refused)


def known_elsewhere(mail: Mail) -> bool:
    """Whether it has the form of a report that flufl.bounce knows, or returns a message."""
    return bool(returned_headers(mail)) or any(_known_to_flufl(mail))


def _known_to_flufl(mail: Mail) -> tuple[list[str], list[str]]:
    try:
        waiting, failed = all_failures(mail.brief)
    except Exception:  # noqa: BLE001 - a library of heuristics, given whatever anybody may send us
        return [], []
    return _plain(waiting, mail), _plain(failed, mail)


def _plain(addresses: frozenset[bytes], mail: Mail) -> list[str]:
    texts = [address.decode("ascii", "replace") for address in addresses]
    names = {found for text in texts if (found := address_in(text))}
    return sorted(name for name in names if f"message-id:<{name.lower()}" not in mail.text.lower().replace(" ", ""))


def _failed_header(mail: Mail) -> list[str]:
    """What Exim, Gmail and others name in a header of their own."""
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
    return Recipient(
        address=address,
        kind=ReportKind.DELAYED if delayed or expired else ReportKind.FAILED,
        final=not delayed,
        status=status,
        reply=reply,
        diagnostic=one_line(_telling(said)),
        also=tuple(_aliases(said, address)),
    )


def _telling(said: str) -> str:
    """The line in which the server says why, else all of it."""
    lines = [line for line in said.splitlines() if reply_in(line) or failure_in(line) or PHRASES.text("failed", line)]
    return lines[0] if lines else said


def _aliases(text: str, address: str) -> Iterator[str]:
    for pattern in PHRASES.aliases:
        for match in pattern.finditer(text):
            found = re.sub(r"\.+$", "", match["address"])
            if found.lower() != address.lower():
                yield found
