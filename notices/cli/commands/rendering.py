"""render: the letters of a batch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.progress import Progress

from notices.cli.display import progress
from notices.cli.door import Door, common, pass_door
from notices.cli.options import PERSON
from notices.cli.translated_help import command
from notices.flow.batch.session import Order
from notices.flow.rendering.render import Rendered
from notices.flow.rendering.render import render as make
from notices.messages import say
from notices.workers.capacity import Capacity

SECONDS_BETWEEN_LINES = 15.0


@contextmanager
def letters_bar(door: Door) -> Iterator[Callable[[int, int], None]]:
    """A bar that follows the letters."""
    with progress() as bar:
        yield letters_task(door, bar)


def letters_task(door: Door, bar: Progress) -> Callable[[int, int], None]:
    """A line of the bar that follows the letters."""
    if bar.disable:
        return _plain_lines(door)
    task = bar.add_task(door.text(say("letters")), total=None)
    return lambda done, total: bar.update(task, completed=done, total=total)


def _plain_lines(door: Door) -> Callable[[int, int], None]:
    """Where no terminal is: a line every so often, and none for what is soon done."""
    began = said = time.monotonic()

    def advance(done: int, total: int) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said >= SECONDS_BETWEEN_LINES and 0 < done < total:
            said = now
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
    "--workers", type=click.IntRange(1, 64), default=None, help="Offices at once; default by cores and memory."
)
@click.option("--shard", type=click.IntRange(1, 500), default=None, help="Letters a document; default [letters] shard.")
@click.option("--by", type=PERSON, help="Who acts; default the login name.")
@common
@pass_door
@click.pass_context
def render(ctx: click.Context, door: Door, batch: str, workers: int | None, shard: int | None, by: str | None) -> None:
    """Fill the letters of BATCH and turn them into PDF, every page proved."""
    with letters_bar(door) as advance:
        order = Order(batch, by or door.login(), door.now())
        rendered = make(door.workspace, door.ledger, order, advance, Capacity(workers or 0, shard or 0))
    for message in rendered.attention:
        door.say(message)
    if door.as_json:
        door.answer(rendered_document(door, rendered))
    else:
        show_rendered(door, rendered)
    ctx.exit(1 if rendered.attention else 0)


def rendered_document(door: Door, rendered: Rendered) -> dict[str, object]:
    """How many letters were made and where."""
    return {
        "batch": rendered.batch,
        "rendered": rendered.made,
        "folder": str(rendered.folder),
        "attention": [door.text(message) for message in rendered.attention],
    }


def show_rendered(door: Door, rendered: Rendered) -> None:
    """The same in a sentence."""
    door.say(say("{count} letter(s) rendered and proved in {folder}.", count=rendered.made, folder=rendered.folder))


COMMANDS = (render,)
