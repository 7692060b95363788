"""One race course per live provider."""

from collections.abc import Iterator
from typing import Any

import pytest

from .runners import Racer, racer


@pytest.fixture
def course(provider: Any) -> Iterator[Racer]:
    with racer(provider) as made:
        yield made


@pytest.fixture
def laps(backend: str) -> int:
    """SQLite has one writer at a time: fewer laps tell as much."""
    return 1000 if backend == "postgresql" else 100
