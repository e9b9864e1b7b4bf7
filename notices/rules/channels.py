"""Channels through which a notice can reach an owner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from notices.model import FAILED, WISHES, Account, Channel, Hold, HoldKind, PastDelivery, PastNotice, State
from notices.settings import Tier


def channels_for(
    account: Account, tier: Tier, holds: Iterable[Hold], notices: Sequence[PastNotice]
) -> tuple[Channel, ...]:
    """Return the channels for this tier's notice, in the tier's order; empty if none works."""
    allowed = _wished(holds)
    working = tuple(
        channel
        for channel in tier.channels
        if channel in allowed and usable(account, channel, tier) and not has_failed(account, channel, notices)
    )
    return working[:1] if tier.deliver == "first" else working


def address_of(account: Account, channel: Channel) -> str:
    """Return the owner's address for that channel, or "" if the list has none."""
    return account.email if channel is Channel.EMAIL else account.address


def usable(account: Account, channel: Channel, tier: Tier) -> bool:
    """Return whether there is an address, for e-mail one confirmed for service (送达地址确认) if the tier says so."""
    if channel is Channel.EMAIL and tier.confirmed_email_only and not account.email_confirmed:
        return False
    return bool(address_of(account, channel))


def has_failed(account: Account, channel: Channel, notices: Sequence[PastNotice]) -> bool:
    """Return whether a notice failed by this channel at the current address, with no delivery by it since."""
    current = address_of(account, channel)
    tried = [
        (delivery.on or notice.date, notice.date, delivery)
        for notice in notices
        for delivery in notice.deliveries
        if delivery.channel is channel
    ]
    failures = [
        (day, sent) for day, sent, delivery in tried if delivery.state in FAILED and _same_address(delivery, current)
    ]
    delivered = [(day, sent) for day, sent, delivery in tried if delivery.state is State.DELIVERED]
    return bool(failures) and (not delivered or max(delivered) <= max(failures))


def _same_address(delivery: PastDelivery, current: str) -> bool:
    return delivery.to is None or delivery.to.casefold() == current.casefold()


def _wished(holds: Iterable[Hold]) -> frozenset[Channel]:
    wishes = [hold for hold in holds if hold.kind in WISHES]
    if not wishes:
        return frozenset(Channel)
    latest = max(enumerate(wishes), key=lambda item: (item[1].registered, item[0]))[1]
    return frozenset({Channel.PRINT if latest.kind is HoldKind.PAPER_ONLY else Channel.EMAIL})
