"""Puts the seven authorities together."""

from flask import Flask

from sandbox import offices
from sandbox.addresses import AUTHORITIES, Country
from sandbox.authorities import (
    aliyun,
    ctid,
    immigration,
    legal_person_gateway,
    population_gateway,
    social_security_gateway,
    tencent,
)
from sandbox.authorities.credentials import Credentials
from sandbox.authorities.faults import Fault, Switchboard
from sandbox.authorities.office import Desk, Office, create_office
from sandbox.faces.matcher import Matcher
from sandbox.register import Register

OFFICES: tuple[Office, ...] = (
    ctid.OFFICE,
    aliyun.OFFICE,
    tencent.OFFICE,
    population_gateway.OFFICE,
    legal_person_gateway.OFFICE,
    social_security_gateway.OFFICE,
    immigration.OFFICE,
)


def switchboard() -> Switchboard[Fault]:
    """Return the switchboard of all authorities, with everything in order."""
    return Switchboard({office.key: office.faults for office in OFFICES})


def build(
    register: Register,
    faults: Switchboard[Fault],
    credentials: Credentials,
    country: Country | None = None,
    *,
    matcher: Matcher | None = None,
    slow: float = offices.SLOW,
) -> dict[str, Flask]:
    """Return each authority's application; *slow* is how long a slow one takes, in seconds."""
    where = country or Country()
    faces = matcher or Matcher()
    return {
        office.key: create_office(
            Desk(
                office=office,
                register=register,
                switchboard=faults,
                credentials=credentials[office.key],
                matcher=faces,
                slow=slow,
            ),
            where,
        )
        for office in sorted(OFFICES, key=lambda office: AUTHORITIES.index(office.key))
    }
