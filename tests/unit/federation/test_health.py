"""Upstreams are probed by the worker; an operator learns who is ill, and why."""

import logging

import pytest

from federation.catalogue import figures, health
from federation.catalogue.catalogue import KEY
from federation.connectors.errors import UpstreamAwayError, UpstreamSetupError
from idp import clock
from idp.jobs.worker import Worker
from idp.web import house
from idp.web.checkup import Ailment
from tests.people import rows
from tests.unit.federation.upstream import come_back, leave


@pytest.fixture(autouse=True)
def own_time():
    """Give the clock back."""
    yield
    clock.set_source()


@pytest.fixture
def worker(app):
    """A worker that does nothing but probe."""
    with app.app_context():
        database = house.database()
        probe = health.Probe(database, app.extensions[KEY])
        settings = house.settings().worker
        timers = ((health.LOOK, health.order_probes),)
        yield Worker(database, settings, {health.KIND: probe}, timers)


@pytest.fixture
def probes(pages, monkeypatch):
    """Count the probes, and answer each as a test wants it."""
    said = []

    def probe():
        said.append(1)
        if pages.says and isinstance(pages.says[-1], Exception):
            raise pages.says[-1]

    monkeypatch.setattr(pages, "probe", probe, raising=False)
    return said


def turn(worker):
    worker.run_timers()
    worker.run_once()


def found(app):
    return rows(app, "SELECT key, health FROM connector ORDER BY key")


def test_the_worker_probes_what_is_on_offer_and_not_too_often(app, offer, worker, probes):
    offer("north")
    offer("south")
    with app.app_context(), house.database().write() as tx:
        from federation.catalogue import entries

        entries.switch(tx, "south", enabled=False, actor="test")

    turn(worker)
    assert (found(app), len(probes)) == ([("north", "well"), ("south", "")], 1)

    now = clock.epoch()
    clock.set_source(lambda: now + health.LOOK + 1)
    turn(worker)
    assert len(probes) == 1

    clock.set_source(lambda: now + health.EVERY + 1)
    turn(worker)
    assert len(probes) == 2


def test_two_workers_look_once(app, offer, worker, probes):
    offer("north")
    with app.app_context(), house.database().write() as tx:
        health.order_probes(tx)
        health.order_probes(tx)

    worker.run_once()

    assert len(probes) == 1


def test_whoever_falls_ill_is_told_once_and_when_well_again(
    app, offer, worker, probes, pages, caplog
):
    offer("north")
    caplog.set_level(logging.INFO, "federation")
    now = clock.epoch()
    pages.says = [UpstreamAwayError(detail="HTTP 503")]
    for turns in range(1, 4):
        clock.set_source(lambda turns=turns: now + turns * (health.EVERY + 1))
        turn(worker)
    assert found(app) == [("north", "upstream_unavailable")]

    pages.says = []
    clock.set_source(lambda: now + 9 * health.EVERY)
    turn(worker)

    assert found(app) == [("north", "well")]
    told = [r.getMessage() for r in caplog.records if r.name == "federation.catalogue.health"]
    assert told == [
        "connector north is upstream_unavailable: HTTP 503",
        "connector north is well: ",
    ]


def test_a_setup_that_an_upstream_refuses_is_an_error_in_the_log_and_a_figure(
    offer, browser, pages, caplog
):
    offer("north")
    pages.says = [UpstreamSetupError(detail="result 6003")]
    before = figures._REFUSALS.labels("north", "upstream_misconfigured")._value.get()
    one = browser()

    page = come_back(one, leave(one))

    assert "upstream_misconfigured" in page.text
    after = figures._REFUSALS.labels("north", "upstream_misconfigured")._value.get()
    assert after == before + 1
    said = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert [r.getMessage() for r in said] == [
        "connector north is not set up correctly: result 6003"
    ]


def test_the_doctor_names_whoever_is_ill(app, offer, worker, pages, probes):
    offer("north")
    with app.app_context():
        settings = house.settings()
    assert health.examine(settings) == "1 on offer, 1 not probed yet (the worker does)"
    turn(worker)
    assert health.examine(settings).startswith("1 on offer, 0 not probed")

    pages.says = [UpstreamSetupError(detail="secret")]
    now = clock.epoch()
    clock.set_source(lambda: now + health.EVERY + 1)
    turn(worker)

    with pytest.raises(Ailment, match=r"north \(upstream_misconfigured at .*Z\).*connector test"):
        health.examine(settings)


def test_the_application_has_the_timer_the_handler_and_the_check(app):
    from idp.web import checkup
    from wsgi import create_worker

    with app.app_context():
        worker = create_worker(app)

    assert isinstance(worker._handlers[health.KIND], health.Probe)
    assert (health.LOOK, health.order_probes) in worker._timers
    assert checkup.CHECKS["upstreams"] is health.examine
