"""What every relying party here needs: a person, a browser, and the programs of others."""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator

import pytest

from tests.live import Provider

from .browser import Browser, Person

PASSWORD = "correct-horse-battery-9"


@pytest.fixture(scope="module")
def person(provider: Provider) -> Person:
    """A person with a password and nothing else."""
    username = f"roamer{secrets.token_hex(4)}"
    provider.create_person(username, PASSWORD)
    return Person(username, PASSWORD)


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A browser that nobody has used before."""
    with Browser() as agent:
        yield agent


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """Find a program or a file of the machine; in CI its absence is a failure, not an excuse."""

    def find(name: str) -> str:
        path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
        if path is None:
            if os.environ.get("CI") == "true":
                pytest.fail(f"{name} is not installed, and CI must judge with it")
            pytest.skip(f"{name} is not installed here")
        return path

    return find
