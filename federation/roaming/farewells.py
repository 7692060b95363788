"""What a browser carries that has signed out here and may sign out at its upstream too.

Sealed, for this browser alone, for some minutes: it names the session, and the site that waits.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass

import orjson

from federation.roaming.errors import FarewellOverError
from idp import clock
from idp.crypto import Vault
from idp.errors import IdentityError

LIFETIME = 900
_FIELD = "farewell"
_LONGEST, _SHORTEST = 4096, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Farewell:
    """A session that ended here, and the address at a site to go back to, if one waits."""

    session_id: str
    return_to: str | None
    expires_at: int


def write(vault: Vault, browser: bytes, session_id: str, return_to: str | None) -> str:
    """Return what the browser carries."""
    farewell = Farewell(
        session_id=session_id, return_to=return_to, expires_at=clock.epoch() + LIFETIME
    )
    text = orjson.dumps(asdict(farewell)).decode()
    return urlsafe_b64encode(vault.seal(text, field=_FIELD, owner=browser.hex())).decode()


def read(vault: Vault, browser: bytes, carried: str) -> Farewell:
    """Return what `write` was given.

    Raises:
        FarewellOverError: it is another browser's, altered, or too old.
    """
    if not _SHORTEST <= len(carried) <= _LONGEST:
        raise FarewellOverError(detail="length")
    try:
        sealed = urlsafe_b64decode(carried.encode("ascii"))
        farewell = Farewell(**orjson.loads(vault.open(sealed, field=_FIELD, owner=browser.hex())))
    except (ValueError, IdentityError):
        raise FarewellOverError(detail="not of this browser") from None
    if farewell.expires_at <= clock.epoch():
        raise FarewellOverError(detail="expired")
    return farewell
