"""The parts of a house that these tests stand on."""

from tests.rooms import (  # noqa: F401 - fixtures
    database,
    database_url,
    moments,
    postgres_database_url,
    postgres_url,
    vault,
)
