"""Test desk: a workspace, the command line run in this process, and lists of invented owners."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import openpyxl
from click.testing import CliRunner

from notices.cli import main
from notices.flow.workspace import Workspace
from notices.ledger import Books, Ledger

ESTATE = "示例花园"
AS_OF = "2026-11-23"
HEADINGS = ("小区", "房号", "业主姓名", "邮箱", "通讯地址", "费用期间", "应缴日期", "应收金额", "已收金额")
HISTORY = ("小区", "房号", "业主姓名", "函件", "编号", "发出日期", "送达方式", "结果", "送达日期")
HOLDER = """
import fcntl, sys
with open(sys.argv[1], "a") as held:
    fcntl.flock(held, fcntl.LOCK_EX)
    print("held", flush=True)
    sys.stdin.read()
"""
_fresh = count(1)


@dataclass(frozen=True)
class Owes:
    """Row of an arrears list."""

    unit: str
    owner: str
    due: str = "1200.00"
    email: str = ""
    address: str = "示例路1号"
    paid: str = "0"
    due_date: str = "2026-06-30"
    estate: str = ESTATE

    @property
    def account(self) -> str:
        return f"{self.estate}/{self.unit}/{self.owner}"

    @property
    def cells(self) -> tuple[str, ...]:
        return (
            self.estate,
            self.unit,
            self.owner,
            self.email,
            self.address,
            "2026年1月至6月",
            self.due_date,
            self.due,
            self.paid,
        )


@dataclass(frozen=True)
class Sent:
    """Row of a history: a letter sent before the program was used."""

    to: Owes
    on: str
    letter: str = "催费函"
    number: str = ""
    way: str = "EMS"
    result: str = ""
    delivered: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        whose = (self.to.estate, self.to.unit, self.to.owner)
        return (*whose, self.letter, self.number, self.on, self.way, self.result, self.delivered)


@dataclass(frozen=True)
class Outcome:
    """Result of one call of the command line."""

    status: int
    output: str
    errors: str

    @property
    def json(self) -> Any:
        return json.loads(self.output)


@dataclass(frozen=True)
class Desk:
    """Workspace in which `desk("plan", file, status=1)` runs a command and checks its exit status."""

    folder: Path

    def __call__(
        self, *words: object, status: int | set[int] = 0, answers: str | None = None, locale: str = "C.UTF-8"
    ) -> Outcome:
        environment = {"LC_ALL": None, "LC_MESSAGES": None, "LANG": locale, "NOTICES_WORKSPACE": str(self.folder)}
        result = CliRunner().invoke(main, [str(word) for word in words], input=answers, env=environment)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        expected = {status} if isinstance(status, int) else status
        assert result.exit_code in expected, f"{words}: exit {result.exit_code}\n{result.stderr}{result.stdout}"
        assert "Traceback" not in result.stderr + result.stdout
        if "--json" in words:
            json.loads(result.stdout)  # exactly one document, even after an error
        return Outcome(result.exit_code, result.stdout, result.stderr)

    def list(self, *owners: Owes, name: str | None = None) -> Path:
        """Write an arrears list with one row per owner, under a new name unless one is given."""
        return self.table(HEADINGS, [owner.cells for owner in owners], name)

    def history(self, *letters: Sent) -> Path:
        return self.table(HISTORY, [letter.cells for letter in letters])

    def import_both_letters(self, *owners: Owes) -> None:
        """Import that a reminder and a lawyer's letter went to these owners, so that the follow-up is due."""
        letters = [it for to in owners for it in (Sent(to, "2026-08-03"), Sent(to, "2026-09-28", "律师函"))]
        self("history", "import", self.history(*letters))

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[object]], name: str | None = None) -> Path:
        path = self.folder / "lists" / (name or f"list-{next(_fresh)}.csv")
        path.parent.mkdir(exist_ok=True)
        if path.suffix == ".xlsx":
            book = openpyxl.Workbook()
            assert book.active is not None
            for cells in (headings, *rows):
                book.active.append(list(cells))
            book.save(path)
        else:
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows((headings, *rows))
        return path

    def plan(self, *owners: Owes, batch: str = "b", as_of: str = AS_OF, status: int = 0, **options: str) -> Any:
        """Plan a list of these owners as a batch; return its decisions by account."""
        more = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value)]
        words = ("plan", self.list(*owners), "--name", batch, "--as-of", as_of, "--by", "Planner", *more, "--json")
        return by_account(self(*words, status=status).json)

    def decisions(self, batch: str = "b") -> Any:
        """Return a batch's decisions by account."""
        return by_account(self("show", batch, "--json").json)

    def states(self, batch: str = "b") -> dict[str, dict[str, str]]:
        """Return the state of each delivery: account → channel → state."""
        return {
            account: {delivery["channel"]: delivery["state"] for delivery in decision["deliveries"]}
            for account, decision in self.decisions(batch).items()
            if decision["deliveries"]
        }

    def set(self, old: str, new: str) -> None:
        """Replace `old`, which must occur, in the settings."""
        file = self.folder / "notices.toml"
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    def use_ledger(self, url: str) -> None:
        """Keep the ledger in another database."""
        self.set('[ledger]\nurl = ""', f'[ledger]\nurl = "{url}"')

    def use_smtp(self, port: int, more: str = "") -> None:
        """Send by a mail server on this machine."""
        told = f'transport = "smtp"\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\n{more}'
        self.set('transport = "outbox"            # ', f"{told}\n# ")

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """Open the ledger, wherever the settings keep it."""
        with closing(Ledger.open(Workspace(self.folder).ledger_url)) as ledger:
            yield ledger

    @contextmanager
    def books(self) -> Iterator[Books]:
        """Open the ledger for writing, as the program does."""
        with self.ledger() as ledger, ledger.begin() as books:
            yield books

    def change(self, statement: str) -> None:
        """Change rows as the program does, sealed, to a state that it reaches in other ways."""
        with self.books() as books:
            books.connection.exec_driver_sql(statement)

    def tamper(self, *statements: str) -> None:
        """Change rows as another program would, behind the ledger's back."""
        with closing(sqlite3.connect(self.ledger_file)) as ledger, ledger:
            for statement in statements:
                ledger.execute(statement)

    @property
    def ledger_file(self) -> Path:
        """The ledger, unless `use_ledger` keeps it elsewhere."""
        return self.folder / "batches" / "ledger.db"

    def copy_ledger(self, to: Path) -> Path:
        """Copy the ledger completely, as a backup does."""
        with closing(sqlite3.connect(self.ledger_file)) as ledger, closing(sqlite3.connect(to)) as copy:
            ledger.backup(copy)
        return to

    def put_back(self, copy: Path) -> None:
        """Put a copy in the ledger's place."""
        for file in self.ledger_file.parent.glob("ledger.db*"):
            file.unlink()
        shutil.copy(copy, self.ledger_file)

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        """Return every row of the ledger, by table."""
        with closing(sqlite3.connect(self.ledger_file)) as ledger:
            tables = [name for (name,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {table: ledger.execute(f'SELECT * FROM "{table}"').fetchall() for table in tables}

    def files(self) -> dict[str, bytes]:
        """Return every file of a batch, apart from the ledger and the locks."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for place in ("batches", "output")
            for path in (self.folder / place).rglob("*")
            if path.is_file() and ".office" not in path.parts and not path.name.startswith((".", "ledger.db"))
        }

    def copy(self, folder: Path) -> Desk:
        """Copy the desk to another folder."""
        shutil.copytree(self.folder, folder)
        return Desk(folder)


@contextmanager
def held_elsewhere(lock: Path) -> Iterator[None]:
    """Hold a lock file in another process for the duration of the block."""
    command = [sys.executable, "-c", HOLDER, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        yield
        holder.communicate()


def by_account(document: Any) -> Any:
    return {decision["account"]: decision for decision in document["decisions"]}


def number_of(desk: Desk, owner: Owes) -> str:
    """Return the number of an owner's notice in batch `b`."""
    return str(desk.decisions()[owner.account]["notice"])
