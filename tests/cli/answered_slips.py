"""Two owners whose slips came back, and letters of reply to them that are ready to leave."""

from __future__ import annotations

from desk import Desk, Owes, number_of
from letters_without_office import pretend_to_leave, pretend_to_render
from replies_without_office import pretend_to_reply

OWNER = Owes("1-1-301", "林一山", email="lin@example.com")
OTHER = Owes("1-1-302", "陈示例", email="chen@example.com")
DAY = "2026-11-24"  # of their slips
NUMBER, SECOND = "SLHY-R-2026-0001", "SLHY-R-2026-0002"


def take_slips_back(desk: Desk) -> None:
    """Let a follow-up to each of the two leave, and its slip come back."""
    desk.import_both_letters(OWNER, OTHER)
    desk.plan(OWNER, OTHER)
    desk("approve", "b", "--by", "Releaser")
    pretend_to_render(desk)
    pretend_to_leave(desk)
    for owner in (OWNER, OTHER):
        desk("slip", "set", number_of(desk, owner), "--objection", "fee-too-high", "--date", DAY)


def reply_to(desk: Desk, *owners: Owes, way: str = "send") -> None:
    """Have answers ready for these owners, to leave by `letter send` or by `letter print`."""
    for place, owner in enumerate(owners, start=1):
        to = {"email": owner.email} if way == "send" else {"print": owner.address}
        pretend_to_reply(desk, number_of(desk, owner), to, number=f"SLHY-R-2026-{place:04d}")


def states_of_replies(desk: Desk) -> dict[str, str]:
    """Return the state of each letter of reply by its number."""
    found = desk("letter", "list", "--json").json["letters"]
    return {each["number"]: each["deliveries"][0]["state"] for each in found}
