"""Sealing, blind indexes, passwords: cryptography that no protocol sees."""

from idp.crypto.vault import Vault, fingerprint

__all__ = ["Vault", "fingerprint"]
