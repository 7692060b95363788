"""What a site's views share: its house, its client, its visits, and who is at the counter."""

from dataclasses import dataclass

from flask import current_app, g, session

from sandbox.addresses import Country
from sandbox.sites.houses import HOUSES, House
from sandbox.sites.logout_token import Seen
from sandbox.sites.relying_party import RelyingParty
from sandbox.sites.visits import Visit, Visits

VISIT_KEY = "visit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One service site, put together."""

    house: House
    country: Country
    party: RelyingParty
    visits: Visits
    logouts: Seen

    @property
    def own_url(self) -> str:
        return self.country.site(self.house.place)

    def neighbours(self) -> list[tuple[House, str]]:
        """Return the other sites, each with its address."""
        return [
            (other, self.country.site(other.place))
            for other in HOUSES
            if other.key != self.house.key
        ]


def site() -> Site:
    """Return the site that this request came to."""
    found: Site = current_app.extensions["site"]
    return found


def visit() -> Visit | None:
    """Return the open visit of this browser."""
    here = last_visit()
    return here if here is not None and not here.ended else None


def last_visit() -> Visit | None:
    """Return this browser's visit, even one that the provider has ended."""
    if "visit" not in g:
        g.visit = site().visits.find(session.get(VISIT_KEY))
    found: Visit | None = g.visit
    return found


def begin(new: Visit) -> None:
    """Let this browser hold *new*, and nothing that it held before."""
    site().visits.forget(session.get(VISIT_KEY))
    session.clear()
    session[VISIT_KEY] = new.key
    g.visit = new


def leave() -> None:
    """Let this browser hold nothing."""
    site().visits.forget(session.pop(VISIT_KEY, None))
    g.visit = None
