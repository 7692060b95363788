"""A second provider, a province's own: `make demo-two-nodes` lets it and the nation's federate.

It stands at 127.0.0.1 where the nation's stands at localhost: browsers keep one jar of cookies for
all ports of a name.
"""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from joserfc.jwk import ECKey

from sandbox.addresses import Country
from sandbox.demo import ports, seed, state
from sandbox.demo.children import Family
from sandbox.people import everyone
from sandbox.sites.houses import HOUSES

FOLDER = "province"
MEMORY = "nodes.json"
OWN_SITES = ("jiangbei", "social")
OWN_PEOPLE = 3  # of the dozen, who have an account at both
_METRICS = 10  # ports above the nation's
_NATION, _PROVINCE = "nation", "jiangbei"
# How each is known to the other, in both languages, and how far it is believed there.
_NAMES = {
    _NATION: {"name_zh": "国家统一身份认证", "name_en": "National identity"},
    _PROVINCE: {"name_zh": "江北省统一身份认证", "name_en": "Jiangbei provincial identity"},
}
_TRUST = {
    _NATION: {"ial": 4, "aal": 2, "claims": ["display_name", "identity"]},
    _PROVINCE: {"ial": 2, "aal": 2, "claims": ["display_name", "identity"]},
}


def environment(country: Country, nations: Mapping[str, str], database: str = "") -> dict[str, str]:
    """Return the settings of the province's provider: the nation's, but for what is its own."""
    return {
        **nations,
        "MANYOU_ISSUER": country.province,
        "MANYOU_DATA_DIR": str(country.state / FOLDER),
        "MANYOU_HTTP__METRICS_PORT": str(country.metrics_port + _METRICS),
        "MANYOU_DATABASE_URL": database,
    }


def sites_of(country: Country) -> tuple[list[Any], list[Any]]:
    """Return the sites of the nation's provider, and those of the province's."""
    if country.nodes == 1:
        return list(HOUSES), []
    own = [house for house in HOUSES if house.key in OWN_SITES]
    return [house for house in HOUSES if house not in own], own


def beside(nation: seed.Provider, country: Country, own: Mapping[str, str]) -> seed.Provider | None:
    """Return the province's provider, if there shall be one beside the nation's."""
    if country.nodes == 1:
        return None
    (country.state / FOLDER).mkdir(exist_ok=True, mode=0o700)
    return nation.elsewhere(own)


def settle(
    nation: seed.Provider,
    province: seed.Provider,
    country: Country,
    own: Mapping[str, str],
    family: Family,
) -> None:
    """Register the province's sites with it, join it to the nation's, and start it."""
    serve = ("serve", "--host", ports.HOST, "--port", str(country.province_port))
    family.start("province", province.command, *serve, "--workers", "1", environment=own)
    family.start("province-worker", province.command, "worker", environment=own)
    seed.clients(
        province,
        country,
        country.state / "sites.json",
        houses=sites_of(country)[1],
        issuer=country.province,
    )
    join(nation, province, country)


def people(province: seed.Provider, country: Country) -> None:
    """Open accounts there, too, for some of the people."""
    memory = country.state / "people-province.json"
    seed.people(province, memory, everyone()[:OWN_PEOPLE])


def join(nation: seed.Provider, province: seed.Provider, country: Country) -> None:
    """Register each at the other: as a site there, and as somebody to come from here."""
    memory = country.state / MEMORY
    known = state.read(memory)
    ways = (
        (_PROVINCE, country.province, nation, (_NATION, country.issuer, province)),
        (_NATION, country.issuer, province, (_PROVINCE, country.province, nation)),
    )
    missing = [way for way in ways if way[0] not in known]
    with ThreadPoolExecutor(seed.AT_ONCE) as pool:
        for way, made in zip(missing, pool.map(lambda way: _introduce(*way), missing), strict=True):
            known[way[0]] = made
            state.write(memory, known)


def _introduce(
    guest: str, issuer: str, host: seed.Provider, theirs: tuple[str, str, seed.Provider]
) -> str:
    """Register *guest* at *host*, and tell it there how to come; return its client id."""
    key, host_issuer, home = theirs
    signing = ECKey.generate_key("P-256")
    private = {
        **signing.as_dict(private=True),
        "kid": signing.thumbprint(),
        "use": "sig",
        "alg": "ES256",
    }
    public = {name: value for name, value in private.items() if name != "d"}
    told = json.dumps(client(guest, key, issuer, public))
    made = json.loads(host.run("client", "create", "--json", "-", told=told))
    told = json.dumps(connector(key, host_issuer, made["client_id"], private))
    home.run("connector", "create", "--enable", "--json", "-", told=told)
    return str(made["client_id"])


def client(guest: str, key: str, issuer: str, public: Mapping[str, Any]) -> dict[str, Any]:
    """Return how *guest*, of that *issuer*, introduces itself to the node that it calls *key*."""
    here = f"{issuer}/federation/{key}"
    return {
        "client_name": _NAMES[guest]["name_en"],
        "client_name#zh-CN": _NAMES[guest]["name_zh"],
        "client_uri": issuer,
        "redirect_uris": [f"{here}/callback"],
        "post_logout_redirect_uris": [f"{here}/signed-out"],
        "backchannel_logout_uri": f"{here}/backchannel-logout",
        "backchannel_logout_session_required": True,
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "scope": "openid profile",
        "subject_type": "pairwise",
        "profile": "demo",
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256",
        "jwks": {"keys": [dict(public)]},
        "identity_claims": ["name", "id_number"],
    }


def connector(key: str, issuer: str, client_id: str, private: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a node describes the other, *key*, to itself."""
    return {
        "key": key,
        "kind": "oidc",
        **_NAMES[key],
        "position": 0,
        "trust": _TRUST[key],
        "options": {
            "issuer": issuer,
            "client_id": client_id,
            "auth_method": "private_key_jwt",
            "private_key": json.dumps(dict(private)),
            "scopes": ["openid", "profile"],
            "like_us": True,
        },
    }
