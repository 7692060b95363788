"""The houses that vouched for somebody before they came here: no circle, and not too many."""

from federation.connectors.upstream import UpstreamIdentity
from federation.roaming.errors import CircleError

MOST = 4
ISSUER = "issuer"


def of(identity: UpstreamIdentity) -> tuple[str, ...]:
    """Return the issuers that *identity* came by, the nearest first; not all upstreams are one."""
    nearest = identity.session.get(ISSUER, "")
    return (nearest, *identity.chain) if nearest else identity.chain


def check(identity: UpstreamIdentity, *, here: str) -> None:
    """See that *identity* has not come from *here*, our issuer, in the first place.

    Raises:
        CircleError: it has, or by more houses than anybody can answer for.
    """
    houses = of(identity)
    if here in houses or len(set(houses)) != len(houses):
        raise CircleError(detail="a house stands twice")
    if len(houses) > MOST:
        raise CircleError(detail=f"{len(houses)} houses")
