"""Build e-mails in worker processes while others are sent: building takes longer than sending."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass
from datetime import datetime

from notices.errors import DataNeedsPerson
from notices.flow.batch.frozen import Frozen
from notices.flow.batch.outgoing import Queue, ReadyLetter
from notices.flow.batch.signing_keys import NO_KEYS, SigningKeys
from notices.flow.mailing.message import BuiltMail, built_mail
from notices.letters.slip_form import prepare_font
from notices.workers.pool import WorkerPool

FEW = 24  # building so many takes less time than starting a process
PORTION = 8  # messages per task, so that shared data is sent to the worker once
WORKERS = 2
PORTIONS_AHEAD = 2 * WORKERS  # limits the built messages in memory to a few megabytes

Built = BuiltMail | DataNeedsPerson


@dataclass(frozen=True)
class BuildContext:
    """Inputs for building messages: the date of each, the keys that letters are signed with.

    `before_waiting` is called before waiting for a message.
    """

    frozen: Frozen
    now: Callable[[], datetime]
    keys: SigningKeys = NO_KEYS
    before_waiting: Callable[[], None] = lambda: None


def build_ahead(context: BuildContext, wanted: Queue, *, in_hurry: bool) -> Generator[Built, None, None]:
    """Yield the messages in order, or the reason why one cannot be built; only a few are in memory at once.

    Unless `in_hurry`, each is built when its turn comes, as for a server that takes a few a minute. Other errors of
    building are raised.
    """
    frozen = context.frozen
    if not in_hurry or len(wanted) <= FEW:
        for each in wanted:
            context.before_waiting()
            yield from _build(frozen, [each], context.now(), context.keys)
        return
    if any(frozen.tier_of(*kind).slip for kind in wanted.kinds):
        prepare_font(frozen.workspace.office)
    with WorkerPool(WORKERS, preload=[__name__]) as pool:
        yield from _in_order(pool, context, wanted)


def _in_order(pool: Executor, context: BuildContext, wanted: Sequence[ReadyLetter]) -> Iterator[Built]:
    under_way: deque[tuple[Sequence[ReadyLetter], Future[list[Built]]]] = deque()
    frozen, now, keys = context.frozen, context.now, context.keys

    def first() -> list[Built]:
        portion, result = under_way.popleft()
        if not result.done():
            context.before_waiting()
        try:
            return result.result()
        except BrokenExecutor:  # a worker was killed, probably for lack of memory: build in this process
            return _build(frozen, portion, now(), keys)

    for start in range(0, len(wanted), PORTION):
        portion = wanted[start : start + PORTION]
        under_way.append((portion, pool.submit(_build, frozen, portion, now(), keys)))
        if len(under_way) > PORTIONS_AHEAD:
            yield from first()
    while under_way:
        yield from first()


def _build(frozen: Frozen, wanted: Sequence[ReadyLetter], dated: datetime, keys: SigningKeys) -> list[Built]:
    built: list[Built] = []
    for ready in wanted:
        try:
            built.append(built_mail(frozen, ready, dated=dated, keys=keys))
        except DataNeedsPerson as error:
            built.append(error)
    return built
