"""Digital signatures of PDFs (PAdES, ETSI EN 319 142) with a key from a PKCS#12 file or a PKCS#11 token.

pyHanko signs; it needs the extra `sign`. A signature is added to the end of the file, so everything before it stays
byte for byte, PDF/A included.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notices.errors import Unusable
from notices.messages import Message, say
from notices.pdf.picture_places import PicturePlace

if TYPE_CHECKING:
    from pyhanko.sign.signers import Signer

SIGNATURE_FIELD = "Signature"
MD = "sha256"
BESIDE_CERTIFICATES = 4096  # bytes of a signature's attributes, and of the largest signature by far


class UnusableKey(Unusable):
    """A key for signatures that cannot be used: the file or token, its password, or its certificate."""


@dataclass(frozen=True)
class SigningKey:
    """A key: a PKCS#12 file, or the PKCS#11 module, token and label of its certificate; and its password or PIN.

    `name` is how messages call it.
    """

    name: str
    password: str = field(repr=False)
    file: Path | None = None
    module: str = ""
    token: str = ""
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class SignatureText:
    """The text of a signature: who signs, and why."""

    signer: str
    reason: str


def signed_pdf(
    content: bytes,
    key: SigningKey,
    told: SignatureText,
    *,
    place: PicturePlace | None = None,
    fillable: bool = False,
    password: str = "",
) -> bytes:
    """Return a PDF with a certifying signature (DocMDP); `fillable` leaves its form to be filled in, else nothing.

    `place` is where a click shows the signature; it draws nothing, so that the picture there stays as it is. `password`
    opens an encrypted PDF. Raises UnusableKey.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # noqa: PLC0415 - an extra
    from pyhanko.sign import fields, signers  # noqa: PLC0415
    from pyhanko.stamp import StaticStampStyle  # noqa: PLC0415

    signer = _signer(key)
    writer = IncrementalPdfFileWriter(BytesIO(content))
    if password:
        writer.encrypt(password)  # type: ignore[no-untyped-call]  # pyHanko has no types there
    spec = fields.SigFieldSpec(
        SIGNATURE_FIELD,
        on_page=place.page - 1 if place else -1,
        box=_box(place) if place else None,
    )
    about = signers.PdfSignatureMetadata(
        field_name=SIGNATURE_FIELD,
        md_algorithm=MD,
        name=told.signer or None,
        reason=told.reason or None,
        certify=True,
        subfilter=fields.SigSeedSubFilter.PADES,
        docmdp_permissions=fields.MDPPerm.FILL_FORMS if fillable else fields.MDPPerm.NO_CHANGES,
    )
    nothing = StaticStampStyle(border_width=0)
    maker = signers.PdfSigner(about, signer, stamp_style=nothing, new_field_spec=spec)
    made = BytesIO()
    try:
        asyncio.run(maker.async_sign_pdf(writer, output=made, bytes_reserved=_room(signer)))
    except _key_errors() as error:
        raise _unusable(
            key,
            say("the token does not sign: {why}", why=str(error) or type(error).__name__),
            say("Plug the token in, and run the same command again."),
        ) from error
    return made.getvalue()


def refuse_unusable_key(key: SigningKey, now: datetime) -> datetime:
    """Raise UnusableKey unless the key can sign now, saying what is wrong; return the end of its certificate."""
    certificate = _signer(key).signing_cert
    assert certificate is not None  # noqa: S101 - every signer of ours has one
    end: datetime = certificate.not_valid_after
    if now > end:
        raise _unusable(
            key,
            say("its certificate expired on {day}", day=f"{end.astimezone(UTC):%Y-%m-%d}"),
            say("Get a new certificate from its authority, or remove the key from [seal]."),
        )
    if now < certificate.not_valid_before:
        start = f"{certificate.not_valid_before.astimezone(UTC):%Y-%m-%d}"
        raise _unusable(key, say("its certificate is valid only from {day} on", day=start))
    return end


@lru_cache(maxsize=8)
def _signer(key: SigningKey) -> Signer:
    return _from_token(key) if key.file is None else _from_file(key, key.file)


def _from_file(key: SigningKey, path: Path) -> Signer:
    signers = _library()
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _unusable(
            key,
            say("it cannot be read: {mistake}", mistake=error.strerror),
            say("Check [seal] file and the file's permissions."),
        ) from error
    try:
        return _checked(key, signers.SimpleSigner.load_pkcs12_data(content, (), key.password.encode() or None))
    except ValueError as error:
        cause = str(error.__cause__ or error)
        if "password" in cause.lower() or "mac" in cause.lower():
            raise _unusable(
                key,
                say("the password is wrong, or missing"),
                say("Check the environment variable named by [seal] password_variable, or the keyring."),
            ) from error
        raise _unusable(key, say("it is not a PKCS#12 file (.p12, .pfx) with a key and its certificate")) from error
    except (TypeError, AttributeError) as error:  # a file of certificates only
        raise _unusable(key, say("it is not a PKCS#12 file (.p12, .pfx) with a key and its certificate")) from error


def _checked(key: SigningKey, signer: Any) -> Signer:
    if signer.signing_cert is None:
        raise _unusable(key, say("it is not a PKCS#12 file (.p12, .pfx) with a key and its certificate"))
    from notices.pdf.kept_key import kept  # noqa: PLC0415 - needs the extra

    own: Signer = kept(signer)
    return own


def _from_token(key: SigningKey) -> Signer:
    _library()
    from notices.pdf.tokens import TokenError, token_signer  # noqa: PLC0415 - needs the extra

    try:
        signer: Signer = token_signer(key.module, key.token, key.certificate, key.password)
    except TokenError as error:
        raise _unusable(
            key,
            error.why,
            say("Check module, token and certificate of [seal], the PIN, and that the token is plugged in."),
        ) from error
    return signer


def _room(signer: Any) -> int:
    """Return the hexadecimal digits to keep free for a signature: pyHanko would make one only to measure it."""
    known = [signer.signing_cert, *signer.cert_registry]
    return 2 * (BESIDE_CERTIFICATES + sum(len(certificate.dump()) for certificate in known))


def _key_errors() -> tuple[type[Exception], ...]:
    """Return the errors of tokens, as far as their library is installed."""
    try:
        from notices.pdf.tokens import TOKEN_ERRORS  # noqa: PLC0415 - needs the extra
    except ImportError:
        return (OSError,)
    return TOKEN_ERRORS


def _box(place: PicturePlace) -> tuple[int, int, int, int]:
    left, bottom, right, top = place.rect
    return round(left), round(bottom), round(right), round(top)


def _library() -> Any:
    try:
        from pyhanko.sign import signers  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise _missing() from error
    return signers


def _missing() -> Unusable:
    return Unusable(
        say("Digital signatures need pyHanko, which is not installed."),
        say("Install it with `pip install 'notices[sign]'`, or empty [seal]."),
    )


def _unusable(key: SigningKey, why: Message, remedy: Message | None = None) -> UnusableKey:
    return UnusableKey(
        say("The key for signatures {name} cannot be used: {why}.", name=key.name, why=why),
        remedy or say("Correct [seal] in notices.toml."),
    )
