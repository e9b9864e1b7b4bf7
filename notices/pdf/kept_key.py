"""A signer that loads its RSA key once.

pyHanko loads it for every signature, and cryptography examines it each time, which takes longer than all the rest.
"""

from __future__ import annotations

from functools import cached_property

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key
from pyhanko.sign.signers import SimpleSigner

HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}


class KeptKeySigner(SimpleSigner):
    """SimpleSigner, quicker with RSA keys."""

    def sign_raw(self, data: bytes, digest_algorithm: str) -> bytes:
        """Return the signature of data."""
        mechanism = self.get_signature_mechanism_for_digest(digest_algorithm)
        if self._rsa is None or mechanism.signature_algo != "rsassa_pkcs1v15" or digest_algorithm not in HASHES:
            return bytes(super().sign_raw(data, digest_algorithm))
        return self._rsa.sign(data, PKCS1v15(), HASHES[digest_algorithm])

    @cached_property
    def _rsa(self) -> RSAPrivateKey | None:
        key = load_der_private_key(self.signing_key.dump(), password=None)
        return key if isinstance(key, RSAPrivateKey) else None


def kept(signer: SimpleSigner) -> SimpleSigner:
    """Return a signer with the same key and certificates that loads its key once."""
    return KeptKeySigner(
        signing_cert=signer.signing_cert,
        signing_key=signer.signing_key,
        cert_registry=signer.cert_registry,
        signature_mechanism=signer.signature_mechanism,
    )
