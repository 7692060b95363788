"""What a session lacks for the level that a site wants, and how its person may reach it.

An essential level is reached or the site is refused; one that the site would merely like is
offered, the most wanted first, and may be declined (OIDC Core §5.5.1.1, RFC 9470 §4).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from idp.authentication import second_factor
from idp.authentication.methods import Method
from idp.authentication.second_factor import FaceReady
from idp.db import Transaction
from idp.oidc.errors import ProtocolError
from idp.oidc.request import AuthorizationRequest
from idp.proofing import levels
from idp.sessions.service import Session

UNMET = "unmet_authentication_requirements"


@dataclass(frozen=True, slots=True)
class Reach:
    """What can be done about a level here.

    *at_screen* is the identity level that anybody can prove at once, *face_ready* tells whose
    face may be scanned as a factor.
    """

    at_screen: int
    face_ready: FaceReady


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What must be done first: show another factor, by *method*; else prove identity level *ial*.

    Where it is not *essential* the person may go on without.
    """

    ial: int
    method: Method | None
    essential: bool


def needed(
    tx: Transaction, asked: AuthorizationRequest, session: Session, reach: Reach
) -> Upgrade | None:
    """Return what stands between *session* and the level that *asked* wants; None: nothing.

    A level that the site would merely like is offered up to what can be proven at a screen.

    Raises:
        ProtocolError: an essential level is beyond reach (Unmet Authentication Requirements §2).
    """
    essential, liked = asked.essential_acr, asked.preferred_acr
    if essential and not _met(essential, session):
        way = _way(tx, essential, session, reach, highest=levels.IAL_LEVELS[-1])
        if way is None:
            raise ProtocolError(UNMET, "The requested assurance level is out of reach.")
        return Upgrade(*way, essential=True)
    if not liked or _met(liked, session):
        return None
    way = _way(tx, liked, session, reach, highest=reach.at_screen)
    return None if way is None else Upgrade(*way, essential=False)


def _met(values: Iterable[str], session: Session) -> bool:
    return any(levels.satisfied(acr, ial=session.ial, aal=session.aal) for acr in values)


def _way(
    tx: Transaction, values: Iterable[str], session: Session, reach: Reach, *, highest: int
) -> tuple[int, Method | None] | None:
    """Return the identity level to reach, and the factor to show, for the first value in reach."""
    known = [level for value in values if (level := levels.parse_acr(value))]
    if not known:
        return None
    method = second_factor.missing(tx, session, reach.face_ready)
    aal_in_reach = session.aal if method is None else second_factor.TWO_FACTORS
    for ial, aal in known:
        if ial <= max(highest, session.ial) and aal <= aal_in_reach:
            return ial, (method if aal > session.aal else None)
    return None
