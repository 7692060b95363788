"""The door through which time enters."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp import clock


@pytest.fixture(autouse=True)
def _the_machines_own_clock():
    yield
    clock.set_source()


@given(st.floats(min_value=0, max_value=4_102_444_800))
def test_the_date_is_shanghais(seconds):
    """Reckoned without the zone's tables after 1991, and still theirs."""
    clock.set_source(lambda: seconds)

    assert clock.today() == datetime.fromtimestamp(seconds, clock.SHANGHAI).date()
