"""Seeds the provider through its command line: migrations, the three clients, the people."""

import json
import subprocess
import threading
from collections.abc import Iterable, Mapping, Sequence
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
ALREADY = "_taken"


class CommandError(Exception):
    """The provider's command line failed; the message is its own, and so is what it *answered*."""

    def __init__(self, message: str, answered: str) -> None:
        super().__init__(message)
        self.answered = answered


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
            raise CommandError(f"manyou {' '.join(arguments[:2])}: {said}", done.stdout)
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
    keys = {house.key: state.new_key(house) for house in missing}
    told = [
        metadata(house, country, key.as_dict(private=False) if (key := keys[house.key]) else None)
        for house in missing
    ]
    wants_department = "department" not in known
    if wants_department:
        told.append(introduction.metadata(country))
    if not told:
        return
    made = json.loads(provider.run("client", "import", "--json", "-", told=json.dumps(told)))
    if wants_department:
        answer = made.pop()
        known["department"] = {"client_id": answer["client_id"], "secret": answer["client_secret"]}
    for house, answer in zip(missing, made, strict=True):
        key = keys[house.key]
        known["sites"][house.key] = {
            "client_id": answer["client_id"],
            "secret": key.as_dict(private=True) if key else answer["client_secret"],
            "cookie_key": state.new_cookie_key(),
            **({"issuer": issuer} if issuer else {}),
        }
    state.write(memory, known)


def people(provider: Provider, memory: Path, wanted: Sequence[Person] | None = None) -> int:
    """Seed those who are not there yet; return how many were added.

    Somebody who is there from an interrupted start is there.
    """
    known = state.read(memory)
    missing = [person for person in wanted or everyone() if person.username not in known]
    if not missing:
        return 0
    told = json.dumps([_introduced(person) for person in missing])
    try:
        answered = provider.run("person", "import", "--json", "-", told=told)
    except CommandError as error:
        answered = error.answered
        if not answered:
            raise
    answers = [json.loads(line) for line in answered.splitlines()]
    for person, answer in zip(missing, answers, strict=True):
        fault = answer.get("error")
        if fault and ALREADY not in fault:
            raise CommandError(f"{person.username}: {fault}", answered)
        known[person.username] = {"person_id": answer.get("person_id", "")}
    state.write(memory, known)
    return len(missing)


def _introduced(person: Person) -> dict[str, str]:
    return {
        "username": person.username,
        "password": PASSWORD,
        "phone": person.phone,
        "name": person.name,
        "id_number": person.id_number,
        "display_name": person.name,
    }
