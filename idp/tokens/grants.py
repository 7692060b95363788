"""What an authorization bought: read it, and take it back."""

from dataclasses import dataclass

from idp import clock
from idp.db import Statement, Transaction

COLUMNS = """grant_id, person_id, client_id, session_id, sid, subject, scope, claims, nonce,
             acr, amr, auth_time, code_challenge, redirect_uri"""

_REVOKE = Statement("""
    UPDATE grant_record SET revoked_at = :now WHERE grant_id = :grant_id AND revoked_at IS NULL
""")
_REVOKE_FOR_SITE = Statement("""
    UPDATE grant_record SET revoked_at = :now
     WHERE person_id = :person_id AND client_id = :client_id AND revoked_at IS NULL
""")
_REVOKE_ALL = Statement("""
    UPDATE grant_record SET revoked_at = :now WHERE person_id = :person_id AND revoked_at IS NULL
""")


@dataclass(frozen=True, slots=True)
class Grant:
    """One authorization of one person to one site; *auth_time* in seconds since 1970."""

    grant_id: str
    person_id: str
    client_id: str
    session_id: str
    sid: str
    subject: str
    scope: str
    claims: str
    nonce: str | None
    acr: str
    amr: str
    auth_time: int
    code_challenge: str | None
    redirect_uri: str

    @property
    def offline(self) -> bool:
        """Whether it outlives the session it came from (OIDC Core §11)."""
        return "offline_access" in self.scope.split()


def revoke(tx: Transaction, grant_id: str) -> bool:
    """Take back everything a grant bought; say whether there was anything."""
    return tx.run(_REVOKE, grant_id=grant_id, now=clock.epoch()) > 0


def revoke_for_site(tx: Transaction, person_id: str, client_id: str) -> int:
    """Take back all that one person granted one site."""
    now = clock.epoch()
    return tx.run(_REVOKE_FOR_SITE, person_id=person_id, client_id=client_id, now=now)


def revoke_all(tx: Transaction, person_id: str) -> int:
    """Take back all that a person granted anybody: after a new password, or at the end."""
    return tx.run(_REVOKE_ALL, person_id=person_id, now=clock.epoch())
