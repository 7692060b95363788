"""The orchestrator: it starts, tells of trouble, stops cleanly, and remembers."""

import json
import os
import shlex
import signal
import socket
import stat
import subprocess
import sys
import threading
import time

import pytest

from config.settings import Settings
from sandbox.addresses import Country
from sandbox.demo import banner, ports, seed, state, upstreams
from sandbox.demo.children import ChildDiedError, Family
from sandbox.people import everyone
from sandbox.sites.houses import HOUSES

SHELL = "/bin/sh"


def script(folder, body):
    """Write a `manyou` that behaves as *body* says, and records how it was called."""
    path = folder / "manyou"
    path.write_text(f'#!/bin/sh\necho "$@" >> "{folder}/calls"\n{body}\n')
    path.chmod(0o700)
    return path


def provider(path, stop=None):
    return seed.Provider(path, os.environ, stop or threading.Event())


def answering(folder, program):
    """Write a `manyou` that keeps what it is told, and answers it as *program* says."""
    code = f"""
import json, sys
told = json.load(sys.stdin)
with open({str(folder / "told")!r}, "a") as kept:
    kept.write(json.dumps(told) + "\\n")
{program}
"""
    return script(folder, f"exec {sys.executable} -c {shlex.quote(code)}")


def told_in(folder):
    """Return what each call of `manyou` was told."""
    return [json.loads(line) for line in (folder / "told").read_text().splitlines()]


ONE_BY_ONE = "[print(json.dumps({'person_id': one['username']})) for one in told]"
WITH_SECRETS = "print(json.dumps([{'client_id': 'c', 'client_secret': 's'} for _ in told]))"


def test_people_are_seeded_once(tmp_path):
    here = provider(answering(tmp_path, ONE_BY_ONE))
    memory = tmp_path / "people.json"

    assert seed.people(here, memory) == len(everyone())
    assert seed.people(here, memory) == 0

    assert (tmp_path / "calls").read_text() == "person import --json -\n"
    (told,) = told_in(tmp_path)
    assert [one["username"] for one in told] == [person.username for person in everyone()]


def test_somebody_who_is_there_already_is_no_failure(tmp_path):
    there = "[print(json.dumps({'error': 'username: username_taken: x'})) for one in told]"
    here = provider(answering(tmp_path, f"{there}; sys.exit(1)"))

    assert seed.people(here, tmp_path / "people.json") == len(everyone())


def test_somebody_who_is_refused_is_told_of_and_nobody_is_remembered(tmp_path):
    wrong = "[print(json.dumps({'error': 'phone: phone_invalid: x'})) for one in told]"
    here = provider(answering(tmp_path, f"{wrong}; sys.exit(1)"))

    with pytest.raises(seed.CommandError, match="phone_invalid"):
        seed.people(here, tmp_path / "people.json")

    assert not (tmp_path / "people.json").exists()


def test_any_other_failure_is_told(tmp_path):
    here = provider(script(tmp_path, "echo 'disk full' >&2; exit 1"))

    with pytest.raises(seed.CommandError, match="disk full"):
        seed.people(here, tmp_path / "people.json")


def test_nothing_is_begun_once_we_are_to_stop(tmp_path):
    stop = threading.Event()
    stop.set()

    with pytest.raises(seed.StoppedError):
        seed.people(provider(script(tmp_path, "exit 0"), stop), tmp_path / "people.json")

    assert not (tmp_path / "calls").exists()


def test_sites_are_registered_once_and_their_secrets_are_ours_alone(tmp_path):
    here = provider(answering(tmp_path, WITH_SECRETS))
    memory = tmp_path / "sites.json"

    seed.clients(here, Country(), memory)
    first = state.read(memory)
    seed.clients(here, Country(), memory)

    assert state.read(memory) == first
    assert stat.S_IMODE(memory.stat().st_mode) == 0o600
    (told,) = told_in(tmp_path)
    methods = {one["token_endpoint_auth_method"] for one in told}
    assert methods == {house.auth_method for house in HOUSES}
    for one in told:
        for key in one.get("jwks", {}).get("keys", []):
            assert "d" not in key


def test_sites_of_another_issuer_are_registered_anew(tmp_path):
    here = provider(answering(tmp_path, WITH_SECRETS))
    memory = tmp_path / "sites.json"

    seed.clients(here, Country(), memory)
    seed.clients(here, Country(offset=50), memory)

    assert state.read(memory)["issuer"] == Country(offset=50).issuer
    assert [len(told) for told in told_in(tmp_path)] == 2 * [len(HOUSES) + 1]


def test_a_child_that_dies_is_noticed_with_its_last_words(tmp_path):
    family = Family(tmp_path, os.environ)
    child = family.start("worker", SHELL, "-c", "echo no database; exit 3")
    child.process.wait(timeout=5)

    with pytest.raises(ChildDiedError) as death:
        family.check()

    assert "no database" in death.value.child.tail()


def test_everybody_is_stopped_even_those_who_will_not_listen(tmp_path, monkeypatch):
    monkeypatch.setattr("sandbox.demo.children.GRACE", 0.5)
    family = Family(tmp_path, os.environ)
    gentle = family.start("gentle", "/bin/sleep", "60")
    stubborn = family.start("stubborn", SHELL, "-c", "trap '' TERM; while :; do sleep 1; done")
    time.sleep(0.3)

    family.stop()

    assert gentle.process.returncode == -signal.SIGTERM
    assert stubborn.process.returncode == -signal.SIGKILL


def test_reset_removes_only_what_a_demo_made(tmp_path):
    mine, other = tmp_path / "mine", tmp_path / "other"
    state.prepare(mine, reset=False)
    (mine / "sites.json").write_text("{}")
    other.mkdir()
    (other / "thesis.txt").write_text("years of work")

    state.prepare(mine, reset=True)
    with pytest.raises(state.StateError):
        state.prepare(other, reset=True)

    assert not (mine / "sites.json").exists()
    assert (other / "thesis.txt").exists()


def test_a_busy_port_is_named_together_with_the_way_out():
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        port = squatter.getsockname()[1]
        country = Country(offset=port - 8000)

        done = subprocess.run(
            [sys.executable, "-m", "sandbox.demo", "--port-offset", str(country.offset)],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

        assert port in ports.taken(country)
    assert done.returncode == 1
    assert str(port) in done.stderr
    assert "--port-offset" in done.stderr
    assert not country.state.exists()


def test_the_banner_names_what_a_visitor_needs():
    text = banner.welcome(Country())

    for needed in ("http://localhost:8000", "http://localhost:8100", "http://localhost:8103"):
        assert needed in text
    for person in everyone():
        assert person.username in text


def test_columns_count_ideographs_twice():
    assert banner.width("王A\u0301") == 3


def test_the_authorities_secrets_are_made_once_and_are_ours_alone(tmp_path):
    first = upstreams.credentials(tmp_path)

    assert upstreams.credentials(tmp_path) == first
    assert stat.S_IMODE((tmp_path / upstreams.MEMORY).stat().st_mode) == 0o600


def test_the_provider_is_told_of_every_authority_but_not_their_keys(tmp_path):
    """Each word is a setting that the provider knows; each question has one source."""
    known = upstreams.credentials(tmp_path)

    told = upstreams.settings(Country(), known)

    rooms = {}
    for word, value in told.items():
        room, setting = word.removeprefix("MANYOU_").lower().split("__")
        rooms.setdefault(room, {})[setting] = value
    ours = Settings(issuer="http://localhost", profile="demo", **rooms)
    assert ours.registry.population == ("ctid",)
    assert ours.ctid.base_url == "http://localhost:8110"
    assert known["ctid"]["authority_key"] not in told.values()
    assert known["ctid"]["envelope_key"] not in told.values()
