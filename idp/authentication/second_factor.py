"""The factors that would make two of what a session has shown."""

from collections.abc import Callable

from idp.authentication.methods import DEVICE, FACE, PASSWORD, SMS_CODE, Method, combined
from idp.db import Statement, Transaction
from idp.sessions.service import Session

TWO_FACTORS = 2
"""The authenticator level that two factors reach, and the highest there is here."""

_HAS = Statement("""
    SELECT (SELECT COUNT(*) FROM person p
             WHERE p.person_id = :person_id AND p.password_hash IS NOT NULL) AS password,
           (SELECT COUNT(*) FROM identifier i
             WHERE i.person_id = :person_id AND i.kind = 'phone'
               AND i.verified_at IS NOT NULL) AS phone,
           (SELECT COUNT(*) FROM device_key d WHERE d.person_id = :person_id) AS devices
""")


FaceReady = Callable[[Transaction, str], bool]
"""Says whether a person's face may be scanned to confirm that it is them.

The wing of face scans does, which the kernel may not know; wsgi plugs it in.
"""


def no_face(_tx: Transaction, _person_id: str) -> bool:
    """Offer nobody's face: for a house without that wing."""
    return False


def ways(tx: Transaction, session: Session, face_ready: FaceReady) -> list[Method]:
    """Return each way of confirming that would lift *session* to two factors, the best first.

    Empty: there is nothing to lift, or the person has no such factor.
    """
    if session.aal >= TWO_FACTORS:
        return []
    has = tx.one(_HAS, person_id=session.person_id)
    there = ((PASSWORD, has.password), (SMS_CODE, has.phone), (DEVICE, has.devices))
    found = [way for way, number in there if number and _lifts(session, way)]
    if _lifts(session, FACE) and face_ready(tx, session.person_id):
        found.append(FACE)
    return found


def missing(tx: Transaction, session: Session, face_ready: FaceReady) -> Method | None:
    """Return the way that comes first among them, or None."""
    return next(iter(ways(tx, session, face_ready)), None)


def _lifts(session: Session, way: Method) -> bool:
    return combined(session.amr, way)[1] >= TWO_FACTORS
