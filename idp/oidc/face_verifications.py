"""POST /verifications/face: a department orders a face scan, and fetches its verdict once.

The scan itself happens between the citizen's browser and the wing of face scans, which this
room reaches by a socket alone; neither order nor verdict carries a picture.
"""

from dataclasses import replace

from idp.clients.verification import FACE_SCOPE, Faces
from idp.oidc import departments
from idp.oidc.departments import JSON
from idp.oidc.desk import Desk
from idp.proofing.checks import claims, face_fetching, face_questions, faces
from idp.proofing.checks.errors import CheckNotPermittedError, FacesClosedError
from idp.proofing.checks.faces import Scans
from idp.proofing.checks.office import Caller
from idp.web.documents import read_object
from idp.web.machine import MachineRequest, Reply, reply_json

PATH = "/verifications/face"
CAPTURE = "/face/check"


def order(request: MachineRequest, desk: Desk) -> Reply:
    """Open a scan for one person, and hand out the ticket for their browser.

    Raises:
        BearerError, CheckNotPermittedError, FacesClosedError: not for this caller, or not here.
        CheckInputError, DocumentError: not a question.
        IdentityError: see `idp.proofing.checks.faces.order`.
    """
    caller, registered = _admitted(request, desk)
    key = claims.fingerprint(caller.client_id, request.headers.get("idempotency-key"))
    departments.is_json(request, JSON)
    scans = _scans(desk)
    asked = face_questions.read(read_object(request.body), registered)
    made = faces.order(desk.office, scans, caller, key, asked)
    document = {
        "scan_id": made.scan_id,
        "ticket": made.ticket,
        "capture_url": f"{desk.issuer}{CAPTURE}/{made.order_id}",
        "expires_in": made.expires_in,
    }
    return reply_json(document, 201, headers=departments.REPLAYED if made.replayed else ())


def fetch(request: MachineRequest, desk: Desk) -> Reply:
    """Hand over the verdict of a scan, once.

    Raises:
        BearerError, CheckNotPermittedError: not for this caller.
        IdentityError: see `idp.proofing.checks.face_fetching.fetch`.
    """
    caller, _ = _admitted(request, desk)
    given = request.headers.get("idempotency-key")
    key = None if given is None else claims.fingerprint(caller.client_id, given)
    scan_id = request.path.rpartition("/")[2]
    told = face_fetching.fetch(desk.office, _scans(desk), caller, scan_id, key)
    return reply_json(told.document(), headers=departments.REPLAYED if told.replayed else ())


def _admitted(request: MachineRequest, desk: Desk) -> tuple[Caller, Faces]:
    """Return the department with what it may ask of faces, and the pages it may do so on."""
    token = departments.token(request, desk, FACE_SCOPE)
    departments.is_not_taken_back(request, desk)
    caller = departments.caller(request, desk, token["client_id"])
    registered = caller.permission.faces
    if registered is None:
        raise CheckNotPermittedError(detail=f"client {caller.client_id}: no faces")
    return replace(caller, permission=caller.permission.of_faces()), registered


def _scans(desk: Desk) -> Scans:
    if desk.scans is None or not desk.scans.open:
        raise FacesClosedError
    return desk.scans
