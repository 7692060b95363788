"""Visitors of a live provider: phones over HTTP, by the clock on the wall."""

import time
from contextlib import suppress
from dataclasses import dataclass

import psutil
import urllib3

from config import load
from idp.formats.id_numbers import check_digit
from liveness.desk import KEY as DESK
from liveness.engine.comparison import Risk
from liveness.scans import opening
from liveness.scans.orders import Claimed, Order, Purpose
from tests.faces.phone import Phone
from wsgi import create_app, dismantle


@dataclass
class Answer:
    """An answer as werkzeug's test client gives it, as far as a phone reads it."""

    status_code: int
    headers: urllib3.HTTPHeaderDict
    data: bytes
    seconds: float

    @property
    def json(self):
        import orjson

        return orjson.loads(self.data)


class LiveClient:
    """Posts to a live provider, from an address of this machine's own."""

    def __init__(self, issuer, address="127.0.0.1"):
        self._issuer = issuer
        self._pool = urllib3.PoolManager(retries=False, timeout=60, source_address=(address, 0))

    def post(self, path, *, headers, json=None, data=None, content_type=None):
        kind = {"Content-Type": content_type} if content_type else {}
        began = time.perf_counter()
        answer = self._pool.request(
            "POST", self._issuer + path, headers={**headers, **kind}, json=json, body=data
        )
        seconds = time.perf_counter() - began
        return Answer(answer.status, answer.headers, answer.data, seconds)


class WallClock:
    """Time as it passes."""

    @property
    def now(self):
        return time.time()

    def advance(self, seconds):
        time.sleep(seconds)


class Counter:
    """Hands out scans at *provider*, each of somebody else."""

    def __init__(self, provider):
        self.provider = provider
        socket = {"MANYOU_LIVENESS__SOCKET": str(provider.directory / "nobody")}
        self._app = create_app(load({**provider.env, **socket}))
        self._desk = self._app.extensions[DESK]
        self._served = 0

    def close(self):
        dismantle(self._app)

    def phone(self):
        """Return a phone that has begun a scan."""
        phone = self.stranger(self._served + 1)
        answer = phone.begin()
        assert answer.status_code == 200, answer.data
        return phone

    def stranger(self, whose, address="127.0.0.1"):
        """Return a phone at *address*, with a ticket for the face of the person *whose*."""
        self._served += 1
        number = f"11010119900307{whose:03d}"
        claimed = Claimed(name="\u674e\u6653\u660e", id_number=number + check_digit(number))
        order = Order(
            purpose=Purpose.DEPARTMENT,
            claimed=claimed,
            matter=f"check-{self._served}",
            risk=Risk.NORMAL,
        )
        with self._desk.database.write() as tx:
            ticket = opening.open_scan(tx, self._desk, order).text
        return Phone(LiveClient(self.provider.issuer, address), WallClock(), ticket)


def vision_keeper(provider):
    """Return the process that keeps the provider's vision processes."""
    for child in psutil.Process(provider.processes["serve"].pid).children():
        with suppress(psutil.Error):  # one that has just died
            if "liveness.isolation" in child.cmdline():
                return child
    return None


def cells(provider):
    keeper = vision_keeper(provider)
    return {child.pid for child in keeper.children()} if keeper else set()


def workers(provider):
    """Return the web processes."""
    family = psutil.Process(provider.processes["serve"].pid).children()
    return [child for child in family if "spawn_main" in " ".join(child.cmdline())]
