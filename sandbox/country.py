"""Serves the whole sandbox from one process: `python -m sandbox.country --sites FILE`."""

import argparse
import json
import logging
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sandbox.addresses import Country
from sandbox.authorities.assembly import build as build_authorities
from sandbox.department.agency import Agency
from sandbox.nation import Nation
from sandbox.phone import create_phone
from sandbox.register import Register
from sandbox.register.likenesses import portraits
from sandbox.sites.app import create_site
from sandbox.sites.houses import HOUSES
from sandbox.sites.relying_party import Registration
from sandbox.upstreams.assembly import build as build_upstreams
from sandbox.upstreams.hall import build as build_hall

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

HOST = "127.0.0.1"


class Discreet(WSGIRequestHandler):
    """Logs no query strings, which carry codes and phone numbers; hands every header on.

    Werkzeug drops headers with underscores in their names, but the national exchange's have some.
    """

    def make_environ(self) -> "WSGIEnvironment":
        environ = super().make_environ()
        odd = {name: value for name, value in self.headers.items() if "_" in name}
        return environ | {f"HTTP_{name.upper()}": value for name, value in odd.items()}

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        path = self.path.partition("?")[0]
        self.log("info", "%s %s %s %s", self.command, path, getattr(code, "value", code), size)


def build(country: Country, sites: Path) -> "list[tuple[int, WSGIApplication]]":
    """Return each application with its port.

    *sites* holds what the provider gave each client; beside it lie the secrets of authorities
    and upstreams, and those who came to the registry counter.
    """
    known = json.loads(sites.read_text(encoding="utf-8"))
    secrets = json.loads((sites.parent / "authorities.json").read_text(encoding="utf-8"))
    here = Nation(
        register=Register.of_the_country(sites.parent / "register.json"),
        agency=Agency(issuer=country.issuer, **known["department"]),
    )
    apps: list[tuple[int, WSGIApplication]] = [(country.phone_port, create_phone(country, here))]
    here.register.lend_portraits(portraits())
    threading.Thread(target=here.matcher.warm, daemon=True).start()
    offices = build_authorities(
        here.register, here.switchboard, secrets, country, matcher=here.matcher
    )
    apps += [(country.authority_port(key), app) for key, app in offices.items()]
    apps += _upstreams(here, country, sites.parent / "upstreams.json")
    for house in HOUSES:
        mine = known["sites"][house.key]
        registration = Registration(
            issuer=mine.get("issuer", country.issuer),
            client_id=mine["client_id"],
            secret=mine["secret"],
        )
        app = create_site(house, country, registration, mine["cookie_key"])
        apps.append((country.site_port(house.place), app))
    return apps


def _upstreams(here: Nation, country: Country, memory: Path) -> "list[tuple[int, WSGIApplication]]":
    secrets = json.loads(memory.read_text(encoding="utf-8"))
    built = build_upstreams(here.register, here.upstreams, secrets, country)
    apps: list[tuple[int, WSGIApplication]] = [
        (country.upstream_port(key), app) for key, app in built.items()
    ]
    known = json.loads((memory.parent / "hall.json").read_text(encoding="utf-8"))
    apps.append((country.hall_port, build_hall(here.register, here.upstreams, known, country)))
    return apps


def serve(apps: "list[tuple[int, WSGIApplication]]") -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    servers: list[BaseWSGIServer] = [
        make_server(HOST, port, app, threaded=True, request_handler=Discreet) for port, app in apps
    ]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    stop.wait()
    for server in servers:
        server.shutdown()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=Path, required=True)
    parser.add_argument("--port-offset", type=int, default=0)
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    serve(build(Country(asked.port_offset), asked.sites))


if __name__ == "__main__":
    main()
