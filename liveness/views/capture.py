"""The capture interface: begin, send pictures, skip a movement, give up; for pages of any house.

No cookie opens it but a ticket does, so departments' pages and mini-programs speak it too. Where
the order names a browser, that browser must send its cookie besides.
"""

import hmac
from urllib.parse import urlsplit

from flask import Blueprint, g, jsonify, make_response, request
from werkzeug.wrappers import Response

from idp.authentication import known_browsers
from idp.authentication.visitors import Visitor
from idp.crypto.vault import fingerprint
from idp.db import Transaction
from idp.web import browser, csrf, documents, guards, house, locale
from idp.web.entrance import ADDRESS, REQUEST_ID
from idp.web.failures import MediaTypeError
from liveness.desk import desk
from liveness.scans import beginning, examining, leaving, pacing, records, tickets, wire
from liveness.scans.errors import FaceNotOfferedError, ForeignOriginError, TicketError
from liveness.scans.finishing import Told
from liveness.scans.handling import Handling, places, uses
from liveness.scans.records import Scan
from liveness.views import capture_answers

bp = Blueprint("face_capture", __name__)

FRAMES = "/face/frames"
_PATHS = ("/face/begin", FRAMES, "/face/skip", "/face/give-up")
_TICKET = "the ticket in the Authorization header admits to one scan, and no cookie does"
_JSON_LIMIT = 16_384
_PREFLIGHT_AGE = 600
_LONGEST_ORIGIN = 200


@bp.post("/face/begin", provide_automatic_options=False)
@guards.public(_TICKET)
@csrf.exempt(_TICKET)
def begin() -> Response:
    """Begin the scan that the ticket is for: agreed to, counted, and with a key of its own."""
    told = _object()
    with desk().database.write() as tx:
        scan = _scan(tx)
        wish = beginning.wish(
            told, locale=locale.current(), visitor=_visitor(), device=scan.browser
        )
        begun = beginning.begin(tx, desk(), scan, wish)
    return jsonify(capture_answers.begun(desk(), begun))


@bp.post(FRAMES, provide_automatic_options=False)
@guards.public(_TICKET)
@csrf.exempt(_TICKET)
def frames() -> Response:
    """Look at the pictures of one step, and say how the scan goes on, or how it ended."""
    begun = pacing.moment()
    limits = desk().liveness
    request.max_content_length = limits.body_limit
    if request.mimetype != wire.KIND:
        raise MediaTypeError(detail=request.mimetype[:60])
    with desk().database.read() as tx:
        scan = _scan(tx)
    batch = wire.read(request.get_data(cache=False))  # at the pace of whoever sends it
    with places().one():
        answer = examining.submit(_handling(), scan, batch)
        if isinstance(answer, Told):
            pacing.until_due(begun, limits.answer_every)
            return jsonify(capture_answers.final(answer))
    return jsonify(capture_answers.onward(answer))


@bp.post("/face/skip", provide_automatic_options=False)
@guards.public(_TICKET)
@csrf.exempt(_TICKET)
def skip() -> Response:
    """Ask for another movement: this one the person cannot make."""
    told = _object()
    version, step = wire.whole(told.get("version")), beginning.movement(told.get("step"))
    with desk().database.write() as tx:
        after = leaving.skip(tx, _scan(tx), version, step)
    return jsonify(capture_answers.skipped(desk(), after))


@bp.post("/face/give-up", provide_automatic_options=False)
@guards.public(_TICKET)
@csrf.exempt(_TICKET)
def give_up() -> Response:
    """End the scan: the person takes another way."""
    with desk().database.write() as tx:
        onward = leaving.give_up(tx, _handling(), _scan(tx))
    return jsonify(capture_answers.given_up(onward))


def preflight() -> Response:
    """Let any page ask; whether its origin is the order's is seen when the ticket is."""
    response = make_response("", 204)
    origin = request.headers.get("Origin", "")
    if origin and len(origin) <= _LONGEST_ORIGIN:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Methods"] = "POST"
        response.headers["Access-Control-Allow-Headers"] = (
            "Authorization, Content-Type, Accept-Language"
        )
        response.headers["Access-Control-Max-Age"] = str(_PREFLIGHT_AGE)
    response.headers["Vary"] = "Origin"
    return response


for _path in _PATHS:
    bp.add_url_rule(
        _path,
        endpoint=f"preflight_{_path.rpartition('/')[2].replace('-', '_')}",
        view_func=guards.public("says which headers a page may send; nothing is done")(preflight),
        methods=["OPTIONS"],
        provide_automatic_options=False,
    )


@bp.after_request
def let_the_page_read(response: Response) -> Response:
    """Let the page of the order's origin read the answer, and none of another (Fetch §3.2)."""
    origin = g.get("face_origin")
    if origin:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = "Retry-After"
        response.headers.add("Vary", "Origin")
    return response


def _scan(tx: Transaction) -> Scan:
    """Return the scan that the ticket admits to, if who holds it may.

    Raises:
        TicketError: it is no ticket, or is held by another browser.
        ForeignOriginError: the page is of another origin than the order's.
        ScanOverError: the scan is forgotten.
    """
    word, _, text = request.headers.get("Authorization", "").partition(" ")
    if word.lower() != "bearer":
        raise TicketError(detail="no ticket")
    scan_id = tickets.scan_of(desk().vault, text)
    if not desk().open:
        raise FaceNotOfferedError
    scan = records.find(tx, desk().vault, scan_id)
    _must_be_its_page(scan)
    if scan.browser is not None and not _is_its_browser(scan.browser):
        raise TicketError(detail="in another browser")
    return scan


def _must_be_its_page(scan: Scan) -> None:
    origin = request.headers.get("Origin")
    if origin is None:  # no browser's page: a mini-program, or an app
        return
    parts = urlsplit(house.settings().issuer)
    if scan.origin and origin == scan.origin:
        g.face_origin = origin
    elif origin != f"{parts.scheme}://{parts.netloc}":
        raise ForeignOriginError(detail=origin[:_LONGEST_ORIGIN])


def _is_its_browser(wanted: bytes) -> bool:
    known = browser.known_id(request.cookies, secure=house.settings().secure)
    return known is not None and hmac.compare_digest(fingerprint(known), wanted)


def _object() -> dict[str, object]:
    if request.mimetype != "application/json":
        raise MediaTypeError(detail=request.mimetype[:60])
    return documents.read_object(request.get_data(cache=False), limit=_JSON_LIMIT)


def _visitor() -> Visitor:
    """Return who is here, without giving a browser of another house a cookie of ours."""
    known = browser.known_id(request.cookies, secure=house.settings().secure)
    return Visitor(
        browser=fingerprint(known) if known else b"",
        address=request.environ.get(ADDRESS, ""),
        request_id=request.environ.get(REQUEST_ID, ""),
        known=known_browsers.fingerprint_here(),
    )


def _handling() -> Handling:
    return Handling(desk(), uses(), _visitor())
