"""Devices with a key of their own, as the browser's script makes and uses them."""

import re
from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_MESSAGE = re.compile(r'data-device-(?:answer|register)="([^"]+)"')


class Device:
    """A P-256 key that signs what pages ask it to."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.point = self.key.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )
        self.id = sha256(self.point).hexdigest()[:32]

    @property
    def public_key(self) -> str:
        return _write(self.point)

    def sign(self, message: str) -> str:
        """Return the signature as WebCrypto writes it: r, then s."""
        r, s = decode_dss_signature(self.key.sign(message.encode(), ec.ECDSA(SHA256())))
        return _write(r.to_bytes(32) + s.to_bytes(32))

    def answer(self, page: str) -> str:
        """Return what the script puts into the form of *page*."""
        return f"{self.id}.{self.sign(message_of(page))}"


def message_of(page: str) -> str:
    """Return what a page asks a key to sign."""
    found = _MESSAGE.search(page)
    assert found, page
    return found[1]


def _write(octets: bytes) -> str:
    return urlsafe_b64encode(octets).decode().rstrip("=")
