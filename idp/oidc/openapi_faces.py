"""What departments may ask of faces and of proofs of being alive, described in OpenAPI 3.1."""

from typing import Any

from idp.clients.verification import ALIVE_SCOPE, FACE_SCOPE
from idp.oidc import openapi_words as words
from idp.proofing.checks.face_questions import RISKS

_FACE = "/verifications/face"
_URI = {"type": "string", "format": "uri"}
_OPTIONAL_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": "^[!-~]{16,128}$"},
}


def paths() -> dict[str, Any]:
    """Return the paths, each with what may be done there."""
    return {
        _FACE: {"post": _order()},
        f"{_FACE}/{{scan_id}}": {"parameters": [words.in_path("scan_id")], "post": _fetch()},
        "/verifications/alive": {"post": _alive()},
    }


def schemas() -> dict[str, Any]:
    """Return what is sent and answered there."""
    who = {"name": words.NAME, "id_number": words.ID_NUMBER, **words.WHY}
    pages = {
        "origin": {**_URI, "description": "Of the registered page that embeds <face-scan>."},
        "return_uri": {**_URI, "description": "Registered; where capture_url leads afterwards."},
    }
    scan = {
        "scan_id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "ticket": {"type": "string", "description": "For <face-scan>: one scan, once."},
        "capture_url": {**_URI, "description": "Our own page, for sites that embed nothing."},
        "expires_in": {"type": "integer", "minimum": 0},
    }
    when = {
        "since": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
        "within_days": {"type": "integer", "minimum": 1, "maximum": 3660},
        "remind": {"type": "boolean", "description": "Remind the person from now on."},
    }
    risk = {"risk": {"enum": list(RISKS)}}
    return {
        "FaceOrder": words.record(who, optional={**words.REFERENCE, **risk, **pages}),
        "FaceScan": words.record(scan),
        "AliveQuestion": words.record(who, optional={**words.REFERENCE, **when}),
    }


def _order() -> dict[str, Any]:
    return {
        "operationId": "orderFaceScan",
        "summary": "Have the face of a person scanned, and compared with the register's portrait.",
        "security": [{"department": [FACE_SCOPE]}],
        "parameters": [words.KEY],
        "requestBody": words.body({"application/json": "FaceOrder"}),
        "responses": {
            "201": words.answer(
                "Hand the ticket to the person's browser.", "FaceScan", replayed=True
            ),
            **words.failures(*words.USUAL, "410"),
        },
    }


def _fetch() -> dict[str, Any]:
    return {
        "operationId": "fetchFaceVerdict",
        "summary": "What came of the scan? Told once.",
        "description": "409 face_scan_running while the person has not finished. With an "
        "Idempotency-Key the same fetch may be repeated with that key.",
        "security": [{"department": [FACE_SCOPE]}],
        "parameters": [_OPTIONAL_KEY],
        "responses": {
            "200": words.answer("The verdict.", "Verdict", replayed=True),
            **words.failures("400", "401", "403", "404", "409", "410", "429", "503"),
        },
    }


def _alive() -> dict[str, Any]:
    return {
        "operationId": "askAlive",
        "summary": "Is this a living, registered person, and were they seen since?",
        "description": "MATCH, or NO_RECORD where no proof (or no person) is known.",
        "security": [{"department": [ALIVE_SCOPE]}],
        "parameters": [words.KEY],
        "requestBody": words.body({"application/json": "AliveQuestion"}),
        "responses": {
            "200": words.answer("The verdict.", "Verdict", replayed=True),
            **words.failures(*words.USUAL),
        },
    }
