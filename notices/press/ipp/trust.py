"""Verification of ipps:// certificates, by certificate authority or by fingerprint."""

from __future__ import annotations

import hashlib
import hmac
import ssl
from dataclasses import dataclass
from pathlib import Path

from notices.certificates import why_untrusted
from notices.errors import SettingsMistake
from notices.messages import Message, say
from notices.press.ipp.address import Address
from notices.press.ipp.faults import PrinterUnreachable


@dataclass(frozen=True, slots=True)
class Trust:
    """Trust anchor for a printer's certificate: the system's CAs, those of a file, or one known fingerprint.

    `fingerprint` is the certificate's SHA-256 in hexadecimal, colons allowed; it replaces CA verification.
    """

    ca_file: Path | None = None
    fingerprint: str = ""

    def context(self) -> ssl.SSLContext:
        """Return the TLS context for connections; raises SettingsMistake if `ca_file` cannot be used."""
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise SettingsMistake(
                say("[print] ca_file: {file} contains no readable certificate.", file=self.ca_file),
                say("Name a certificate file in PEM format, or leave the key empty."),
            ) from error
        if self.fingerprint:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE  # `insist` checks the certificate itself, before anything is sent
        return context

    def insist(self, connected: ssl.SSLSocket, address: Address) -> None:
        """Check the certificate against the fingerprint; raises PrinterUnreachable, before anything was sent."""
        if self.fingerprint and not hmac.compare_digest(_digits(self.fingerprint), _fingerprint_of(connected)):
            raise PrinterUnreachable(
                say("The certificate of {printer} does not match [print] fingerprint.", printer=address.uri),
                say("Find out why before you change the setting: this may not be your printer."),
                [_shown(_fingerprint_of(connected))],
            )


def not_trusted(address: Address, timeout: float, error: ssl.SSLCertVerificationError) -> PrinterUnreachable:
    """Build the error for an untrusted certificate: the reason, and its fingerprint for a person to compare."""
    return PrinterUnreachable(
        say("The certificate of {printer} is not trusted: {why}.", printer=address.uri, why=why_untrusted(error)),
        say(
            "Compare the fingerprint with the one on the printer's panel or web page; if they match, put it in "
            "[print] fingerprint, or name the certificate file in [print] ca_file."
        ),
        _seen(address, timeout),
    )


def _seen(address: Address, timeout: float) -> list[Message]:
    try:
        shown = ssl.get_server_certificate((address.host, address.port), timeout=timeout)
    except (OSError, ValueError):
        return []
    return [_shown(hashlib.sha256(ssl.PEM_cert_to_DER_cert(shown)).hexdigest())]


def _shown(fingerprint: str) -> Message:
    pairs = ":".join(fingerprint[at : at + 2] for at in range(0, len(fingerprint), 2))
    return say("Its SHA-256 fingerprint is {fingerprint}.", fingerprint=pairs.upper())


def _fingerprint_of(connected: ssl.SSLSocket) -> str:
    return hashlib.sha256(connected.getpeercert(binary_form=True) or b"").hexdigest()


def _digits(fingerprint: str) -> str:
    return fingerprint.replace(":", "").lower()
