"""What level of assurance a site wants, how it asks for it, and what it is told as evidence.

OpenID Connect Core §5.5.1.1 (acr), OpenID Connect for Identity Assurance 1.0 §5 and §6.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from sandbox.wording import Both

REAL_NAME = "urn:manyou:ial:2"
FACE = "urn:manyou:ial:3"
TWO_FACTORS = "urn:manyou:aal:2"
TRUST_FRAMEWORK = "cn_real_name"
LEVEL = re.compile(r"urn:manyou:ial:([1-4])(?::aal:[1-3])?")
FACTORS = re.compile(r"urn:manyou:(?:ial:[1-4]:)?aal:([1-3])")
SECRET = "id_number"

FRAMEWORKS = {TRUST_FRAMEWORK: Both("国家实名体系", "The national real-name framework")}
CHECKS = {
    "data": Both("与权威记录比对", "compared with the authority's records"),
    "bvr": Both("远程人脸比对", "face compared remotely"),
    "vcrypt": Both("芯片验证", "the card's chip"),
    "auth": Both("账户验证", "an account's own check"),
    "vpip": Both("窗口当面查验证件", "document seen at a counter"),
    "pvp": Both("窗口当面核对本人", "person seen at a counter"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one site wants: a level, whether it insists, and which proven claims."""

    acr: str = ""
    essential: bool = False
    claims: tuple[str, ...] = ()

    def parameters(self, acr: str = "") -> dict[str, str]:
        """Return what goes into the authorization request; *acr* is wanted instead of the usual."""
        acr = acr or self.acr
        asked: dict[str, Any] = {}
        if acr and self.essential:
            asked["id_token"] = {"acr": {"essential": True, "values": [acr]}}
        if self.claims:
            asked["userinfo"] = {"verified_claims": _request(self.claims)}
        told = {"claims": json.dumps(asked, separators=(",", ":"))} if asked else {}
        if acr and not self.essential:
            told["acr_values"] = acr
        return told

    def met_by(self, acr: object) -> bool:
        """Whether *acr* is good enough to be let in."""
        return not self.essential or level_of(acr) >= level_of(self.acr)


ANYBODY = Wish()


def _request(claims: tuple[str, ...]) -> dict[str, Any]:
    verification = {
        "trust_framework": {"value": TRUST_FRAMEWORK},
        "assurance_level": None,
        "time": None,
        "evidence": [
            {
                "type": {"value": "electronic_record"},
                "check_details": [{"check_method": None, "organization": None, "time": None}],
            }
        ],
    }
    return {"verification": verification, "claims": dict.fromkeys(claims)}


def level_of(acr: object) -> int:
    """Return the identity level in *acr*; any other value is the lowest."""
    match = LEVEL.fullmatch(acr) if isinstance(acr, str) else None
    return int(match[1]) if match else 1


def factors_of(acr: object) -> int:
    """Return the authentication level in *acr*; any other value is the lowest."""
    match = FACTORS.fullmatch(acr) if isinstance(acr, str) else None
    return int(match[1]) if match else 1


def lacking(acr: object, wanted: object) -> str:
    """Return what *acr* lacks of *wanted*: level, factor, or nothing."""
    if level_of(acr) < level_of(wanted):
        return "level"
    return "factor" if factors_of(acr) < factors_of(wanted) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a site was told as proven, and how; the number only by its ends."""

    claims: dict[str, str]
    framework: str
    level: str
    time: str
    checks: tuple[tuple[str, str], ...]


def evidence(told: object) -> list[Evidence]:
    """Return what `verified_claims` holds: one element, or several (§6.3)."""
    elements = told if isinstance(told, list) else [told]
    return [_read(element) for element in elements if isinstance(element, dict)]


def _read(element: dict[str, Any]) -> Evidence:
    verification = element.get("verification") or {}
    claims = element.get("claims") or {}
    done = [
        (str(check.get("check_method", "")), str(check.get("organization", "")))
        for item in verification.get("evidence") or []
        for check in item.get("check_details") or []
    ]
    return Evidence(
        claims={
            name: masked(str(value)) if name == SECRET else str(value)
            for name, value in claims.items()
        },
        framework=str(verification.get("trust_framework", "")),
        level=str(verification.get("assurance_level", "")),
        time=str(verification.get("time", "")),
        checks=tuple(done),
    )


def masked(number: str) -> str:
    """Return *number* with only its first and last character."""
    return f"{number[:1]}{'*' * max(len(number) - 2, 0)}{number[-1:]}"


def discreet(value: Any) -> Any:
    """Return *value* with every identity number in it masked, however deep."""
    if isinstance(value, dict):
        return {
            name: masked(item) if name == SECRET and isinstance(item, str) else discreet(item)
            for name, item in value.items()
        }
    return [discreet(item) for item in value] if isinstance(value, list) else value
