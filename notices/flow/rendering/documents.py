"""Assignment of a batch's letters to documents, made before any letter is composed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from notices.flow.batch.session import BatchSession
from notices.ledger import NoticeSummary
from notices.letters.template import open_template
from notices.model import Channel
from notices.workers.capacity import Capacity

# Letters that take about as long to make as a template takes to be compiled and compared with docxtpl.
WORTH_COMPILING = 100
MADE = re.compile(r"(?P<name>.+)-\d{2,}-(?:mail-)?\d{3,}(?:-r\d+)?[ab]*\.pdf")
HALVES = re.compile("[ab]+$")  # suffix of a halved shard's file name, after its number


@dataclass(frozen=True, slots=True)
class LetterDocument:
    """A document to be made: its name, template and date, and the numbers of its letters."""

    name: str
    template: Path
    numbers: tuple[str, ...]
    dated: date
    compiled: bool


def plan_documents(
    session: BatchSession,
    summaries: Sequence[NoticeSummary],
    waiting: Collection[str],
    capacity: Capacity,
    *,
    separable: bool,
) -> list[LetterDocument]:
    """Assign the letters to documents, depending on the approval only, so that a resumed run makes the same files.

    Unless letters are `separable`, an e-mailed one is a document of its own: the font subsets of a shared document
    contain the characters of all its letters in order of appearance, and would disclose other owners' names.
    """
    grouped: dict[tuple[int, Path, bool], list[NoticeSummary]] = defaultdict(list)
    for summary in summaries:
        template = session.frozen.template_path(summary.estate, summary.tier, summary.approval)
        grouped[summary.approval, template, is_mailed(summary)].append(summary)
    with session.ledger.read() as books:
        taken = {HALVES.sub("", Path(shard.file).stem) for shard in books.notices.shards(session.order.batch)}
    dates = {approval.number: approval.letter_date for approval in session.frozen.batch.approvals}
    documents = []
    for (approval, template, mailed), members in sorted(grouped.items()):
        frozen = session.frozen.approved(approval)
        alone = (mailed and not separable) or not open_template(template).shareable
        size = 1 if alone else capacity.shard(frozen.settings.letters)
        name = _name_of(template.relative_to(frozen.templates).as_posix())
        stem = f"{name}-{approval:02d}-{'mail-' * mailed}"
        for place in range(0, len(members), size):
            numbers = tuple(each.number for each in members[place : place + size] if each.number in waiting)
            if numbers:
                documents.append(
                    LetterDocument(
                        name=_free(f"{stem}{place // size + 1:03d}", taken),
                        template=template,
                        numbers=numbers,
                        dated=dates[approval] or session.frozen.batch.as_of,
                        compiled=len(members) >= WORTH_COMPILING,
                    )
                )
    return documents


def may_be_ours(file: str, templates: Collection[str]) -> bool:
    """Return whether a file in the folder of letters has a name that `plan_documents` gives, made of such templates."""
    found = MADE.fullmatch(file)
    return found is not None and found["name"] in {_name_of(template) for template in templates}


def _name_of(template: str) -> str:
    return template.removesuffix(".docx").replace("/", "-")


def is_mailed(summary: NoticeSummary) -> bool:
    """Return whether a letter is e-mailed, even if it is printed too."""
    return any(channel is Channel.EMAIL for _, channel, _ in summary.deliveries)


def _free(name: str, taken: set[str]) -> str:
    """Return the name, with a number added if it is taken: a proved file must not be overwritten."""
    names = (name if again == 0 else f"{name}-r{again}" for again in range(len(taken) + 1))
    return next(each for each in names if each not in taken)
