"""What a record of verification says to a site, in the words of the Identity Assurance schema.

OpenID Identity Assurance Schema Definition 1.0 §5. A site's sector gets references of its own:
no two sectors can tell by them that they look at one record.
"""

from datetime import UTC, datetime
from typing import Any

from idp.accounts.profiles import PersonView
from idp.crypto import Vault
from idp.formats import countries, id_numbers
from idp.formats.id_numbers import IdNumber, IdNumberError, Kind
from idp.proofing.verifications import Verification

TRUST_FRAMEWORK = "cn_real_name"
POLICY = "manyou_assurance"
CHINA = "CHN"

# fmt: off
# How each method is told: the type of evidence, and the checks done (the schema's short words:
# data compared; chip by cryptography; a biometric compared remotely; in person: the document
# looked at, and the face with it).
_METHODS: dict[str, tuple[str, tuple[str, ...]]] = {
    "name_id":  ("electronic_record", ("data",)),
    "bank":     ("electronic_record", ("data", "auth")),
    "face":     ("electronic_record", ("data", "bvr")),
    "chip":     ("document",          ("vcrypt", "data")),
    "counter":  ("document",          ("vpip", "pvp")),
    "operator": ("vouch",             ()),
    "federated": ("vouch",            ()),
}
_RECORDS = {"name_id": "population_register", "face": "population_register", "bank": "bank_account"}
# What each kind of number stands on: our `id_type`, and the schema's type of document.
_DOCUMENTS: dict[str, tuple[str, str]] = {
    Kind.CITIZEN: ("resident_identity_card", "idcard"),
    "passport":   ("passport",               "passport"),
} | {kind: (str(kind), "residence_permit") for kind in Kind if kind is not Kind.CITIZEN}
_SOURCES = {
    "local": "Population register, replica",
    "ctid": "Cyber trusted identity platform",
    "counter": "Government service counter",
}
# fmt: on


def supported() -> dict[str, Any]:
    """Return what discovery says of evidence (Identity Assurance §8)."""
    methods = {check for _, checks in _METHODS.values() for check in checks}
    return {
        "verified_claims_supported": True,
        "trust_frameworks_supported": [TRUST_FRAMEWORK],
        "evidence_supported": sorted({evidence for evidence, _ in _METHODS.values()}),
        "documents_supported": sorted({document for _, document in _DOCUMENTS.values()}),
        "documents_check_methods_supported": sorted(methods),
        "electronic_records_supported": sorted(set(_RECORDS.values())),
    }


def verification_of(record: Verification, vault: Vault, *, sector: str) -> dict[str, Any]:
    """Return the whole `verification` element of *record*, for one sector of sites."""
    return {
        "trust_framework": TRUST_FRAMEWORK,
        "assurance_level": f"ial{record.ial}",
        "assurance_process": {"policy": POLICY, "procedure": record.method},
        "time": _moment(record.at),
        "verification_process": _reference(vault, sector, record, "process"),
        "evidence": [_evidence(record, _reference(vault, sector, record, "check"))],
    }


def claims_of(person: PersonView, record: Verification, vault: Vault) -> dict[str, Any]:
    """Return what *record* proves of *person*, as far as the person is still whom it is about."""
    number = _number(person)
    if number is not None and not _is_about(record, number, vault):
        return {}
    proven: dict[str, Any] = {}
    if "name" in record.elements:
        proven["name"] = person.real_name
    if number is not None and "id_number" in record.elements:
        proven |= {
            "id_number": number.number,
            "id_type": _DOCUMENTS[number.kind][0],
            "birthdate": number.birth_date and number.birth_date.isoformat(),
            "gender": number.sex and number.sex.value,
            "nationalities": _nationalities(number),
        }
    return {name: value for name, value in proven.items() if value is not None}


def _evidence(record: Verification, check_id: str) -> dict[str, Any]:
    kind, checks = _METHODS[record.method]
    done = {"organization": _source(record), "check_id": check_id, "time": _moment(record.at)}
    evidence: dict[str, Any] = {"type": kind}
    if checks:
        evidence["check_details"] = [{"check_method": check, **done} for check in checks]
    if kind == "electronic_record":
        source = {"name": _source(record), "country_code": CHINA}
        evidence["record"] = {"type": _RECORDS[record.method], "source": source}
    elif kind == "document":
        document = _DOCUMENTS.get(record.document, _DOCUMENTS[Kind.CITIZEN])[1]
        details: dict[str, Any] = {"type": document}
        if record.document != "passport":  # whose issuer may be any country
            details["issuer"] = {"country_code": CHINA}
        evidence["document_details"] = details
    else:
        evidence["attestation"] = {
            "type": "digital_attestation",
            "reference_number": check_id,
            "voucher": {"organization": _source(record)},
        }
    return evidence


def _source(record: Verification) -> str:
    return _SOURCES.get(record.source, record.source)


def _number(person: PersonView) -> IdNumber | None:
    if person.id_number is None or not person.id_number_verified:
        return None
    try:
        return id_numbers.parse(person.id_number)
    except IdNumberError:
        return None


def _is_about(record: Verification, number: IdNumber, vault: Vault) -> bool:
    return record.identity in vault.indexes(number.number, kind="identity")


def _nationalities(number: IdNumber) -> list[str] | None:
    if number.nationality is None:
        return [CHINA]  # of residents, of Hong Kong, Macao and Taiwan too
    country = countries.three_letters(number.nationality)
    return None if country is None else [country]


def _moment(epoch: int) -> str:
    """Return ISO 8601 to the minute: a second would tell two sectors that they see one record."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%MZ")


def _reference(vault: Vault, sector: str, record: Verification, what: str) -> str:
    message = f"{what}\x1f{sector}\x1f{record.verification_id}"
    return vault.mac(message, purpose="verification-reference").hex()[:32]
