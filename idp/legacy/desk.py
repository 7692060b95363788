"""What lies on the desk of the old ways in: parts, and sockets to rooms beside this one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from flask import current_app
from werkzeug.wrappers import Response

from config import Settings
from idp.clients.party import RelyingParty
from idp.clients.registry import Registry
from idp.crypto import Vault
from idp.db import Database, Transaction
from idp.web.machine import Parameters

KEY = "manyou.legacy"

SubjectOf = Callable[[Transaction, str, RelyingParty], str]
Told = Callable[[Transaction, RelyingParty, str, frozenset[str]], dict[str, Any]]
Enter = Callable[[str, Parameters], Response]


@dataclass(frozen=True, slots=True)
class LegacyDesk:
    """The parts of the house that the old ways in need; nobody changes them.

    *subject_of* says by which identifier a site knows a person, *told* what of a person a site
    may be told, *enter* asks the person whatever must be asked and answers by a dialect.
    """

    settings: Settings
    database: Database
    vault: Vault
    registry: Registry
    subject_of: SubjectOf
    told: Told
    enter: Enter


def at_work() -> LegacyDesk:
    """Return the desk of the application at work."""
    return cast(LegacyDesk, current_app.extensions[KEY])
