"""Puts the upstreams together."""

from flask import Flask

from sandbox import offices
from sandbox.addresses import Country
from sandbox.authorities.faults import Switchboard
from sandbox.register import Register
from sandbox.upstreams import alipay, essc, wechat
from sandbox.upstreams.credentials import Credentials
from sandbox.upstreams.faults import Fault
from sandbox.upstreams.hall import HALL
from sandbox.upstreams.office import Desk, Upstream, create_office

UPSTREAMS: tuple[Upstream, ...] = (wechat.UPSTREAM, alipay.UPSTREAM, essc.UPSTREAM)


def switchboard() -> Switchboard[Fault]:
    """Return the switchboard of all upstreams, the hall's too, with everything in order."""
    return Switchboard({upstream.key: upstream.faults for upstream in (*UPSTREAMS, *HALL)})


def build(
    register: Register,
    faults: Switchboard[Fault],
    credentials: Credentials,
    country: Country | None = None,
    *,
    callbacks: tuple[str, ...] = (),
    slow: float = offices.SLOW,
) -> dict[str, Flask]:
    """Return each upstream's application; *callbacks* are origins beside the provider's own."""
    where = country or Country()
    return {
        upstream.key: create_office(
            Desk(
                upstream=upstream,
                register=register,
                switchboard=faults,
                credentials=credentials[upstream.key],
                callbacks=(where.issuer, *callbacks),
                slow=slow,
            ),
            where,
        )
        for upstream in UPSTREAMS
    }
