"""The nouns of the field: frozen, typed, and free of any library."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from notices.messages import Message

ZERO = Decimal("0.00")
LEADING_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")
Day = date  # the type, where a field is itself called `date`


class State(StrEnum):
    """Where a delivery stands (docs/cli.md tells what leads to each)."""

    PLANNED = "planned"
    APPROVED = "approved"
    RENDERED = "rendered"
    SET_ASIDE = "set-aside"
    DEFERRED = "deferred"
    SENDING = "sending"
    UNKNOWN = "unknown"
    SPOOLED = "spooled"
    SENT = "sent"
    HANDED_OVER = "handed-over"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    RETURNED = "returned"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    UNDELIVERED = "undelivered"  # of a notice only: all its deliveries failed
    ANSWERED = "answered"  # of a notice only: its slip came back


FAILED = frozenset({State.BOUNCED, State.RETURNED, State.REFUSED})
WENT_OUT = frozenset({State.SENT, State.HANDED_OVER, State.DELIVERED})
OPEN = frozenset(
    {
        State.APPROVED,
        State.RENDERED,
        State.SET_ASIDE,
        State.SPOOLED,
        State.SENDING,
        State.DEFERRED,
        State.UNKNOWN,
    }
)
NOTICE_ORDER = (
    State.SET_ASIDE,
    State.PLANNED,
    State.APPROVED,
    State.RENDERED,
    State.DEFERRED,
    State.SENDING,
    State.UNKNOWN,
    State.SPOOLED,
    State.SENT,
    State.HANDED_OVER,
    State.DELIVERED,
)


def notice_state(deliveries: Iterable[State]) -> State:
    """A notice stands where its least advanced delivery stands; failed ones count only if all others failed."""
    states = list(deliveries)
    live = [state for state in states if state is not State.WITHDRAWN]
    if not live:
        return State.WITHDRAWN
    going = [state for state in live if state not in FAILED]
    return min(going, key=NOTICE_ORDER.index) if going else State.UNDELIVERED


class Channel(StrEnum):
    """The way a notice goes."""

    EMAIL = "email"
    PRINT = "print"


class ReportKind(StrEnum):
    """What a message that came back is; a delay may be final too, where time ran out."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    COMPLAINT = "complaint"
    AUTO_REPLY = "auto-reply"
    REPLY = "reply"
    OTHER = "other"


class HoldKind(StrEnum):
    """What somebody registered about an owner: stops, promises, instalments, wishes."""

    DISPUTED = "disputed"
    HARDSHIP = "hardship"
    DO_NOT_CONTACT = "do-not-contact"
    OWNER_UNKNOWN = "owner-unknown"
    PROMISE = "promise"
    INSTALMENTS = "instalments"
    PAPER_ONLY = "paper-only"
    EMAIL_ONLY = "email-only"


STOPS = (HoldKind.DISPUTED, HoldKind.HARDSHIP, HoldKind.DO_NOT_CONTACT, HoldKind.OWNER_UNKNOWN)
WISHES = (HoldKind.PAPER_ONLY, HoldKind.EMAIL_ONLY)


@dataclass(frozen=True, slots=True)
class Period:
    """The days a charge is for, both ends included."""

    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Charge:
    """One fee for one period, in yuan, as a list shows it on the list's date."""

    item: str
    due_date: date
    due: Decimal
    paid: Decimal = ZERO
    waived: Decimal = ZERO
    period: Period | None = None
    period_text: str = ""
    rate: str = ""
    rows: tuple[int, ...] = ()

    @property
    def owed(self) -> Decimal:
        """due − waived − paid; negative where more came in than was due."""
        return self.due - self.waived - self.paid

    @property
    def period_end(self) -> date:
        """The day its period ends; the due date where the list names no period."""
        return self.period.end if self.period else self.due_date


@dataclass(frozen=True, slots=True)
class CaseKey:
    """Estate, unit and owner: a new owner inherits no letters, joint owners are the same in any order.

    Leading zeros make no other unit: spreadsheets lose them, and 0501 must not get 501's letters a second time.
    """

    estate: str
    unit: str
    owners: tuple[str, ...]

    @classmethod
    def of(cls, estate: str, unit: str, owners: Iterable[str]) -> CaseKey:
        """The key with its unit free of leading zeros and its owners in a fixed order, each once."""
        return cls(estate, LEADING_ZEROS.sub("", unit), tuple(sorted(set(owners))))

    @property
    def key(self) -> str:
        """estate/unit/owner, as a person names the account."""
        return f"{self.estate}/{self.unit}/{'、'.join(self.owners)}"


@dataclass(frozen=True, slots=True)
class Account:
    """What a list says of one owner of one unit."""

    estate: str
    unit: str
    owners: tuple[str, ...]
    charges: tuple[Charge, ...]
    building: str = ""
    entrance: str = ""
    room: str = ""
    telephone: str = ""
    email: str = ""
    email_confirmed: bool = False
    address: str = ""
    postcode: str = ""
    area: Decimal | None = None
    remark: str = ""
    rows: tuple[int, ...] = ()

    @property
    def owner(self) -> str:
        """The owners as a letter names them."""
        return "、".join(self.owners)

    @property
    def key(self) -> str:
        """estate/unit/owner, what a person types to name the account."""
        return f"{self.estate}/{self.unit}/{self.owner}"

    @property
    def case(self) -> CaseKey:
        """The case its notices belong to."""
        return CaseKey.of(self.estate, self.unit, self.owners)


@dataclass(frozen=True, slots=True)
class PastDelivery:
    """A notice by one channel, as the ledger knows it; `on` is the day of its last change, where on record."""

    channel: Channel
    state: State
    to: str | None = None
    on: date | None = None


@dataclass(frozen=True, slots=True)
class PastNotice:
    """A notice of this program or of the time before it; `deadline` is the one it prints, where it does."""

    tier: str
    date: date
    deliveries: tuple[PastDelivery, ...]
    number: str | None = None
    deadline: Day | None = None
    id: int | None = None  # the ledger's own, for naming the notice that another one continues

    @property
    def state(self) -> State:
        """Where it stands, from its deliveries."""
        return notice_state(delivery.state for delivery in self.deliveries)


@dataclass(frozen=True, slots=True)
class Instalment:
    """A part of a plan: what is to be paid by when, in yuan."""

    date: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Hold:
    """Something registered about an owner; `until` is the promised date of a promise, `amount` None all of it."""

    kind: HoldKind
    registered: date
    until: date | None = None
    amount: Decimal | None = None
    instalments: tuple[Instalment, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that came in, in yuan; `seen_in_list` where only a newer list told of it."""

    date: date
    amount: Decimal
    seen_in_list: bool = False


@dataclass(frozen=True, slots=True)
class Slip:
    """What an owner wrote on a reason slip: objections by their codes, words as written, and the day it came back.

    `promise` is the day on which the owner says he will pay; nothing of it changes a decision by itself.
    """

    objections: tuple[str, ...]
    received: date
    note: str = ""
    promise: date | None = None
    instalments: str = ""
    telephone: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """All that is known of an account besides its list: what the rule book may look at.

    `holds` stand in the order in which they were entered; `settled_on` is the last day on which the principal
    was zero; `known_owners` are the owners of the unit in earlier batches and imported history.
    """

    list_date: date
    notices: tuple[PastNotice, ...] = ()
    holds: tuple[Hold, ...] = ()
    payments: tuple[Payment, ...] = ()
    settled_on: date | None = None
    known_owners: frozenset[tuple[str, ...]] = frozenset()


class Action(StrEnum):
    """What happens with an account in this round."""

    ISSUE = "issue"
    WAIT = "wait"
    HOLD = "hold"
    SKIP = "skip"
    REFER = "refer"


@dataclass(frozen=True, slots=True)
class ChargeStanding:
    """A charge on the day of the decision: balance and late fee in yuan."""

    charge: Charge
    balance: Decimal
    days_late: int
    late_fee: Decimal
    claimable: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rule book says of one account on one day; money in yuan."""

    action: Action
    reason: str
    tier: str | None
    detail: Message
    principal: Decimal
    late_fee: Decimal
    total: Decimal
    oldest_due: date | None
    days_overdue: int
    scope: str | None
    limitation_date: date | None
    channels: tuple[Channel, ...] = ()
    warnings: tuple[str, ...] = ()
    standings: tuple[ChargeStanding, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to be made: its number, its template, and the values its fields take."""

    number: str
    template: str
    fields: Mapping[str, object]
    proof: tuple[str, ...]  # texts that must stand on its pages: number, owner, unit, total
    foreign: tuple[str, ...] = ()  # numbers of other notices that its own data name
