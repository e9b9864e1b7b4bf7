"""Validation of an e-mail address for headers and envelopes: ASCII, exactly one recipient."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import idna

from notices.messages import Message, say

MOST_LOCAL = 64  # RFC 5321, 4.5.3.1.1
MOST_ADDRESS = 254  # RFC 5321, 4.5.3.1.3: a path of 256 less its angle brackets

# Addresses with quotes, brackets, commas or spaces may be legal, but usually mean two recipients in one cell.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z](?:[a-z0-9-]*[a-z0-9])?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SEVERAL = re.compile(r"[,;，；、]")
_EAST_ASIAN = frozenset({"BOPOMOFO", "CJK", "HANGUL", "HIRAGANA", "IDEOGRAPHIC", "KATAKANA", "KATAKANA-HIRAGANA"})


class AddressMistake(ValueError):  # noqa: N818 - the caller knows whose address it is and raises a NoticesError
    """Text that is not exactly one usable e-mail address; `problem` says why."""

    def __init__(self, problem: Message) -> None:
        super().__init__(str(problem))
        self.problem = problem


def ascii_address(text: str) -> str:
    """Return the address with its domain in ASCII (RFC 5891); raises AddressMistake unless it is one plain address."""
    if _CONTROL.search(text):
        raise AddressMistake(say("the e-mail address contains a line break or another control character"))
    if text.count("@") > 1 or _SEVERAL.search(text):
        raise AddressMistake(say("the e-mail address has more than one recipient"))
    local, at, domain = text.partition("@")
    if not at:
        raise AddressMistake(say("the e-mail address has no @"))
    if not local.isascii():
        raise AddressMistake(say("the e-mail address has characters before its @ that mail servers do not accept"))
    if not _LOCAL.fullmatch(local) or len(local) > MOST_LOCAL:
        raise AddressMistake(say("the e-mail address is not valid before its @"))
    address = f"{local}@{_ascii_domain(domain)}"
    if len(address) > MOST_ADDRESS:
        raise AddressMistake(say("the e-mail address is too long"))
    return address


@lru_cache(maxsize=1024)
def _ascii_domain(domain: str) -> str:
    invalid = say("the e-mail address is not valid after its @")
    try:
        ascii_domain = idna.encode(domain, uts46=True).decode("ascii")
        shown = idna.decode(ascii_domain)
    except idna.IDNAError as error:
        raise AddressMistake(invalid) from error
    if not _HOST.fullmatch(ascii_domain) or _is_suspicious(shown):
        raise AddressMistake(invalid)
    return ascii_domain


def _is_suspicious(domain: str) -> bool:
    """Return whether the domain mixes scripts: a lookalike letter in it, or a remark typed after it.

    UTS 39, 5.2, highly restrictive: only East Asian scripts may be mixed with Latin, and none in the top level. A
    domain that mixes more is a typo or somebody else's, and the letter would go there.
    """
    *labels, top = domain.split(".")
    return any(map(_mixes_scripts, (*labels, top))) or (len(_scripts(top)) > 1 and "LATIN" in _scripts(top))


def _mixes_scripts(label: str) -> bool:
    scripts = _scripts(label)
    others = scripts - _EAST_ASIAN
    return len(others) > 1 or bool(others - {"LATIN"} and scripts & _EAST_ASIAN)


def _scripts(label: str) -> frozenset[str]:
    # A letter's Unicode name begins with its script; the standard library has no other way to tell.
    return frozenset(unicodedata.name(letter, "").split(" ")[0] for letter in label if letter.isalpha())
