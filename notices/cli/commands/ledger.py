"""ledger verify, stamp, backup, restore, reconcile and move."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from notices.cli.display import table
from notices.cli.door import Door, common, pass_door
from notices.cli.options import FILE, acting_option
from notices.cli.translated_help import group
from notices.errors import UsageMistake
from notices.messages import say

if TYPE_CHECKING:
    from notices.flow.ledger.archive import Manifest
    from notices.progress import Progress


@group()
def ledger() -> None:
    """Prove, back up, restore, reconcile and move the ledger."""


@ledger.command("verify")
@common
@pass_door
@click.pass_context
def verify_ledger(ctx: click.Context, door: Door) -> None:
    """Prove that no event, row or kept file was changed, removed or put in by anything but this program."""
    from notices.flow.ledger.verify import verify

    with _bars(door) as (rows, files):
        found = verify(door.workspace, door.ledger, rows=rows, files=files)
    proof = found.proof
    if door.as_json:
        door.answer(
            {
                "events": proof.events,
                "intact": found.intact,
                "broken": [
                    {"event": it.event, "what": it.what, **({"row": it.row} if it.row else {})} for it in proof.broken
                ],
                "files": [{"file": it.file, "what": it.what} for it in found.files],
                "head": proof.head.link,
                "stamps": found.stamps,
            }
        )
    elif found.intact:
        door.say(say("The ledger is intact: {count} events, and every row and kept file.", count=proof.events))
    else:
        broken = [(it.row or f"event {it.event}", door.word(it.what)) for it in proof.broken]
        table(
            door.headings(say("broken"), say("finding")),
            [*broken, *((it.file, door.word(it.what)) for it in found.files)],
        )
        door.say(say("Something other than this program has changed the ledger or its files."))
    door.say_all(found.unchecked)
    ctx.exit(0 if found.intact and not found.unchecked else 1)


@ledger.command("stamp")
@acting_option
@common
@pass_door
def stamp_ledger(door: Door, by: str | None) -> None:
    """Have the time-stamp authority of the settings prove how old the newest event is."""
    from notices.flow.ledger.stamp import stamp

    made = stamp(door.workspace, door.ledger, by=by or door.login(), at=door.now())
    if door.as_json:
        facts = None if made is None else {"event": made.event, "head": made.link, "time": made.time.isoformat()}
        door.answer({"stamped": facts})
    elif made is None:
        door.say(say("The ledger has no events yet; nothing was stamped."))
    else:
        door.say(say("Event {event} is stamped: {time}.", event=made.event, time=made.time.isoformat()))


@ledger.command("backup")
@click.argument("file", metavar="FILE", type=FILE)
@common
@pass_door
def backup_ledger(door: Door, file: Path) -> None:
    """Write the ledger and the batches' files to FILE, consistent while others work."""
    from notices.flow.ledger.backup import backup

    made = backup(door.workspace, door.ledger, file.absolute(), at=door.now())
    if door.as_json:
        door.answer(_document(made.file, made.manifest))
    else:
        door.say(say("{file}: {count} files, checked.", file=made.file, count=len(made.manifest.files)))


@ledger.command("restore")
@click.argument("file", metavar="FILE", type=FILE)
@click.option("--yes", is_flag=True, help="Move a ledger that is there aside.")
@common
@pass_door
def restore_ledger(door: Door, file: Path, *, yes: bool) -> None:
    """Make the backup FILE the ledger again; what was there is moved aside, never deleted."""
    from notices.flow.ledger.restore import restore

    done = restore(door.workspace, file.absolute(), at=door.now(), replace=yes)
    if door.as_json:
        aside = None if done.aside is None else str(done.aside)
        door.answer({**_document(file.absolute(), done.manifest), "aside": aside})
        return
    made = done.manifest.made_at.isoformat(timespec="seconds")
    door.say(say("The ledger is as it was at {time}. Next: notices ledger verify", time=made))
    if done.aside is not None:
        door.say(say("What was there before is in {folder}.", folder=done.aside))


@ledger.command("reconcile")
@click.option("--dry-run", is_flag=True, help="Show what would be recorded, and change nothing.")
@acting_option
@common
@pass_door
@click.pass_context
def reconcile_ledger(ctx: click.Context, door: Door, by: str | None, *, dry_run: bool) -> None:
    """Record in an old copy of the ledger what has left since; then sending and printing may go on."""
    from notices.flow.ledger.reconcile import ReconcileRequest, reconcile

    done = reconcile(door.workspace, door.ledger, ReconcileRequest(by or door.login(), door.now(), dry_run))
    found = {name: done.numbers.get(name, []) for name in ("unknown", "withdrawn", "imported", "unrecorded")}
    for message in done.attention:
        door.say(message)
    if door.as_json:
        door.answer(
            {
                "older": done.older,
                "dry_run": dry_run,
                "lost_since": None if done.lost_since is None else done.lost_since.isoformat(),
                **found,
                "jobs": done.jobs,
                "series": done.series,
                "entered": {kind: [at.isoformat() for at in times] for kind, times in done.entered.items()},
                "attention": [door.text(message) for message in done.attention],
            }
        )
    elif not done.older:
        door.say(say("The ledger knows all that has left; nothing was changed."))
    else:
        door.say(
            say(
                "Notices now unknown: {unknown}, withdrawn: {withdrawn}, imported: {imported}, not recorded: "
                "{unrecorded}. Print jobs to confirm or cancel: {jobs}.",
                unknown=len(found["unknown"]),
                withdrawn=len(found["withdrawn"]),
                imported=len(found["imported"]),
                unrecorded=len(found["unrecorded"]),
                jobs=len(done.jobs),
            )
        )
    ctx.exit(1 if done.attention else 0)


@ledger.command("move")
@click.argument("url", metavar="[URL]", required=False)
@click.option("--reopen", is_flag=True, help="Let a ledger that was moved be written again.")
@acting_option
@common
@pass_door
def move_ledger(door: Door, url: str | None, by: str | None, *, reopen: bool) -> None:
    """Copy the ledger to the empty database at URL, from SQLite to PostgreSQL or back, and prove the copy."""
    from notices.flow.ledger.move import MoveRequest, move
    from notices.ledger import reopen as open_again

    if reopen == (url is not None):
        raise UsageMistake(say("Give either URL or --reopen."), say("See `notices ledger move --help`."))
    if url is None:
        open_again(door.ledger)
        if door.as_json:
            door.answer({"reopened": True})
        else:
            door.say(say("This ledger can be written again. The copy that was made of it must not be used any more."))
        return
    done = move(door.workspace, door.ledger, MoveRequest(url, by or door.login()))
    moved, count = done.moved, sum(done.moved.rows.values())
    if door.as_json:
        door.answer(
            {
                "from": done.before,
                "to": moved.place,
                "tables": dict(moved.rows),
                "rows": count,
                "events": moved.head.id,
                "head": moved.head.link,
            }
        )
    else:
        door.say(say("{count} rows are in {place}, each as it was.", count=count, place=moved.place))
        door.say(say("Set `[ledger] url` in notices.toml to it; until then nothing can be written."))


def _document(file: Path, manifest: Manifest) -> dict[str, Any]:
    return {
        "file": str(file),
        "made_at": manifest.made_at.isoformat(),
        "files": len(manifest.files),
        "events": manifest.head.id,
        "head": manifest.head.link,
    }


@contextmanager
def _bars(door: Door) -> Iterator[tuple[Progress, Progress]]:
    """Show a progress bar over rows and one over files; they are erased at the end."""
    from notices.cli.progress import line_of, progress

    with progress() as bar:
        yield line_of(bar, door.text(say("ledger"))), line_of(bar, door.text(say("files")))


COMMANDS = (ledger,)
