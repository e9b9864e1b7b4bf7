"""Whose a returned slip is: the notice it answers, what its slip offered, and what cannot be true of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from notices.errors import Refused, UsageMistake
from notices.flow.batch.frozen import Frozen
from notices.flow.workspace import Workspace
from notices.intake import slip_words
from notices.ledger import Books, DecisionRecord
from notices.ledger.notices import required
from notices.letters.answers import FILE as ANSWERS
from notices.letters.answers import Objection, read_objections
from notices.messages import say
from notices.model import Slip
from notices.rules.states import MAY_HAVE_LEFT

LONGEST = 2000  # characters of one field; a page of a letter holds fewer
TICKS = "□☑☒√✓"


@dataclass(frozen=True)
class Answered:
    """The notice that a slip answers, and the objections that its slip offered, by code."""

    entry: DecisionRecord
    offered: Mapping[str, Objection]

    def codes(self, given: Iterable[str]) -> tuple[str, ...]:
        """The codes that codes or labels mean, in the slip's order; raises UsageMistake that names every other."""
        named = {_key(name): each.code for each in self.offered.values() for name in (each.label, each.code)}
        ticked: set[str] = set()
        strange: list[str] = []
        for text in given:
            # The words behind a box may hold commas themselves, so they are taken whole where they can be.
            for piece in [text] if _key(text) in named else re.split("[、,，]", text):
                code = named.get(_key(piece))
                if code is None:
                    strange.append(piece.strip())
                else:
                    ticked.add(code)
        if strange:
            raise UsageMistake(
                say("The slip offers no objection {objections}.", objections=", ".join(f"“{it}”" for it in strange)),
                say("Use one of: {codes}.", codes=", ".join(self.offered)),
            )
        return tuple(code for code in self.offered if code in ticked)

    def refuse_unsound(self, slip: Slip, today: date) -> None:
        """Raise UsageMistake where nothing stands on the slip, or its days cannot be true."""
        if not (slip.objections or slip.note or slip.promise or slip.instalments):
            raise UsageMistake(
                say("Nothing was ticked or written."),
                say("Give --objection, --note, --promise or --instalments as the slip has them."),
            )
        if max(map(len, (slip.note, slip.instalments, slip.telephone))) > LONGEST:
            raise UsageMistake(
                say("There is more text than a slip holds."), say("Shorten it to {limit} characters.", limit=LONGEST)
            )
        if slip.promise is not None and slip.promise < slip.received:
            raise UsageMistake(
                say(
                    "{until} is before the day on which the slip came back, {day}.",
                    until=slip.promise,
                    day=slip.received,
                ),
                say("Look at the date on the slip."),
            )
        written = self.entry.notice.date if self.entry.notice else None
        if slip.received > today or (written is not None and slip.received < written):
            raise UsageMistake(
                say("The slip cannot have come back on {day}.", day=slip.received),
                say("Give the day on which it came back with --date."),
            )


@dataclass(frozen=True)
class Answerable:
    """The notices of a ledger that a slip can answer; what their approvals froze is read once."""

    workspace: Workspace
    books: Books
    _frozen: dict[str, Frozen] = field(default_factory=dict)

    def find(self, number: str) -> Answered:
        """The notice of that number; raises UsageMistake where there is none, Refused where no slip of it can come."""
        entry = required(self.books.slips.decision_of(number), number)
        if not any(delivery.state in MAY_HAVE_LEFT for delivery in required(entry.notice, number).deliveries):
            raise Refused(
                say("{notice} has not left the house: no slip of it can have come back.", notice=number),
                say("Look at the number on the slip; `notices status BATCH` shows where each notice stands."),
            )
        tier = self._frozen_of(entry).tier(entry)
        if not tier.slip:
            raise Refused(
                say("{notice} is a {title}, which has no slip.", notice=number, title=tier.title),
                say("Look at the number on the slip. What an owner says in another way: `notices hold add … --note`."),
            )
        return Answered(entry, self._offered(entry))

    def _frozen_of(self, entry: DecisionRecord) -> Frozen:
        if entry.batch not in self._frozen:
            self._frozen[entry.batch] = Frozen(self.workspace, self.books.batches.get(entry.batch))
        return self._frozen[entry.batch]

    def _offered(self, entry: DecisionRecord) -> Mapping[str, Objection]:
        template = self._frozen_of(entry).of(entry).template_path(entry.account.estate, entry.decision.tier or "")
        return {each.code: each for each in read_objections(template.parent / ANSWERS)}


def _key(text: str) -> str:
    return "".join(slip_words(text).casefold().split()).lstrip(TICKS)
