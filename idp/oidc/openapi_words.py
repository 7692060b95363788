"""The words in which the interface for departments is described (OpenAPI 3.1): bits of schema."""

from typing import Any

from idp.clients.verification import LEGAL_BASES, PURPOSES
from idp.proofing.checks.verdicts import POPULATION
from idp.registry.results import Result

ID_NUMBER = {"type": "string", "pattern": "^([0-9]{17}[0-9X]|[A-Z]{3}[0-9]{12})$"}
NAME = {"type": "string", "minLength": 2, "maxLength": 50}
WHY = {
    "purpose": {"enum": list(PURPOSES)},
    "legal_basis": {
        "enum": list(LEGAL_BASES),
        "description": "An item of article 13 of the Personal Information Protection Law.",
    },
}
REFERENCE = {"legal_reference": {"type": "string", "maxLength": 200}}
KEY = {"$ref": "#/components/parameters/IdempotencyKey"}
_ELEMENTS = ["name", "id_number", "phone", "validity", "portrait", "alive"]
_FAILURES = {
    "400": "The request is malformed; `fields` says where.",
    "401": "The token is missing, expired, revoked or meant for another audience.",
    "403": "The token lacks the scope, or the client lacks the permission.",
    "404": "There is none of this name of this client's.",
    "409": "A request with this Idempotency-Key is being answered.",
    "410": "It is over: handed out before, or not finished in time.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "This Idempotency-Key was used for another request.",
    "429": "A quota is used up, an identity was tried too often, or guessing is suspected.",
    "503": "No authority gave an answer; nothing was counted; ask again.",
}


def record(
    members: dict[str, Any], *, optional: dict[str, Any] | None = None, closed: bool = True
) -> dict[str, Any]:
    """Describe an object that has all *members*, and perhaps some *optional* ones."""
    return {
        "type": "object",
        "required": list(members),
        "properties": members | (optional or {}),
        "additionalProperties": not closed,
    }


def schema(name: str) -> dict[str, Any]:
    return {"schema": {"$ref": f"#/components/schemas/{name}"}}


def answer(words: str, name: str, *, replayed: bool = False) -> dict[str, Any]:
    headers = {"Idempotent-Replayed": {"schema": {"const": "true"}}} if replayed else {}
    content = {"application/json": schema(name)}
    return {"description": words, "content": content, "headers": headers}


USUAL = ("400", "401", "403", "409", "413", "415", "422", "429", "503")


def failures(*codes: str) -> dict[str, Any]:
    return {code: answer(_FAILURES[code], "Failure") for code in codes}


def body(kinds: dict[str, str]) -> dict[str, Any]:
    return {"required": True, "content": {kind: schema(name) for kind, name in kinds.items()}}


def failure() -> dict[str, Any]:
    fields = {"type": "object", "additionalProperties": {"type": "string"}}
    words = {"error": {"type": "string"}, "error_description": {"type": "string"}}
    return record(words, optional={"fields": fields})


def verdict() -> dict[str, Any]:
    told = [result.value for result in Result if not result.unanswered]
    return {
        "check_id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "result": {"enum": told},
        "elements": {"type": "array", "items": {"enum": _ELEMENTS}},
        "source": {"enum": [POPULATION]},
        "checked_at": {"type": "string", "format": "date-time"},
        "purpose": WHY["purpose"],
        "legal_basis": {"enum": list(LEGAL_BASES)},
        "receipt": {"type": "string", "description": "A JWS, typ verification-receipt+jwt."},
        "nonce": {"type": "string", "description": "Opens the receipt's commitment."},
    }


def in_path(name: str) -> dict[str, Any]:
    schema = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
    return {"name": name, "in": "path", "required": True, "schema": schema}
