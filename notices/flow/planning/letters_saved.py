"""Figures of `plan`: how many letters the notices of a plan will be where letters are combined, and what that saves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from notices.errors import NoticesError
from notices.flow.workspace import Workspace
from notices.ledger import Books, PlannedAccount
from notices.letters.inspection import fewest_pages, knows_units
from notices.letters.template import open_template
from notices.messages import Message, say
from notices.model import Account, Action, Channel
from notices.rules.combining import Combinable, Holders, Joined, combine

# In the sample letters' table a charge takes two lines, as its period does, and a unit has a heading and a subtotal.
LINES_OF_CHARGE = 2
LINES_OF_UNIT = 2
LINES_ON_PAGE = 40


@dataclass(frozen=True, slots=True)
class LettersSaved:
    """Letters, and paper of those that are printed, that a plan saves because `notices` go in `combined` letters.

    Pages and sheets are estimated: the letters are not made yet.
    """

    notices: int
    combined: int
    envelopes: int
    pages: int
    sheets: int

    @property
    def letters(self) -> int:
        """The letters less."""
        return self.notices - self.combined

    @property
    def messages(self) -> tuple[Message, ...]:
        """The figures in words."""
        fewer = say(
            "{notices} notices of {letters} owner(s) with several units go in one letter each: {saved} letter(s) less.",
            notices=self.notices,
            letters=self.combined,
            saved=self.letters,
        )
        if not self.envelopes:
            return (fewer,)
        return (
            fewer,
            say(
                "That saves {envelopes} envelope(s), and about {pages} page(s) on {sheets} sheet(s) of paper.",
                envelopes=self.envelopes,
                pages=self.pages,
                sheets=self.sheets,
            ),
        )


def pages_of_several(alone: int, charges: Sequence[int]) -> int:
    """Estimate the pages of a letter for several units, each with so many charges; for one it has `alone` pages."""
    lines = [LINES_OF_CHARGE * count + LINES_OF_UNIT for count in charges]
    more = sum(lines) - LINES_OF_CHARGE * min(charges)  # than in the shortest letter for one, which has no headings
    return alone + -(-more // LINES_ON_PAGE)


@dataclass
class LettersCount:
    """Notices of a plan that may be combined, collected page by page."""

    workspace: Workspace
    _notices: list[Combinable] = field(default_factory=list)
    _charges: list[int] = field(default_factory=list)  # that each of them claims
    _templates: dict[tuple[str, str], int] = field(default_factory=dict)  # by estate and tier: the fewest pages
    _fewest: dict[str, int] = field(default_factory=dict)  # pages, by tier

    def add(self, page: Sequence[PlannedAccount]) -> None:
        """Take up the notices of a page of decisions."""
        for it in page:
            estate, tier = it.account.estate, it.decision.tier
            if it.decision.action is not Action.ISSUE or not tier or not self.workspace.settings.combines(estate):
                continue
            if pages := self._pages(estate, tier):
                ways = tuple((channel, it.recipients.get(channel, "")) for channel in it.decision.channels)
                self._notices.append(Combinable(len(self._notices), it.account, ways, tier))
                self._charges.append(sum(standing.claimable for standing in it.decision.standings))
                self._fewest[tier] = pages

    def saved(self, books: Books, accounts: Sequence[Account]) -> LettersSaved | None:
        """Return the figures if anything is combined; `accounts` are all of the list."""
        if len(self._notices) < 2:
            return None
        said = [Joined(it.one, it.other, it.together) for it in books.joins.all()]
        letters = combine(self._notices, Holders.of(accounts), said)
        if not letters:
            return None
        printed = [it for it in letters if any(way is Channel.PRINT for way, _ in self._notices[it[0]].ways)]
        alone = {**self._fewest, **books.notices.usual_pages()}
        pairs = [self._paper(letter, alone) for letter in printed]
        return LettersSaved(
            notices=sum(map(len, letters)),
            combined=len(letters),
            envelopes=sum(len(letter) - 1 for letter in printed),
            pages=sum(pages for pages, _ in pairs),
            sheets=sum(sheets for _, sheets in pairs),
        )

    def _paper(self, letter: Sequence[int], alone: Mapping[str, int]) -> tuple[int, int]:
        """Return the pages and sheets that a letter saves, none if its table takes as much as several letters do."""
        single = alone[str(self._notices[letter[0]].alike)]
        several = pages_of_several(single, [self._charges[key] for key in letter])
        pages = len(letter) * single - several
        sheets = len(letter) * self._sheets(single) - self._sheets(several)
        return max(pages, 0), max(sheets, 0)

    def _sheets(self, pages: int) -> int:
        return -(-pages // 2) if self.workspace.settings.print.duplex else pages

    def _pages(self, estate: str, tier: str) -> int:
        """Return the fewest pages of a tier's letters; 0 if their template shows one unit only."""
        if (estate, tier) not in self._templates:
            try:
                opened = open_template(self.workspace.template_path(estate, tier))
                self._templates[estate, tier] = fewest_pages(opened) if knows_units(opened) else 0
            except NoticesError:  # `approve` reports what is wrong with it
                self._templates[estate, tier] = 0
        return self._templates[estate, tier]
