"""Sample values left in a workspace, which must never reach a real owner."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator
from functools import cache
from hashlib import sha256

from notices.errors import DataNeedsPerson
from notices.flow.templates.bundled import SAMPLE_ESTATE, bundled, sample_settings
from notices.flow.workspace import Workspace
from notices.ledger import DecisionRecord
from notices.letters.languages import in_language
from notices.letters.template import fields_of, open_template
from notices.messages import Message, say
from notices.model import Channel
from notices.settings import Estate, Settings, parse

SIGNS = ("示例", "示律", "example.com")  # marks of sample values that the clerk has to replace
NOUGHTS = re.compile(r"[0\s-]{5,}\d?")  # sample telephones, postcodes, bank account and licence
SHOWN = {  # setting shown by each field of a letter
    "address": "address",  # base of a unit's address if the list gives none
    "estate_address": "address",
    "contract": "contract",
    "payment_link": "payment_link",
    "payment_qr": "payment_link",
    "online": "online",
    "company": "service_centre.company",
    "centre": "service_centre.name",
    "centre_address": "service_centre.address",
    "centre_postcode": "service_centre.postcode",
    "centre_telephone": "service_centre.telephone",
    "centre_seal": "service_centre.seal",
    "bank_account_name": "bank.account_name",
    "bank": "bank.bank",
    "bank_account": "bank.account",
    "law_firm": "law_firm.name",
    "law_firm_address": "law_firm.address",
    "law_firm_telephone": "law_firm.telephone",
    "law_firm_postcode": "law_firm.postcode",
    "lawyer": "law_firm.lawyer",
    "licence": "law_firm.licence",
    "law_firm_seal": "law_firm.seal",
}
UNSUSPICIOUS = ("contract_clause", "fee_standard")  # the sample values may also be correct for a real estate


def refuse_samples(workspace: Workspace, entries: Collection[DecisionRecord]) -> tuple[Message, ...]:
    """Raise DataNeedsPerson if letters with a real name would show sample values; otherwise return warnings.

    Letters of the sample estate are allowed, and so are those of a workspace that contains no real name yet: they are
    visibly samples, and warnings are enough. But nobody notices a sample bank account under a real letterhead.
    """
    left = tuple(dict.fromkeys(_shown(workspace, entries)))
    if not left:
        return ()
    facts = [say("{key} still has the sample value.", key=key) for key in left]
    if _has_own_name(workspace.settings):
        raise DataNeedsPerson(
            say("The letters would show {count} sample value(s); nothing was released.", count=len(left)),
            say(
                "Enter your own values in {file}, put your own seals into templates/, then approve again.",
                file="notices.toml",
            ),
            facts,
        )
    return (*facts, say("These letters bear the sample's name: do not send them."))


def sample_keys(workspace: Workspace) -> list[str]:
    """Return the keys of all settings that still have sample values."""
    settings = workspace.settings
    return [
        key
        for key, value in _texts(settings.model_dump(), "")
        if is_sample(value) or (key.endswith(".seal") and is_sample_seal(workspace, value))
    ]


def possibly_correct(settings: Settings) -> list[str]:
    """Return the keys of real estates' settings that equal the sample's but may be correct."""
    sample = _sample()
    return [
        f"estates[{place}].{key}"
        for place, estate in enumerate(settings.estates, start=1)
        if estate.name != SAMPLE_ESTATE
        for key in UNSUSPICIOUS
        if getattr(estate, key) == getattr(sample, key)
    ]


def is_sample(value: str) -> bool:
    """Return whether a value is a placeholder written by `init`."""
    return any(sign in value for sign in SIGNS) or NOUGHTS.fullmatch(value.strip()) is not None


def is_sample_seal(workspace: Workspace, file: str) -> bool:
    """Return whether a picture of the workspace is a bundled seal, whatever its name."""
    path = workspace.templates / file
    return bool(file) and path.is_file() and sha256(path.read_bytes()).hexdigest() in _packaged_pictures()


def _shown(workspace: Workspace, entries: Collection[DecisionRecord]) -> Iterator[str]:
    """Yield the keys of sample values that the letters and e-mails of these notices would show."""
    settings = workspace.settings
    handlers = {(entry.account.estate, entry.handler) for entry in entries}
    kinds = {(entry.account.estate, entry.decision.tier or "", entry.decision.channels) for entry in entries}
    for place, estate in enumerate(settings.estates, start=1):
        own = sorted((tier, channels) for name, tier, channels in kinds if name == estate.name)
        if estate.name == SAMPLE_ESTATE:
            continue
        for tier, channels in own:
            yield from _of_letter(workspace, estate, f"estates[{place}]", tier)
            if Channel.EMAIL in channels:
                yield from _of_sender(settings, estate, tier)
        for number, handler in enumerate(estate.handlers, start=1):
            if (estate.name, handler.name) in handlers:
                where = f"estates[{place}].handlers[{number}]"
                yield from (f"{where}.{key}" for key in ("name", "telephone") if is_sample(getattr(handler, key)))


def _of_letter(workspace: Workspace, estate: Estate, where: str, tier: str) -> Iterator[str]:
    settings, policy = workspace.settings, workspace.policy(estate.name).tier(tier)
    template = open_template(workspace.templates / in_language(workspace.templates, policy.template, estate.language))
    asked = fields_of(template)
    for field, key in SHOWN.items():
        if field not in asked:
            continue
        path = key if key.startswith("law_firm.") else f"{where}.{key}"
        value = _at(settings.law_firm if key.startswith("law_firm.") else estate, key.removeprefix("law_firm."))
        if (key.endswith("seal") and is_sample_seal(workspace, value)) or (
            not key.endswith("seal") and is_sample(value.replace(estate.name, ""))
        ):
            yield path
    if is_sample(policy.number):
        place = next(i for i, each in enumerate(settings.policy.tiers, start=1) if each.name == tier)
        yield f"policy.tiers[{place}].number"


def _of_sender(settings: Settings, estate: Estate, tier: str) -> Iterator[str]:
    route = settings.mail.route(estate.name, tier)
    yield from (f"mail.{key}" for key in ("sender", "sender_name") if is_sample(getattr(route, key)))


def _has_own_name(settings: Settings) -> bool:
    """Return whether a name or bank account in the settings is no longer the sample's."""
    names = [settings.law_firm.name]
    for estate in settings.estates:
        names += [estate.service_centre.company, estate.service_centre.name, estate.bank.account_name]
        names.append(estate.bank.account)
    return any(name and not is_sample(name) for name in names)


def _at(section: object, key: str) -> str:
    for name in key.split("."):
        section = getattr(section, name)
    return str(section)


def _texts(value: object, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _texts(each, f"{key}.{name}" if key else str(name))
    elif isinstance(value, (list, tuple)):
        for place, each in enumerate(value, start=1):
            yield from _texts(each, f"{key}[{place}]")


@cache
def _packaged_pictures() -> frozenset[str]:
    pictures = (bundled("templates") / "images").glob("*.png")
    return frozenset(sha256(picture.read_bytes()).hexdigest() for picture in pictures)


@cache
def _sample() -> Estate:
    return parse(tomllib.loads(sample_settings([SAMPLE_ESTATE]))).estates[0]
