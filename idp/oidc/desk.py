"""What lies on the desk of every machine's endpoint: parts, composed once in the front door."""

from dataclasses import dataclass

from config import Settings
from idp.clients.registry import Registry
from idp.crypto import Vault
from idp.db import Database
from idp.keys.ring import Ring
from idp.proofing.checks.office import Office
from idp.registry.ports import Sources
from idp.web.outbound import Outbound


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts of the house that the protocol needs; nobody changes them."""

    settings: Settings
    database: Database
    vault: Vault
    ring: Ring
    registry: Registry
    outbound: Outbound
    sources: Sources
    office: Office

    @property
    def issuer(self) -> str:
        return self.settings.issuer
