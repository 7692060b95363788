"""The parts that these tests stand on."""

from tests.people import browser, inbox, limits, person, settings  # noqa: F401 - fixtures
from tests.unit.liveness.scans.conftest import film, vision  # noqa: F401 - fixtures
from tests.unit.registry.conftest import take_in  # noqa: F401 - a fixture
