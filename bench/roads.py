"""The roads of the bench: what is asked, and how a right answer is told from a wrong one."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from bench.contestant import VERIFIER, Client, Contestant, authorization_query

FORM = "application/x-www-form-urlencoded"
TOKENS_IN_TURN = 64


@dataclass(frozen=True)
class Request:
    """One request as it goes over the wire."""

    path: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


@dataclass(frozen=True)
class Harvest:
    """What to keep of each answer: in a file for the next road, or to be sent again."""

    pattern: str
    file: Path | None = None
    again: bool = False


@dataclass(frozen=True)
class Plan:
    """What one pass sends; see ``road.lua``."""

    requests: list[Request]
    good: str
    look_in: str = "body"
    feed: Path | None = None
    prefix: str = ""
    harvest: dict[str, Harvest] = field(default_factory=dict)


def basic(client: Client) -> dict[str, str]:
    pair = f"{client.client_id}:{client.client_secret}".encode()
    return {"Authorization": "Basic " + base64.b64encode(pair).decode(), "Content-Type": FORM}


def path_of(url: str) -> str:
    return urlsplit(url).path


def discovery(one: Contestant, _: Path) -> Plan:
    path = path_of(one.issuer) + "/.well-known/openid-configuration"
    return Plan([Request(path)], good='"authorization_endpoint"')


def jwks(one: Contestant, _: Path) -> Plan:
    return Plan([Request(path_of(one.endpoints["jwks_uri"]))], good='"keys"')


def client_credentials(one: Contestant, _: Path) -> Plan:
    body = urlencode({"grant_type": "client_credentials", **one.machine_parameters})
    path = path_of(one.endpoints["token_endpoint"])
    return Plan(
        [Request(path, "POST", basic(one.machine), body)],
        good='"access_token"%s*:%s*"eyJ',
    )


def authorize(one: Contestant, folder: Path) -> Plan:
    """A live session answers with a code; the codes are kept for the next road."""
    path = path_of(one.endpoints["authorization_endpoint"])
    query = authorization_query(one.site, one.scope)
    return Plan(
        [Request(f"{path}?{query}", headers={"Cookie": one.cookie})],
        good="[?&]code=",
        look_in="location",
        harvest={"codes": Harvest("[?&]code=([^&]+)", folder / "codes")},
    )


def redeem(one: Contestant, folder: Path) -> Plan:
    """Each code is bought with once; what it buys is kept for the roads after."""
    parameters = {
        "grant_type": "authorization_code",
        "redirect_uri": one.site.redirect_uri,
        "code_verifier": VERIFIER,
    }
    return Plan(
        [Request(path_of(one.endpoints["token_endpoint"]), "POST", basic(one.site))],
        good='"id_token"',
        feed=folder / "codes",
        prefix=urlencode(parameters) + "&code=",
        harvest={
            "access": Harvest('"access_token"%s*:%s*"([^"]+)"', folder / "access_tokens"),
            "refresh": Harvest('"refresh_token"%s*:%s*"([^"]+)"', folder / "refresh_tokens"),
        },
    )


def refresh(one: Contestant, folder: Path) -> Plan:
    """Each refresh token is spent once; the one it becomes goes to the back of the queue."""
    kept = (folder / "refresh_tokens").read_text().splitlines()
    feed = folder / "refresh_feed"
    feed.write_text("\n".join(kept[:-TOKENS_IN_TURN]) + "\n")
    return Plan(
        [Request(path_of(one.endpoints["token_endpoint"]), "POST", basic(one.site))],
        good='"refresh_token"',
        feed=feed,
        prefix="grant_type=refresh_token&refresh_token=",
        harvest={"next": Harvest('"refresh_token"%s*:%s*"([^"]+)"', again=True)},
    )


def living_tokens(folder: Path) -> list[str]:
    """Return the access tokens bought last, whose families the refresh road left alone."""
    return (folder / "access_tokens").read_text().splitlines()[-TOKENS_IN_TURN:]


def userinfo(one: Contestant, folder: Path) -> Plan:
    path = path_of(one.endpoints["userinfo_endpoint"])
    bearers = [{"Authorization": f"Bearer {token}"} for token in living_tokens(folder)]
    return Plan([Request(path, headers=bearer) for bearer in bearers], good='"sub"')


def introspect(one: Contestant, folder: Path) -> Plan:
    path = path_of(one.endpoints["introspection_endpoint"])
    bodies = [urlencode({"token": token}) for token in living_tokens(folder)]
    requests = [Request(path, "POST", basic(one.site), body) for body in bodies]
    return Plan(requests, good='"active"%s*:%s*true')


# In this order, because a road feeds the next one.
ROADS: dict[str, Callable[[Contestant, Path], Plan]] = {
    "discovery": discovery,
    "JWKS": jwks,
    "client_credentials": client_credentials,
    "authorize (live session)": authorize,
    "code redemption": redeem,
    "refresh (rotating)": refresh,
    "userinfo": userinfo,
    "introspection": introspect,
}
