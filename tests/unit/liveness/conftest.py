"""The engine, and portraits to look at; loaded once."""

import pytest

from liveness.engine import opencv
from tests.faces import portraits as album
from tests.faces.puppet import Puppet


@pytest.fixture(scope="session")
def weights():
    return album.weights()


@pytest.fixture(scope="session")
def engine(weights):
    return opencv.build(weights.read)


@pytest.fixture(scope="session")
def portrait(engine):
    """Return the framed portrait of a name in tests/faces/manifest.toml."""
    store = album.portraits()
    made = {}

    def portrait_of(name):
        if name not in made:
            whole = album.picture(store, name)
            made[name] = album.framed(whole, engine.detector.detect(whole)[0])
        return made[name]

    return portrait_of


@pytest.fixture(scope="session")
def puppet(engine, portrait):
    """Return the puppet made of a portrait."""
    made = {}

    def puppet_of(name):
        if name not in made:
            shown = portrait(name)
            made[name] = Puppet(
                shown, engine.landmarker.mesh(shown, engine.detector.detect(shown)[0])
            )
        return made[name]

    return puppet_of
