"""Every way by which the sandbox's people reach us: how it is set up, and how a person walks it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests

from federation.connectors.ports import Arrival, Departure, Surroundings
from sandbox.upstreams.faults import Fault

CALLBACK = "https://id.example/federation/one/callback"
_INSIDE_WECHAT = "Mozilla/5.0 (iPhone) Mobile MicroMessenger/8.0.50"
Known = Mapping[str, str]


@dataclass(frozen=True)
class Case:
    """A kind in one of its modes; *spared* are faults that this mode does not meet."""

    name: str
    kind: str
    options: Callable[[Known, str], dict[str, Any]]
    surroundings: Surroundings = Surroundings.BROWSER
    spared: frozenset[Fault] = frozenset()
    trust: tuple[tuple[str, Any], ...] = ()
    page: str = ""  # where somebody sets out who does not come from our own page

    @property
    def agent(self) -> str:
        inside = self.surroundings is Surroundings.WECHAT
        return _INSIDE_WECHAT if inside else "Mozilla/5.0"


def walk(
    url: str,
    *,
    wallet: str = "chenyutong",
    decision: str = "allow",
    agent: str = "Mozilla/5.0",
    visit: requests.Session | None = None,
) -> Arrival | None:
    """Go to the upstream's page, answer it, and return what we come back with.

    None: the page refused to ask at all, and sent nobody back.
    """
    browser = visit or requests.Session()
    browser.headers["User-Agent"] = agent
    page = browser.get(url, timeout=10, allow_redirects=False)
    if page.status_code != requests.codes.ok:
        assert page.status_code == requests.codes.bad_request, page.status_code
        assert 'id="refusal"' in page.text
        assert "Location" not in page.headers
        return None
    action = re.search(r'<form method="post" action="([^"]+)"', page.text)
    assert action, page.text
    target = requests.compat.urljoin(url, action[1].replace("&amp;", "&"))
    form = {"wallet": wallet, "decision": decision}
    back = browser.post(target, data=form, timeout=10, allow_redirects=False)
    assert back.status_code == requests.codes.found, back.text
    parts = urlsplit(back.headers["Location"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}".startswith("https://id.example/")
    return Arrival(parameters=dict(parse_qsl(parts.query)))


def way(case: Case, departure: Departure, state: str, callback: str = CALLBACK) -> str:
    """Return the address of the upstream's page: ours, or that of an app that opens us."""
    if not case.page:
        return departure.url
    parts = urlsplit(departure.url)
    query = urlencode({"redirect_uri": callback, "state": state})
    return f"{parts.scheme}://{parts.netloc}{case.page}?{query}"


def _wechat(known: Known, url: str) -> dict[str, Any]:
    apps = {
        kind: {"app_id": known[f"{kind}_app_id"], "secret": known[f"{kind}_secret"]}
        for kind in ("website", "account", "mini_program")
    }
    return {**apps, "open_url": url, "api_url": url}


def _alipay(**further: Any) -> Callable[[Known, str], dict[str, Any]]:
    def options(known: Known, url: str) -> dict[str, Any]:
        told = {name: known[value] for name, value in further.items() if value in known}
        plain = {name: value for name, value in further.items() if value not in known}
        return {
            "app_id": known["app_id"],
            "private_key": known["app_key"],
            "alipay_public_key": known["alipay_public_key"],
            "auth_url": url,
            "gateway_url": f"{url}/gateway.do",
            **told,
            **plain,
        }

    return options


def _essc(known: Known, url: str) -> dict[str, Any]:
    return {
        "access_id": known["access_id"],
        "channel_no": known["channel_no"],
        "signing_key": known["channel_key"],
        "platform_key": known["platform_public_key"],
        "base_url": url,
    }


_NO_TOKEN = frozenset({Fault.TOKEN_EXPIRED, Fault.OTHER_USER})
_CERTIFICATES = {
    "app_certificate": "app_certificate",
    "alipay_certificate": "alipay_certificate",
    "root_certificates": "root_certificates",
}
_RISKY = frozenset({Fault.RISKY_USER})
_PROVING = (("ial", 3), ("claims", ("display_name", "phone", "identity")))

CASES = (
    Case("wechat-website", "wechat", _wechat, spared=_RISKY),
    Case("wechat-account", "wechat", _wechat, Surroundings.WECHAT, spared=_RISKY),
    Case(
        "wechat-mini-program",
        "wechat",
        _wechat,
        spared=_NO_TOKEN | {Fault.SNAPSHOT_USER},
        page="/mini-program",
    ),
    Case("alipay-plain", "alipay", _alipay(), trust=_PROVING),
    Case("alipay-aes", "alipay", _alipay(aes_key="aes_key"), trust=_PROVING),
    Case("alipay-certificates", "alipay", _alipay(**_CERTIFICATES), trust=_PROVING),
    Case("alipay-base", "alipay", _alipay(scope="auth_base"), spared=_NO_TOKEN),
    Case("essc", "essc", _essc, trust=_PROVING),
)
