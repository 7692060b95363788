"""Identity Assurance as JSON Schema, in our own words and as strict as what we say to sites.

OpenID Identity Assurance Schema Definition 1.0 §5 for the answer, OpenID Connect for Identity
Assurance 1.0 §5.3-§5.6 for the request.
"""

from typing import Any

from jsonschema import Draft202012Validator

_TEXT = {"type": "string", "minLength": 1}
_COUNTRY = {"type": "string", "pattern": "^[A-Z]{2,3}$"}
_MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$"}
_METHOD = {
    "enum": "vpip vpiruv vri vdig vcrypt data auth token kbv pvp pvr bvp bvr".split()  # noqa: SIM905
}


def _object(required: str = "", **properties: Any) -> dict[str, Any]:
    """Return the schema of an object that has these members and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


def _array(items: Any, least: int = 1) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least}


_CHECKS = _array(
    _object("check_method", check_method=_METHOD, organization=_TEXT, check_id=_TEXT, time=_MOMENT)
)
_ISSUER = _object(name=_TEXT, country_code=_COUNTRY, jurisdiction=_TEXT)
_DOCUMENT = _object(
    "type",
    type={"const": "document"},
    check_details=_CHECKS,
    document_details=_object(
        "type", type={"enum": ["idcard", "passport", "residence_permit"]}, issuer=_ISSUER
    ),
)
_RECORD = _object(
    "type",
    type={"const": "electronic_record"},
    check_details=_CHECKS,
    record=_object("type", type={"enum": ["population_register", "bank_account"]}, source=_ISSUER),
)
_VOUCH = _object(
    "type",
    type={"const": "vouch"},
    check_details=_CHECKS,
    attestation=_object(
        "type",
        type={"enum": ["written_attestation", "digital_attestation"]},
        reference_number=_TEXT,
        voucher=_object(name=_TEXT, organization=_TEXT),
    ),
)
_VERIFICATION = _object(
    "trust_framework",
    trust_framework={"const": "cn_real_name"},
    assurance_level={"enum": ["ial2", "ial3", "ial4"]},
    assurance_process=_object(policy=_TEXT, procedure=_TEXT),
    time=_MOMENT,
    verification_process=_TEXT,
    evidence=_array({"oneOf": [_DOCUMENT, _RECORD, _VOUCH]}),
)
_CLAIMS = _object(
    name=_TEXT,
    birthdate={"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
    gender={"enum": ["male", "female"]},
    id_number={"type": "string", "pattern": r"^(\d{17}[\dX]|[A-Z]{3}\d{12})$"},
    id_type=_TEXT,
    nationalities=_array({"type": "string", "pattern": "^[A-Z]{3}$"}),
) | {"minProperties": 1}
_ANSWER = _object("verification claims", verification=_VERIFICATION, claims=_CLAIMS)

# A wish for one value: null, or what narrows it. Members that nobody knows are ignored.
_VALUE = {"type": ["string", "number", "boolean"]}
_WISH = {
    "type": ["object", "null"],
    "properties": {
        "value": {"anyOf": [_VALUE, {"type": "array", "items": _VALUE}]},
        "values": _array({"anyOf": [_VALUE, {"type": "array", "items": _VALUE}]}),
        "max_age": {"type": "number", "minimum": 0},
        "essential": {"type": "boolean"},
    },
}
_ASKED = {
    "type": "object",
    "required": ["verification", "claims"],
    "properties": {
        "claims": {"type": "object", "additionalProperties": _WISH},
        "verification": {
            "type": "object",
            "properties": {
                "trust_framework": _WISH,
                "assurance_level": _WISH,
                "time": _WISH,
                "verification_process": _WISH,
                "evidence": {
                    "type": ["array", "null"],
                    "items": {"type": ["object", "null"], "properties": {"type": _WISH}},
                },
            },
        },
    },
}

ANSWER = Draft202012Validator({"anyOf": [_ANSWER, _array(_ANSWER)]})
REQUEST = Draft202012Validator({"anyOf": [_ASKED, _array(_ASKED, 0)]})
