"""Signers with a key on a PKCS#11 token, such as a USB token: one session a token, the key beside its certificate.

python-pkcs11 and pyHanko's bridge to it come with the extra `sign`.
"""

from __future__ import annotations

from functools import lru_cache

import pkcs11
from pkcs11 import Attribute, ObjectClass, Session
from pkcs11.exceptions import PinIncorrect, PinInvalid, PinLenRange, PinLocked, UserAlreadyLoggedIn
from pyhanko.config.pkcs11 import TokenCriteria
from pyhanko.sign.general import SigningError
from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session

from notices.messages import Message, say

TOKEN_ERRORS = (pkcs11.PKCS11Error, SigningError, OSError, RuntimeError)
WRONG_PIN = (PinIncorrect, PinInvalid, PinLenRange, UserAlreadyLoggedIn)  # the last: another PIN has opened it


class TokenError(Exception):
    """A token that cannot be used, and why."""

    def __init__(self, why: Message) -> None:
        super().__init__(str(why))
        self.why = why


def token_signer(module: str, token: str, certificate: str, pin: str) -> PKCS11Signer:
    """Return a signer with the certificate of that label and the key that belongs to it. Raises TokenError."""
    try:
        if token not in [slot.get_token().label for slot in pkcs11.lib(module).get_slots(token_present=True)]:
            raise TokenError(say("no token {token} is plugged in", token=token))
        session = _session(module, token, pin)
        wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.LABEL: certificate}
        identities = [each[Attribute.ID] for each in session.get_objects(wanted)]
        if len(identities) != 1:
            raise TokenError(say("the token has no certificate, or several, called {name}", name=certificate))
        # The key has its certificate's identity (CKA_ID); its label may be another one.
        own = identities[0] or None
        key = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, **({Attribute.ID: own} if own else {})}
        if not list(session.get_objects(key)):
            raise TokenError(say("it shows no key that belongs to the certificate; without the PIN it shows none"))
        signer = PKCS11Signer(session, cert_label=certificate, key_id=own, other_certs_to_pull=None)
        assert signer.signing_cert is not None  # noqa: S101 - loads certificate and key from the token
    except TOKEN_ERRORS as error:
        raise TokenError(token_fault(error)) from error
    return signer


def token_fault(error: Exception) -> Message:
    """Return what is wrong with a token, by one of TOKEN_ERRORS."""
    if isinstance(error, PinLocked):
        return say("its PIN is locked after too many wrong ones")
    if isinstance(error, WRONG_PIN):
        return say("its PIN is wrong")
    return say("the token cannot be used: {why}", why=str(error) or type(error).__name__)


@lru_cache(maxsize=8)
def _session(module: str, token: str, pin: str) -> Session:
    """Return a session in which the token is open; two keys of a token share it, since a program logs in once."""
    return open_pkcs11_session(module, token_criteria=TokenCriteria(label=token), user_pin=pin or None)
