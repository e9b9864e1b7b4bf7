"""Figure of `plan`: how many letters the notices of a plan will be, where letters are combined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from notices.errors import NoticesError
from notices.flow.workspace import Workspace
from notices.ledger import Books, PlannedAccount
from notices.letters.inspection import knows_units
from notices.letters.template import open_template
from notices.messages import Message, say
from notices.model import Account, Action
from notices.rules.combining import Combinable, Holders, Joined, combine


@dataclass
class LettersCount:
    """Notices of a plan that may be combined, collected page by page."""

    workspace: Workspace
    _notices: list[Combinable] = field(default_factory=list)
    _fit: dict[Path, bool] = field(default_factory=dict)

    def add(self, page: Sequence[PlannedAccount]) -> None:
        """Take up the notices of a page of decisions."""
        for it in page:
            estate, tier = it.account.estate, it.decision.tier
            if it.decision.action is not Action.ISSUE or not tier or not self.workspace.settings.combines(estate):
                continue
            if self._knows_units(self.workspace.template_path(estate, tier)):
                ways = tuple((channel, it.recipients.get(channel, "")) for channel in it.decision.channels)
                self._notices.append(Combinable(len(self._notices), it.account, ways, tier))

    def message(self, books: Books, accounts: Sequence[Account]) -> tuple[Message, ...]:
        """Return the figure if anything is combined; `accounts` are all of the list."""
        if len(self._notices) < 2:
            return ()
        said = [Joined(it.one, it.other, it.together) for it in books.joins.all()]
        letters = combine(self._notices, Holders.of(accounts), said)
        combined = sum(map(len, letters))
        if not letters:
            return ()
        return (
            say(
                "{notices} notices of {letters} owner(s) with several units go in one letter each: {saved} letters and "
                "envelopes less.",
                notices=combined,
                letters=len(letters),
                saved=combined - len(letters),
            ),
        )

    def _knows_units(self, template: Path) -> bool:
        if template not in self._fit:
            try:
                self._fit[template] = knows_units(open_template(template))
            except NoticesError:  # `approve` reports what is wrong with it
                self._fit[template] = False
        return self._fit[template]
