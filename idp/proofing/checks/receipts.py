"""Receipts: what was asked and answered, signed, so that a department can prove it later.

A receipt alone reveals nobody: of the person it holds a commitment (a hash with a random
nonce). Whoever has the nonce, and says what was asked, can open it.
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256

from idp.audit import events
from idp.crypto import Vault
from idp.keys.ring import Ring
from idp.proofing.checks.claims import Claim
from idp.registry.results import Result

TYP = "verification-receipt+jwt"
_NONCE = 32
_FIELD = "department_check.nonce"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A signed statement (JWS), and the nonce that opens its commitment."""

    token: str
    nonce: str


def issue(ring: Ring, issuer: str, claim: Claim, result: Result, now: int) -> Receipt:
    """Sign what was asked and answered.

    `log` names the event on the audit trail, whose data carry the same check's id.
    """
    nonce, question = secrets.token_urlsafe(_NONCE), claim.question
    statement = {
        "iss": issuer,
        "aud": claim.client_id,
        "iat": now,
        "jti": claim.check_id,
        "result": result.value,
        "elements": list(question.elements),
        "purpose": question.purpose,
        "legal_basis": question.legal_basis,
        "log": f"{events.CHECK_ANSWER}/{claim.check_id}",
        "commitment": commitment(nonce, question.asked),
    }
    return Receipt(ring.sign(statement, typ=TYP), nonce)


def seal_nonce(vault: Vault, check_id: str, nonce: str) -> bytes:
    """Seal the nonce for keeping: beside the receipt it would let a thief try out every name."""
    return vault.seal(nonce, field=_FIELD, owner=check_id)


def kept(vault: Vault, check_id: str, token: str, nonce_sealed: bytes | None) -> Receipt:
    """Return a receipt that was issued before; of the first checks no nonce is kept."""
    if nonce_sealed is None:
        return Receipt(token, "")
    return Receipt(token, vault.open(bytes(nonce_sealed), field=_FIELD, owner=check_id))


def commitment(nonce: str, asked: bytes) -> str:
    """Return SHA-256 over the nonce's octets and *asked* (canonical JSON), as base64url."""
    opened = urlsafe_b64decode(nonce + "=" * (-len(nonce) % 4))
    return urlsafe_b64encode(sha256(opened + asked).digest()).decode().rstrip("=")
