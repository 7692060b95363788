"""The factor that would make two of what a session has shown."""

from idp.authentication.methods import PASSWORD, SMS_CODE, Method, combined
from idp.db import Statement, Transaction
from idp.sessions.service import Session

TWO_FACTORS = 2
"""The authenticator level that two factors reach, and the highest there is here."""

_HAS = Statement("""
    SELECT (SELECT COUNT(*) FROM person p
             WHERE p.person_id = :person_id AND p.password_hash IS NOT NULL) AS password,
           (SELECT COUNT(*) FROM identifier i
             WHERE i.person_id = :person_id AND i.kind = 'phone'
               AND i.verified_at IS NOT NULL) AS phone
""")


def missing(tx: Transaction, session: Session) -> Method | None:
    """Return the way of confirming that would lift *session* to two factors.

    None: there is nothing to lift, or the person has no such factor.
    """
    if session.aal >= TWO_FACTORS:
        return None
    has = tx.one(_HAS, person_id=session.person_id)
    ways = ((PASSWORD, has.password), (SMS_CODE, has.phone))
    return next(
        (way for way, there in ways if there and combined(session.amr, way)[1] >= TWO_FACTORS), None
    )
