"""Keys of digital signatures: those of the settings, with their passwords, ready for worker processes too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from notices.errors import Refused
from notices.flow.batch.frozen import frozen_files
from notices.flow.workspace import Workspace
from notices.ledger import Ledger
from notices.messages import say
from notices.model import Channel
from notices.pdf.signatures import SigningKey, refuse_unusable_key
from notices.rules.states import NOT_LEFT
from notices.settings import SealKey, SealKeys, Settings

KEYRING_SERVICE = "notices"


@dataclass(frozen=True)
class SigningKeys:
    """The keys of the settings, with passwords, by their settings; and the companies of today's estates."""

    settings: SealKeys = field(default_factory=SealKeys)
    keys: Mapping[SealKey, SigningKey] = field(default_factory=dict)
    companies: Mapping[str, str] = field(default_factory=dict)

    def of(self, estate: str, sender: str) -> SigningKey | None:
        """Return the key of a sender; None if its letters are not signed."""
        wanted = self.settings.key(estate, sender)
        return None if wanted is None else self.keys[wanted]


NO_KEYS = SigningKeys()


def signing_keys(workspace: Workspace, secret: Callable[[str], str | None]) -> SigningKeys:
    """Return the keys of the settings; `secret` gives a password by the name of its environment variable."""
    seal = workspace.settings.seal
    known = [*seal.senders.values(), *seal.estates.values()]
    companies = {estate.name: estate.service_centre.company for estate in workspace.settings.estates}
    return SigningKeys(seal, {each: _key(workspace, each, secret) for each in known}, companies)


def refuse_unusable_keys(workspace: Workspace, ledger: Ledger, batch: str, keys: SigningKeys, now: datetime) -> None:
    """Raise UnusableKey if letters of a batch are still to be e-mailed whose sender's key cannot sign now.

    Raise Refused if the settings have another house's key for them. Called before anything is changed.
    """
    if not keys.keys:
        return
    with ledger.read() as books:
        found = books.batches.find(batch)
        if found is None:
            return  # the command says so itself
        frozen = frozen_files(workspace, books, found)
        kinds = {
            (each.approval, each.estate, each.tier)
            for each in books.batches.summaries(batch)
            if any(way is Channel.EMAIL and state in NOT_LEFT for _, way, state in each.deliveries)
        }
    wanted: dict[SigningKey, None] = {}
    for approval, estate, tier in sorted(kinds):
        sender = frozen.tier_of(approval, estate, tier).sender
        if (key := keys.of(estate, sender)) is not None:
            _refuse_other_house(key, frozen.approved(approval).settings, workspace.settings, estate, sender)
            wanted[key] = None
    for key in wanted:
        refuse_unusable_key(key, now)


def _refuse_other_house(key: SigningKey, then: Settings, now: Settings, estate: str, sender: str) -> None:
    """Raise Refused if the sender that released letters name is no longer the one to whom the keys belong."""
    named, today = _house(then, estate, sender), _house(now, estate, sender)
    if named != today:
        raise Refused(
            say(
                "The released letters are from {named}, but the settings, and the key {key} with them, are of {today}.",
                named=named,
                key=key.name,
                today=today or "–",
            ),
            say(
                "Withdraw them and plan again, or send them with the settings and the key that they were released with."
            ),
        )


def _house(settings: Settings, estate: str, sender: str) -> str:
    """Return the name of the house that signs."""
    if sender == "law-firm":
        return settings.law_firm.name
    known = settings.estate(estate)
    return known.service_centre.company if known else ""


def refuse_unusable_centres(keys: SigningKeys, now: datetime) -> None:
    """Raise UnusableKey if the key of a service centre cannot sign now."""
    own = [keys.settings.senders.get("service-centre"), *keys.settings.estates.values()]
    for seal in own:
        if seal is not None:
            refuse_unusable_key(keys.keys[seal], now)


def _key(workspace: Workspace, seal: SealKey, secret: Callable[[str], str | None]) -> SigningKey:
    password = secret(seal.password_variable) or _in_keyring(seal.name)
    return SigningKey(
        seal.name,
        password,
        workspace.root / seal.file if seal.file else None,
        seal.module,
        seal.token,
        seal.certificate,
    )


def _in_keyring(name: str) -> str:
    """Return the password in the system's keyring, "" if there is none; `keyring` is an extra."""
    try:
        import keyring  # noqa: PLC0415 - an extra
        from keyring.errors import KeyringError  # noqa: PLC0415
    except ImportError:
        return ""
    try:
        return keyring.get_password(KEYRING_SERVICE, name) or ""
    except KeyringError:  # locked, or none on this machine
        return ""
