"""The ledger: what was decided, made, sent, answered and paid, in one database of events and states."""

from notices.ledger.attempts import NOT_SENT
from notices.ledger.books import Books
from notices.ledger.entries import (
    ImportedNotice,
    MailFacts,
    NewBatch,
    NewJob,
    NewReport,
    Outcome,
    PlannedAccount,
    Release,
    RenderedLetter,
    StateChange,
)
from notices.ledger.ledger import Ledger
from notices.ledger.lists import LastList
from notices.ledger.records import (
    ApprovalRecord,
    BatchRecord,
    CommandRecord,
    DecisionRecord,
    DeliveryRecord,
    EventRecord,
    HoldRecord,
    JobPlace,
    JobRecord,
    ListFile,
    MailedRecord,
    NoticeRecord,
    PaymentRecord,
    ReportRecord,
    ShardRecord,
)

__all__ = [
    "NOT_SENT",
    "ApprovalRecord",
    "BatchRecord",
    "Books",
    "CommandRecord",
    "DecisionRecord",
    "DeliveryRecord",
    "EventRecord",
    "HoldRecord",
    "ImportedNotice",
    "JobPlace",
    "JobRecord",
    "LastList",
    "Ledger",
    "ListFile",
    "MailFacts",
    "MailedRecord",
    "NewBatch",
    "NewJob",
    "NewReport",
    "NoticeRecord",
    "Outcome",
    "PaymentRecord",
    "PlannedAccount",
    "Release",
    "RenderedLetter",
    "ReportRecord",
    "ShardRecord",
    "StateChange",
]
