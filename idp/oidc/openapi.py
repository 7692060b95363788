"""GET /openapi.json: the verification interface, described in OpenAPI 3.1."""

from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import orjson

from idp.clients.verification import LEGAL_BASES, PURPOSES
from idp.oidc.desk import Desk
from idp.proofing.checks.questions import LONG_TERM
from idp.proofing.checks.verdicts import POPULATION
from idp.registry.results import Result
from idp.web.machine import JSON, MachineRequest, Reply

SCOPE = "verification:real-name"
_PATH = "/verifications/real-name"
_MOMENT = {"type": "integer", "description": "Seconds since 1970."}
_DATE = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_ELEMENTS = ["name", "id_number", "phone", "validity", "portrait"]
_STATES = ["waiting", "running", "done", "cancelled", "stopped"]
_COUNTS = ("total", "answered", "refused", "cancelled", "waiting")
_FAILURES = {
    "400": "The request is malformed; `fields` says where.",
    "401": "The token is missing, expired, revoked or meant for another audience.",
    "403": "The token lacks the scope, or the client lacks the permission.",
    "409": "A request with this Idempotency-Key is being answered.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "This Idempotency-Key was used for another request.",
    "429": "A quota is used up, an identity was tried too often, or guessing is suspected.",
    "503": "No authority gave an answer; nothing was counted; ask again.",
}


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
        "security": [{"department": [SCOPE]}],
        "paths": {
            _PATH: {"post": _ask()},
            f"{_PATH}/batches": {"post": _send_batch()},
            f"{_PATH}/batches/{{batch_id}}": {
                "parameters": [_in_path("batch_id")],
                "get": _read_batch(),
                "delete": _cancel_batch(),
            },
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
                "scopes": {SCOPE: "Check names against the population register."},
            }
        },
    }


def _ask() -> dict[str, Any]:
    return {
        "operationId": "checkRealName",
        "summary": "Do name, identity number and further elements belong to one person?",
        "parameters": [{"$ref": "#/components/parameters/IdempotencyKey"}],
        "requestBody": _body({"application/json": "Question"}),
        "responses": {
            "200": _answer("The verdict.", "Verdict", replayed=True),
            **_failures(*_FAILURES),
        },
    }


def _send_batch() -> dict[str, Any]:
    kinds = dict.fromkeys(("application/json", "application/jsonl"), "Questions")
    accepted = _answer("Taken in; Location says where to look.", "Batch", replayed=True)
    accepted["headers"]["Location"] = {"schema": {"type": "string"}}
    return {
        "operationId": "sendBatch",
        "summary": "Ask many questions, answered in the background.",
        "description": "A JSON array of questions, or one question a line.",
        "parameters": [{"$ref": "#/components/parameters/IdempotencyKey"}],
        "requestBody": _body(kinds),
        "responses": {"202": accepted, **_failures("400", "401", "403", "413", "415", "422")},
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
            "200": _answer("The batch and a page of results.", "BatchPage"),
            **_failures("400", "401", "403", "404"),
        },
    }


def _cancel_batch() -> dict[str, Any]:
    return {
        "operationId": "cancelBatch",
        "summary": "Ask nothing more of a batch.",
        "responses": {
            "204": {"description": "It is over; what was not asked is erased."},
            **_failures("401", "403", "404"),
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


def _in_path(name: str) -> dict[str, Any]:
    schema = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _body(kinds: dict[str, str]) -> dict[str, Any]:
    return {"required": True, "content": {kind: _schema(name) for kind, name in kinds.items()}}


def _schema(name: str) -> dict[str, Any]:
    return {"schema": {"$ref": f"#/components/schemas/{name}"}}


def _answer(words: str, name: str, *, replayed: bool = False) -> dict[str, Any]:
    headers = {"Idempotent-Replayed": {"schema": {"const": "true"}}} if replayed else {}
    content = {"application/json": _schema(name)}
    return {"description": words, "content": content, "headers": headers}


def _failures(*codes: str) -> dict[str, Any]:
    words = _FAILURES | {"404": "There is no such batch of this client's."}
    return {code: _answer(words[code], "Failure") for code in codes}


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
        "Verdict": _object(_verdict()),
        "Batch": _object(batch),
        "BatchPage": _object(page, optional=next_page),
        "Failure": _failure(),
    }


def _object(
    members: dict[str, Any], *, optional: dict[str, Any] | None = None, closed: bool = True
) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(members),
        "properties": members | (optional or {}),
        "additionalProperties": not closed,
    }


def _question() -> dict[str, Any]:
    ends = {"anyOf": [{"const": LONG_TERM}, _DATE]}
    return _object(
        {
            "name": {"type": "string", "minLength": 2, "maxLength": 50},
            "id_number": {"type": "string", "pattern": "^([0-9]{17}[0-9X]|[A-Z]{3}[0-9]{12})$"},
            "purpose": {"enum": list(PURPOSES)},
            "legal_basis": {
                "enum": list(LEGAL_BASES),
                "description": "An item of article 13 of the Personal Information Protection Law.",
            },
        },
        optional={
            "phone": {"type": "string"},
            "validity": _object({"begins": _DATE, "ends": ends}),
            "legal_reference": {"type": "string", "maxLength": 200},
        },
    )


def _verdict() -> dict[str, Any]:
    told = [result.value for result in Result if not result.unanswered]
    return {
        "check_id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "result": {"enum": told},
        "elements": {"type": "array", "items": {"enum": _ELEMENTS}},
        "source": {"enum": [POPULATION]},
        "checked_at": {"type": "string", "format": "date-time"},
        "purpose": {"enum": list(PURPOSES)},
        "legal_basis": {"enum": list(LEGAL_BASES)},
        "receipt": {"type": "string", "description": "A JWS, typ verification-receipt+jwt."},
        "nonce": {"type": "string", "description": "Opens the receipt's commitment."},
    }


def _item_answered() -> dict[str, Any]:
    head = {"position": {"type": "integer"}, "state": {"const": "answered"}}
    return _object(head | _verdict())


def _item_refused() -> dict[str, Any]:
    head = {"position": {"type": "integer"}, "state": {"enum": ["refused", "cancelled"]}}
    fields = {"type": "object", "additionalProperties": {"type": "string"}}
    return _object(head | {"error": {"type": "string"}}, optional={"fields": fields})


def _failure() -> dict[str, Any]:
    fields = {"type": "object", "additionalProperties": {"type": "string"}}
    words = {"error": {"type": "string"}, "error_description": {"type": "string"}}
    return _object(words, optional={"fields": fields})
