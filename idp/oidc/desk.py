"""What lies on the desk of every machine's endpoint: parts, composed once in the front door."""

from collections.abc import Callable
from dataclasses import dataclass

from config import Settings
from idp.authentication.second_factor import FaceReady, no_face
from idp.clients.registry import Registry
from idp.crypto import Vault
from idp.db import Database, Transaction
from idp.keys.ring import Ring
from idp.oidc.upgrade import Reach
from idp.proofing import ways
from idp.proofing.checks.alive import Proofs
from idp.proofing.checks.faces import Scans
from idp.proofing.checks.office import Office
from idp.proofing.ways import Way
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
    ways: tuple[Way, ...]
    scans: Scans | None = None  # the wing of face scans; None where there is none
    proofs: Proofs | None = None
    face_ready: FaceReady = no_face
    houses_of: Callable[[Transaction, str], tuple[str, ...]] | None = None  # of a session

    @property
    def issuer(self) -> str:
        return self.settings.issuer

    @property
    def reach(self) -> Reach:
        """What can be done here about a level that a site wants."""
        return Reach(ways.highest_at_screen(self.ways), self.face_ready)
