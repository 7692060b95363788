"""Authorization codes: issued once, redeemed once (RFC 6749 §4.1.2)."""

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import asdict, dataclass
from hashlib import sha256

from idp import clock
from idp.audit import events, trail
from idp.crypto import fingerprint
from idp.db import Statement, Transaction, new_id
from idp.sessions.service import Session
from idp.tokens import grants
from idp.tokens.errors import CodeError, CodeMismatchError, CodeReplayedError
from idp.tokens.grants import COLUMNS, Grant

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)  # RFC 7636 §4.1

_ISSUE = Statement("""
    INSERT INTO grant_record (grant_id, person_id, client_id, session_id, sid, subject, scope,
           claims, nonce, acr, amr, auth_time, code_fingerprint, code_challenge, redirect_uri,
           created_at, code_expires_at)
    VALUES (:grant_id, :person_id, :client_id, :session_id, :sid, :subject, :scope,
           :claims, :nonce, :acr, :amr, :auth_time, :code_fingerprint, :code_challenge,
           :redirect_uri, :now, :expires_at)
""")
# The claim: of requests racing with one code exactly one sees redeemed_at empty.
_CLAIM = Statement(f"""
    UPDATE grant_record SET redeemed_at = :now
     WHERE code_fingerprint = :code_fingerprint AND client_id = :client_id
       AND redeemed_at IS NULL AND revoked_at IS NULL AND code_expires_at > :now
       AND EXISTS (SELECT 1 FROM person p
                    WHERE p.person_id = grant_record.person_id AND p.status = 'active')
       AND EXISTS (SELECT 1 FROM sso_session s
                    WHERE s.session_id = grant_record.session_id AND s.ended_at IS NULL)
    RETURNING {COLUMNS}
""")  # noqa: S608 - the columns are ours
_SPENT = Statement("""
    SELECT grant_id, person_id FROM grant_record
     WHERE code_fingerprint = :code_fingerprint AND client_id = :client_id
       AND redeemed_at IS NOT NULL
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """What a person authorizes a site to do, once every check has passed."""

    client_id: str
    sid: str
    subject: str
    scope: str
    claims: str
    nonce: str | None
    acr: str
    code_challenge: str | None
    redirect_uri: str


def issue(tx: Transaction, session: Session, authorization: Authorization, *, lifetime: int) -> str:
    """Record *authorization*, and return the code that redeems it within *lifetime* seconds."""
    code, now = secrets.token_urlsafe(32), clock.epoch()
    tx.run(
        _ISSUE,
        grant_id=new_id(),
        person_id=session.person_id,
        session_id=session.session_id,
        amr=session.amr,
        auth_time=session.auth_time,
        code_fingerprint=fingerprint(code),
        now=now,
        expires_at=now + lifetime,
        **asdict(authorization),
    )
    return code


def redeem(
    tx: Transaction, code: str, *, client_id: str, redirect_uri: str | None, verifier: str | None
) -> Grant:
    """Spend *code*, then look whether what came with it fits.

    Spending comes first: whoever tries a code with the wrong verifier does not try twice.

    Raises:
        CodeReplayedError: it was spent before; what it bought is taken back.
        CodeMismatchError: the redirect URI or the verifier differs; the code is burnt.
        CodeError: unknown, expired, of another client, or its person is gone.
    """
    key = fingerprint(code)
    row = tx.one(_CLAIM, code_fingerprint=key, client_id=client_id, now=clock.epoch())
    if row is None:
        spent = tx.one(_SPENT, code_fingerprint=key, client_id=client_id)
        if spent is None:
            raise CodeError(detail=f"unknown, expired or foreign; client {client_id}")
        grants.revoke(tx, spent.grant_id)
        person_id = spent.person_id
        trail.record(
            tx, events.CODE_REPLAY, outcome="failure", person_id=person_id, client_id=client_id
        )
        raise CodeReplayedError(detail=f"grant {spent.grant_id} of client {client_id}")
    grant = Grant(*row)
    _look(tx, grant, redirect_uri, verifier)
    return grant


def _look(tx: Transaction, grant: Grant, redirect_uri: str | None, verifier: str | None) -> None:
    fault = None
    if redirect_uri != grant.redirect_uri:  # RFC 6749 §4.1.3
        fault = "redirect_uri differs"
    elif grant.code_challenge is None:
        # A verifier without a challenge is a downgrade under way (RFC 9700 §4.8.2).
        fault = "a verifier for a code without challenge" if verifier else None
    elif not _proves(verifier or "", grant.code_challenge):
        fault = "code_verifier does not match"
    if fault:
        grants.revoke(tx, grant.grant_id)
        trail.record(
            tx,
            events.TOKEN_ISSUE,
            outcome="failure",
            person_id=grant.person_id,
            client_id=grant.client_id,
            reason="code_mismatch",
        )
        raise CodeMismatchError(detail=f"{fault}; client {grant.client_id}")


def _proves(verifier: str, challenge: str) -> bool:
    """Say whether *verifier* is what *challenge* was made of (RFC 7636 §4.6, S256).

    One that is too short could be guessed from its hash, so its shape counts as well.
    """
    if not _VERIFIER.fullmatch(verifier):
        return False
    made = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=")
    return hmac.compare_digest(made, challenge.encode())
