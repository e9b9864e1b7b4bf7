"""The phrases in `phrases.toml`, compiled to regular expressions."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from itertools import islice
from typing import Any

from notices.post.bounces.codes import status_in

_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-\u00a1-\u024f]{1,128}"
_HOST = r"[A-Za-z0-9\u00a1-\u024f](?:[A-Za-z0-9.\-\u00a1-\u024f]{0,253}[A-Za-z0-9\u00a1-\u024f])?"
_BARE = rf"{_LOCAL}@{_HOST}"
ADDRESS = re.compile(rf"(?<![A-Za-z0-9]){_BARE}")
_IN_PATTERN = rf"[<\"'\[(（“]{{0,3}}(?P<address>{_BARE})[>\"'\])）”]{{0,3}}"
_GONE = str.maketrans(dict.fromkeys("<>[]()\"'“”（）【】；，。：、;,", " "))

MOST_SUBJECT = 500  # characters searched
BEFORE_CONTACT = 60
MOST_CONTACTS = 200

Pattern = re.Pattern[str]


@dataclass(frozen=True)
class Phrases:
    """Phrase patterns, compiled on first use, and the checks built on them."""

    data: dict[str, Any]

    def _any(self, group: str, name: str) -> Pattern:
        return re.compile("|".join(f"(?:{each})" for each in self.data[group][name]), re.IGNORECASE | re.MULTILINE)

    @cached_property
    def _sender_address(self) -> Pattern:
        return self._any("sender", "address")

    @cached_property
    def _sender_only(self) -> Pattern:
        return self._any("sender", "only")

    @cached_property
    def _sender_also(self) -> Pattern:
        return self._any("sender", "also")

    @cached_property
    def _sender_name(self) -> Pattern:
        return self._any("sender", "name")

    @cached_property
    def _subjects(self) -> dict[str, Pattern]:
        return {name: self._any("subject", name) for name in self.data["subject"]}

    @cached_property
    def _texts(self) -> dict[str, Pattern]:
        return {name: self._any("text", name) for name in self.data["text"]}

    @cached_property
    def _complaint_text(self) -> Pattern:
        return self._any("complaint", "text")

    @cached_property
    def _complaint_sender(self) -> Pattern:
        return self._any("complaint", "sender")

    @cached_property
    def _list_sender(self) -> Pattern:
        return self._any("list", "sender")

    @cached_property
    def _contact(self) -> Pattern:
        return self._any("recipient", "contact")

    @cached_property
    def recipients(self) -> tuple[Pattern, ...]:
        """Patterns that find the failed recipient in a report, most reliable first."""
        return tuple(_with_address(each) for each in self.data["recipient"]["patterns"])

    @cached_property
    def complained(self) -> tuple[Pattern, ...]:
        """Patterns that find the complaining recipient in a mail service's notification."""
        return tuple(_with_address(each) for each in self.data["recipient"]["complained"])

    @cached_property
    def aliases(self) -> tuple[Pattern, ...]:
        """Patterns that find the address from which the reported one was expanded."""
        return tuple(_with_address(each) for each in self.data["recipient"]["alias"])

    def subject(self, name: str, subject: str) -> bool:
        """Check a subject against the subject phrases of that name."""
        return bool(self._subjects[name].search(subject[:MOST_SUBJECT]))

    def text(self, name: str, text: str) -> bool:
        """Check a text against the text phrases of that name."""
        return bool(self._texts[name].search(text))

    def has_transcript(self, text: str) -> bool:
        """Check for the commands of a delivery attempt, unquoted and with a refusal, as only servers write them."""
        return all(self._texts[name].search(text) for name in ("sender_command", "recipient_command", "refused"))

    def begins_as_report(self, text: str) -> bool:
        """Check that a text opens with a sentence that only servers write; who quotes one says something first."""
        return self._texts["opening"].match(text.lstrip()) is not None

    def is_auto_reply(self, subject: str) -> bool:
        """Check for a subject that mail programs give automatic replies."""
        return self.subject("auto_reply", subject)

    def is_complaint(self, subject: str, senders: Iterable[str]) -> bool:
        """Check subject and senders for a complaint in a non-standard format."""
        return self.subject("complaint", subject) and any(self._complaint_sender.fullmatch(each) for each in senders)

    def tells_of_complaint(self, text: str) -> bool:
        """Check for a mail service's notification of a complaint."""
        return bool(self._complaint_text.search(text))

    def is_daemon(self, address: str, name: str) -> bool:
        """Check for a mail server's address or sender name."""
        local = address.rpartition("@")[0] or address
        return bool(self._sender_address.fullmatch(local.lower()) or self._sender_name.search(name))

    def is_daemon_only(self, address: str) -> bool:
        """Check for an address that only mail servers use, such as mailer-daemon."""
        return bool(self._sender_only.fullmatch(address.rpartition("@")[0].lower()))

    def is_automated_sender(self, address: str) -> bool:
        """Check for an address used by programs in general, such as noreply."""
        local = address.rpartition("@")[0] or address
        return bool(self._sender_also.fullmatch(local.strip('"').lower()))

    def is_list(self, address: str) -> bool:
        """Check for the address of a mailing list's software."""
        return bool(self._list_sender.fullmatch(address.rpartition("@")[0].lower()))

    def contacts(self, text: str) -> frozenset[str]:
        """Return the addresses that a text gives as somebody to ask, not as recipients."""
        found = islice(ADDRESS.finditer(text), MOST_CONTACTS)
        return frozenset(it[0].strip(".'") for it in found if self._contact.search(_before(text, it.start())))

    def says_expired(self, words: str) -> bool:
        """Check for a timeout or an unreachable server, as opposed to a refusal."""
        return not (status_in(words) or "").startswith("5") and self.text("expired", words)

    def cut(self, text: str) -> tuple[str, str]:
        """Split a report into its own text and the quoted original message."""
        found = self._texts["original"].search(text)
        return (text[: found.start()], text[found.start() :]) if found else (text, "")


def _before(text: str, place: int) -> str:
    return text[max(0, place - BEFORE_CONTACT) : place].rpartition("\n\n")[2]


def _with_address(pattern: str) -> Pattern:
    return re.compile(pattern.replace("ADDRESS", _IN_PATTERN), re.IGNORECASE | re.MULTILINE)


def address_in(text: str) -> str:
    """Return the first address in a text as written; empty if there is none."""
    found = ADDRESS.search(text.translate(_GONE))
    return found[0].strip(".'`") if found else ""


PHRASES = Phrases(tomllib.loads((resources.files(__package__) / "phrases.toml").read_text(encoding="utf-8")))
