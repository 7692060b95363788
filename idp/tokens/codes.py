"""Authorization codes: issued once, redeemed once (RFC 6749 §4.1.2)."""

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from config.rooms import TokenSettings
from idp import clock
from idp.audit import events, trail
from idp.crypto import fingerprint
from idp.db import Chain, Statement, Transaction, new_id
from idp.sessions import service as sessions
from idp.sessions.service import Session
from idp.tokens import grants, refresh
from idp.tokens.errors import CodeError, CodeMismatchError, CodeReplayedError
from idp.tokens.grants import COLUMNS, Grant

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)  # RFC 7636 §4.1

# A site is entered, authorized and put on the trail in one sentence.
_ISSUE = Chain(
    sessions.ENTER,
    """
    INSERT INTO grant_record (grant_id, person_id, client_id, session_id, sid, subject, scope,
           claims, nonce, acr, amr, auth_time, code_fingerprint, code_challenge, redirect_uri,
           created_at, code_expires_at)
    SELECT :grant_id, person_id, client_id, session_id, sid, :subject, :scope,
           :claims, :nonce, :acr, :amr, :auth_time, :code_fingerprint, :code_challenge,
           :redirect_uri, :now, :expires_at
      FROM claimed WHERE 1 = 1
    """,
    trail.sentence(events.AUTHORIZATION_GRANT),
)
# The claim: of requests racing with one code exactly one sees redeemed_at empty.
_CLAIM = f"""
    UPDATE grant_record SET redeemed_at = :now
     WHERE code_fingerprint = :code_fingerprint AND client_id = :client_id
       AND redeemed_at IS NULL AND revoked_at IS NULL AND code_expires_at > :now
       AND EXISTS (SELECT 1 FROM person p
                    WHERE p.person_id = grant_record.person_id AND p.status = 'active')
       AND EXISTS (SELECT 1 FROM sso_session s
                    WHERE s.session_id = grant_record.session_id AND s.ended_at IS NULL)
    RETURNING {COLUMNS}
"""  # noqa: S608 - the columns are ours
# What came with the code fits; `_look` says in Python what did not.
_FITS = "redirect_uri = :redirect_uri AND COALESCE(code_challenge, '') = :proven"
_ISSUED = trail.sentence(events.TOKEN_ISSUE, where=_FITS)
_REDEEM = Chain(_CLAIM, _ISSUED)
_REDEEM_FOR_REFRESH = Chain(_CLAIM, _ISSUED, f"{refresh.FIRST} WHERE {_FITS}")
_SPENT = Statement("""
    SELECT grant_id, person_id FROM grant_record
     WHERE code_fingerprint = :code_fingerprint AND client_id = :client_id
       AND redeemed_at IS NOT NULL
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """What a person authorizes a site to do, once every check has passed."""

    client_id: str
    subject: str
    scope: str
    claims: str
    nonce: str | None
    acr: str
    code_challenge: str | None
    redirect_uri: str

    def parameters(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def issue(
    tx: Transaction,
    session: Session,
    authorization: Authorization,
    *,
    lifetime: int,
    request_id: str = "",
) -> str:
    """Enter the site, record *authorization*, and return the code that redeems it.

    *lifetime* is in seconds.
    """
    code = secrets.token_urlsafe(32)
    entering = sessions.entering(session, authorization.client_id)
    tx.chain(
        _ISSUE,
        grant_id=new_id(),
        amr=session.amr,
        auth_time=session.auth_time,
        code_fingerprint=fingerprint(code),
        expires_at=entering["now"] + lifetime,
        request_id=request_id,
        **(authorization.parameters() | entering),
    )
    return code


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """What a client brings to buy tokens with."""

    code: str
    client_id: str
    redirect_uri: str | None
    verifier: str | None
    request_id: str = ""


def redeem(
    tx: Transaction, asked: Redemption, settings: TokenSettings, *, refreshable: bool
) -> tuple[Grant, str | None]:
    """Spend the code, then look whether what came with it fits.

    Spending comes first: whoever tries a code with the wrong verifier does not try twice.

    Returns:
        The grant, and its first refresh token if it is *refreshable*.

    Raises:
        CodeReplayedError: it was spent before; what it bought is taken back.
        CodeMismatchError: the redirect URI or the verifier differs; the code is burnt.
        CodeError: unknown, expired, of another client, or its person is gone.
    """
    key = fingerprint(asked.code)
    token, first = refresh.first(settings) if refreshable else (None, {})
    row = tx.chain(
        _REDEEM_FOR_REFRESH if refreshable else _REDEEM,
        code_fingerprint=key,
        client_id=asked.client_id,
        redirect_uri=asked.redirect_uri or "",
        proven=_challenge_of(asked.verifier),
        request_id=asked.request_id,
        **({"now": clock.epoch()} | first),
    )
    if row is None:
        _punish(tx, key, asked.client_id)
        raise CodeError(detail=f"unknown, expired or foreign; client {asked.client_id}")
    grant = Grant(*row)
    _look(tx, grant, asked)
    return grant, token


def _punish(tx: Transaction, key: bytes, client_id: str) -> None:
    """Take back what a code bought that its own client spent before."""
    spent = tx.one(_SPENT, code_fingerprint=key, client_id=client_id)
    if spent is None:
        return
    grants.revoke(tx, spent.grant_id)
    person_id = spent.person_id
    trail.record(
        tx, events.CODE_REPLAY, outcome="failure", person_id=person_id, client_id=client_id
    )
    raise CodeReplayedError(detail=f"grant {spent.grant_id} of client {client_id}")


def _look(tx: Transaction, grant: Grant, asked: Redemption) -> None:
    fault = None
    if asked.redirect_uri != grant.redirect_uri:  # RFC 6749 §4.1.3
        fault = "redirect_uri differs"
    elif grant.code_challenge is None:
        # A verifier without a challenge is a downgrade under way (RFC 9700 §4.8.2).
        fault = "a verifier for a code without challenge" if asked.verifier else None
    elif not hmac.compare_digest(_challenge_of(asked.verifier), grant.code_challenge):
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


def _challenge_of(verifier: str | None) -> str:
    """Return the challenge that *verifier* proves (RFC 7636 §4.6, S256), empty without one.

    A verifier that is too short could be guessed from its hash: it proves nothing.
    """
    if verifier is None:
        return ""
    if not _VERIFIER.fullmatch(verifier):
        return "malformed"
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
