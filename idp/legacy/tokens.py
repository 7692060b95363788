"""What a signed ticket is exchanged for: a token that tells of its person while they stay."""

import secrets

from idp import clock
from idp.crypto import fingerprint
from idp.db import Statement, Transaction
from idp.legacy.tickets import Spent

LIFETIME = 1800

_ISSUE = Statement("""
    INSERT INTO service_token (fingerprint, client_id, person_id, sid, auth_time, amr, aal,
                               issued_at, expires_at)
    VALUES (:fingerprint, :client_id, :person_id, :sid, :auth_time, :amr, :aal, :now, :expires_at)
""")
_FIND = Statement("""
    SELECT t.client_id, t.person_id, t.sid, '' AS service, 0 AS fresh, t.auth_time, t.amr, t.aal
      FROM service_token t JOIN client_session c ON c.sid = t.sid
     WHERE t.fingerprint = :fingerprint AND t.client_id = :client_id AND t.expires_at > :now
       AND c.ended_at IS NULL
""")


def issue(tx: Transaction, spent: Spent) -> str:
    """Return a token for the site and person of *spent*."""
    token, now = f"K-{secrets.token_urlsafe(32)}", clock.epoch()
    tx.run(
        _ISSUE,
        fingerprint=fingerprint(token),
        client_id=spent.client_id,
        person_id=spent.person_id,
        sid=spent.sid,
        auth_time=spent.auth_time,
        amr=spent.amr,
        aal=spent.aal,
        now=now,
        expires_at=now + LIFETIME,
    )
    return token


def find(tx: Transaction, token: str, client_id: str) -> Spent | None:
    """Return whom *token* tells *client_id* of; None: it is void, or the person has left."""
    row = tx.one(_FIND, fingerprint=fingerprint(token), client_id=client_id, now=clock.epoch())
    return None if row is None else Spent(*row)
