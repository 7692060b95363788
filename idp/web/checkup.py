"""What `manyou doctor` looks at: each check is a sentence, what was found, and advice."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, TemplateSyntaxError
from sqlalchemy.exc import SQLAlchemyError

from config import Settings, SettingsError, load
from idp import clock
from idp.crypto.hashing import LocalHasher
from idp.crypto.passwords import Cost
from idp.crypto.vault import MasterKeyError, parse_ring
from idp.db import Database, Statement
from idp.errors import UnavailableError
from idp.web import health, locale

_TEMPLATES = Path(__file__).parent / "templates"
_NOW = Statement("SELECT CURRENT_TIMESTAMP AS now")
_SAMPLE = "correct horse battery staple"
_WORST_SKEW = 5  # seconds; tokens tolerate ten
_SLOWEST_HASH = 0.5  # seconds


class Ailment(Exception):  # noqa: N818 - it is what a doctor finds
    """Something is wrong; the message says what to do."""


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    name: str
    good: bool
    words: str

    def __str__(self) -> str:
        return f"{'ok  ' if self.good else 'FAIL'}  {self.name}: {self.words}"


def examine() -> Iterator[Finding]:
    """Yield what each check finds; without readable settings there is nothing else to check."""
    try:
        settings = load()
    except SettingsError as error:
        yield Finding("settings", good=False, words=f"{error}; see docs/reference/settings.md")
        return
    yield Finding("settings", good=True, words=f"profile {settings.profile}, {settings.issuer}")
    for name, check in CHECKS.items():
        try:
            yield Finding(name, good=True, words=check(settings))
        except Ailment as ailment:
            yield Finding(name, good=False, words=str(ailment))


def _issuer(settings: Settings) -> str:
    """Check that the issuer's host resolves, and is loopback if it has no TLS."""
    host = settings.issuer_host.rpartition("]")[0].strip("[") or settings.issuer_host.split(":")[0]
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Ailment(f"{host} does not resolve ({error.strerror}); correct `issuer`") from None
    if not settings.secure and not all(str(a[4][0]).startswith(("127.", "::1")) for a in found):
        raise Ailment(f"{settings.issuer} is plain http and not loopback; serve it over https")
    return f"Host {settings.issuer_host} is {found[0][4][0]}"


def _data_directory(settings: Settings) -> str:
    directory = settings.data_dir.resolve()
    if not directory.is_dir():
        raise Ailment(f"{directory} does not exist; create it, mode 0700, owned by this user")
    if directory.stat().st_mode & 0o007:
        raise Ailment(f"{directory} is open to everybody; run `chmod 700 {directory}`")
    return str(directory)


def _master_keys(settings: Settings) -> str:
    given = settings.crypto.master_keys.get_secret_value()
    if not given:
        return "the data directory's own"
    try:
        return f"{len(parse_ring(given))} in the ring"
    except MasterKeyError as error:
        raise Ailment(f"{error.description} Correct crypto.master_keys") from None


def _database(settings: Settings) -> str:
    _one(settings, _NOW)
    return "answers"


def _readiness(settings: Settings) -> str:
    """Ask what /readyz asks: migrations, and what other rooms have added."""
    with closing(_connect(settings)) as database:
        reasons = health.find_reasons(database, health.checks)
    if reasons:
        raise Ailment("; ".join(f"{name}: {advice}" for name, advice in reasons.items()))
    return ", ".join(health.checks)


def _registry(settings: Settings) -> str:
    """Check the reference store, which /readyz leaves out: people sign in without it."""
    from migrations import schema

    try:
        here = frozenset(schema.current(settings.registry_database, branch=schema.REGISTRY))
    except SQLAlchemyError as error:
        reason = str(error).split("\n", 1)[0]
        raise Ailment(f"{reason}; is MANYOU_REGISTRY_DATABASE_URL right?") from None
    if not here >= schema.heads(schema.REGISTRY):
        raise Ailment("its tables are missing or old; run `manyou db upgrade`")
    return "migrated"


def _clock(settings: Settings) -> str:
    """Check that the database's clock agrees with ours: tokens are dated by both."""
    if settings.database.startswith("sqlite"):
        return f"{clock.now():%FT%TZ}, and no other machine to differ from"
    skew = abs(_one(settings, _NOW).now.timestamp() - clock.now().timestamp())
    if skew > _WORST_SKEW:
        raise Ailment(f"the database's clock differs by {skew:.0f} s; run NTP on both machines")
    return f"within {skew:.1f} s of the database's"


def _hashing(settings: Settings) -> str:
    """Check that a password costs no more than a person waits for."""
    cost = Cost(settings.passwords.memory_kib, settings.passwords.iterations)
    hasher = LocalHasher(cost=cost)
    hasher.hash(_SAMPLE)
    begun = time.perf_counter()
    hasher.hash(_SAMPLE)
    taken = time.perf_counter() - begun
    if taken > _SLOWEST_HASH:
        raise Ailment(f"a hash takes {taken:.2f} s; lower passwords.memory_kib or give more cores")
    return f"{taken * 1000:.0f} ms a password"


def _pages(_: Settings) -> str:
    """Check that every template can be read, and the catalogue opened."""
    environment = Environment(autoescape=True)
    found = list(_TEMPLATES.rglob("*.html"))
    try:
        for path in found:
            environment.parse(path.read_text("utf-8"), path.name)
        locale.gettext("Sign in")
    except (OSError, ValueError, TemplateSyntaxError) as error:
        raise Ailment(f"{error}; install the package again") from None
    if not found:
        raise Ailment("there are no pages; install the package again")
    return f"{len(found)} templates"


def _connect(settings: Settings) -> Database:
    return Database(settings.database, threads=1)


def _one(settings: Settings, statement: Statement) -> Any:
    """Return the first row of *statement*, or the ailment of the database."""
    try:
        with closing(_connect(settings)) as database, database.read() as tx:
            return tx.one(statement)
    except UnavailableError as error:
        raise Ailment(f"{error.detail}; is the server up, and MANYOU_DATABASE_URL right?") from None


CHECKS: dict[str, Callable[[Settings], str]] = {
    "issuer": _issuer,
    "data directory": _data_directory,
    "master keys": _master_keys,
    "database": _database,
    "readiness": _readiness,
    "registry": _registry,
    "clock": _clock,
    "password hashing": _hashing,
    "pages": _pages,
}
