"""GET /openapi.json: the verification interface, described in OpenAPI 3.1."""

from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import orjson

from idp.clients.verification import ALIVE_SCOPE, FACE_SCOPE, NAME_SCOPE
from idp.oidc import openapi_faces
from idp.oidc import openapi_words as words
from idp.oidc.desk import Desk
from idp.proofing.checks.questions import LONG_TERM
from idp.web.machine import JSON, MachineRequest, Reply

_PATH = "/verifications/real-name"
_MOMENT = {"type": "integer", "description": "Seconds since 1970."}
_DATE = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_STATES = ["waiting", "running", "done", "cancelled", "stopped"]
_COUNTS = ("total", "answered", "refused", "cancelled", "waiting")


def openapi(request: MachineRequest, desk: Desk) -> Reply:
    """Describe the interface; whoever has the description already is told so."""
    body, etag = _written(desk.issuer, desk.settings.verification.batch_items)
    headers = (("ETag", etag), ("Cache-Control", "public, max-age=300"))
    if request.headers.get("if-none-match") == etag:
        return Reply(304, b"", headers)
    return Reply(200, body, (JSON, *headers))


def describe(issuer: str, batch_items: int) -> dict[str, Any]:
    """Return the description, for batches of at most *batch_items*."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Manyou verification interface",
            "version": _version(),
            "description": "Departments ask whether a person is who they say; the answer is a "
            "verdict and a signed receipt, never data.",
        },
        "servers": [{"url": issuer}],
        "security": [{"department": [NAME_SCOPE]}],
        "paths": {
            _PATH: {"post": _ask()},
            f"{_PATH}/batches": {"post": _send_batch()},
            f"{_PATH}/batches/{{batch_id}}": {
                "parameters": [words.in_path("batch_id")],
                "get": _read_batch(),
                "delete": _cancel_batch(),
            },
            **openapi_faces.paths(),
        },
        "components": {
            "securitySchemes": {"department": _security(issuer)},
            "parameters": {"IdempotencyKey": _key()},
            "schemas": _schemas(batch_items),
        },
    }


@cache
def _written(issuer: str, batch_items: int) -> tuple[bytes, str]:
    body = orjson.dumps(describe(issuer, batch_items))
    return body, f'"{sha256(body).hexdigest()[:32]}"'


def _version() -> str:
    try:
        return version("manyou")
    except PackageNotFoundError:
        return "0"


def _security(issuer: str) -> dict[str, Any]:
    return {
        "type": "oauth2",
        "description": f"Send `resource={issuer}/verifications` with the token request.",
        "flows": {
            "clientCredentials": {
                "tokenUrl": f"{issuer}/token",
                "scopes": {
                    NAME_SCOPE: "Check names against the population register.",
                    FACE_SCOPE: "Have a face scanned and compared with the register's portrait.",
                    ALIVE_SCOPE: "Ask whether somebody proved to be alive.",
                },
            }
        },
    }


def _ask() -> dict[str, Any]:
    return {
        "operationId": "checkRealName",
        "summary": "Do name, identity number and further elements belong to one person?",
        "parameters": [words.KEY],
        "requestBody": words.body({"application/json": "Question"}),
        "responses": {
            "200": words.answer("The verdict.", "Verdict", replayed=True),
            **words.failures(*words.USUAL),
        },
    }


def _send_batch() -> dict[str, Any]:
    kinds = dict.fromkeys(("application/json", "application/jsonl"), "Questions")
    accepted = words.answer("Taken in; Location says where to look.", "Batch", replayed=True)
    accepted["headers"]["Location"] = {"schema": {"type": "string"}}
    return {
        "operationId": "sendBatch",
        "summary": "Ask many questions, answered in the background.",
        "description": "A JSON array of questions, or one question a line.",
        "parameters": [words.KEY],
        "requestBody": words.body(kinds),
        "responses": {"202": accepted, **words.failures("400", "401", "403", "413", "415", "422")},
    }


def _read_batch() -> dict[str, Any]:
    numbers = {"first": {"minimum": 0}, "limit": {"minimum": 1, "maximum": 100}}
    return {
        "operationId": "readBatch",
        "summary": "How far is a batch, and what is answered?",
        "parameters": [
            {"name": name, "in": "query", "schema": {"type": "integer", **bounds}}
            for name, bounds in numbers.items()
        ],
        "responses": {
            "200": words.answer("The batch and a page of results.", "BatchPage"),
            **words.failures("400", "401", "403", "404"),
        },
    }


def _cancel_batch() -> dict[str, Any]:
    return {
        "operationId": "cancelBatch",
        "summary": "Ask nothing more of a batch.",
        "responses": {
            "204": {"description": "It is over; what was not asked is erased."},
            **words.failures("401", "403", "404"),
        },
    }


def _key() -> dict[str, Any]:
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "A repeated request with the same key gets the same answer.",
        "schema": {"type": "string", "pattern": "^[!-~]{16,128}$"},
    }


def _schemas(batch_items: int) -> dict[str, Any]:
    question = _question()
    questions = {"type": "array", "items": question, "minItems": 1, "maxItems": batch_items}
    batch = {
        "batch_id": {"type": "string"},
        "state": {"enum": _STATES},
        **{count: {"type": "integer", "minimum": 0} for count in _COUNTS},
        "created_at": _MOMENT,
        "finished_at": {"type": ["integer", "null"]},
    }
    page = {
        **batch,
        "results": {"type": "array", "items": {"anyOf": [_item_answered(), _item_refused()]}},
    }
    next_page = {"next": {"type": "string", "format": "uri"}}
    return {
        "Question": question,
        "Questions": questions,
        "Verdict": words.record(words.verdict()),
        "Batch": words.record(batch),
        "BatchPage": words.record(page, optional=next_page),
        "Failure": words.failure(),
        **openapi_faces.schemas(),
    }


def _question() -> dict[str, Any]:
    ends = {"anyOf": [{"const": LONG_TERM}, _DATE]}
    return words.record(
        {
            "name": words.NAME,
            "id_number": words.ID_NUMBER,
            **words.WHY,
        },
        optional={
            "phone": {"type": "string"},
            "validity": words.record({"begins": _DATE, "ends": ends}),
            **words.REFERENCE,
        },
    )


def _item_answered() -> dict[str, Any]:
    head = {"position": {"type": "integer"}, "state": {"const": "answered"}}
    return words.record(head | words.verdict())


def _item_refused() -> dict[str, Any]:
    head = {"position": {"type": "integer"}, "state": {"enum": ["refused", "cancelled"]}}
    fields = {"type": "object", "additionalProperties": {"type": "string"}}
    return words.record(head | {"error": {"type": "string"}}, optional={"fields": fields})
