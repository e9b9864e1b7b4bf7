"""The ledger's tables. Migrations create them; a test checks that both agree.

They are SQLAlchemy's own tables and not mapped classes: nothing here uses the ORM, and without it `status` starts in
two thirds of the time.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from notices.ledger.columns import Moment, Names, TextWord, Yuan, word
from notices.ledger.records import JobState, LineState, TransferState
from notices.model import Action, Channel, HoldKind, OwnerKind, ReportKind, Role, State

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMING)

# A plan: its date, the date of its lists, and its author.
batches = Table(
    "batches",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, unique=True, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("list_date", Date, nullable=False),
    Column("planned_by", Text, nullable=False),
    Column("planned_at", Moment, nullable=False),
    Column("again", Boolean, nullable=False),
)

# An arrears list as received; a batch has several if corrected rows were added to it.
#
# `planned_event` is the event that recorded its decisions: what was entered later has a higher place in the order of
# events. Writers take turns, so this order is the order of commits, whatever any clock says.
lists = Table(
    "lists",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("batch_id", Integer, ForeignKey("batches.id"), index=True, nullable=False),
    Column("file", Text, nullable=False),
    Column("sha256", Text, index=True, nullable=False),
    Column("sheet", Text),
    Column("rows", Integer, nullable=False),
    Column("rejected", JSON, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("planned_by", Text, nullable=False),
    Column("planned_event", Integer, nullable=False, server_default="0"),
)

# An account in a list; `unit` and `case_owners` are normalised as in the case, `shown_unit` keeps
# leading zeros, `written_unit` is the unit as the list writes it.
accounts = Table(
    "accounts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("batch_id", Integer, ForeignKey("batches.id"), nullable=False),
    Column("list_id", Integer, ForeignKey("lists.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("estate", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("shown_unit", Text, nullable=False),
    Column("case_owners", Names, nullable=False),
    Column("owners", Names, nullable=False),
    Column("building", Text, nullable=False),
    Column("entrance", Text, nullable=False),
    Column("room", Text, nullable=False),
    Column("telephone", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("email_confirmed", Boolean, nullable=False),
    Column("address", Text, nullable=False),
    Column("postcode", Text, nullable=False),
    Column("area", Text),
    Column("remark", Text, nullable=False),
    Column("list_rows", JSON, nullable=False),
    Column("written_unit", Text, nullable=False, server_default=""),
    Column("owner_kind", word(OwnerKind)),
    UniqueConstraint("batch_id", "estate", "unit", "case_owners"),
    Index(None, "estate", "unit"),
    Index(None, "batch_id", "key"),
)

# A charge in a list, with its balance and late fee on the day of the decision.
charges = Table(
    "charges",
    metadata,
    Column("account_id", Integer, ForeignKey("accounts.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("item", Text, nullable=False),
    Column("due_date", Date, nullable=False),
    Column("due", Yuan, nullable=False),
    Column("paid", Yuan, nullable=False),
    Column("waived", Yuan, nullable=False),
    Column("period_start", Date),
    Column("period_end", Date),
    Column("period_text", Text, nullable=False),
    Column("rate", Text, nullable=False),
    Column("list_rows", JSON, nullable=False),
    Column("balance", Yuan, nullable=False),
    Column("days_late", Integer, nullable=False),
    Column("late_fee", Yuan, nullable=False),
    Column("claimable", Boolean, nullable=False),
)

# The rules' decision on an account.
decisions = Table(
    "decisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", Integer, ForeignKey("accounts.id"), unique=True, nullable=False),
    Column("action", word(Action), nullable=False),
    Column("reason", Text, nullable=False),
    Column("tier", Text),
    Column("detail", JSON, nullable=False),
    Column("principal", Yuan, nullable=False),
    Column("late_fee", Yuan, nullable=False),
    Column("total", Yuan, nullable=False),
    Column("oldest_due", Date),
    Column("days_overdue", Integer, nullable=False),
    Column("scope", Text),
    Column("limitation_date", Date),
    Column("channels", JSON, nullable=False),
    Column("warnings", JSON, nullable=False),
    Column("handler", Text),
    Column("excluded", Text),
)

# An approval of a batch: who, when, the letters' date, and the folder that keeps their templates and data.
approvals = Table(
    "approvals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("batch_id", Integer, ForeignKey("batches.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("letter_date", Date, nullable=False),
    Column("frozen", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("batch_id", "number"),
)

# A PDF of many letters.
shards = Table(
    "shards",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("batch_id", Integer, ForeignKey("batches.id"), index=True, nullable=False),
    Column("file", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("pages", Integer, nullable=False),
    Column("made_at", Moment, nullable=False),
)

# A notice, from its plan on, or an imported one sent before this program was used.
#
# `slot` names estate, unit, owners, case and tier while the notice counts; its unique constraint forbids two
# notices of one tier in one case. It is NULL before approval, and once the notice is withdrawn or undelivered.
# `pending` names the owner while the notice is on its way out, so that two are never sent at once.
notices = Table(
    "notices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("decision_id", Integer, ForeignKey("decisions.id"), unique=True),
    Column("imported", Boolean, nullable=False),
    Column("number", Text, unique=True),
    Column("estate", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("case_owners", Names, nullable=False),
    Column("tier", Text, nullable=False),
    Column("tier_rank", Integer),
    Column("case_no", Integer),
    Column("continues_id", Integer, ForeignKey("notices.id")),
    Column("slot", Text, unique=True),
    Column("pending", Text, unique=True),
    Column("date", Date),
    Column("deadline", Date),
    Column("principal", Yuan),
    Column("late_fee", Yuan),
    Column("total", Yuan),
    Column("approval_id", Integer, ForeignKey("approvals.id")),
    Column("shard_id", Integer, ForeignKey("shards.id")),
    Column("first_page", Integer),
    Column("pages", Integer),
    Column("entered_at", Moment),
    Index(None, "estate", "unit"),
)

# A notice by one channel; `cause` is why it came back, if that is known: "refused" by the addressee.
#
# Deliveries with one `letter_id` leave in one letter: it is the id of the delivery whose notice leads it, which has it
# too. NULL for a letter of its own.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("notice_id", Integer, ForeignKey("notices.id"), nullable=False),
    Column("channel", word(Channel), nullable=False),
    Column("recipient", Text),
    Column("state", word(State), nullable=False),
    Column("since", Moment, nullable=False),
    Column("on", Date),
    Column("message_id", Text, index=True),
    Column("sha256", Text),
    Column("attempt", Integer, nullable=False),
    Column("server_code", Integer),
    Column("server_text", Text),
    Column("waybill", Text, index=True),
    Column("cause", Text),
    Column("letter_id", Integer, index=True),
    UniqueConstraint("notice_id", "channel"),
    Index(None, "state"),
)

# A report received by e-mail on a delivery; append-only, enforced by triggers.
#
# `key` identifies the report, so that importing a mailbox again adds nothing.
reports = Table(
    "reports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, unique=True, nullable=False),
    Column("delivery_id", Integer, ForeignKey("deliveries.id"), index=True, nullable=False),
    Column("kind", word(ReportKind), nullable=False),
    Column("final", Boolean, nullable=False),
    Column("address", Text),
    Column("status", Text),
    Column("reply", Text),
    Column("diagnostic", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("dated", Moment),
    Column("by", Text, nullable=False),
    Column("entered_at", Moment, nullable=False),
)

# An event; append-only, enforced by triggers, and linked to the event before it (`chain.py`).
#
# `digest` covers `salt` and `data`; both can be purged, and the links still hold. Ids run without gaps.
events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("by", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("what_id", Integer, nullable=False),
    Column("data", JSON, nullable=False),
    Column("salt", Text),
    Column("digest", Text, nullable=False),
    Column("link", Text, nullable=False),
    Index(None, "what", "what_id"),
)

# A hold registered for an owner; ids are in the order of entry.
holds = Table(
    "holds",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("estate", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("case_owners", Names, nullable=False),
    Column("kind", word(HoldKind), nullable=False),
    Column("registered", Date, nullable=False),
    Column("until", Date),
    Column("amount", Yuan),
    Column("note", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("entered_at", Moment, nullable=False),
    Column("lifted_on", Date),
    Column("lifted_by", Text),
    Index(None, "estate", "unit"),
)

# One instalment of an instalment plan.
instalments = Table(
    "instalments",
    metadata,
    Column("hold_id", Integer, ForeignKey("holds.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("date", Date, nullable=False),
    Column("amount", Yuan, nullable=False),
)

# A recorded payment; `entered_event` is its place in the order of events.
payments = Table(
    "payments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("estate", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("case_owners", Names, nullable=False),
    Column("date", Date, nullable=False),
    Column("amount", Yuan, nullable=False),
    Column("note", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("entered_at", Moment, nullable=False),
    Column("entered_event", Integer, nullable=False, server_default="0"),
    Index(None, "estate", "unit"),
)

# The reversal of a payment entered by mistake; decisions no longer count the payment.
payment_reversals = Table(
    "payment_reversals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("payment_id", Integer, ForeignKey("payments.id"), unique=True, nullable=False),
    Column("why", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("entered_at", Moment, nullable=False),
)

# An answer whether a batch's list includes a payment that was entered after it; the last one counts.
payment_answers = Table(
    "payment_answers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("payment_id", Integer, ForeignKey("payments.id"), index=True, nullable=False),
    Column("batch_id", Integer, ForeignKey("batches.id"), nullable=False),
    Column("in_list", Boolean, nullable=False),
    Column("by", Text, nullable=False),
    Column("entered_at", Moment, nullable=False),
)

# A line of a statement, from its import on; `key` says which line it is, in whatever file it appears.
#
# `reference` is the provider's number of the order that a payment and its refunds share. `returned` is what was given
# back of the amount, `waiting` what still waits for a person.
statement_lines = Table(
    "statement_lines",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, unique=True, nullable=False),
    Column("reference", Text, index=True),
    Column("format", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("row", Integer, nullable=False),
    Column("date", Date, nullable=False),
    Column("amount", Yuan, nullable=False),
    Column("returned", Yuan, nullable=False),
    Column("waiting", Yuan, nullable=False),
    Column("payer", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("state", TextWord(LineState), index=True, nullable=False),
    Column("why", Text, nullable=False),
    Column("candidates", JSON, nullable=False),
    Column("by", Text, nullable=False),
    Column("entered_at", Moment, nullable=False),
    Column("settled_by", Text),
    Column("settled_at", Moment),
)

# A payment that was booked from a line of a statement.
statement_bookings = Table(
    "statement_bookings",
    metadata,
    Column("payment_id", Integer, ForeignKey("payments.id"), primary_key=True),
    Column("line_id", Integer, ForeignKey("statement_lines.id"), index=True, nullable=False),
)

# The day from which on the charges of a unit are its new owner's; of an owner's claims the last one counts.
claims = Table(
    "claims",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("estate", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("case_owners", Names, nullable=False),
    Column("claimed_from", Date, nullable=False),
    Column("by", Text, nullable=False),
    Column("entered_at", Moment, nullable=False),
    Index(None, "estate", "unit"),
)

# A corrected spelling of a unit's owners; `spellings` reads all rows of the ledger as if they had it.
renames = Table(
    "renames",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("estate", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("old_owners", Names, nullable=False),
    Column("new_owners", Names, nullable=False),
    Column("by", Text, nullable=False),
    Column("entered_at", Moment, nullable=False),
    Index(None, "estate", "unit"),
)

# The reversal of a rename entered by mistake: the two are apart again.
rename_reversals = Table(
    "rename_reversals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("rename_id", Integer, ForeignKey("renames.id"), unique=True, nullable=False),
    Column("by", Text, nullable=False),
    Column("entered_at", Moment, nullable=False),
)

# A person's word that two units of owners with one name are one owner's, or not `together`; the last one counts.
joins = Table(
    "joins",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("estate", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("other_unit", Text, nullable=False),
    Column("case_owners", Names, nullable=False),
    Column("together", Boolean, nullable=False),
    Column("by", Text, nullable=False),
    Column("entered_at", Moment, nullable=False),
    Index(None, "estate", "unit"),
)

# A returned reason slip; if a notice has several, the last one counts.
#
# `fingerprint` is a hash of the content, unique within a notice, so that the same slip is recorded only once.
slips = Table(
    "slips",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("notice_id", Integer, ForeignKey("notices.id"), nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("objections", Names, nullable=False),
    Column("note", Text, nullable=False),
    Column("promise", Date),
    Column("instalments", Text, nullable=False),
    Column("telephone", Text, nullable=False),
    Column("received", Date, nullable=False),
    Column("by", Text, nullable=False),
    Column("entered_at", Moment, nullable=False),
    UniqueConstraint("notice_id", "fingerprint"),
)

# A work order that an objection on a slip opened; open until `closed_on`.
work_orders = Table(
    "work_orders",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("notice_id", Integer, ForeignKey("notices.id"), nullable=False),
    Column("slip_id", Integer, ForeignKey("slips.id"), nullable=False),
    Column("estate", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("case_owners", Names, nullable=False),
    Column("objection", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("handler", Text, nullable=False),
    Column("opened_on", Date, nullable=False),
    Column("due", Date, nullable=False),
    Column("by", Text, nullable=False),
    Column("entered_at", Moment, nullable=False),
    Column("result", Text),
    Column("closed_on", Date),
    Column("closed_by", Text),
    Index(None, "estate", "unit"),
)

# A letter that replies to an owner: an answer sheet, a resolved objection, a confirmed instalment plan.
#
# `subject` names what it is about (a slip, a work order, a plan), so that none is made twice. `account_id` is the
# account in the list whose address it has.
replies = Table(
    "replies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", Text, unique=True, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("estate", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("case_owners", Names, nullable=False),
    Column("account_id", Integer, ForeignKey("accounts.id"), nullable=False),
    Column("notice_id", Integer, ForeignKey("notices.id")),
    Column("principal", Yuan),
    Column("date", Date, nullable=False),
    Column("file", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("pages", Integer, nullable=False),
    Column("by", Text, nullable=False),
    Column("entered_at", Moment, nullable=False),
    Index(None, "estate", "unit"),
)

# A letter of reply by one channel.
reply_deliveries = Table(
    "reply_deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("reply_id", Integer, ForeignKey("replies.id"), nullable=False),
    Column("channel", TextWord(Channel), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("state", TextWord(State), nullable=False),
    Column("since", Moment, nullable=False),
    Column("on", Date),
    Column("cause", Text),
    Column("job", Text),
    Column("message_id", Text),
    Column("sha256", Text),
    Column("attempt", Integer),
    Column("server_code", Integer),
    Column("server_text", Text),
    Column("waybill", Text),
    UniqueConstraint("reply_id", "channel"),
)

# A report received by e-mail on a letter of reply; append-only but for what is personal, as `reports` are.
reply_reports = Table(
    "reply_reports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, unique=True, nullable=False),
    Column("delivery_id", Integer, ForeignKey("reply_deliveries.id"), index=True, nullable=False),
    Column("kind", TextWord(ReportKind), nullable=False),
    Column("final", Boolean, nullable=False),
    Column("address", Text),
    Column("status", Text),
    Column("reply", Text),
    Column("diagnostic", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("dated", Moment),
    Column("by", Text, nullable=False),
    Column("entered_at", Moment, nullable=False),
)

# A slip read from a scan. `slip_id` is the slip recorded from it, NULL while a person must judge a doubtful mark.
#
# A page of a file is recorded once: `sha256` is the file's. The pictures are files below the workspace.
scans = Table(
    "scans",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("notice_id", Integer, ForeignKey("notices.id"), index=True, nullable=False),
    Column("slip_id", Integer, ForeignKey("slips.id")),
    Column("sha256", Text, nullable=False),
    Column("page", Integer, nullable=False),
    Column("received", Date, nullable=False),
    Column("objections", Names, nullable=False),
    Column("doubtful", JSON, nullable=False),
    Column("signed", Boolean),
    Column("picture", Text, nullable=False),
    Column("written", Names, nullable=False),
    Column("by", Text, nullable=False),
    Column("entered_at", Moment, nullable=False),
    UniqueConstraint("sha256", "page"),
)

# A series of notice numbers: its pattern and its next number.
series = Table(
    "series",
    metadata,
    Column("pattern", Text, primary_key=True),
    Column("next_value", Integer, nullable=False),
)

# A print job; a supplement prints letters of the job `replaces` again and changes no delivery.
jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", Text, unique=True, nullable=False),
    Column("batch_id", Integer, ForeignKey("batches.id"), index=True, nullable=False),
    Column("state", TextWord(JobState), nullable=False),
    Column("supplement", Boolean, nullable=False),
    Column("letters", Integer, nullable=False),
    Column("sheets", Integer, nullable=False),
    Column("files", JSON, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("replaces", Text),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("made_for", Text),
)

# A delivery in a print job: its position (from 0), file, page in the file and sheet in the job (from 1).
#
# In a supplement it keeps its position and sheet of the job being replaced. `left_out` is the version of the job from
# which on its files no longer contain the letter; NULL while they do.
job_items = Table(
    "job_items",
    metadata,
    Column("job_id", Integer, ForeignKey("jobs.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("delivery_id", Integer, ForeignKey("deliveries.id"), index=True, nullable=False),
    Column("file", Text),
    Column("first_page", Integer),
    Column("pages", Integer),
    Column("first_sheet", Integer),
    Column("sheets", Integer),
    Column("left_out", Integer),
)

# A command that changes a batch, recorded before it starts so that `resume` can finish an interrupted one.
commands = Table(
    "commands",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("verb", Text, nullable=False),
    Column("options", JSON, nullable=False),
    Column("batch", Text, index=True),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
)

# The hand-over of a print job to one place.
#
# `claim` is the job's number while the place may have received any of it; its unique constraint keeps a job from
# going to two places. It is NULL once it is certain that nothing went there.
handovers = Table(
    "handovers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("job_id", Integer, ForeignKey("jobs.id"), index=True, nullable=False),
    Column("claim", Text, unique=True),
    Column("place", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
)

# A file of a hand-over: `name` is its name at the destination, `printer_job` the printer's job number for it.
handover_files = Table(
    "handover_files",
    metadata,
    Column("handover_id", Integer, ForeignKey("handovers.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("file", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("reach", word(TransferState), nullable=False),
    Column("since", Moment, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("printer_job", Integer),
    Column("told", Text),
    UniqueConstraint("handover_id", "file"),
)

# A user of the page. `login` is the name in the form in which names are compared; `password` is a hash of it, which no
# event contains. `names` lets a viewer see names and amounts.
users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("login", Text, unique=True, nullable=False),
    Column("role", word(Role), nullable=False),
    Column("names", Boolean, nullable=False),
    Column("password", Text, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("by", Text, nullable=False),
    Column("entered_at", Moment, nullable=False),
)

# A thing whose rows this transaction has changed, written by triggers on every table that is sealed (`sealing.py`).
#
# It is empty between two transactions of this program; anything in it was left by another program.
touched = Table(
    "touched",
    metadata,
    Column("entity", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    sqlite_with_rowid=False,
)

# The seal of a thing: salt and digest of all its rows as they are now, and the event that vouches for the digest.
seals = Table(
    "seals",
    metadata,
    Column("entity", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("salt", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("event_id", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# Who works on a batch, on which machine, since when; `ended` once the files of the batch are where others find them.
#
# `fence` counts the turns: whoever lost the turn with the connection finds another number there, and writes no more.
# The row MOVED says that the ledger goes on elsewhere. Neither sealed nor part of any decision.
turns = Table(
    "turns",
    metadata,
    Column("what", Text, primary_key=True),
    Column("by", Text, nullable=False),
    Column("machine", Text, nullable=False),
    Column("folder", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("ended", Boolean, nullable=False),
)

# A file of a batch that every machine must see, in parts; without content it is kept in a shared folder.
#
# Not sealed: events and sealed rows have the checksums of what decides a letter, and every reader compares this one.
files = Table(
    "files",
    metadata,
    Column("path", Text, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("batch", Text, nullable=False, index=True),
    Column("sha256", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("content", LargeBinary),
)
