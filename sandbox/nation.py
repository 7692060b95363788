"""What the sandbox's own pages share: the register, the fault switches, the clerk's desk."""

from dataclasses import dataclass, field

from flask import current_app

from sandbox.authorities.assembly import switchboard
from sandbox.authorities.faults import Fault, Switchboard
from sandbox.department.agency import Agency
from sandbox.faces.matcher import Matcher
from sandbox.register import Register
from sandbox.upstreams.assembly import switchboard as upstream_switchboard
from sandbox.upstreams.faults import Fault as UpstreamFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Nation:
    """One country's public institutions; a demo of an older state has no *agency* yet."""

    register: Register = field(default_factory=Register.of_the_country)
    switchboard: Switchboard[Fault] = field(default_factory=switchboard)
    upstreams: Switchboard[UpstreamFault] = field(default_factory=upstream_switchboard)
    agency: Agency | None = None
    matcher: Matcher = field(default_factory=Matcher)


def nation() -> Nation:
    """Return the country that this request came to."""
    found: Nation = current_app.extensions["nation"]
    return found
