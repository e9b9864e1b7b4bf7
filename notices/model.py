"""Domain model: frozen dataclasses and enums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from notices.messages import Message
from notices.spelling import comparable_names, comparable_unit

ZERO = Decimal("0.00")
Day = date  # the type, where a field is itself called `date`


class State(StrEnum):
    """State of a delivery (docs/cli.md lists the transitions)."""

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
    UNDELIVERED = "undelivered"  # notices only: all deliveries failed
    ANSWERED = "answered"  # notices only: the slip came back
    EXCLUDED = "excluded"  # notices only: planned, and left out of the release until somebody includes it


# Left and came back, or was refused for good.
FAILED = frozenset({State.BOUNCED, State.RETURNED, State.REFUSED})
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
    """Return a notice's state: that of its least advanced delivery; failures count only if all failed."""
    states = list(deliveries)
    live = [state for state in states if state is not State.WITHDRAWN]
    if not live:
        return State.WITHDRAWN
    going = [state for state in live if state not in FAILED]
    return min(going, key=NOTICE_ORDER.index) if going else State.UNDELIVERED


class Channel(StrEnum):
    """Channel by which a notice is delivered."""

    EMAIL = "email"
    PRINT = "print"


class ReportKind(StrEnum):
    """Kind of a returned message; a delay can also be final, if time ran out."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    COMPLAINT = "complaint"
    AUTO_REPLY = "auto-reply"
    REPLY = "reply"
    OTHER = "other"


class HoldKind(StrEnum):
    """Kind of a hold registered about an owner: stop, promise, instalment plan or channel wish."""

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
    """Period a charge is for, both ends included."""

    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Charge:
    """One fee for one period, in yuan, as of the list's date."""

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
        """Amount owed: due − waived − paid; negative if overpaid."""
        return self.due - self.waived - self.paid

    @property
    def period_end(self) -> date:
        """Last day of its period; the due date if the list has no period."""
        return self.period.end if self.period else self.due_date


@dataclass(frozen=True, slots=True)
class CaseKey:
    """Key of a case: estate, unit and owners. A new owner is a new case; the order of joint owners is ignored.

    Unit and names are kept as they are compared (`spelling`), whoever makes the key and from what: another spelling of
    the same owner must not get the letters a second time. Leading zeros of the unit are ignored, because spreadsheets
    lose them.
    """

    estate: str
    unit: str
    owners: tuple[str, ...]

    @classmethod
    def of(cls, estate: str, unit: str, owners: Iterable[str]) -> CaseKey:
        """Build the key of these owners, in any order."""
        return cls(estate, unit, tuple(owners))

    def __post_init__(self) -> None:
        object.__setattr__(self, "unit", comparable_unit(self.unit))
        object.__setattr__(self, "owners", comparable_names(self.owners))

    @property
    def key(self) -> str:
        """Name of the account: estate/unit/owner."""
        return f"{self.estate}/{self.unit}/{'、'.join(self.owners)}"


class OwnerKind(StrEnum):
    """Kind of an account's owners, where the list says it."""

    PERSON = "person"
    COMPANY = "company"


@dataclass(frozen=True, slots=True)
class Account:
    """Data from a list about one owner (or joint owners) of one unit."""

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
    written_unit: str = ""
    owner_kind: OwnerKind | None = None

    @property
    def printed_unit(self) -> str:
        """Unit as letters and addresses print it: as the list writes it, such as 1栋1单元1102室."""
        return self.written_unit or self.unit

    @property
    def owner(self) -> str:
        """Owners as named in a letter."""
        return "、".join(self.owners)

    @property
    def key(self) -> str:
        """Name of the account as a person types it: estate/unit/owner."""
        return f"{self.estate}/{self.unit}/{self.owner}"

    @property
    def case(self) -> CaseKey:
        """Key of the case its notices belong to."""
        return CaseKey.of(self.estate, self.unit, self.owners)


@dataclass(frozen=True, slots=True)
class PastDelivery:
    """A notice's delivery by one channel, from the ledger; `on` is the date of its last change, if recorded.

    `refused` is true if it is RETURNED because the addressee would not take it (拒收).
    """

    channel: Channel
    state: State
    to: str | None = None
    on: date | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class PastNotice:
    """An earlier notice, made by this program or imported; `deadline` is the printed one, if any."""

    tier: str
    date: date
    deliveries: tuple[PastDelivery, ...]
    number: str | None = None
    deadline: Day | None = None
    id: int | None = None  # primary key in the ledger, to refer to the notice that a later one follows up

    @property
    def state(self) -> State:
        """State of the notice, derived from its deliveries."""
        return notice_state(delivery.state for delivery in self.deliveries)


@dataclass(frozen=True, slots=True)
class Instalment:
    """One part of an instalment plan: amount in yuan and the date by which to pay it."""

    date: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Hold:
    """Hold registered about an owner; for a promise, `until` is the promised date and `amount` None means all."""

    kind: HoldKind
    registered: date
    until: date | None = None
    amount: Decimal | None = None
    instalments: tuple[Instalment, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """Payment received, in yuan; `seen_in_list` if it is known only from a newer list."""

    date: date
    amount: Decimal
    seen_in_list: bool = False


@dataclass(frozen=True, slots=True)
class Slip:
    """An owner's reason slip: objections as codes, texts as written, and the date it was received.

    `promise` is the date on which the owner says they will pay; a slip does not change a decision by itself.
    """

    objections: tuple[str, ...]
    received: date
    note: str = ""
    promise: date | None = None
    instalments: str = ""
    telephone: str = ""

    @property
    def says_nothing(self) -> bool:
        """True if nothing is ticked, written or offered."""
        return not (self.objections or self.note or self.promise or self.instalments)


@dataclass(frozen=True, slots=True)
class History:
    """Everything the rule book may use about an account besides its list.

    `holds` are in order of entry; `settled_on` is the last day on which the principal was zero; `known_owners` are
    the owners of the unit in earlier batches and imported history. Where a decision is made again, `dated_later` is
    True if a letter dated after its day has gone to the owner: the rules of that day cannot know it.
    If the unit had another owner before, `new_since` is the day of the first list or imported notice of this one;
    `claimed_from` is the day from which on charges are this owner's, if a person has said so.
    """

    list_date: date
    notices: tuple[PastNotice, ...] = ()
    holds: tuple[Hold, ...] = ()
    payments: tuple[Payment, ...] = ()
    settled_on: date | None = None
    known_owners: frozenset[tuple[str, ...]] = frozenset()
    dated_later: bool = False
    new_since: date | None = None
    claimed_from: date | None = None


class Role(StrEnum):
    """Role of a user of the page: each may do what those before it may, and more."""

    VIEWER = "viewer"
    CLERK = "clerk"
    APPROVER = "approver"
    ADMIN = "admin"


class Action(StrEnum):
    """Action for an account in this round."""

    ISSUE = "issue"
    WAIT = "wait"
    HOLD = "hold"
    SKIP = "skip"
    REFER = "refer"


@dataclass(frozen=True, slots=True)
class ChargeStanding:
    """Standing of a charge on the day of the decision; balance and late fee in yuan."""

    charge: Charge
    balance: Decimal
    days_late: int
    late_fee: Decimal
    claimable: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """The rule book's decision about one account on one day; amounts in yuan."""

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
    """A letter to be made: number, template, and field values."""

    number: str
    template: str
    fields: Mapping[str, object]
    proof: tuple[str, ...]  # texts that must appear on its pages: number, owner, unit, total
    foreign: tuple[str, ...] = ()  # numbers of other notices mentioned in its data
