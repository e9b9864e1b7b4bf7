"""How the letters of a batch are shared out into documents, known before the first of them is composed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from notices.flow.batch.session import BatchSession
from notices.ledger import Outline
from notices.letters.template import open_template
from notices.model import Channel
from notices.workers.capacity import Capacity

# Compiling a template, and comparing its first letters both ways, costs about as much as so many letters.
WORTH_COMPILING = 100
HALVES = re.compile("[ab]+$")  # of a file's name, which ends in a number before them


@dataclass(frozen=True, slots=True)
class Parcel:
    """The letters, by their numbers, that become one document of that name and date."""

    name: str
    template: Path
    numbers: tuple[str, ...]
    dated: date
    compiled: bool


def parcels_of(
    at: BatchSession, outlines: Sequence[Outline], waiting: Collection[str], capacity: Capacity
) -> list[Parcel]:
    """Parcels whose borders depend on the approval alone, so that a resumed run makes the same files.

    A letter that is e-mailed is a document of its own: the fonts of a shared one hold the characters of all its
    letters, in the order in which they came, and would carry other owners' names into its owner's mailbox.
    """
    grouped: dict[tuple[int, Path, bool], list[Outline]] = defaultdict(list)
    for outline in outlines:
        template = at.frozen.template_path(outline.estate, outline.tier, outline.approval)
        grouped[outline.approval, template, is_mailed(outline)].append(outline)
    with at.ledger.read() as books:
        taken = {HALVES.sub("", Path(shard.file).stem) for shard in books.notices.shards(at.order.batch)}
    dates = {approval.number: approval.letter_date for approval in at.frozen.batch.approvals}
    parcels = []
    for (approval, template, mailed), members in sorted(grouped.items()):
        frozen = at.frozen.approved(approval)
        alone = mailed or not open_template(template).shareable
        size = 1 if alone else capacity.shard(frozen.settings.letters)
        name = template.relative_to(frozen.templates).as_posix().removesuffix(".docx").replace("/", "-")
        stem = f"{name}-{approval:02d}-{'mail-' * mailed}"
        for place in range(0, len(members), size):
            numbers = tuple(each.number for each in members[place : place + size] if each.number in waiting)
            if numbers:
                parcels.append(
                    Parcel(
                        name=_free(f"{stem}{place // size + 1:03d}", taken),
                        template=template,
                        numbers=numbers,
                        dated=dates[approval] or at.frozen.batch.as_of,
                        compiled=len(members) >= WORTH_COMPILING,
                    )
                )
    return parcels


def is_mailed(outline: Outline) -> bool:
    """Whether a letter is e-mailed, be it printed as well or not."""
    return any(channel is Channel.EMAIL for _, channel, _ in outline.deliveries)


def _free(name: str, taken: set[str]) -> str:
    """The name, or the first with a running number: a proved file, or a half of one, is never written over."""
    names = (name if again == 0 else f"{name}-r{again}" for again in range(len(taken) + 1))
    return next(each for each in names if each not in taken)
