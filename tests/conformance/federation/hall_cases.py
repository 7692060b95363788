"""The hall's upstreams as an operator sets them up, and how somebody walks there and back."""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from federation.connectors.ports import Arrival
from sandbox.upstreams.faults import Fault
from sandbox.upstreams.saml import CARD

ISSUER = "https://id.example"
Known = Mapping[str, str]
_FORM = re.compile(r'<form method="post" action="([^"]+)"')
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@dataclass(frozen=True)
class Case:
    """One upstream; *own_page* are faults of its page alone, which programs never meet."""

    upstream: str
    kind: str
    options: Callable[[Known, str], dict[str, Any]]
    ial: int = 1
    own_page: frozenset[Fault] = frozenset({Fault.DENIED, Fault.WRONG_CALLBACK})

    @property
    def key(self) -> str:
        return self.upstream.replace("_", "-")

    @property
    def callback(self) -> str:
        return f"{ISSUER}/federation/{self.key}/callback"


@dataclass(frozen=True)
class Back:
    """Where the browser is sent, and with what."""

    url: str
    form: Mapping[str, str] | None = field(default=None)

    @property
    def arrival(self) -> Arrival:
        if self.form is not None:
            return Arrival(parameters=self.form, method="POST")
        return Arrival(parameters=dict(parse_qsl(urlsplit(self.url).query)))


def walk(url: str, *, wallet: str = "chenyutong", decision: str = "allow") -> Back | None:
    """Answer the upstream's page; None: it refused to ask, and sends nobody back."""
    with requests.Session() as visit:
        page = visit.get(url, timeout=10, allow_redirects=False)
        if page.status_code != requests.codes.ok:
            assert page.status_code == requests.codes.bad_request, page.text
            return None
        action = _FORM.search(page.text)
        assert action, page.text
        target = requests.compat.urljoin(url, html.unescape(action[1]))
        answer = {"wallet": wallet, "decision": decision}
        back = visit.post(target, data=answer, timeout=10, allow_redirects=False)
    if back.status_code == requests.codes.found:
        return _within(Back(back.headers["Location"]))
    assert back.status_code == requests.codes.ok, back.text
    form = {name: html.unescape(value) for name, value in _HIDDEN.findall(back.text)}
    posted = _FORM.search(back.text)
    assert posted
    return _within(Back(html.unescape(posted[1]), form))


def _within(back: Back) -> Back:
    assert back.url.startswith(f"{ISSUER}/federation/")
    return back


def _zhejiang(known: Known, url: str) -> dict[str, Any]:
    return {**known, "login_url": url, "api_url": f"{url}/restapi/prod"}


def _jis(known: Known, url: str) -> dict[str, Any]:
    return {**known, "base_url": url}


def _beijing(known: Known, url: str) -> dict[str, Any]:
    return {**known, "login_url": f"{url}/oauth/login", "api_url": url}


def _app(known: Known, url: str) -> dict[str, Any]:
    return {**known, "login_url": url, "api_url": url}


def _wecom(known: Known, url: str) -> dict[str, Any]:
    return {**known, "login_url": url, "open_url": url, "api_url": url}


def _feishu(known: Known, url: str) -> dict[str, Any]:
    return {**known, "open_url": url, "tenants": ["sandbox-tenant"]}


def _openid(known: Known, url: str) -> dict[str, Any]:
    return {"issuer": url, "client_id": known["client_id"], "client_secret": known["client_secret"]}


def _saml(known: Known, url: str) -> dict[str, Any]:
    return {
        "issuer": f"{url}/metadata",
        "metadata_url": f"{url}/metadata",
        "sso_url": f"{url}/sso",
        "certificates": known["certificate"],
        "entity_id": known["entity_id"],
        "private_key": known["provider_key"],
        "attributes": {"real_name": "cn", "id_number": "idNumber", "phone": "mobile"},
        "levels": {CARD: [3, 2]},
    }


def _network_id(known: Known, url: str) -> dict[str, Any]:
    return {
        "org_code": known["org_code"],
        "private_key": known["organisation_key"],
        "service_key": known["service_public_key"],
        "base_url": url,
        "plain": True,
    }


CASES = (
    Case("zhejiang", "zhejiang", _zhejiang, ial=3),
    Case("jis", "jis", _jis, ial=2),
    Case("beijing", "beijing", _beijing, ial=3),
    Case("network_id", "network_id", _network_id, ial=3),
    Case("dingtalk", "dingtalk", _app),
    Case("government_dingtalk", "government_dingtalk", _app),
    Case("wecom", "wecom", _wecom),
    Case("feishu", "feishu", _feishu),
    Case("foreign", "oidc", _openid),
    Case("foreign_plain", "oidc", _openid),
    Case("saml", "saml", _saml, ial=3),
)
