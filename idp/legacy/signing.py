"""Signed requests of our ticket profile: HMAC-SHA256 over the sorted parameters, good once.

What is signed are lines: `manyou-ticket-1`, the endpoint's name, then `name=value` of every
parameter but `sign`, as they are before any encoding, sorted by name. No value may hold a
control character, so no two requests have the same lines.
"""

import hmac
import re
from collections.abc import Mapping

from idp import clock
from idp.crypto import fingerprint
from idp.db import Statement, Transaction
from idp.errors import BadRequestError
from idp.legacy.errors import SignatureError, SignatureReplayedError, SignatureStaleError

VERSION = "manyou-ticket-1"
WINDOW = 300  # seconds between their clock and ours
_NAME = re.compile(r"[a-z_]{1,32}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TIME = re.compile(r"[0-9]{10}", re.ASCII)
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
_SIGN = re.compile(r"[0-9a-f]{64}", re.ASCII)  # the 32 digits of an MD5 are none

_USE = Statement("""
    INSERT INTO used_nonce (client_id, fingerprint, expires_at)
    VALUES (:client_id, :fingerprint, :expires_at) ON CONFLICT DO NOTHING""")


def sign(secret: str, endpoint: str, parameters: Mapping[str, str]) -> str:
    """Return the signature of *parameters* for *endpoint*: 64 hexadecimal digits, lower case."""
    lines = [f"{name}={parameters[name]}" for name in sorted(parameters) if name != "sign"]
    text = "\n".join((VERSION, endpoint, *lines))
    return hmac.digest(secret.encode(), text.encode(), "sha256").hex()


def check_shape(parameters: Mapping[str, str], known: frozenset[str]) -> None:
    """See that *parameters* are ones that can be signed in one way only.

    Raises:
        BadRequestError: one is unknown or missing, or holds what no line may.
    """
    unknown = set(parameters) - known - {"app_id", "time", "nonce", "sign"}
    if unknown or not all(_NAME.fullmatch(name) for name in parameters):
        raise BadRequestError("A parameter is not known here.")
    if any(_CONTROL.search(value) for value in parameters.values()):
        raise BadRequestError("A parameter holds a control character.")
    for name, shape in (("time", _TIME), ("nonce", _NONCE), ("sign", _SIGN)):
        if not shape.fullmatch(parameters.get(name, "")):
            raise BadRequestError(f"The parameter {name} is missing or malformed.")


def verify(secret: str, endpoint: str, parameters: Mapping[str, str]) -> None:
    """See that *parameters* were signed with *secret*, and not long ago.

    Raises:
        SignatureError: they were not.
    """
    right = sign(secret, endpoint, parameters)
    if not hmac.compare_digest(right, parameters["sign"]):
        raise SignatureError(detail=f"app {parameters['app_id'][:64]!r}: signature")
    if abs(clock.epoch() - int(parameters["time"])) > WINDOW:
        raise SignatureStaleError(detail=f"app {parameters['app_id'][:64]!r}")


def use_up(tx: Transaction, client_id: str, parameters: Mapping[str, str]) -> None:
    """Remember the nonce for as long as its time would be accepted.

    Raises:
        SignatureReplayedError: it was used before.
    """
    key, until = fingerprint(parameters["nonce"]), int(parameters["time"]) + 2 * WINDOW
    if tx.run(_USE, client_id=client_id, fingerprint=key, expires_at=until) != 1:
        raise SignatureReplayedError(detail=f"client {client_id}")
