"""One country, known to the replica and to seven authorities alike; every test asks about it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from socketserver import ThreadingMixIn
from types import SimpleNamespace
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import cv2
import numpy as np
import pytest

from config import Settings, load
from config.faces import LivenessSettings
from idp.crypto.vault import MasterKey, Vault, parse_ring
from idp.db import Database, Statement, Transaction
from idp.registry import sources
from idp.registry.importer.registers import REGISTERS
from idp.registry.local import keys, portraits
from idp.registry.local.fingerprints import maker
from idp.registry.ports import Sources
from idp.web.outbound import Outbound
from liveness.engine.comparison import Risk
from liveness.isolation.keeper import Bounds
from liveness.isolation.room import VisionRoom, start
from liveness.isolation.wire import Question
from liveness.probes import probe_for
from migrations import schema
from sandbox.authorities import assembly, credentials
from sandbox.authorities.faults import Switchboard
from sandbox.faces.matcher import Matcher
from sandbox.register import Register, Status
from tests.faces import portraits as album

SLOW, TIMEOUT = 5.0, 1.5
REMOTE = {
    "population": ("ctid", "population_gateway", "aliyun", "tencent"),
    "legal_persons": ("legal_person_gateway",),
    "social_security": ("social_security_gateway",),
    "entry_exit": ("immigration",),
}
_RENAMED = {"customer_key": "signing_key", "customer_certificate": "certificate"}
_THEIRS = ("authority_key", "envelope_key")
_KEYS = str(MasterKey.new("test"))


@dataclass
class World:
    """The country under judgement."""

    register: Register
    faults: Switchboard
    credentials: dict[str, dict[str, str]]
    directory: Path
    matcher: Matcher
    urls: dict[str, str] = field(default_factory=dict)

    @property
    def registry_url(self) -> str:
        return f"sqlite:///{self.directory}/registry.db"

    def settings(self, **environ: str) -> Settings:
        """Return settings that know every authority, and its secrets."""
        told = {
            f"MANYOU_{name.upper()}__{_RENAMED.get(key, key).upper()}": value
            for name, held in self.credentials.items()
            for key, value in held.items()
            if key not in _THEIRS
        }
        for name, url in self.urls.items():
            told[f"MANYOU_{name.upper()}__BASE_URL"] = url
            told[f"MANYOU_{name.upper()}__TIMEOUT"] = str(TIMEOUT)
        return load(
            {
                "MANYOU_PROFILE": "test",
                "MANYOU_DATA_DIR": str(self.directory),
                "MANYOU_REGISTRY_DATABASE_URL": self.registry_url,
                "MANYOU_OUTBOUND__ALLOW": "127.0.0.0/8",
                **told,
                **environ,
            }
        )


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The replica filled, and every authority open."""
    album.weights()
    register = _register()
    faults, secrets, matcher = assembly.switchboard(), credentials.make(), Matcher()
    made = World(register, faults, secrets, tmp_path_factory.mktemp("country"), matcher)
    schema.upgrade(made.registry_url, branch=schema.REGISTRY)
    with closing(Database(made.registry_url, threads=1)) as database, database.write() as tx:
        for name, rows in _exported(register).items():
            _fill(tx, name, rows)
        _hang_up(tx, register)
    matcher.warm()
    offices = assembly.build(register, faults, secrets, matcher=matcher, slow=SLOW)
    with ExitStack() as closing_time:
        closing_time.callback(matcher.close)
        for name, app in offices.items():
            server = closing_time.enter_context(_serving(app))
            made.urls[name] = f"http://127.0.0.1:{server.server_port}"
        yield made


class _Server(ThreadingMixIn, WSGIServer):
    """Werkzeug's own would drop the exchange's headers: their names have underscores."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing of those who hung up before the answer."""


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Stay silent."""


class _serving:  # noqa: N801 - it reads as a verb
    """A server at work in a thread of its own."""

    def __init__(self, app: Any) -> None:
        self._server = make_server("127.0.0.1", 0, app, _Server, _Silent)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> WSGIServer:
        self._thread.start()
        return self._server

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture(scope="session")
def outbound(world: World) -> Outbound:
    """The one transport, which reads the machine's certificates once."""
    return Outbound(world.settings().outbound)


@pytest.fixture
def ask(world: World, outbound: Outbound) -> Iterator[Callable[..., Sources]]:
    """Return the store as the house composes it, for one source of each port."""
    with ExitStack() as opened:

        def compose(**environ: str) -> Sources:
            settings = world.settings(**environ)
            database = Database(world.registry_url, threads=2, read_only=True)
            opened.enter_context(closing(database))
            return sources.compose(settings, outbound, database, Vault(parse_ring(_KEYS)))

        yield compose
    world.faults.clear()


@dataclass(frozen=True)
class Faces:
    """Who stands in front of the camera: the person asked about, or somebody else."""

    same: dict[str, Any]
    other: dict[str, Any]
    nobody: dict[str, Any]


@pytest.fixture(scope="session")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faces]:
    """Return the elements `portrait` and `probe` of real pictures, by the shipped engine."""
    album.weights()
    bounds, path = Bounds(deadline=20.0), tmp_path_factory.mktemp("vision") / "door"
    with start(path, bounds):
        room = VisionRoom(path, bounds, patience=20.0)
        yield Faces(
            same=_captured(room, _picture("obama-standing")),
            other=_captured(room, _picture("biden")),
            nobody=_captured(room, album.jpeg(np.full((480, 640, 3), 127, np.uint8))),
        )


def _captured(room: VisionRoom, picture: bytes) -> dict[str, Any]:
    seen = room.look(Question(pictures=[picture] * 3, embed=range(3)))
    vectors = [one.template for one in seen.observations if one.template is not None]
    desk: Any = SimpleNamespace(room=room, liveness=LivenessSettings())
    probe = probe_for(desk, seen.model_id, seen.metric, vectors, Risk.NORMAL, picture)
    return {"portrait": picture, "probe": probe}


def _picture(name: str) -> bytes:
    """Return a portrait of the set-up, as large as a camera would send it."""
    whole = album.picture(album.portraits(), name)
    scale = 640 / max(whole.shape[:2])
    return album.jpeg(cv2.resize(whole, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))


def _register() -> Register:
    """Return the sandbox's register; one resident has had a portrait taken."""
    register = Register.of_the_country()
    first = register.citizens()[0]
    register.keep_portrait(first.id_number, _picture("obama"))
    for paper in register.papers():
        if paper.holder == first.name:
            object.__setattr__(paper, "portrait", _picture("obama"))
    return register


def _hang_up(tx: Transaction, register: Register) -> None:
    """Keep the same portraits in the replica."""
    vault = Vault(parse_ring(_KEYS))
    key = keys.find(tx, vault, "population")
    assert key is not None
    safe, take = portraits.safe(tx, vault), maker(key)
    for person in register.citizens():
        if person.portrait is not None:
            portraits.keep(tx, safe, take("person", person.id_number, ""), person.portrait)


def _exported(register: Register) -> dict[str, list[dict[str, str]]]:
    """Return what an authority would export for the replica, in the importer's columns."""
    states = {Status.LIVING: "0", Status.DECEASED: "1", Status.CANCELLED: "2"}
    residents = []
    for person in register.citizens():
        row = {
            "id_number": person.id_number,
            "name": person.on_file or person.name,
            "phone": person.phone or "",
            "valid_from": _day(person.issued),
            "valid_until": _day(person.expires) or "长期",
            "status": states[person.status],
            "period_begins": _day(person.issued),
        }
        residents += [
            {"id_number": person.id_number, "name": name, "period_begins": "19900101",
             "period_ends": _day(last)}
            for name, last in person.former
        ]  # fmt: skip
        residents.append(row)
    names = {person.id_number: person.on_file or person.name for person in register.citizens()}
    insured = filter(None, (register.insured(number) for number in names))
    return {
        "population": residents,
        "legal-persons": [
            {
                "credit_code": one.credit_code,
                "name": one.name,
                "representative": one.representative,
                "representative_id_number": one.representative_id_number,
                "kind": one.kind,
                "status": one.state,
                "established": _day(one.founded),
            }
            for one in register.enterprises()
        ],
        "social-security": [
            {
                "id_number": one.id_number,
                "name": names[one.id_number],
                "card_number": one.card_number,
                "region": one.region,
                "status": one.state,
            }
            for one in insured
        ],
        "entry-exit": [
            {
                "document": _KINDS[paper.kind],
                "number": paper.number,
                "issue_number": paper.issue,
                "name": paper.holder,
                "latin_name": paper.holder_latin,
                "birth_date": _day(paper.birth),
                "nationality": paper.nationality,
                "expires": _day(paper.expires),
                "status": paper.status if paper.status != "EXPIRED" else "VALID",
            }
            for paper in register.papers()
        ],
    }


_KINDS = {
    "PASSPORT": "passport",
    "FOREIGN_PASSPORT": "foreign_passport",
    "HKM_PERMIT": "hong_kong_macao_permit",
    "TW_PERMIT": "taiwan_permit",
    "FOREIGN_PR": "foreign_permanent_residence",
}


def _day(moment: date | None) -> str:
    return "" if moment is None else f"{moment:%Y%m%d}"


def _fill(tx: Transaction, name: str, rows: list[dict[str, str]]) -> None:
    """Take in *rows* through the importer's own reader."""
    register = REGISTERS[name]
    key = keys.find_or_make(tx, Vault(parse_ring(_KEYS)), name)
    columns = list(register.columns)
    marks = ", ".join(f":{column}" for column in columns)
    insert = Statement(f"INSERT INTO {register.table} ({', '.join(columns)}) VALUES ({marks})")
    for row in rows:
        cells = [row.get(name, "") for name in register.fields]
        values = register.read(cells, maker(key))
        tx.run(insert, **dict(zip(columns, values, strict=True)))
