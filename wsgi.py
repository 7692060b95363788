"""The front door: compose the house, and hand it to a WSGI server or the command line.

Every socket of the house is filled here and nowhere else: what a room may not know, this
file plugs in.
"""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import Flask
from flask.cli import AppGroup, ScriptInfo, with_appcontext

from config import Profile, Settings, SettingsError, load
from config import logging as log_lines
from federation import cli as federation_cli
from federation.catalogue import catalogue as upstreams
from federation.catalogue import health as upstream_health
from federation.linking import links
from federation.roaming import origins
from federation.tickets import tickets as login_tickets
from federation.tickets.lookout import Lookout
from federation.views import first_visit, join, own_links, scan_desktop, scan_phone
from federation.views import sign_in as federation_sign_in
from federation.views import sign_out as federation_sign_out
from federation.views import surroundings as federation_pages
from idp.accounts import lifecycle
from idp.authentication import device_keys, known_browsers, possessions
from idp.authentication import views as authentication
from idp.authentication.methods import FACE, METHODS, Method
from idp.authentication.second_factor import FaceReady
from idp.clients.cli import cli as client_cli
from idp.clients.registry import Registry
from idp.db import Database, connect_args, db, prepare_engine
from idp.jobs import cli as jobs_cli
from idp.jobs.timers import Sweep, Timer, housekeeping
from idp.jobs.worker import Handler, Worker
from idp.keys.cli import cli as keys_cli
from idp.keys.ring import Ring
from idp.legacy import gate, notices, tickets
from idp.legacy.desk import LegacyDesk
from idp.messages import sms
from idp.oidc import backchannel, end_session, foreign, mount, pages, subject
from idp.oidc import verifications as verifications_api
from idp.oidc.counter import Counter
from idp.oidc.desk import Desk
from idp.portal import views as portal
from idp.proofing import appointments, attempts, joining, verifications, ways
from idp.proofing.checks import batch_work, batches
from idp.proofing.checks import faces as face_orders
from idp.proofing.checks import history as check_history
from idp.proofing.checks.cli import cli as verification_cli
from idp.proofing.checks.office import Office
from idp.proofing.checks.quotas import Lender
from idp.proofing.cli import cli as proofing_cli
from idp.proofing.person_cli import cli as person_cli
from idp.registry import sources
from idp.registry.cli import cli as registry_cli
from idp.registry.ports import Sources
from idp.sessions import browser as sessions
from idp.sessions import farewells
from idp.sessions import service as session_service
from idp.tokens import grants
from idp.web import (
    attendants,
    browser,
    checkup,
    csrf,
    failures,
    guards,
    headers,
    health,
    home,
    locale,
    parts,
    preferences,
)
from idp.web import cli as web_cli
from idp.web.entrance import Entrance
from idp.web.house import KEY as HOUSE
from idp.web.house import House
from liveness import alive_cli, vision
from liveness import cli as liveness_cli
from liveness import desk as faces
from liveness import wing as face_wing
from liveness.scans import handling as face_scans
from liveness.scans import leaving
from liveness.scans.orders import Use
from liveness.uses import alive_proofs, own_face
from liveness.uses.alive import Proofs
from liveness.uses.department import DepartmentScans
from liveness.views import capture

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

ROOT = Path(__file__).parent
_STORE = "manyou.registry_store"
_DAY = 86_400
_PROOFS_KEPT = 3 * 365 * _DAY  # after their end: a pension may be argued about for long

# What is forgotten when its time has passed; the worker sweeps once a minute.
SWEEPS = (
    Sweep("throttle", column="resets_at"),
    Sweep("interaction"),
    Sweep("one_time_code"),
    Sweep("used_assertion"),
    Sweep("revoked_token"),
    Sweep("real_name_attempt"),
    Sweep("counter_appointment"),
    Sweep("federation_flow"),
    Sweep("parked_identity"),
    Sweep("service_ticket", column="forget_at"),
    Sweep("service_token"),
    Sweep("used_nonce"),
    Sweep("login_ticket", kept=300),
    Sweep("upstream_session"),
    Sweep("upstream_logout"),
    Sweep("face_scan", kept=2 * leaving.GRACE),
    Sweep("check_quota"),
    Sweep("face_check", kept=30 * _DAY),
    Sweep("alive_request"),
    Sweep("alive_proof", kept=_PROOFS_KEPT),
    Sweep("check_caller", column="resets_at", kept=_DAY),
    Sweep("refresh_token", column="family_expires_at"),
    Sweep("face_standing", column="forget_at"),
    Sweep("known_browser", column="last_used_at", kept=known_browsers.LIFETIME),
    Sweep("device_challenge"),
    Sweep("possession"),
    Sweep("shown_factor", column="shown_at", kept=_DAY),
)


def create_app(settings: Settings | None = None) -> Flask:
    """Build the people's door from *settings*, or from the environment."""
    settings = settings or load()
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    app = Flask("idp.web", root_path=str(ROOT / "idp" / "web"))
    app.json.ensure_ascii = True  # type: ignore[attr-defined]
    app.config.update(
        SQLALCHEMY_DATABASE_URI=settings.database,
        SQLALCHEMY_ENGINE_OPTIONS={"connect_args": connect_args(settings.database)},
        MAX_CONTENT_LENGTH=settings.http.body_limit,
        MAX_FORM_MEMORY_SIZE=settings.http.body_limit,
        MAX_FORM_PARTS=100,
    )
    house = parts.put_together(settings)
    app.extensions[HOUSE] = house
    app.extensions[_STORE] = _store(settings)
    app.extensions[sources.KEY] = _sources(house, app.extensions[_STORE])
    ring = Ring(house.database, house.vault, settings.keys)
    face_desk = app.extensions[faces.KEY] = faces.FaceDesk(
        settings=settings,
        database=house.database,
        vault=house.vault,
        outbound=house.outbound,
        population=app.extensions[sources.KEY].population,
        room=vision.room(settings),
    )
    app.extensions[mount.KEY] = Desk(
        settings=settings,
        database=house.database,
        vault=house.vault,
        ring=ring,
        registry=Registry(house.database),
        outbound=house.outbound,
        sources=app.extensions[sources.KEY],
        office=Office(
            settings=settings,
            database=house.database,
            vault=house.vault,
            ring=ring,
            population=app.extensions[sources.KEY].population,
            lender=Lender(house.database, settings.verification),
        ),
        ways=ways.given(lambda: app.extensions[faces.KEY].open),
        scans=DepartmentScans(face_desk),
        proofs=Proofs(face_desk),
        face_ready=_face_ready(app),
        houses_of=origins.houses,
    )
    app.extensions[foreign.KEY] = gate.install(app, _legacy_desk(app.extensions[mount.KEY]))
    app.extensions[alive_cli.SIGN] = partial(ring.sign, typ=alive_proofs.TYP)
    app.extensions[upstreams.KEY] = upstreams.Catalogue(house.database, house.vault, house.outbound)
    app.extensions[jobs_cli.KEY] = partial(create_worker, app)
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
    _furnish(app)
    return app


def create_server(settings: Settings | None = None) -> "WSGIApplication":
    """Build what a WSGI server runs: the entrance, then the machines' door, then the people's."""
    settings = settings or load()
    log_lines.configure(settings.log_level)
    return enclose(create_app(settings))


def enclose(app: Flask) -> "WSGIApplication":
    """Put the entrance and the machines' door before *app*."""
    desk: Desk = app.extensions[mount.KEY]
    inner: WSGIApplication = Lookout(app.wsgi_app, desk.settings, desk.database)
    if desk.settings.http.machine_door:
        inner = Counter(inner, desk)
    larger = {
        verifications_api.BATCHES: desk.settings.verification.batch_body_limit,
        capture.FRAMES: desk.settings.liveness.body_limit,
    }
    return Entrance(inner, desk.settings, larger)


def create_worker(app: Flask) -> Worker:
    """Build what empties the outbox: each kind of job, and who does it."""
    desk: Desk = app.extensions[mount.KEY]
    handlers: dict[str, Handler] = {
        sms.KIND: sms.Deliver(desk.outbound, desk.vault, desk.settings.messages.sms_url),
        backchannel.KIND: backchannel.Deliver(
            *(desk.database, desk.registry, desk.ring, desk.outbound, desk.issuer),
            other_ways=(notices.Notices(desk.database, desk.vault, desk.outbound),),
        ),
        batches.KIND: batch_work.Answer(desk.office, desk.registry.find),
        upstream_health.KIND: upstream_health.Probe(desk.database, app.extensions[upstreams.KEY]),
    }
    kept = desk.settings.verification
    timers: tuple[Timer, ...] = (
        *housekeeping(*SWEEPS, Sweep("check_batch", column="finished_at", kept=kept.batch_kept)),
        (_DAY // 24, partial(check_history.forget, kept=kept.kept)),
        (_DAY // 24, partial(face_orders.wipe, kept=_DAY)),
        *face_wing.rounds(
            app.extensions[faces.KEY], app.extensions[face_scans.KEY], desk.registry.find
        ),
        (upstream_health.LOOK, upstream_health.order_probes),
    )
    return Worker(desk.database, desk.settings.worker, handlers, timers)


def dismantle(app: Flask) -> None:
    """Close what *app* holds open: it serves nobody afterwards."""
    with app.app_context():
        db.engine.dispose()
    app.extensions[HOUSE].database.close()
    app.extensions[_STORE].close()


def _store(settings: Settings) -> Database:
    """Open the reference identity store, which workers only read."""
    threads = settings.http.blocking_threads
    return Database(settings.registry_database, threads=threads, read_only=True)


def _sources(house: House, store: Database) -> Sources:
    """Put together the reference identity store and what stands beside it."""
    return sources.compose(house.settings, house.outbound, store, house.vault)


def _legacy_desk(desk: Desk) -> LegacyDesk:
    """Return the parts for old sites; the pages they pass through are those of all."""
    told = partial(foreign.told, desk=desk)
    ours = (desk.settings, desk.database, desk.vault, desk.registry)
    return LegacyDesk(*ours, subject_of=subject.of, told=told, enter=pages.enter_by)


def _furnish(app: Flask) -> None:
    """Hang up the pages, and fill the sockets that rooms leave open for each other."""
    for piece in (locale, browser, csrf, headers, failures):
        piece.install(app)
    sessions.init_app(app)
    mount.init_app(app)
    blueprints = (pages.bp, end_session.bp, health.bp, home.bp, preferences.bp)
    from_upstreams = (federation_sign_in.bp, federation_sign_out.bp, first_visit.bp)
    of_upstreams = (own_links.bp, join.bp, scan_desktop.bp, scan_phone.bp)
    for blueprint in (*blueprints, *face_wing.BLUEPRINTS, *from_upstreams, *of_upstreams):
        app.register_blueprint(blueprint)
    guards.install(app, sessions.current)
    sockets = authentication.Sockets(
        site_for_next=pages.site_for_next,
        cancel_for_next=pages.cancel_for_next,
        decline_for_next=pages.decline_for_next,
        methods=_methods(app),
        upstreams=federation_pages.offered,
        demand_for_next=pages.demand_for_next,
        renewals=federation_pages.renewals,
        face_ready=app.extensions[mount.KEY].face_ready,
    )
    authentication.install(app, sockets)
    farewells.install(app, federation_sign_out.offer)
    joining.install(app, join.offer)
    ways.install(app, app.extensions[mount.KEY].ways)
    face_scans.install(app, _uses(app))
    portal.install(app, find_client=app.extensions[mount.KEY].registry.find_any)
    lifecycle.install(
        app,
        endings=(
            session_service.end_all,
            grants.revoke_all,
            known_browsers.forget_all,
            device_keys.forget_all,
            possessions.forget_all,
            login_tickets.forget_all,
        ),
        erasures=(
            check_history.erase,
            verifications.erase,
            attempts.erase,
            appointments.erase,
            *face_wing.ERASURES,
            links.remove_all,
            origins.erase,
            tickets.erase,
        ),
    )


def _methods(app: Flask) -> tuple[Method, ...]:
    """Return the ways to sign in that this house offers."""
    by_face = (FACE,) if app.extensions[faces.KEY].open else ()
    by_scan = (scan_desktop.SCAN,) if app.extensions[HOUSE].settings.scan.enabled else ()
    return (*METHODS, *by_face, *by_scan)


def _uses(app: Flask) -> tuple[Use, ...]:
    desk, sign = app.extensions[mount.KEY], app.extensions[alive_cli.SIGN]
    return face_wing.uses(app.extensions[faces.KEY], desk.office, desk.registry.find, sign)


def _face_ready(app: Flask) -> FaceReady:
    """Return what says whose face may be scanned, by the desk as it is when asked."""
    return lambda tx, person_id: own_face.ready(app.extensions[faces.KEY], tx, person_id)


def _from_environment() -> Flask:
    try:
        settings = load()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    log_lines.configure("WARNING" if settings.profile is Profile.DEMO else settings.log_level)
    return create_app(settings)


@click.group(
    cls=AppGroup,
    context_settings={
        "obj": ScriptInfo(create_app=_from_environment, set_debug_flag=False),
        "help_option_names": ["-h", "--help"],
    },
)
def manyou() -> None:
    """Run and look after a Manyou identity provider."""


def _within_the_app(command: click.Command) -> click.Command:
    """Let *command*, and those below it, run inside the application that it looks after."""
    if isinstance(command, click.Group):
        for below in command.commands.values():
            _within_the_app(below)
    elif command.callback is not None:
        command.callback = with_appcontext(command.callback)
    return command


# These must work before, or without, an application.
attendants.callings.append(vision.attendant)
checkup.CHECKS |= face_wing.CHECKS | {"upstreams": upstream_health.examine}
for _command in (*web_cli.COMMANDS, liveness_cli.cli):
    manyou.add_command(_command)
for _command in (
    person_cli,
    proofing_cli,
    verification_cli,
    alive_cli.cli,
    client_cli,
    keys_cli,
    registry_cli,
    federation_cli.cli,
    *jobs_cli.COMMANDS,
):
    manyou.add_command(_within_the_app(_command))
