"""Introduces the upstreams to the demo's provider, by its command line: `manyou connector`."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sandbox.addresses import Country
from sandbox.demo import hall_connectors, state
from sandbox.demo.seed import Provider
from sandbox.upstreams.credentials import Credentials, make

MEMORY = "upstreams.json"
REGISTERED = "connectors.json"
# Name and number are taken from those who have seen the person: never from a mere account.
BELIEVED = ("display_name", "phone", "identity")
Known = Mapping[str, str]


def credentials(folder: Path) -> Credentials:
    """Return what the upstreams and the provider know of each other; kept once made."""
    known: Credentials = state.read(folder / MEMORY)
    fresh = make()
    if known.keys() != fresh.keys():
        known = {key: known.get(key, words) for key, words in fresh.items()}
        state.write(folder / MEMORY, known)
    return known


def documents(country: Country, known: Credentials) -> list[dict[str, Any]]:
    """Return the upstreams as an operator would describe them, the first to be shown first."""
    return [
        {"key": key, "kind": key, "position": place, **_DESCRIBE[key](country, known[key])}
        for place, key in enumerate(_DESCRIBE, start=1)
    ]


def register(provider: Provider, country: Country, memory: Path) -> None:
    """Introduce the upstreams that are not known as they are today, all at once."""
    known = state.read(memory / REGISTERED)
    own = documents(country, credentials(memory))
    told = [{**one, "enabled": True} for one in own]
    told += hall_connectors.documents(country, hall_connectors.credentials(memory, country))
    missing = [one for one in json.loads(json.dumps(told)) if known.get(one["key"]) != one]
    if missing:
        provider.run("connector", "import", "--json", "-", told=json.dumps(missing))
        state.write(memory / REGISTERED, known | {one["key"]: one for one in missing})


def _wechat(country: Country, known: Known) -> dict[str, Any]:
    """Believe WeChat in nothing but a nickname: it knows accounts, not people."""
    here = country.upstream("wechat")
    apps = {
        kind: {"app_id": known[f"{kind}_app_id"], "secret": known[f"{kind}_secret"]}
        for kind in ("website", "account", "mini_program")
    }
    return {"options": {**apps, "open_url": here, "api_url": here}}


def _alipay(country: Country, known: Known) -> dict[str, Any]:
    """Believe Alipay at level 2: this application may read proven names, but no face was seen."""
    here = country.upstream("alipay")
    options = {
        "app_id": known["app_id"],
        "private_key": known["app_key"],
        "alipay_public_key": known["alipay_public_key"],
        "auth_url": here,
        "gateway_url": f"{here}/gateway.do",
    }
    return {"options": options, "trust": {"ial": 2, "claims": BELIEVED}}


def _essc(country: Country, known: Known) -> dict[str, Any]:
    """Believe the card at level 3: it is the state's own, and signed for by face."""
    options = {
        "access_id": known["access_id"],
        "channel_no": known["channel_no"],
        "signing_key": known["channel_key"],
        "platform_key": known["platform_public_key"],
        "base_url": country.upstream("essc"),
    }
    return {"options": options, "trust": {"ial": 3, "aal": 2, "claims": BELIEVED}}


_DESCRIBE: dict[str, Callable[[Country, Known], dict[str, Any]]] = {
    "wechat": _wechat,
    "alipay": _alipay,
    "essc": _essc,
}
