"""The notice that a returned slip answers, the objections offered on it, and checks of what was written."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from notices.errors import Refused, UsageMistake
from notices.flow.batch.frozen import Frozen, frozen_files
from notices.flow.workspace import Workspace
from notices.intake import clean_slip_text
from notices.ledger import Books, DecisionRecord
from notices.ledger.notices import required
from notices.ledger.purging import FORGOTTEN
from notices.letters.answers import ANSWERS_FILE as ANSWERS
from notices.letters.answers import Objection, read_objections
from notices.messages import say
from notices.model import Slip
from notices.rules.commitments import LONGEST as LONGEST_PROMISE
from notices.rules.routing import acting, keeper
from notices.rules.states import MAY_HAVE_LEFT
from notices.settings import Work

LONGEST = 2000  # characters of a field; fewer fit on a page
TICKS = "□☑☒√✓"


@dataclass(frozen=True)
class Answered:
    """The notice that a slip answers, and the objections offered on the slip, by code."""

    entry: DecisionRecord
    offered: Mapping[str, Objection]

    @property
    def number(self) -> str:
        """The number of the notice."""
        return (self.entry.notice.number if self.entry.notice else None) or ""

    def codes(self, given: Iterable[str]) -> tuple[str, ...]:
        """Return the codes of these codes or labels, in slip order; raises UsageMistake with every unknown one."""
        named = {_key(name): each.code for each in self.offered.values() for name in (each.label, each.code)}
        ticked: set[str] = set()
        strange: list[str] = []
        for text in given:
            # A label may contain commas, so the whole text is tried before its parts.
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

    def acts_on(self, code: str, work: Work) -> str:
        """Return the person who acts on an objection of this account."""
        entry, scope = self.entry, self.entry.decision.scope
        return acting(self.offered[code].acts(scope), keeper(entry.account.case, scope, entry.handler, work), work)

    def refuse_unsound(self, slip: Slip, today: date, *, may_be_empty: bool = False) -> None:
        """Raise UsageMistake if nothing was written on the slip, or its dates are impossible.

        A scanned slip `may_be_empty`: a person has judged its marks, or handwriting is kept as a picture.
        """
        if not may_be_empty and slip.says_nothing:
            raise UsageMistake(
                say("Nothing was ticked or written."),
                say("Give --objection, --note, --promise or --instalments as the slip has them."),
            )
        if max(map(len, (slip.note, slip.instalments, slip.telephone))) > LONGEST:
            raise UsageMistake(
                say("The text is too long for a slip."), say("Shorten it to {limit} characters.", limit=LONGEST)
            )
        if slip.promise is not None and slip.promise < slip.received:
            raise UsageMistake(
                say(
                    "{until} is before the day on which the slip came back, {day}.",
                    until=slip.promise,
                    day=slip.received,
                ),
                say("Check the date on the slip."),
            )
        if slip.promise is not None and slip.promise > slip.received + LONGEST_PROMISE:
            raise UsageMistake(
                say(
                    "{until} is more than three years after the day on which the slip came back, {day}.",
                    until=slip.promise,
                    day=slip.received,
                ),
                say("Check the date on the slip. By then the claim would have lapsed."),
            )
        written = self.entry.notice.date if self.entry.notice else None
        if slip.received > today or (written is not None and slip.received < written):
            raise UsageMistake(
                say("The slip cannot have come back on {day}.", day=slip.received),
                say("Use --date to give the day on which it came back."),
            )


@dataclass(frozen=True)
class Answerable:
    """The notices of a ledger that a slip can answer; frozen settings are read once a batch."""

    workspace: Workspace
    books: Books
    _frozen: dict[str, Frozen] = field(default_factory=dict)

    def find(self, number: str) -> Answered:
        """Return the notice of that number; raises UsageMistake if there is none, Refused if it can have no slip."""
        entry = required(self.books.slips.decision_of(number), number)
        if entry.account.owner == FORGOTTEN:
            raise Refused(
                say("The data of {notice} were purged after its case was settled.", notice=number),
                say("Nothing about it is recorded any more. Look at the number, and answer the owner by hand."),
            )
        if not any(delivery.state in MAY_HAVE_LEFT for delivery in required(entry.notice, number).deliveries):
            raise Refused(
                say("{notice} has not been sent: no slip of it can have come back.", notice=number),
                say("Check the number on the slip; `notices status BATCH` shows the state of each notice."),
            )
        tier = self._frozen_of(entry).tier(entry)
        if not tier.slip:
            raise Refused(
                say("{notice} is a {title}, which has no slip.", notice=number, title=tier.title),
                say("Check the number on the slip. For replies in another form, use `notices hold add … --note`."),
            )
        return Answered(entry, self._offered(entry))

    @property
    def batches(self) -> tuple[str, ...]:
        """The batches of the notices that were looked at."""
        return tuple(self._frozen)

    def mates(self, answered: Answered) -> list[Answered]:
        """Return the other notices in the letter that a notice leads, which its slip answers as well."""
        notice = answered.entry.notice
        assert notice is not None  # noqa: S101 - only a notice is found
        inside = self.books.letters.mates_of([notice.id]).get(notice.id, [])
        others = {it.notice_id for it in inside if it.letter_number == notice.number and it.notice_id != notice.id}
        entries = self.books.batches.decisions_of_notices(sorted(others))
        return [Answered(entry, answered.offered) for entry in entries]

    def units(self, answered: Answered) -> dict[str, str]:
        """Return the units of a letter for several, each by the number of its notice; none of a letter for one."""
        mates = self.mates(answered)
        inside = (answered, *mates) if mates else ()
        return {it.entry.notice.number or "": it.entry.account.printed_unit for it in inside if it.entry.notice}

    def chosen(self, answered: Answered, units: Collection[str]) -> tuple[tuple[Answered, ...], tuple[Answered, ...]]:
        """Return those that a slip answers where these units (numbers of notices) are ticked, and the other ones.

        Without a tick it answers one for all: the first, and the others as well.
        """
        mates = self.mates(answered)
        ticked = tuple(it for it in (answered, *mates) if it.entry.notice and it.entry.notice.number in units)
        return (ticked, ()) if ticked else ((answered,), tuple(mates))

    def _frozen_of(self, entry: DecisionRecord) -> Frozen:
        if entry.batch not in self._frozen:
            batch = self.books.batches.get(entry.batch)
            self._frozen[entry.batch] = frozen_files(self.workspace, self.books, batch)
        return self._frozen[entry.batch]

    def template(self, entry: DecisionRecord) -> Path:
        """Return the frozen template of a notice's letter."""
        return self._frozen_of(entry).of(entry).template_path(entry.account.estate, entry.decision.tier or "")

    def _offered(self, entry: DecisionRecord) -> Mapping[str, Objection]:
        return {each.code: each for each in read_objections(self.template(entry).parent / ANSWERS)}


def _key(text: str) -> str:
    return "".join(clean_slip_text(text).casefold().split()).lstrip(TICKS)
