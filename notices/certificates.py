"""Reasons why a server's certificate is not trusted, in words that name what to do."""

from __future__ import annotations

import ssl

from notices.messages import Message, say

NO_KEY_IDENTIFIER = "Authority Key Identifier"  # in OpenSSL's words


def why_untrusted(error: ssl.SSLCertVerificationError) -> Message:
    """Return why a certificate is not trusted."""
    if NO_KEY_IDENTIFIER in error.verify_message:
        return say("it lacks the Authority Key Identifier, which Python 3.13 and later insist on")
    return say("{why}", why=error.verify_message)


def must_be_issued_again(error: ssl.SSLCertVerificationError) -> Message | None:
    """Return what to do if naming the certificate authority does not help, because the certificate is incomplete.

    RFC 5280 (2008), section 4.2.1.1, requires the identifier of every authority; private ones often leave it out.
    """
    if NO_KEY_IDENTIFIER in error.verify_message:
        return say("Have your certificate authority issue the certificate again with that extension.")
    return None
