"""Self-signed SM2 certificates (RFC 5280, GM/T 0015): made at set-up, read back when verifying."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from sandbox.crypto.der import (
    BITS,
    CONTEXT,
    PRINTABLE,
    SET,
    UTC_TIME,
    UTF8,
    Node,
    integer,
    oid,
    sequence,
    wrap,
)
from sandbox.crypto.pem import ALGORITHM, armour, public_info, unarmour
from sandbox.crypto.sm2 import PrivateKey, verify

SM2_WITH_SM3 = "1.2.156.10197.1.501"
COUNTRY_NAME, ORGANISATION, COMMON_NAME = "2.5.4.6", "2.5.4.10", "2.5.4.3"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is needed of one: its name for itself, its key, and itself."""

    issuer: bytes
    serial: int
    public: bytes
    raw: bytes

    @property
    def issuer_and_serial(self) -> bytes:
        """The certificate's name in PKCS #7."""
        return sequence(self.issuer, integer(self.serial))


def self_signed(key: PrivateKey, name: str, days: int = 3650) -> str:
    """Return a certificate of *key* as PEM."""
    now = datetime.now(UTC) - timedelta(minutes=10)
    times = (now, now + timedelta(days=days))
    algorithm = sequence(oid(SM2_WITH_SM3))
    subject = _name(name)
    body = sequence(
        wrap(CONTEXT, integer(2)),
        integer(secrets.randbits(126) | 1 << 126),
        algorithm,
        subject,
        sequence(*(wrap(UTC_TIME, f"{t:%y%m%d%H%M%SZ}".encode()) for t in times)),
        subject,
        public_info(key.public),
    )
    signature = wrap(BITS, b"\x00", key.sign(body))
    return armour(sequence(body, algorithm, signature), "CERTIFICATE")


def _name(common: str) -> bytes:
    parts = (
        (COUNTRY_NAME, PRINTABLE, "CN"),
        (ORGANISATION, UTF8, "Manyou sandbox"),
        (COMMON_NAME, UTF8, common),
    )
    return sequence(
        *(wrap(SET, sequence(oid(kind), wrap(tag, text.encode()))) for kind, tag, text in parts)
    )


@lru_cache(64)
def read(pem: str) -> Certificate:
    """Return the certificate in *pem*, once its own signature holds.

    Raises:
        ValueError: it is no self-signed SM2 certificate.
    """
    raw = unarmour(pem, "CERTIFICATE")
    body, algorithm, signature = Node.whole(raw)
    parts = list(body)
    if parts[0].tag == CONTEXT:
        del parts[0]
    serial, _, issuer, _, _, info = parts[:6]
    key_algorithm, bits = info
    public = bits.expect(BITS).content[2:]
    if key_algorithm.raw != ALGORITHM:
        raise ValueError("the key is no SM2 key")
    if not next(iter(algorithm)).is_oid(SM2_WITH_SM3):
        raise ValueError("not signed with SM2 and SM3")
    if not verify(public, body.raw, signature.expect(BITS).content[1:]):
        raise ValueError("the certificate's signature does not hold")
    return Certificate(issuer.raw, serial.integer(), public, raw)
