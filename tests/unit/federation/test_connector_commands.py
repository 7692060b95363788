"""`manyou connector import`: many upstreams at once, all or none."""

import json

import pytest

from federation.cli import cli
from tests.people import rows

ONE = {"key": "north", "kind": "pages", "name_en": "North", "enabled": True}
TWO = {"key": "south", "kind": "pages"}


@pytest.fixture
def take_in(app, pages):
    def run(*documents):
        told = json.dumps(documents)
        with app.app_context():
            return app.test_cli_runner().invoke(cli, ["import", "--json", "-"], input=told)

    return run


def found(app):
    return rows(app, "SELECT key, name_en, enabled FROM connector ORDER BY key")


def test_new_ones_are_offered_where_that_is_said(app, take_in):
    assert take_in(ONE, TWO).output == "2 taken in\n"

    assert [(key, bool(enabled)) for key, _, enabled in found(app)] == [
        ("north", True),
        ("south", False),
    ]


def test_known_ones_are_replaced_and_their_switch_stays(app, take_in):
    take_in(ONE, TWO)
    take_in({**ONE, "name_en": "Far North", "enabled": False}, {**TWO, "enabled": True})

    assert [(name, bool(enabled)) for _, name, enabled in found(app)] == [
        ("Far North", True),
        ("Pages", False),
    ]


@pytest.mark.parametrize("wrong", [{"key": "NO"}, {**TWO, "kind": "none"}, {**TWO, "odd": 1}])
def test_one_that_is_wrong_keeps_all_out(app, take_in, wrong):
    told = take_in(ONE, wrong)

    assert told.exit_code == 1
    assert "connector_invalid" in told.output
    assert found(app) == []


def test_an_upstream_is_of_one_kind_for_good(app, take_in):
    take_in(ONE)
    feishu = {"key": "north", "kind": "feishu", "options": {"app_id": "a", "app_secret": "s"}}

    assert "connector_unknown" in take_in(TWO, feishu).output
    assert len(found(app)) == 1
