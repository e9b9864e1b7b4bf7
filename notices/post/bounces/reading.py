"""Classification of incoming mail: kind of report, recipients concerned, and the message of ours it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice

from notices.model import ReportKind
from notices.post.bounces.about import message_ids, returned_headers, returned_to, tokens
from notices.post.bounces.automatic import is_auto_reply, receipt_fields, receipt_recipients
from notices.post.bounces.codes import failure_in, reply_in
from notices.post.bounces.feedback import complaining_recipients, is_complaint
from notices.post.bounces.loose import Understood, has_report_form, loose_recipients
from notices.post.bounces.parts import Mail, addresses_in, name_and_address, read_mail
from notices.post.bounces.phrases import ADDRESS, PHRASES
from notices.post.bounces.report import Recipient, Report
from notices.post.bounces.status import recipients_in

MOST_MENTIONED = 200

# What `email` may raise on a malformed message; one bad message must not stop the rest of the mailbox.
UNFORESEEN = (ValueError, TypeError, LookupError, AttributeError, AssertionError, RecursionError)
ORDER = (ReportKind.FAILED, ReportKind.DELAYED, ReportKind.DELIVERED)


def read_report(raw: bytes) -> Report:
    """Parse and classify one message; no input makes it raise."""
    try:
        return _understood(read_mail(raw))
    except UNFORESEEN:
        return Report(ReportKind.OTHER)


def _understood(mail: Mail) -> Report:
    kind, recipients = _sorted(mail)
    return Report(
        kind=kind,
        recipients=recipients,
        final=any(each.final for each in recipients) or (kind is ReportKind.FAILED and not recipients),
        message_ids=message_ids(mail),
        tokens=tokens(mail),
        mentioned=_mentioned(mail, recipients),
        own_id=mail.header("message-id"),
        date=_date(mail.header("date")),
        sender=name_and_address(mail.header("from"))[1],
        subject=mail.header("subject"),
        words=f"{mail.header('subject')}\n{mail.text}",
    )


def _sorted(mail: Mail) -> Understood:
    if is_complaint(mail):
        return ReportKind.COMPLAINT, complaining_recipients(mail, returned_to(mail))
    if mail.is_report or _is_automatic(mail):  # otherwise a person forwarded the parts of a report
        if told := recipients_in(mail):
            return _worst(told), tuple(each for each in told if each.address) or _named_in_text(mail, told)
        if receipt_fields(mail) is not None:
            return _read_receipt(mail)
    if _may_be_report(mail):
        kind, recipients = loose_recipients(mail, addresses_in(mail.headers("to", "delivered-to")), returned_to(mail))
        if _says_not_delivered(mail, recipients):
            return kind, recipients
    if is_auto_reply(mail) or _is_automatic_answer(mail):
        return ReportKind.AUTO_REPLY, ()
    return (ReportKind.REPLY if _is_reply(mail) else ReportKind.OTHER), ()


def _named_in_text(mail: Mail, told: Sequence[Recipient]) -> tuple[Recipient, ...]:
    """Return whom the text of a report of failure names, whose fields name nobody."""
    if _worst(told) not in {ReportKind.FAILED, ReportKind.DELAYED}:
        return ()
    _, found = loose_recipients(mail, addresses_in(mail.headers("to", "delivered-to")), returned_to(mail))
    return tuple(replace(told[0], address=each.address, also=each.also) for each in found)


def _worst(told: Sequence[Recipient]) -> ReportKind:
    kinds = {each.kind for each in told}
    return next((kind for kind in ORDER if kind in kinds), ReportKind.OTHER)


def _read_receipt(mail: Mail) -> Understood:
    """Classify a read receipt: not a delivery report, but some servers (Dovecot) reject mail in this form."""
    fields = (receipt_fields(mail) or "").lower()
    if "automatic-action" in fields and ("rejected" in mail.text.lower() or "/error" in fields):
        kind, recipients = loose_recipients(mail, addresses_in(mail.headers("to")), returned_to(mail))
        return kind, recipients or tuple(map(Recipient, receipt_recipients(mail)))
    return ReportKind.OTHER, ()


def _from_daemon(mail: Mail) -> bool:
    name, address = name_and_address(mail.header("from"))
    whole = mail.header("from")
    if whole.strip().endswith("<>"):  # a report with an empty sender address
        return True
    return PHRASES.is_daemon(address, name or ("" if "@" in whole else whole))


def _has_empty_sender(mail: Mail) -> bool:
    """Check for the empty envelope sender of reports (RFC 5321, 4.5.5)."""
    path = mail.header("return-path").strip()
    return path in {"<>"} or path.lower().strip("<>").startswith("mailer-daemon")


def _is_automatic(mail: Mail) -> bool:
    return _from_daemon(mail) or _has_empty_sender(mail) or mail.header("auto-submitted").startswith("auto")


def _may_be_report(mail: Mail) -> bool:
    """Check whether a server may have written it, rather than a person replying to or forwarding a report."""
    subject = mail.header("subject")
    if mail.headers("x-failed-recipients"):
        return True
    daemon, empty = _from_daemon(mail), _has_empty_sender(mail)
    if not daemon and mail.headers("list-id", "list-unsubscribe", "list-post"):
        return False
    if PHRASES.subject("answer", subject) or PHRASES.subject("forward", subject):
        return daemon and (empty or PHRASES.has_transcript(mail.text))
    if PHRASES.is_auto_reply(subject):
        return daemon and PHRASES.subject("failed", subject)
    return daemon or mail.is_report or _may_be_from_program(mail, empty=empty)


def _may_be_from_program(mail: Mail, *, empty: bool) -> bool:
    """Check whether a sender who also writes ordinary mail has written a report this time."""
    address = name_and_address(mail.header("from"))[1]
    failed = PHRASES.subject("failed", mail.header("subject"))
    if PHRASES.is_automated_sender(address):
        return empty or PHRASES.text("surely", mail.text) or (failed and has_report_form(mail))
    answers = mail.header("in-reply-to") or mail.header("references")
    return failed and (empty or PHRASES.is_list(address) or (not answers and PHRASES.begins_as_report(mail.text)))


def _is_automatic_answer(mail: Mail) -> bool:
    """Check for an automatic answer: empty envelope sender, and a precedence that suppresses replies."""
    marked = mail.header("precedence").lower() in {"bulk", "junk", "auto_reply"}
    return (
        _has_empty_sender(mail)
        and marked
        and not _from_daemon(mail)
        and not mail.headers("list-id", "list-unsubscribe")
    )


def _says_not_delivered(mail: Mail, recipients: Sequence[Recipient]) -> bool:
    """Check that it has the form of a report, and says that mail to some recipient was not delivered."""
    own, quoted = PHRASES.cut(mail.text)
    subject = PHRASES.subject("failed", mail.header("subject")) or PHRASES.subject("delayed", mail.header("subject"))
    only = PHRASES.is_daemon_only(name_and_address(mail.header("from"))[1])
    returned = bool(quoted or returned_headers(mail)) or PHRASES.has_transcript(own)
    certain = only or returned or _has_empty_sender(mail) or mail.is_report
    others = {it.address.lower() for it in recipients} - set(addresses_in(mail.headers("to", "delivered-to")))
    told = _from_daemon(mail) and bool(others)
    coded = (failure_in(own) or reply_in(own) or "").startswith("5")
    has_form = certain or (subject and (told or _is_specific(mail, own))) or (told and coded)
    words = PHRASES.text("failed", own) or PHRASES.text("delayed", own)
    if not words and _says_arrived(mail.header("subject"), own):
        return False
    if PHRASES.text("surely", own) and words:
        return True
    if mail.is_report and subject and _from_daemon(mail):
        return True  # the parts with the details are missing or broken
    return has_form and ((words and (bool(recipients) or subject)) or (subject and bool(recipients)))


def _is_specific(mail: Mail, own: str) -> bool:
    """Check for what only a report about one message has; its subject alone may be that of advice about reports."""
    coded = failure_in(own) or reply_in(own) or PHRASES.text("surely", own)
    return bool(coded) or any(pattern.search(own) for pattern in PHRASES.recipients) or has_report_form(mail)


def _says_arrived(subject: str, own: str) -> bool:
    """Check whether it reports a delivery; the text alone does not count, as failure reports list successes too."""
    return PHRASES.subject("arrived", subject) or (PHRASES.subject("neutral", subject) and PHRASES.text("arrived", own))


def _is_reply(mail: Mail) -> bool:
    if mail.headers("list-id", "list-unsubscribe", "list-post"):
        return False
    answered = bool(mail.header("in-reply-to") or mail.header("references"))
    return answered or PHRASES.subject("answer", mail.header("subject"))


def _mentioned(mail: Mail, recipients: Sequence[Recipient]) -> frozenset[str]:
    own, _ = PHRASES.cut(mail.text)
    named = [match[0].lower() for match in islice(ADDRESS.finditer(own), MOST_MENTIONED)]
    told = [address.lower() for each in recipients for address in (each.address, *each.also) if address]
    return frozenset([*named, *told])


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(date.tzinfo or UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
