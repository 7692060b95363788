"""Seal personal data under a ring of keys, and index it without reading it."""

import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from idp.errors import IdentityError

_VERSION = b"\x01"
_NONCE = 12
_KEY = 32
_LONGEST_NAME = 32


class SealError(IdentityError):
    """A sealed value does not open: moved, altered, or its key is gone."""

    code = "sealed_data_unreadable"


class MasterKeyError(IdentityError):
    """The ring of master keys is written wrongly."""

    code = "master_keys_invalid"
    description = "The master keys must be words of the form id:base64url(32 bytes)."


def fingerprint(secret: str) -> bytes:
    """Return what we keep of a 256-bit random *secret*: its SHA-256, 32 bytes."""
    return sha256(secret.encode()).digest()


@dataclass(frozen=True, slots=True)
class MasterKey:
    """One key of the ring; *name* travels with what it sealed."""

    name: str
    key: bytes

    @classmethod
    def new(cls, name: str) -> "MasterKey":
        return cls(name, os.urandom(_KEY))

    def __str__(self) -> str:
        return f"{self.name}:{urlsafe_b64encode(self.key).decode().rstrip('=')}"


def parse_ring(text: str) -> tuple[MasterKey, ...]:
    """Return the keys that *text* lists, the sealing one first.

    Raises:
        MasterKeyError: a word is not `id:base64url` of 32 bytes, or an id stands twice.
    """
    ring = []
    for word in text.replace(",", " ").split():
        name, _, encoded = word.partition(":")
        try:
            key = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        except ValueError:
            key = b""
        if not name or len(name) > _LONGEST_NAME or not name.isascii() or len(key) != _KEY:
            raise MasterKeyError(detail=f"key {name!r}")
        ring.append(MasterKey(name, key))
    if not ring or len({key.name for key in ring}) != len(ring):
        raise MasterKeyError(detail="none given, or a name stands twice")
    return tuple(ring)


class Vault:
    """Seals with the first key of a ring, opens with all.

    Every use has a key of its own, derived by HKDF-SHA256 (RFC 5869), so that what one
    use leaks serves no other.
    """

    def __init__(self, ring: tuple[MasterKey, ...]) -> None:
        self._ring = {key.name: key for key in ring}
        self._newest = ring[0]
        self._derive = cache(_derive)

    def seal(self, text: str, *, field: str, owner: str) -> bytes:
        """Return *text* sealed for one *field* of one *owner*; it opens nowhere else.

        AES-256-GCM; the envelope is version, key name, nonce, ciphertext. Field, owner and
        key name are authenticated with it.
        """
        name = self._newest.name
        nonce = os.urandom(_NONCE)
        cipher = AESGCM(self._derive(self._newest, "seal"))
        sealed = cipher.encrypt(nonce, text.encode(), _context(field, owner, name))
        return _VERSION + bytes([len(name)]) + name.encode() + nonce + sealed

    def open(self, envelope: bytes, *, field: str, owner: str) -> str:
        """Return what `seal` was given.

        Raises:
            SealError: the envelope was moved, altered, or sealed under a key we no longer hold.
        """
        length = envelope[1]
        name = envelope[2 : 2 + length].decode("ascii", "replace")
        body = envelope[2 + length :]
        key = self._ring.get(name)
        if envelope[:1] != _VERSION or key is None:
            raise SealError(detail=f"{field}: no key {name!r}")
        cipher = AESGCM(self._derive(key, "seal"))
        try:
            plain = cipher.decrypt(body[:_NONCE], body[_NONCE:], _context(field, owner, name))
        except InvalidTag:
            raise SealError(detail=f"{field} of {owner}: tag does not match") from None
        return plain.decode()

    def index(self, value: str, *, kind: str) -> bytes:
        """Return the blind index of *value*: HMAC-SHA256 under a key of that *kind*'s own."""
        return self.indexes(value, kind=kind)[0]

    def indexes(self, value: str, *, kind: str) -> list[bytes]:
        """Return the blind indexes of *value* under every key of the ring, the newest first."""
        return [
            hmac.digest(self._derive(key, f"index {kind}"), value.encode(), "sha256")
            for key in self._ring.values()
        ]

    def mac(self, message: str, *, purpose: str) -> bytes:
        """Return an HMAC-SHA256 that only this deployment can make."""
        return hmac.digest(self._derive(self._newest, f"mac {purpose}"), message.encode(), "sha256")

    def macs(self, message: str, *, purpose: str) -> list[bytes]:
        """Return the HMACs of *message* under every key of the ring, the newest first."""
        return [
            hmac.digest(self._derive(key, f"mac {purpose}"), message.encode(), "sha256")
            for key in self._ring.values()
        ]


def _derive(key: MasterKey, purpose: str) -> bytes:
    kdf = HKDF(hashes.SHA256(), _KEY, salt=None, info=f"manyou/1 {purpose}".encode())
    return kdf.derive(key.key)


def _context(field: str, owner: str, key: str) -> bytes:
    return f"{field}\x1f{owner}\x1f{key}".encode()
