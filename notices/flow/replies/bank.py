"""payment import: read statements, book what is certain, propose what is likely, and list the rest with its reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from notices.errors import NoticesError
from notices.flow.people import refuse_strangers
from notices.flow.register.debts import Debts
from notices.flow.replies.refunds import Refunds
from notices.flow.workspace import Workspace, unknown_estate
from notices.garbage import search_put_off
from notices.intake import Problem
from notices.intake.statements import Fate, Statement, StatementChoices, StatementLine, is_account_of, read_statements
from notices.ledger import Books, Ledger, LineRecord, LineState, NewLine
from notices.ledger.payments import VANISHED
from notices.ledger.statements import PayerLetter, record_of
from notices.messages import Message, say
from notices.model import CaseKey, Payment
from notices.progress import Progress, no_progress
from notices.rules.matching import AccountMatch, KnownAccount, KnownLetter, Matcher, Remittance
from notices.tables import Limits

SEEN = "seen"
PORTION = 500  # lines between two reports of progress


@dataclass(frozen=True)
class StatementOrder:
    """An import of statements: who, when, the office's day, and choices; with `dry_run` nothing is recorded."""

    by: str
    at: datetime
    today: date
    estate: str | None = None
    choices: StatementChoices = field(default_factory=StatementChoices)
    dry_run: bool = False


@dataclass(frozen=True)
class StatementFile:
    """A file that was read: its format, and its number of lines."""

    file: str
    format: str
    lines: int


@dataclass(frozen=True)
class IgnoredLine:
    """A line that is nobody's payment, or was known, with the reason."""

    file: str
    row: int
    amount: Decimal
    why: str


@dataclass
class StatementsTaken:
    """Result of an import; of a dry run, the records have no numbers (0, and no payments)."""

    files: list[StatementFile] = field(default_factory=list)
    booked: list[tuple[LineRecord, CaseKey]] = field(default_factory=list)
    proposed: list[LineRecord] = field(default_factory=list)
    ignored: list[IgnoredLine] = field(default_factory=list)
    problems: list[tuple[str, Problem]] = field(default_factory=list)
    attention: list[Message] = field(default_factory=list)


def import_statements(
    workspace: Workspace,
    ledger: Ledger,
    files: Sequence[Path],
    order: StatementOrder,
    progress: Progress = no_progress,
) -> StatementsTaken:
    """Record the lines of statements: each file in one transaction, each line once, whatever files it is in.

    Raises Unusable or UsageMistake if no file can be read. A file that cannot be read beside others is a problem.
    """
    with search_put_off():  # a tenth of the time
        return _imported(workspace, ledger, files, order, progress)


def _imported(
    workspace: Workspace, ledger: Ledger, files: Sequence[Path], order: StatementOrder, progress: Progress
) -> StatementsTaken:
    refuse_strangers(workspace, order.by)
    names = tuple(estate.name for estate in workspace.settings.estates)
    if order.estate is not None and order.estate not in names:
        raise unknown_estate(order.estate, names)
    taken = StatementsTaken()
    statements = _all_read(workspace, files, order, taken)
    with ledger.read() as books:
        matcher = matcher_of(workspace, books, order.today, estate=order.estate)
    importer = _Importer(workspace, matcher, order, taken, progress, sum(len(each.lines) for each in statements))
    for statement in statements:
        taken.files.append(StatementFile(statement.file, statement.format, statement.rows))
        taken.problems += [(statement.file, problem) for problem in statement.problems]
        if (foreign := _foreign_account(workspace, statement)) is not None:
            taken.problems.append((statement.file, foreign))
            continue
        with _transaction(ledger, dry_run=order.dry_run) as books:
            importer.enter(books, statement)
    return taken


def matcher_of(workspace: Workspace, books: Books, today: date, *, estate: str | None = None) -> Matcher:
    """Return the index of all accounts, or those of one estate."""
    known = [it for it in books.statements.payer_facts() if estate in {None, it.case.estate}]
    debts = Debts.of(workspace, books, [it.case for it in known], today)
    return Matcher(
        (
            KnownAccount(
                case=it.case,
                telephones=it.telephones,
                numbers=it.numbers,
                withdrawn=it.withdrawn,
                open_sums=_open_sums(debts, it.case, it.sums, today),
                listed=it.case in debts.cases,
            )
            for it in known
        ),
        [
            _known_letter(debts, it, today)
            for it in books.statements.payer_letters()
            if estate in {None, _estate_of(it)}
        ],
        book_unit_and_owner=workspace.settings.payments.unit_and_owner == "book",
    )


def _estate_of(letter: PayerLetter) -> str | None:
    return next((case.estate for case in letter.totals), None)


def _known_letter(debts: Debts, letter: PayerLetter, today: date) -> KnownLetter:
    """Return a letter with the sums that settle all its units: those on it, and those of today, while all are owed."""
    owed = {case: debts.owed(case, today) for case in letter.totals}
    now = {case: it for case, it in owed.items() if it is not None and it.principal}
    if now.keys() != letter.totals.keys():  # something is paid already: a person says what a sum is for
        return KnownLetter(letter.number, tuple(letter.totals))
    written = [
        demands
        for demands in (letter.totals, letter.principals)
        if all(
            now[case].principal <= amount <= now[case].total or amount == now[case].principal
            for case, amount in demands.items()
        )
    ]
    today_s = [{case: it.total for case, it in now.items()}, {case: it.principal for case, it in now.items()}]
    return KnownLetter(letter.number, tuple(letter.totals), (*written, *today_s))


def _open_sums(debts: Debts, case: CaseKey, written: Iterable[Decimal], today: date) -> set[Decimal]:
    """Return the sums that an owner may pay: open principal, with late fee, and those on letters if still owed."""
    owed = debts.owed(case, today)
    if owed is None or not owed.principal:
        return set()
    return {owed.principal, owed.total, *(each for each in written if each <= owed.total)}


def _all_read(
    workspace: Workspace, files: Sequence[Path], order: StatementOrder, taken: StatementsTaken
) -> list[Statement]:
    intake = workspace.settings.intake
    size = intake.max_megabytes * 1024 * 1024
    limits = Limits(max_bytes=size, max_unpacked=5 * size, max_rows=intake.max_rows)
    read: list[Statement] = []
    failed: list[NoticesError] = []
    for path in files:
        try:
            found, strange = read_statements(path, order.today, order.choices, limits)
        except NoticesError as error:
            failed.append(error)
            strange = [(path.name, error)]
        else:
            read += found
        taken.problems += [(name, Problem("", None, None, None, it.fact, it.remedy)) for name, it in strange]
    if failed and not read:
        raise failed[0]
    return read


def _foreign_account(workspace: Workspace, statement: Statement) -> Problem | None:
    """Return the problem of a statement of an account that is none of the settings' (where they have any)."""
    accounts = [estate.bank.account for estate in workspace.settings.estates]
    own = [each for each in accounts if each.strip("0- *")]
    if not statement.account or not own or is_account_of(statement.account, own):
        return None
    return Problem(
        "",
        statement.account_row,
        None,
        statement.account,
        say("This is a statement of another account than those in [estates.bank]; nothing of it was recorded."),
        say("Import the statement of the company's account, or add the account to notices.toml."),
    )


def _estates_of(workspace: Workspace, account: str) -> frozenset[str]:
    """Return the estates whose account a statement is of; none if it does not say, or if that is no one's."""
    estates = workspace.settings.estates
    return frozenset(it.name for it in estates if account and is_account_of(account, [it.bank.account]))


@contextmanager
def _transaction(ledger: Ledger, *, dry_run: bool) -> Iterator[Books]:
    with ledger.read() if dry_run else ledger.begin() as books:
        yield books


@dataclass
class _Importer:
    """Importer of one statement after the other."""

    workspace: Workspace
    matcher: Matcher
    order: StatementOrder
    taken: StatementsTaken
    progress: Progress
    total: int
    done: int = 0
    into: frozenset[str] = frozenset()  # the estates whose account the statement is of
    keys: set[str] = field(default_factory=set)
    paid: dict[tuple[CaseKey, date, Decimal], set[str]] = field(default_factory=lambda: defaultdict(set))  # by keys

    def enter(self, books: Books, statement: Statement) -> None:
        """Record the lines of one statement that are new, and what known ones tell anew."""
        self.into = _estates_of(self.workspace, statement.account)
        known = books.statements.known([line.key for line in statement.lines])
        refunds = Refunds.of(books, statement, known)
        fresh: list[StatementLine] = []
        verdicts: dict[str, AccountMatch] = {}
        for line in statement.lines:
            self.done += 1
            if self.done % PORTION == 0 or self.done == self.total:
                self.progress(self.done, self.total)
            if line.key in known or line.key in self.keys:
                self._seen(books, refunds, statement, line, known.get(line.key))
            else:
                self.keys.add(line.key)
                fresh.append(line)
                if line.fate is Fate.MONEY_IN or (line.fate is Fate.LUMP_SUM and self._names_account(line)):
                    verdicts[line.key] = self._verdict(line)
        twice = self._equal_payments(books, statement, fresh, verdicts)
        given_back = refunds.returned_before(books, fresh)
        new = [
            self._new(
                statement,
                line,
                verdicts.get(line.key),
                _Doubt(twice.get(line.key), given_back.get(line.key), line.fate is Fate.LUMP_SUM),
                refunds.back_of(line),
            )
            for line in fresh
        ]
        debts = Debts.of(self.workspace, books, {case for line in new for case, _ in line.booked}, self.order.today)
        self._name_credit(statement, new, debts)
        recorded = self._recorded(books, new)
        for entry, record in zip(new, recorded, strict=True):
            self._report(entry, record)
        if not self.order.dry_run:
            by, at = self.order.by, self.order.at
            self.taken.attention += refunds.take_back(books, fresh, recorded, by=by, at=at)

    def _recorded(self, books: Books, new: Sequence[NewLine]) -> Sequence[LineRecord]:
        if self.order.dry_run:
            return [record_of(0, line) for line in new]
        return books.statements.add(new, by=self.order.by, at=self.order.at) if new else []

    def _seen(
        self, books: Books, refunds: Refunds, statement: Statement, line: StatementLine, record: LineRecord | None
    ) -> None:
        """Report a known line; a status that says now that money went back takes the payment back."""
        why = SEEN
        if record is not None and line.returned > record.returned and not self.order.dry_run:
            why = Fate.REFUND.value
            by, at = self.order.by, self.order.at
            self.taken.attention += refunds.given_back(books, record, line.returned - record.returned, by=by, at=at)
        self.taken.ignored.append(IgnoredLine(statement.file, line.row, line.amount, why))

    def _verdict(self, line: StatementLine) -> AccountMatch:
        return self.matcher.match(
            Remittance(
                amount=line.amount,
                payer=line.payer,
                remark=line.remark,
                estate=line.estate,
                unit=line.unit,
                owner=line.owner,
                into=self.into,
            )
        )

    def _names_account(self, line: StatementLine) -> bool:
        """Return whether a provider's line names an account for certain: one owner's transfer, and no settlement."""
        verdict = self._verdict(line)
        return verdict.case is not None or bool(verdict.shares)

    def _equal_payments(
        self,
        books: Books,
        statement: Statement,
        fresh: Sequence[StatementLine],
        verdicts: Mapping[str, AccountMatch],
    ) -> dict[str, int]:
        """Return the lines that may be on record already by another way, each with the payment's number.

        That is a payment of the same account, day and amount that was typed in, or is from a file that lacks its line:
        another kind of statement, another export of the same bank, another part of the day. Payments whose own
        lines are in this file are other ones. A payment may also have been inferred from the account's absence from a
        list.
        """
        cases = {verdict.case for verdict in verdicts.values() if verdict.case}
        cases |= {case for verdict in verdicts.values() for case, _ in verdict.shares}
        here = {line.key for line in statement.lines}
        payments = books.payments.of_cases(cases)
        lines = books.statements.keys_of([it.id for it in payments])
        others: dict[tuple[CaseKey, date | None, Decimal], int] = {}
        for it in payments:
            if lines.get(it.id) not in here:
                day = None if it.note == VANISHED else it.payment.date
                others[it.case, day, it.payment.amount] = it.id
        found: dict[str, int] = {}
        for line in fresh:
            for case, amount in _parts_of(verdicts.get(line.key), line.amount):
                number = others.get((case, line.date, amount)) or others.get((case, None, amount))
                if number is None and self.paid[case, line.date, amount] - here:
                    number = 0
                if number is not None:
                    found[line.key] = number
        return found

    def _new(
        self,
        statement: Statement,
        line: StatementLine,
        verdict: AccountMatch | None,
        doubt: _Doubt,
        returned: Decimal,
    ) -> NewLine:
        """Return the record of a new line."""
        new = NewLine(
            key=line.key,
            reference=line.reference,
            format=statement.format,
            file=statement.file,
            row=line.row,
            date=line.date,
            amount=line.amount,
            state=LineState.IGNORED,
            why=line.fate.value,
            payer=line.payer,
            text=_text_of(line),
            returned=returned,
        )
        left = line.amount - returned
        if verdict is None:
            return new
        if left <= 0:
            return replace(new, state=LineState.RETURNED, why=Fate.REFUND.value)
        if verdict.case is not None and not doubt:
            self.paid[verdict.case, line.date, line.amount].add(line.key)
            return replace(new, state=LineState.BOOKED, why=verdict.why or "", case=verdict.case)
        if verdict.shares and not doubt and not returned:
            for case, amount in verdict.shares:
                self.paid[case, line.date, amount].add(line.key)
            return replace(new, state=LineState.BOOKED, why=verdict.why or "", shares=verdict.shares)
        candidates = tuple((each.case, each.why) for each in verdict.candidates)
        parts = _parts_of(verdict, line.amount)
        if parts:
            candidates = tuple((case, "several") for case, _ in parts)
            if doubt.twice is not None:
                self.taken.attention.append(_may_be_known(statement.file, line.row, parts[0][0], doubt.twice))
        if doubt.refund is not None:
            self.taken.attention.append(_may_be_given_back(statement.file, line.row, doubt.refund))
        return replace(new, state=LineState.PROPOSED, why="", waiting=left, candidates=candidates)

    def _name_credit(self, statement: Statement, new: Sequence[NewLine], debts: Debts) -> None:
        """Name each payment that is more than principal and late fee."""
        for line, case, amount in [(each, *part) for each in new for part in each.booked]:
            owed = debts.owed(case, line.date)
            debts.pay(case, Payment(line.date, amount))
            if owed is not None and amount > owed.total:
                self.taken.attention.append(
                    say(
                        "{file}, row {row}: {account} paid {amount} yuan and owed {owed}; {credit} yuan are credit.",
                        file=statement.file,
                        row=line.row,
                        account=case.key,
                        amount=amount,
                        owed=owed.total,
                        credit=amount - owed.total,
                    )
                )

    def _report(self, line: NewLine, record: LineRecord) -> None:
        if line.shares:
            payments = record.payments or tuple(0 for _ in line.shares)
            for (case, amount), payment in zip(line.shares, payments, strict=True):
                own = (payment,) if payment else ()
                self.taken.booked.append((replace(record, amount=amount, payments=own), case))
        elif line.case is not None:
            self.taken.booked.append((record, line.case))
        elif line.state is LineState.PROPOSED:
            self.taken.proposed.append(record)
        else:
            self.taken.ignored.append(IgnoredLine(line.file, line.row, line.amount, line.why))


@dataclass(frozen=True, slots=True)
class _Doubt:
    """Doubt about a line that names its account.

    `twice` is the payment that may be this money, `refund` one that may be of it; `lump` is true for money that a
    payment provider passed on.
    """

    twice: int | None
    refund: LineRecord | None
    lump: bool

    def __bool__(self) -> bool:
        return self.twice is not None or self.refund is not None or self.lump


def _parts_of(verdict: AccountMatch | None, amount: Decimal) -> Sequence[tuple[CaseKey, Decimal]]:
    """Return the accounts that a line is certainly for, each with its part of the amount."""
    if verdict is None:
        return ()
    return verdict.shares or (((verdict.case, amount),) if verdict.case is not None else ())


def _may_be_known(file: str, row: int, case: CaseKey, payment: int) -> Message:
    if not payment:
        return say(
            "{file}, row {row}: another of these files has a payment of {account} of the same day and amount. It waits "
            "for a person.",
            file=file,
            row=row,
            account=case.key,
        )
    return say(
        "{file}, row {row}: payment {number} of {account} may be this money. It waits for a person.",
        file=file,
        row=row,
        number=payment,
        account=case.key,
    )


def _may_be_given_back(file: str, row: int, refund: LineRecord) -> Message:
    return say(
        "{file}, row {row}: {refund_file}, row {refund_row}, gave as much back to this payer on {day}. It waits for a "
        "person.",
        file=file,
        row=row,
        refund_file=refund.file,
        refund_row=refund.row,
        day=refund.date.isoformat(),
    )


def _text_of(line: StatementLine) -> str:
    """Return what a line says, as a person reads it."""
    return " ".join(dict.fromkeys(part for part in (line.unit, line.owner, line.payer, line.remark) if part))
