"""The demo's ports: are they free, and does everybody answer on them."""

import socket
import urllib.error
import urllib.request
from http import HTTPStatus

from sandbox.addresses import AUTHORITIES, UPSTREAMS, Country
from sandbox.sites.houses import HOUSES

HOST = "127.0.0.1"
PATIENCE = 3


def taken(country: Country) -> list[int]:
    """Return the ports of *country* that somebody else listens on."""
    ports = [country.provider_port, country.metrics_port, country.phone_port]
    ports += [country.site_port(house.place) for house in HOUSES]
    ports += [country.authority_port(key) for key in AUTHORITIES]
    ports += [country.upstream_port(key) for key in UPSTREAMS]
    ports.append(country.hall_port)
    if country.nodes > 1:
        ports.append(country.province_port)
    return [port for port in ports if not _free(port)]


def _free(port: int) -> bool:
    with socket.socket() as probe:
        # Without this a port that was left a moment ago would look taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def waiting_for(country: Country) -> list[str]:
    """Return the health addresses that do not answer yet."""
    pages = [f"http://{HOST}:{country.phone_port}/healthz"]
    pages += [f"http://{HOST}:{country.site_port(house.place)}/healthz" for house in HOUSES]
    pages += [f"http://{HOST}:{country.authority_port(key)}/healthz" for key in AUTHORITIES]
    pages += [f"http://{HOST}:{country.upstream_port(key)}/healthz" for key in UPSTREAMS]
    pages.append(f"http://{HOST}:{country.hall_port}/healthz")
    pages.append(f"{country.issuer}/readyz")
    if country.nodes > 1:
        pages.append(f"{country.province}/readyz")
    return [page for page in pages if not _answers(page)]


def _answers(page: str) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(page, timeout=PATIENCE) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except (urllib.error.URLError, OSError):
        return False
