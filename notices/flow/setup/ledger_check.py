"""Check of the ledger: on a server its database, role, schema and clock first; nothing is migrated here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from notices.errors import NoticesError
from notices.flow.batch.outside import fault_of
from notices.flow.setup.finding import Finding, failed
from notices.flow.workspace import Workspace
from notices.ledger import (
    ENCODING,
    DatabaseState,
    Encryption,
    Ledger,
    SchemaAge,
    age_of,
    is_embedded,
    look_at_server,
)
from notices.messages import Message, say

OLDEST_SERVER = 14  # PostgreSQL; docs/scaling.md says so
CLOCKS_APART = timedelta(seconds=30)  # what NTP leaves is a thousandth of that
NAMES_SHOWN = 3


def check_ledger(workspace: Workspace, clock: Callable[[], datetime]) -> Iterator[Finding]:
    """Check that the ledger can be used; one that is to be migrated is not opened, because that would migrate it."""
    what = say("ledger")
    try:
        url = workspace.ledger_url
    except NoticesError:
        return  # reported with the settings
    try:
        if is_embedded(url):
            workspace.batches.mkdir(parents=True, exist_ok=True, mode=0o700)
            age = age_of(url)
        else:
            state = look_at_server(url, clock)
            found = list(_server(say("database"), state))
            yield from found
            if any(not each.fine and each.needed for each in found):
                return
            age = state.age
        yield from _opened(what, workspace, age)
    except NoticesError as error:
        yield from failed(what, error)


def _opened(what: Message, workspace: Workspace, age: SchemaAge) -> Iterator[Finding]:
    if age is SchemaAge.OLDER:
        yield Finding(
            what,
            fine=False,
            needed=False,
            fact=say("The ledger was written by an earlier version; the next command upgrades it."),
            remedy=say("Let the commands of others end and make a backup first, then run `notices status`."),
        )
        return
    if age is SchemaAge.NEWER:
        yield Finding(
            what,
            fine=False,
            fact=say("The ledger was written by a newer version of this program."),
            remedy=say("Install that version, or a later one."),
        )
        return
    ledger = Ledger.open(workspace.ledger_url, workspace.settings.calendar.zone, heads=workspace.heads)
    try:
        with ledger.read() as books:
            count = len(books.batches.all())
            fault = fault_of(workspace, books)
    finally:
        ledger.close()
    yield Finding(what, fine=True, fact=say("opens; {count} batch(es).", count=count))
    if fault is not None:
        yield from failed(what, fault)


def _server(what: Message, state: DatabaseState) -> Iterator[Finding]:
    yield Finding(
        what,
        fine=True,
        fact=say(
            "PostgreSQL {version} answers; role: {role}; schema: {schema}.",
            version=state.server_version,
            role=state.role,
            schema=state.schema_version or "-",
        ),
    )
    if state.read_only:
        yield Finding(
            what,
            fine=False,
            fact=say("The ledger's database is read-only."),
            remedy=say(
                "Give the URL of the server that accepts changes, and see that its default_transaction_read_only is "
                "off."
            ),
        )
    if state.encoding != ENCODING:
        yield Finding(
            what,
            fine=False,
            fact=say("The database stores texts as {encoding}: it cannot keep every name.", encoding=state.encoding),
            remedy=say("Create one with `createdb --encoding=UTF8 --template=template0`, and move the ledger there."),
        )
    yield from _rights(what, state)
    if state.major_version < OLDEST_SERVER:
        yield Finding(
            what,
            fine=False,
            needed=False,
            fact=say(
                "PostgreSQL {version} is older than {oldest}.", version=state.server_version, oldest=OLDEST_SERVER
            ),
            remedy=say("Upgrade the server; the program was not tried with it."),
        )
    if state.encryption is Encryption.NONE:
        yield Finding(
            what,
            fine=False,
            needed=False,
            fact=say("The connection to the database is not encrypted: the network can read names and amounts."),
            remedy=say("Set up TLS on the server, and add ?sslmode=verify-full to `[ledger] url`."),
        )
    if abs(state.ahead) > CLOCKS_APART:
        yield Finding(
            what,
            fine=False,
            needed=False,
            fact=say(
                "The clocks of this machine and of the database server are {seconds} seconds apart.",
                seconds=round(abs(state.ahead).total_seconds()),
            ),
            remedy=say("Let all machines keep time by NTP (`timedatectl set-ntp true`): dates come from their clocks."),
        )


def _rights(what: Message, state: DatabaseState) -> Iterator[Finding]:
    remedy = say(
        "Let its administrator make that role the owner of the database, or grant it every table and sequence: "
        "docs/scaling.md has the commands."
    )
    if state.age is SchemaAge.EMPTY:
        if not state.may_make_tables:
            yield Finding(
                what,
                fine=False,
                fact=say("The database is empty, and role {role} may not make tables in it.", role=state.role),
                remedy=remedy,
            )
        return
    if state.missing and state.age is SchemaAge.CURRENT:
        yield Finding(
            what,
            fine=False,
            fact=say("The ledger lacks a table: something other than this program has changed its schema."),
            remedy=say("Restore the database from a backup."),
        )
    if state.lacking:
        yield Finding(
            what,
            fine=False,
            fact=say(
                "Role {role} may not read and write {count} table(s): {names}.",
                role=state.role,
                count=len(state.lacking),
                names=_shown(state.lacking),
            ),
            remedy=remedy,
        )
    elif state.foreign or not state.may_make_tables:
        yield Finding(
            what,
            fine=False,
            needed=False,
            fact=say("Role {role} does not own the tables: it can work, but not upgrade the ledger.", role=state.role),
            remedy=say(
                "Let its administrator make that role their owner before the next version: docs/scaling.md has the "
                "commands."
            ),
        )


def _shown(names: tuple[str, ...]) -> str:
    return ", ".join(names[:NAMES_SHOWN]) + (" …" if len(names) > NAMES_SHOWN else "")
