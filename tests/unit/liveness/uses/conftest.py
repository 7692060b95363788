"""The parts that these tests stand on."""

from tests.people import browser, inbox, limits, person, settings  # noqa: F401 - fixtures
