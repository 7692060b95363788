"""Seeds the provider through its command line: migrations, the three clients, the people."""

import json
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sandbox.addresses import Country
from sandbox.demo import state
from sandbox.department import introduction
from sandbox.people import PASSWORD, Person, everyone
from sandbox.sites.houses import HOUSES, House
from sandbox.sites.introduction import metadata

EDITION = 3  # how the clients introduce themselves; older registrations are made anew
AT_ONCE = 2
PATIENCE = 120
ALREADY = ("exist", "taken", "in use", "duplicate", "conflict")


class CommandError(Exception):
    """The provider's command line failed; the message is its own."""


class StoppedError(Exception):
    """Somebody asked us to stop before we were ready."""


class Provider:
    """The provider's command line, run with the demo's settings."""

    def __init__(self, manyou: Path, environment: Mapping[str, str], stop: threading.Event) -> None:
        self.command = str(manyou)
        self._stop = stop
        self._environment = dict(environment)

    def elsewhere(self, environment: Mapping[str, str]) -> "Provider":
        """Return the same command, run with other settings."""
        return Provider(Path(self.command), environment, self._stop)

    def run(self, *arguments: str, told: str = "") -> str:
        """Run one command with *told* on its standard input; return what it answered.

        Raises:
            CommandError: it failed.
            StoppedError: it was not begun, because the demo is to stop.
        """
        if self._stop.is_set():
            raise StoppedError
        done = subprocess.run(  # noqa: S603 - commands are ours
            [self.command, *arguments],
            input=told,
            capture_output=True,
            text=True,
            env=self._environment,
            timeout=PATIENCE,
            check=False,
            start_new_session=True,  # Ctrl-C lets a command finish what it has begun
        )
        if done.returncode:
            said = (done.stderr or done.stdout).strip()[-2000:]
            raise CommandError(f"manyou {' '.join(arguments[:2])}: {said}")
        return done.stdout


def upgrade(*providers: Provider) -> None:
    """Bring the database of each provider to today's tables."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda provider: provider.run("db", "upgrade"), providers))


def registered(country: Country, memory: Path) -> bool:
    """Whether every client has been registered with this provider before, as it is today."""
    known = _known(country, memory)
    return len(known["sites"]) == len(HOUSES) and "department" in known


def _known(country: Country, memory: Path) -> dict[str, Any]:
    """Return what is remembered, unless another provider gave it or clients have changed since."""
    known = state.read(memory)
    if (known.get("issuer"), known.get("edition")) == (country.issuer, EDITION):
        return known
    return {"issuer": country.issuer, "edition": EDITION, "sites": {}}


def clients(
    provider: Provider,
    country: Country,
    memory: Path,
    *,
    houses: Iterable[House] = HOUSES,
    issuer: str = "",
) -> None:
    """Register each client that is not registered yet, and remember what the provider gave it.

    *issuer* is the provider's, where it is another than the nation's.
    """
    known = _known(country, memory)
    missing = [house for house in houses if house.key not in known["sites"]]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for house, given in zip(
            missing, pool.map(lambda h: _register(provider, country, h), missing), strict=True
        ):
            known["sites"][house.key] = given | ({"issuer": issuer} if issuer else {})
            state.write(memory, known)
    if "department" not in known:
        known["department"] = _register_department(provider, country)
        state.write(memory, known)


def _register_department(provider: Provider, country: Country) -> dict[str, Any]:
    told = json.dumps(introduction.metadata(country))
    answer = json.loads(provider.run("client", "create", "--json", "-", told=told))
    return {"client_id": answer["client_id"], "secret": answer["client_secret"]}


def _register(provider: Provider, country: Country, house: House) -> dict[str, Any]:
    key = state.new_key(house)
    told = metadata(house, country, key.as_dict(private=False) if key else None)
    answer = json.loads(provider.run("client", "create", "--json", "-", told=json.dumps(told)))
    secret = key.as_dict(private=True) if key else answer["client_secret"]
    return {
        "client_id": answer["client_id"],
        "secret": secret,
        "cookie_key": state.new_cookie_key(),
    }


def people(
    provider: Provider,
    memory: Path,
    meanwhile: Callable[[], None],
    wanted: Sequence[Person] | None = None,
) -> int:
    """Seed those who are not there yet; return how many were added.

    *meanwhile* is called after each of them: it looks after the demo, and may raise.
    """
    known = state.read(memory)
    missing = [person for person in wanted or everyone() if person.username not in known]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for person, answer in zip(
            missing, pool.map(lambda p: _create(provider, p), missing), strict=True
        ):
            known[person.username] = answer
            state.write(memory, known)
            meanwhile()
    return len(missing)


def _create(provider: Provider, person: Person) -> dict[str, Any]:
    """Create *person*; somebody who is there from an interrupted start is there."""
    try:
        answer = provider.run(
            *("person", "create", "--username", person.username, "--password-stdin"),
            *("--phone", person.phone, "--name", person.name, "--id-number", person.id_number),
            *("--display-name", person.name),
            told=PASSWORD + "\n",
        )
    except CommandError as error:
        if any(word in str(error).lower() for word in ALREADY):
            return {"already": True}
        raise
    created: dict[str, Any] = json.loads(answer)
    return {name: created[name] for name in ("id", "person_id") if name in created}
