"""Parts of every letter of reply before it is made: a number, the notice it refers to, and the ways it goes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from notices.flow.replies.making import number_series
from notices.flow.workspace import Workspace
from notices.ledger import Books, DecisionRecord, ReplyRecord
from notices.letters.context import LetterInput
from notices.letters.wording import written_date
from notices.model import FAILED, WISHES, Channel
from notices.rules.channels import address_of, channels_for
from notices.settings import Tier

# A letter that demands nothing names no sum: the debt has changed since the notice, whose figures the owner has.
NO_AMOUNTS = dict.fromkeys(
    ("total", "total_capital", "principal", "principal_capital", "late_fee", "late_fee_capital"), ""
)


@dataclass
class Drafting:
    """The letters of one command; their numbers follow each other, and a letter made again keeps its own."""

    workspace: Workspace
    books: Books
    day: date
    _given: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def sent(self, kind: str, subject: str) -> ReplyRecord | None:
        """Return the letter about the same that has left, or may have."""
        about = self.books.replies.about(kind, subject)
        return next((each for each in about if each.may_have_left and not each.came_back), None)

    def number(self, kind: str, subject: str, estate: str) -> str:
        """Return the number of the letter about this: its own if it waits, else the next one."""
        earlier = [each for each in self.books.replies.about(kind, subject) if not each.came_back]
        if earlier:
            return earlier[-1].number
        series = number_series(self.workspace, estate, self.day)
        self._given[series] += 1
        return self.books.replies.numbers(series, self._given[series])[-1]


def notice_named(entry: DecisionRecord, occasion: LetterInput) -> Mapping[str, str]:
    """Return the fields that name the notice to which the owner replied."""
    notice = entry.notice
    if notice is None or notice.date is None:
        return {"previous_number": "", "previous_date": "", "previous_title": ""}
    return {
        "previous_number": notice.number or "",
        "previous_date": written_date(notice.date, occasion.estate.language),
        "previous_title": occasion.tier.title,
    }


def ways_of(drafting: Drafting, entry: DecisionRecord, kind: str, subject: str) -> Mapping[Channel, str]:
    """Return the first way that works for this owner, with the address; none if there is none.

    A way by which an earlier letter about the same came back from the same address does not.
    """
    workspace, books, day, account = drafting.workspace, drafting.books, drafting.day, entry.account
    failed = {
        (way.channel, way.recipient.casefold())
        for each in books.replies.about(kind, subject)
        for way in each.deliveries
        if way.state in FAILED
    }
    history = books.histories.of_cases({account.case: account.charges}, list_date=day, as_of=day)[account.case]
    wishes = [hold for hold in history.holds if hold.kind in WISHES and (hold.until is None or hold.until >= day)]
    channels = tuple(
        way
        for way in workspace.settings.letters.reply_channels
        if (way, address_of(account, way).casefold()) not in failed
    )
    if not channels:
        return {}
    tier = Tier(name="reply", channels=channels, deliver="first")
    return {way: address_of(account, way) for way in channels_for(account, tier, wishes, history.notices)}
