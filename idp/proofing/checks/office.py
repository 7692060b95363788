"""What the office that answers departments works with: parts, composed once in the front door."""

from dataclasses import dataclass, field
from typing import Any

from config import Settings
from idp.clients.verification import Permission
from idp.crypto import Vault
from idp.db import Database
from idp.keys.ring import Ring
from idp.proofing.checks.quotas import Lender
from idp.registry.ports import Population

RESOURCE = "/verifications"
"""After the issuer: the audience of tokens that open this office (RFC 8707)."""


@dataclass(frozen=True, slots=True)
class Office:
    """The parts; nobody changes them."""

    settings: Settings
    database: Database
    vault: Vault
    ring: Ring
    population: Population
    lender: Lender
    # Departments' tokens whose signatures were good: until when that counts, and their claims.
    tokens: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict, repr=False)

    @property
    def issuer(self) -> str:
        return self.settings.issuer


@dataclass(frozen=True, slots=True)
class Caller:
    """A department at the window, and what it may ask."""

    client_id: str
    permission: Permission
    request_id: str = ""
