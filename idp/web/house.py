"""What the running house holds once per process, and the typed way to reach it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import current_app

from config import Settings
from idp.crypto.vault import Vault
from idp.db import Database

if TYPE_CHECKING:  # both would drag sockets and TLS into every test of a plain function
    from idp.crypto.hashing import Hasher
    from idp.web.outbound import Outbound

KEY = "manyou"


@dataclass(frozen=True)
class House:
    """The parts that `wsgi` puts together; found at ``app.extensions["manyou"]``."""

    settings: Settings
    vault: Vault
    hasher: "Hasher"
    outbound: "Outbound"
    database: Database


def house() -> House:
    """Return the house of the application at work."""
    return cast(House, current_app.extensions[KEY])


def settings() -> Settings:
    """Return the deployment's settings."""
    return house().settings


def vault() -> Vault:
    """Return the vault that seals personal data."""
    return house().vault


def hasher() -> "Hasher":
    """Return the way to the password hashers."""
    return house().hasher


def outbound() -> "Outbound":
    """Return the one transport for fetches that we start."""
    return house().outbound


def database() -> Database:
    """Return the driver's road to the database; views use `idp.db.within_session`."""
    return house().database
