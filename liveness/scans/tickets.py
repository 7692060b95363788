"""Tickets to capture sessions: signed, so that no database is asked about a forged one."""

import binascii
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field

from idp import clock
from idp.crypto import Vault
from liveness.scans.errors import TicketError

_PURPOSE = "face.ticket"
_SHAPE = re.compile(r"([0-9a-f]{32})\.([0-9]{1,11})\.([A-Za-z0-9_-]{43})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Ticket:
    """What whoever is to be scanned needs, for one scan alone."""

    scan_id: str
    text: str = field(repr=False)
    expires_in: int


def issue(vault: Vault, scan_id: str, lifetime: int) -> Ticket:
    """Return a ticket to the scan, good for *lifetime* seconds."""
    head = f"{scan_id}.{clock.epoch() + lifetime}"
    mac = urlsafe_b64encode(vault.mac(head, purpose=_PURPOSE)).decode().rstrip("=")
    return Ticket(scan_id, f"{head}.{mac}", lifetime)


def scan_of(vault: Vault, text: str) -> str:
    """Return the id of the scan that the ticket *text* is for.

    Raises:
        TicketError: it is none of ours, or its time has passed.
    """
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise TicketError(detail="no ticket")
    head = f"{found[1]}.{found[2]}"
    given = _decode(found[3])
    if not any(hmac.compare_digest(given, mac) for mac in vault.macs(head, purpose=_PURPOSE)):
        raise TicketError(detail="forged")
    if int(found[2]) <= clock.epoch():
        raise TicketError(detail="too old")
    return found[1]


def _decode(text: str) -> bytes:
    try:
        return urlsafe_b64decode(f"{text}=")
    except binascii.Error:
        return b""
