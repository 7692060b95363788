"""X.509 certificates with SM2 keys (GB/T 20518-2018): read them, and make self-signed ones.

`cryptography` refuses their keys, so they are read here: name, number, key and term. Signatures
on them are not looked at: whoever uses a certificate had it from the operator.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier
from cryptography.x509.oid import NameOID

from idp import clock
from idp.crypto.sm2 import (
    PublicKey,
    PublicKeyInfo,
    ShangmiError,
    ShangmiKeyError,
    SigningKey,
)
from idp.crypto.sm2_keys import read_pem, write_pem

SM2_WITH_SM3 = ObjectIdentifier("1.2.156.10197.1.501")
_LABEL = "CERTIFICATE"
_VERSION_3 = 2
_TIMES_IN_TWO_DIGITS = 2050  # RFC 5280 §4.1.2.5


@asn1.sequence
class _Algorithm:
    algorithm: ObjectIdentifier
    parameters: asn1.Null | None


@asn1.sequence
class _Validity:
    begins: asn1.UTCTime | asn1.GeneralizedTime
    ends: asn1.UTCTime | asn1.GeneralizedTime


@asn1.sequence
class _Body:
    """TBSCertificate (RFC 5280 §4.1)."""

    version: Annotated[int, asn1.Explicit(0), asn1.Default(0)]
    serial: int
    algorithm: _Algorithm
    issuer: asn1.TLV
    validity: _Validity
    subject: asn1.TLV
    key: PublicKeyInfo
    issuer_id: Annotated[asn1.BitString | None, asn1.Implicit(1)]
    subject_id: Annotated[asn1.BitString | None, asn1.Implicit(2)]
    extensions: Annotated[list[asn1.TLV] | None, asn1.Explicit(3)]


@asn1.sequence
class _Signed:
    body: asn1.TLV
    algorithm: _Algorithm
    signature: asn1.BitString


@dataclass(frozen=True, slots=True)
class Certificate:
    """What we need of a certificate; *issuer* is the DER of its name."""

    der: bytes
    issuer: bytes
    serial: int
    key: PublicKey
    begins: datetime
    ends: datetime

    @property
    def pem(self) -> str:
        """The certificate as PEM."""
        return write_pem(self.der, _LABEL)

    @property
    def current(self) -> bool:
        """Whether today lies within its term."""
        return self.begins <= clock.now() <= self.ends


def parse(der: bytes) -> Certificate:
    """Return the certificate in *der*.

    Raises:
        ShangmiError: it is none, or its key is none for SM2.
    """
    try:
        body = asn1.decode_der(_Body, asn1.encode_der(asn1.decode_der(_Signed, der).body))
        issuer = asn1.encode_der(body.issuer)
    except ValueError:
        raise ShangmiError(detail="no certificate with an SM2 key") from None
    term = body.validity
    begins, ends = (time.as_datetime().replace(tzinfo=UTC) for time in (term.begins, term.ends))
    return Certificate(der, issuer, body.serial, PublicKey.of(body.key), begins, ends)


def load(pem: str) -> Certificate:
    """Return the first certificate of a PEM file.

    Raises:
        ShangmiKeyError: it has none with an SM2 key.
    """
    try:
        return parse(read_pem(pem, _LABEL))
    except ShangmiError as error:
        raise ShangmiKeyError(detail=error.detail) from None


def self_signed(key: SigningKey, name: str, *, days: int) -> Certificate:
    """Return a certificate of *key*, issued by itself: for trials, and for pinning."""
    title = asn1.decode_der(
        asn1.TLV, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]).public_bytes()
    )
    begins = clock.now().replace(microsecond=0)
    algorithm = _Algorithm(algorithm=SM2_WITH_SM3, parameters=None)
    body = asn1.encode_der(
        _Body(
            version=_VERSION_3,
            serial=secrets.randbits(120) | 1,
            algorithm=algorithm,
            issuer=title,
            validity=_Validity(begins=_time(begins), ends=_time(begins + timedelta(days=days))),
            subject=title,
            key=key.public.info,
            issuer_id=None,
            subject_id=None,
            extensions=None,
        )
    )
    signed = _Signed(
        body=asn1.decode_der(asn1.TLV, body),
        algorithm=algorithm,
        signature=asn1.BitString(key.sign(body), 0),
    )
    return parse(asn1.encode_der(signed))


def _time(moment: datetime) -> asn1.UTCTime | asn1.GeneralizedTime:
    early = moment.year < _TIMES_IN_TWO_DIGITS
    return asn1.UTCTime(moment) if early else asn1.GeneralizedTime(moment)
