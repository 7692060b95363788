"""How the demo's provider knows the hall: a province and DingTalk on offer, the rest at hand."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sandbox.addresses import HALL, Country
from sandbox.demo import state
from sandbox.upstreams.hall_credentials import Credentials, make
from sandbox.upstreams.saml import CARD

MEMORY = "hall.json"
ON_OFFER = ("zhejiang", "dingtalk")
BELIEVED = ("display_name", "phone", "identity")
FIRST_PLACE = 100
Known = Mapping[str, str]


def credentials(folder: Path, country: Country) -> Credentials:
    """Return what the hall and the provider know of each other; kept once made."""
    known: Credentials = state.read(folder / MEMORY)
    if known.keys() != set(HALL):
        known = make(country.issuer)
        state.write(folder / MEMORY, known)
    return known


def documents(country: Country, known: Credentials) -> list[dict[str, Any]]:
    """Return the hall's upstreams as an operator would describe them."""
    return [
        {
            "key": key.replace("_", "-"),
            "kind": key,
            "position": FIRST_PLACE + place,
            "enabled": key in ON_OFFER,
            **_DESCRIBE[key](known[key], f"{country.hall}/{key}"),
        }
        for place, key in enumerate(HALL)
    ]


def _zhejiang(known: Known, here: str) -> dict[str, Any]:
    options = {**known, "login_url": here, "api_url": f"{here}/restapi/prod"}
    named = {"name_zh": "浙江政务服务网", "name_en": "Zhejiang"}
    return {**named, "options": options, "trust": _trust(3)}


def _jis(known: Known, here: str) -> dict[str, Any]:
    named = {"name_zh": "山东（JIS 体系）", "name_en": "Shandong (JIS)"}
    return {**named, "options": {**known, "base_url": here}, "trust": _trust(2)}


def _beijing(known: Known, here: str) -> dict[str, Any]:
    options = {**known, "login_url": f"{here}/oauth/login", "api_url": here}
    return {"options": options, "trust": _trust(3)}


def _app(known: Known, here: str) -> dict[str, Any]:
    return {"options": {**known, "login_url": here, "api_url": here}}


def _wecom(known: Known, here: str) -> dict[str, Any]:
    return {"options": {**known, "login_url": here, "open_url": here, "api_url": here}}


def _feishu(known: Known, here: str) -> dict[str, Any]:
    return {"options": {**known, "open_url": here}}


def _openid(zh: str, en: str) -> Callable[[Known, str], dict[str, Any]]:
    def describe(known: Known, here: str) -> dict[str, Any]:
        client = {name: known[name] for name in ("client_id", "client_secret")}
        return {
            "kind": "oidc",
            "name_zh": zh,
            "name_en": en,
            "options": {"issuer": here, **client},
        }

    return describe


def _saml(known: Known, here: str) -> dict[str, Any]:
    options = {
        "issuer": f"{here}/metadata",
        "metadata_url": f"{here}/metadata",
        "sso_url": f"{here}/sso",
        "certificates": known["certificate"],
        "entity_id": known["entity_id"],
        "private_key": known["provider_key"],
        "attributes": {"real_name": "cn", "id_number": "idNumber", "phone": "mobile"},
        "levels": {CARD: [3, 2]},
    }
    named = {"name_zh": "某部委（SAML）", "name_en": "A ministry (SAML)"}
    return {**named, "options": options, "trust": {**_trust(3), "aal": 2}}


def _network_id(known: Known, here: str) -> dict[str, Any]:
    options = {
        "org_code": known["org_code"],
        "private_key": known["organisation_key"],
        "service_key": known["service_public_key"],
        "base_url": here,
        "plain": True,
    }
    return {"options": options, "trust": {**_trust(3), "aal": 2}}


def _trust(ial: int) -> dict[str, Any]:
    return {"ial": ial, "claims": BELIEVED}


_DESCRIBE: dict[str, Callable[[Known, str], dict[str, Any]]] = {
    "zhejiang": _zhejiang,
    "jis": _jis,
    "beijing": _beijing,
    "network_id": _network_id,
    "dingtalk": _app,
    "government_dingtalk": _app,
    "wecom": _wecom,
    "feishu": _feishu,
    "foreign": _openid("外部 OpenID（新）", "A foreign OpenID provider"),
    "foreign_plain": _openid("外部 OpenID（旧）", "A plain OpenID provider"),
    "saml": _saml,
}
