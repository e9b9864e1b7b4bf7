"""The books of the ledger, opened together for one transaction."""

from __future__ import annotations

from datetime import tzinfo

from sqlalchemy import Connection

from notices.ledger.approvals import ApprovalsBook
from notices.ledger.attention import AttentionBook
from notices.ledger.batches import BatchesBook
from notices.ledger.carrier import CarrierBook
from notices.ledger.claims import ClaimsBook
from notices.ledger.commands import CommandsBook
from notices.ledger.decision_table import DecisionTableBook
from notices.ledger.deliveries import DeliveriesBook
from notices.ledger.events import EventsBook
from notices.ledger.extracts import ExtractsBook
from notices.ledger.finding import FindingBook
from notices.ledger.handovers import HandoversBook
from notices.ledger.histories import HistoriesBook
from notices.ledger.history_import import ImportsBook
from notices.ledger.holds import HoldsBook
from notices.ledger.jobs import JobsBook
from notices.ledger.joins import JoinsBook
from notices.ledger.kept_files import FilesBook
from notices.ledger.late_payments import LatePaymentsBook
from notices.ledger.letters import LettersBook
from notices.ledger.lists import ListsBook
from notices.ledger.log import LogBook
from notices.ledger.mail_attempts import AttemptsBook
from notices.ledger.mail_reports import ReportsBook
from notices.ledger.notices import NoticesBook
from notices.ledger.payments import PaymentsBook
from notices.ledger.purging import PurgingBook
from notices.ledger.reconciling import ReconcilingBook
from notices.ledger.renames import RenamesBook
from notices.ledger.replies import RepliesBook
from notices.ledger.response import ResponseBook
from notices.ledger.scans import ScansBook
from notices.ledger.seals import SealsBook
from notices.ledger.slips import SlipsBook
from notices.ledger.stamps import StampsBook
from notices.ledger.statements import StatementsBook
from notices.ledger.users import UsersBook
from notices.ledger.verifying import VerificationBook
from notices.ledger.work_orders import WorkOrdersBook


class Books:
    """One attribute a subject, such as `books.jobs`; all methods take part in the one open transaction."""

    def __init__(self, connection: Connection, zone: tzinfo) -> None:
        self.connection = connection
        self.approvals = ApprovalsBook(connection)
        self.attempts = AttemptsBook(connection)
        self.attention = AttentionBook(connection)
        self.batches = BatchesBook(connection, zone)
        self.carrier = CarrierBook(connection)
        self.claims = ClaimsBook(connection, zone)
        self.commands = CommandsBook(connection)
        self.decision_table = DecisionTableBook(connection)
        self.deliveries = DeliveriesBook(connection)
        self.events = EventsBook(connection)
        self.extracts = ExtractsBook(connection)
        self.files = FilesBook(connection)
        self.finding = FindingBook(connection)
        self.handovers = HandoversBook(connection)
        self.histories = HistoriesBook(connection)
        self.holds = HoldsBook(connection, zone)
        self.imports = ImportsBook(connection)
        self.jobs = JobsBook(connection)
        self.late_payments = LatePaymentsBook(connection, zone)
        self.joins = JoinsBook(connection, zone)
        self.letters = LettersBook(connection)
        self.lists = ListsBook(connection)
        self.log = LogBook(connection, zone)
        self.notices = NoticesBook(connection)
        self.payments = PaymentsBook(connection, zone)
        self.purging = PurgingBook(connection)
        self.reconciling = ReconcilingBook(connection)
        self.renames = RenamesBook(connection, zone)
        self.replies = RepliesBook(connection, zone)
        self.reports = ReportsBook(connection)
        self.response = ResponseBook(connection, zone)
        self.scans = ScansBook(connection)
        self.seals = SealsBook(connection)
        self.slips = SlipsBook(connection)
        self.stamps = StampsBook(connection)
        self.statements = StatementsBook(connection, zone)
        self.users = UsersBook(connection)
        self.verification = VerificationBook(connection)
        self.work_orders = WorkOrdersBook(connection, zone)
