"""Operators learn in time that they have to file: 100,000 stored faces (Order 19 of 2025)."""

import logging

import pytest

from idp.db import Database
from idp.registry.local import portraits
from idp.web.checkup import Ailment
from liveness.permits import filing


@pytest.fixture
def limits():
    return {"MANYOU_LIVENESS__FACES_TO_FILE": "10"}


@pytest.fixture
def keep(registry_database: Database, vault):
    def portraits_of(people):
        with registry_database.write() as tx:
            sealing = portraits.safe(tx, vault)
            for number in range(people):
                portraits.keep(tx, sealing, number.to_bytes(32, "big"), b"\xff\xd8")

    return portraits_of


@pytest.mark.parametrize(("people", "near", "due"), [(8, False, False), (9, True, False),
                                                     (10, True, True)])  # fmt: skip
def test_portraits_count_and_the_warning_comes_at_nine_tenths(
    people, near, due, keep, settings, caplog
):
    keep(people)

    with caplog.at_level(logging.WARNING):
        found = filing.observe(settings)

    assert (found.stored, found.near, found.due) == (people, near, due)
    assert bool(caplog.records) is near
    assert filing._STORED._value.get() == people
    assert f"{people} faces stored" in filing.examine(settings)
    assert filing.told(settings)["portraits"] == people


def test_a_store_that_is_away_is_an_ailment_and_no_crash(make_settings, tmp_path):
    settings = make_settings(MANYOU_REGISTRY_DATABASE_URL=f"sqlite:///{tmp_path}/none/of.db")

    filing.watch(None, settings=settings)

    assert filing.told(settings)["portraits"] is None
    with pytest.raises(Ailment):
        filing.examine(settings)
