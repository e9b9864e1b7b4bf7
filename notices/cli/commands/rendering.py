"""render: make the letters of a batch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from notices.cli.door import Door, common, pass_door
from notices.cli.options import acting_option
from notices.cli.translated_help import command
from notices.messages import say

if TYPE_CHECKING:
    from rich.progress import Progress

    from notices.flow.rendering.render import Rendered

SECONDS_BETWEEN_LINES = 15.0


@contextmanager
def letters_bar(door: Door) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar over the letters."""
    from notices.cli.progress import progress

    with progress() as bar:
        yield letters_task(door, bar)


def letters_task(door: Door, bar: Progress) -> Callable[[int, int], None]:
    """Add a line for the letters to a progress bar; return the function that advances it."""
    if bar.disable:
        return _plain_lines(door)
    from notices.cli.progress import line_of

    return line_of(bar, door.text(say("letters")))


def _plain_lines(door: Door) -> Callable[[int, int], None]:
    """Return a function that prints a line every SECONDS_BETWEEN_LINES, for output that is no terminal."""
    began = last = time.monotonic()

    def advance(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= SECONDS_BETWEEN_LINES and 0 < done < total:
            last = now
            rate = done / (now - began)
            left = math.ceil((total - done) / rate)
            door.say(
                say(
                    "{done} of {total} letters, {rate} a second, {left} s left.",
                    done=done,
                    total=total,
                    rate=f"{rate:.1f}",
                    left=left,
                )
            )

    return advance


@command()
@click.argument("batch")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=None,
    help="LibreOffice processes at once; default by cores and memory.",
)
@click.option(
    "--shard", type=click.IntRange(1, 500), default=None, help="Letters per document; default [letters] shard."
)
@click.option("--cluster", default="", metavar="URL", help="Scheduler of a Dask cluster; default [cluster] scheduler.")
@acting_option
@common
@pass_door
@click.pass_context
def render(
    ctx: click.Context, door: Door, batch: str, workers: int | None, shard: int | None, cluster: str, by: str | None
) -> None:
    """Fill the letters of BATCH, convert them to PDF and check every page."""
    from notices.flow.rendering.early_start import start_early

    if not cluster:
        start_early()
    from notices.flow.batch.session import Order
    from notices.flow.rendering import render as rendering
    from notices.workers.capacity import Capacity

    with letters_bar(door) as advance:
        order = Order(batch, by or door.login(), door.now())
        capacity = Capacity(workers or 0, shard or 0, cluster)
        rendered = rendering.render(door.workspace, door.ledger, order, advance, capacity, secret=door.secret)
    door.say_all((*rendered.attention, *rendered.notes))
    if door.as_json:
        door.answer(rendered_document(door, rendered))
    else:
        show_rendered(door, rendered)
    ctx.exit(1 if rendered.attention else 0)


def rendered_document(door: Door, rendered: Rendered) -> dict[str, object]:
    """Return the JSON document of a rendering: how many letters were made, and where they are."""
    return {
        "batch": rendered.batch,
        "rendered": rendered.made,
        "folder": str(rendered.folder),
        "attention": [door.text(message) for message in rendered.attention],
    }


def show_rendered(door: Door, rendered: Rendered) -> None:
    """Print the number of letters and their folder."""
    door.say(say("{count} letter(s) rendered and checked, in {folder}.", count=rendered.made, folder=rendered.folder))


COMMANDS = (render,)
