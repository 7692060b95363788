"""What the wing works with: parts, composed once in the front door."""

from dataclasses import dataclass
from typing import cast

from flask import current_app

from config import Settings
from config.faces import LivenessSettings
from idp.crypto import Vault
from idp.db import Database
from idp.registry.ports import Population
from idp.web.outbound import Outbound
from liveness.isolation.room import VisionRoom

KEY = "manyou.faces"


@dataclass(frozen=True, slots=True)
class FaceDesk:
    """The parts; nobody changes them. Without a *room* no face is ever looked at."""

    settings: Settings
    database: Database
    vault: Vault
    outbound: Outbound
    population: Population
    room: VisionRoom | None

    @property
    def liveness(self) -> LivenessSettings:
        return self.settings.liveness

    @property
    def open(self) -> bool:
        """Whether face scans can be offered here."""
        return self.liveness.enabled and self.room is not None


def desk() -> FaceDesk:
    """Return the desk of the application at work."""
    return cast(FaceDesk, current_app.extensions[KEY])


def is_open() -> bool:
    """Say whether face scans are offered here, for the sockets of other rooms."""
    return desk().open
