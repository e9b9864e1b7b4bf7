"""Time stamps (RFC 3161): an authority signs a digest and the time, which then proves that the content existed.

rfc3161-client asks, reads and verifies; it needs the extra `sign`. Only the digest goes to the authority.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.client import HTTPException
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request

from notices.bounded_input import bounded_opener
from notices.errors import NoticesError, Unusable
from notices.messages import Message, say

if TYPE_CHECKING:
    from rfc3161_client import TimeStampRequest, TimeStampResponse

QUERY = "application/timestamp-query"
GRANTED = 0
MOST_APART = timedelta(hours=1)  # between the authority's clock and the beginning of the command
VERIFY_ERROR = re.compile(r"Verify error: ([^\"]+)\"")  # in OpenSSL's words
SIGNATURE_ERROR = re.compile(r"signature failure|invalid padding|digest failure")


class UntrustedStamp(NoticesError):  # noqa: N818 - describes the stamp
    """A stamp that does not prove what it should; `fact` says why."""


class AuthorityUnreachable(NoticesError):  # noqa: N818 - says what happened
    """The authority did not answer; `fact` says why."""


@dataclass(frozen=True)
class StampAuthority:
    """An authority: its address, the certificates that are trusted (PEM), and the seconds that it may take."""

    url: str
    certificates: bytes
    seconds: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """A verified time stamp: the answer as received (DER), its time, serial number and policy."""

    answer: bytes
    time: datetime
    serial: str
    policy: str


def fetch_stamp(content: bytes, authority: StampAuthority, now: datetime) -> Stamp:
    """Have the SHA-256 of a content stamped, and verify the stamp.

    Raises AuthorityUnreachable; UntrustedStamp if the authority refuses, or answers with anything but a trusted stamp
    of this digest, this request and this time; Unusable without the extra `sign`.
    """
    library = _library()
    request = library.TimestampRequestBuilder(content, library.HashAlgorithm.SHA256).build()
    answer = _ask(request, authority)
    stamp = _verified(answer, content, authority.certificates, request)
    if abs(stamp.time - now) > MOST_APART:
        raise UntrustedStamp(
            say(
                "its time is {time}, but the clock here says {now}",
                time=f"{stamp.time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
                now=f"{now.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
            )
        )
    return stamp


def verified_stamp(answer: bytes, content: bytes, certificates: bytes) -> Stamp:
    """Verify a stamp that was kept; raise UntrustedStamp, and Unusable without the extra `sign`.

    The certificates must have been valid at its time, not today.
    """
    return _verified(answer, content, certificates, None)


def _verified(answer: bytes, content: bytes, certificates: bytes, request: TimeStampRequest | None) -> Stamp:
    response = _read(answer)
    if response.status != GRANTED:
        why = "; ".join(response.status_string or [])
        raise UntrustedStamp(say("it refuses: {answer}", answer=why or f"PKIStatus {response.status}"))
    try:
        told = response.tst_info
        digest, nonce = told.message_imprint.message, told.nonce
        stamp = Stamp(answer, told.gen_time, str(told.serial_number), told.policy.dotted_string)
    except ValueError as error:
        raise UntrustedStamp(say("its answer is not a time stamp")) from error
    if digest != sha256(content).digest():
        raise UntrustedStamp(say("the stamp is of something else"))
    if request is not None and nonce != request.nonce:
        raise UntrustedStamp(say("the stamp answers another request, perhaps an old one"))
    _refuse_untrusted(response, content, certificates)
    return stamp


def _refuse_untrusted(response: TimeStampResponse, content: bytes, certificates: bytes) -> None:
    library = _library()
    trusted = _certificates(certificates)
    roots = [it for it in trusted if it.issuer == it.subject]
    try:
        verifier = library.VerifierBuilder(
            roots=roots or trusted, intermediates=[it for it in trusted if it not in roots]
        ).build()
        verifier.verify_message(response, content)
    except (library.VerificationError, ValueError) as error:
        raise UntrustedStamp(_why(str(error))) from error


def _why(error: str) -> Message:
    """Return the reason of the library in our words."""
    if found := VERIFY_ERROR.search(error):
        if "expired" in found[1]:
            return say("its certificate has expired")
        if "not yet valid" in found[1]:
            return say("its certificate is not valid yet")
        return say("its certificate is not trusted: {why}", why=found[1])
    if SIGNATURE_ERROR.search(error):
        return say("the signature of the stamp is wrong")
    return say("its certificate is not one for time stamps: {why}", why=error)


def _read(answer: bytes) -> TimeStampResponse:
    library = _library()
    try:
        response: TimeStampResponse = library.decode_timestamp_response(answer)
    except ValueError as first:
        try:
            response = library.decode_timestamp_response(_in_order(answer))
        except (ValueError, TypeError, KeyError) as error:
            raise UntrustedStamp(say("its answer is not a time stamp")) from (first or error)
    return response


def _in_order(answer: bytes) -> bytes:
    """Return an answer with its certificates in the order of DER.

    OpenSSL leaves them as they come, which rfc3161-client refuses; they are no part of what is signed.
    """
    from asn1crypto import cms, tsp  # noqa: PLC0415 - comes with the extra `sign`

    response = tsp.TimeStampResp.load(answer)
    signed = response["time_stamp_token"]["content"]
    signed["certificates"] = cms.CertificateSet(sorted(signed["certificates"], key=lambda it: it.dump()))
    return bytes(response.dump(force=True))


def _certificates(pem: bytes) -> list[Any]:
    from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415 - comes with the extra `sign`

    try:
        return list(load_pem_x509_certificates(pem))
    except ValueError as error:
        raise Unusable(
            say("The file of [timestamp] ca_file holds no certificate in PEM form."),
            say("Get the certificate of the time-stamp authority's root from the authority."),
        ) from error


def _ask(request: TimeStampRequest, authority: StampAuthority) -> bytes:
    asked = Request(authority.url, request.as_bytes(), {"Content-Type": QUERY})  # noqa: S310 - https or http, see settings
    try:
        with bounded_opener().open(asked, timeout=authority.seconds) as response:
            answer: bytes = response.read()
    except HTTPError as error:
        error.close()
        raise AuthorityUnreachable(say("HTTP status {status}", status=error.code)) from error
    except (OSError, HTTPException, ValueError) as error:
        raise AuthorityUnreachable(say("{why}", why=str(error))) from error
    return answer


def _library() -> ModuleType:
    try:
        import rfc3161_client  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise Unusable(
            say("Time stamps need rfc3161-client, which is not installed."),
            say("Install it with `pip install 'notices[sign]'`."),
        ) from error
    return rfc3161_client
