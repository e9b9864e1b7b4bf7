"""What a workspace still has of the sample: good for looking round, and never to reach a real owner."""

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

SIGNS = ("示例", "示律", "example.com")  # what the sample says wherever the clerk's own words belong
NOUGHTS = re.compile(r"[0\s-]{5,}\d?")  # its telephones, postcodes, bank account and licence
SHOWN = {  # which setting of an estate each field of a letter shows
    "address": "address",  # where the list names none, the unit's own is made from it
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
UNSUSPICIOUS = ("contract_clause", "fee_standard")  # the sample's could be the clerk's own as well


def refuse_samples(workspace: Workspace, entries: Collection[DecisionRecord]) -> tuple[Message, ...]:
    """Raise DataNeedsPerson where a real house's letters would show something of the sample; else words of caution.

    The sample estate may be shown round. So may a workspace in which nobody has put a name of their own yet: its
    letters say on their face that they are samples, and all that can be said is said. But one sample account beneath
    a real letterhead is what nobody notices.
    """
    left = tuple(dict.fromkeys(_shown(workspace, entries)))
    if not left:
        return ()
    facts = [say("{key} still says what the sample says.", key=key) for key in left]
    if _has_own_name(workspace.settings):
        raise DataNeedsPerson(
            say("The letters would show {count} value(s) of the sample; nothing was released.", count=len(left)),
            say(
                "Put your own into {file}, and your own seals into templates/; then approve again.", file="notices.toml"
            ),
            facts,
        )
    return (*facts, say("These letters are in the sample's name: let nothing of them leave the house."))


def sample_keys(workspace: Workspace) -> list[str]:
    """Every setting that still says what the sample says, each by its key."""
    settings = workspace.settings
    return [
        key
        for key, value in _texts(settings.model_dump(), "")
        if is_sample(value) or (key.endswith(".seal") and is_sample_seal(workspace, value))
    ]


def perhaps_right(settings: Settings) -> list[str]:
    """The settings of real estates that are those of the sample, and may be right all the same."""
    sample = _sample()
    return [
        f"estates[{place}].{key}"
        for place, estate in enumerate(settings.estates, start=1)
        if estate.name != SAMPLE_ESTATE
        for key in UNSUSPICIOUS
        if getattr(estate, key) == getattr(sample, key)
    ]


def is_sample(value: str) -> bool:
    """Whether a value is one of those that `init` writes to be replaced."""
    return any(sign in value for sign in SIGNS) or NOUGHTS.fullmatch(value.strip()) is not None


def is_sample_seal(workspace: Workspace, file: str) -> bool:
    """Whether a picture of the workspace is one of the seals that come with the program, whatever its name."""
    path = workspace.templates / file
    return bool(file) and path.is_file() and sha256(path.read_bytes()).hexdigest() in _packaged_pictures()


def _shown(workspace: Workspace, entries: Collection[DecisionRecord]) -> Iterator[str]:
    """The keys that the letters and e-mails of these notices show and that are still those of the sample."""
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
    """Whether somebody has begun to put a real house's name or account in the sample's place."""
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
