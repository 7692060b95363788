"""RFC 7523 and RFC 6749 §2.3: how a client proves who it is, and how it does not."""

import hmac
import json
import secrets
import threading
import warnings
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from idp import clock
from idp.db import Statement

from .site import Deployment, Site
from .wire import Answer

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
GRANT = {"grant_type": "client_credentials"}
FAILURES = Statement("""
    SELECT reason, data FROM audit_event
     WHERE event = 'client:authenticate' AND outcome = 'failure' AND client_id = :client_id
     ORDER BY sequence""")
KEY = ECKey.generate_key("P-256", {"kid": "one"})
KEYS = {
    "ES256": KEY,
    "RS256": RSAKey.generate_key(2048, {"kid": "two"}),
    "PS256": RSAKey.generate_key(2048, {"kid": "three"}),
    "EdDSA": OKPKey.generate_key("Ed25519", {"kid": "four"}),
}


@pytest.fixture(scope="module")
def machine(deployment: Deployment) -> Site:
    """A site that signs its assertions."""
    return deployment.add_site(
        grant_types=["client_credentials"],
        token_endpoint_auth_method="private_key_jwt",
        jwks={"keys": [key.as_dict(private=False) for key in KEYS.values()]},
    )


def assertion(site: Site, *, key: Any = KEY, header: Any = None, **changes: Any) -> str:
    """Return a good assertion of *site*'s, but for *changes*; None leaves a claim out."""
    now = clock.epoch()
    claims = {
        "iss": site.client_id,
        "sub": site.client_id,
        "aud": site.provider.issuer,
        "iat": now,
        "exp": now + 60,
        "jti": secrets.token_hex(8),
        **changes,
    }
    head = {"alg": "ES256", "kid": key.kid, **(header or {})}
    payload = json.dumps({k: v for k, v in claims.items() if v is not None}).encode()
    registry = jws.JWSRegistry(algorithms=[head["alg"]], strict_check_header=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # joserfc would rather have EdDSA called Ed25519
        return jws.serialize_compact(head, payload, key, registry=registry)


def ask(site: Site, token: str, **more: str) -> Answer:
    form = {**GRANT, "client_assertion_type": TYPE, "client_assertion": token, **more}
    return site.provider.post("/token", form)


def refused(answer: Answer) -> bool:
    return (answer.status, answer.error) == (401, "invalid_client")


@pytest.mark.parametrize("algorithm", list(KEYS))
def test_an_assertion_opens_the_door(machine: Site, algorithm: str) -> None:
    """RFC 7523 §3: iss and sub are the client, aud is us."""
    answer = ask(machine, assertion(machine, key=KEYS[algorithm], header={"alg": algorithm}))

    assert answer.status == 200, answer
    assert answer.json["access_token"]


@pytest.mark.parametrize(
    "header",
    [
        {"kid": None},
        {"typ": "JWT"},
        {"typ": "client-authentication+jwt"},
        {"x5t": "a-thumbprint-that-we-do-not-need"},
    ],
)
def test_harmless_headers_are_harmless(machine: Site, header: dict[str, Any]) -> None:
    token = assertion(machine, header=header) if header != {"kid": None} else _without_kid(machine)

    assert ask(machine, token).status == 200


def _without_kid(site: Site) -> str:
    bare = ECKey.import_key({k: v for k, v in KEY.as_dict(private=True).items() if k != "kid"})
    claims = {
        "iss": site.client_id,
        "sub": site.client_id,
        "aud": f"{site.provider.issuer}/token",
        "exp": clock.epoch() + 60,
        "jti": secrets.token_hex(8),
    }
    return jws.serialize_compact({"alg": "ES256"}, json.dumps(claims).encode(), bare)


# What is wrong, as changes to a good assertion; a number is seconds from now.
WRONG: dict[str, dict[str, Any]] = {
    "issuer of somebody else": {"sub": "somebody-else"},
    "no subject": {"sub": None},
    "no audience": {"aud": None},
    "audience in a list": {"aud": ["https://id.example"]},
    "audience of another issuer": {"aud": "https://other.example"},
    "audience with a slash more": {"aud": "https://id.example/"},
    "no jti": {"jti": None},
    "empty jti": {"jti": ""},
    "endless jti": {"jti": "x" * 257},
    "jti of another type": {"jti": 7},
    "no exp": {"exp": None},
    "exp as text": {"exp": "9999999999"},
    "exp as truth": {"exp": True},
    "expired": {"exp": -61},
    "lives for a day": {"exp": 86_400},
    "from tomorrow": {"iat": 61},
    "not before tomorrow": {"nbf": 61},
    "iat as text": {"iat": "now"},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG.keys())
def test_what_an_assertion_must_say(machine: Site, changes: dict[str, Any], later: Any) -> None:
    """RFC 7523 §3; the audience is one string, so that none made for another serves us too."""
    timed = {
        name: clock.epoch() + value
        if name in ("exp", "iat", "nbf") and type(value) is int
        else value
        for name, value in changes.items()
    }

    assert refused(ask(machine, assertion(machine, **timed)))


@pytest.mark.parametrize("changes", [{"nbf": 10}, {"iat": 30}, {"exp": -20}, {"exp": 3600}])
def test_clocks_may_differ_a_little(machine: Site, changes: dict[str, int]) -> None:
    timed = {name: clock.epoch() + value for name, value in changes.items()}

    assert ask(machine, assertion(machine, **timed)).status == 200


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "dpop+jwt"},
        {"typ": "at+jwt"},
        {"jku": "https://evil.example/jwks"},
        {"x5u": "https://evil.example/cert"},
        {"jwk": KEY.as_dict(private=False)},
        {"kid": "unknown"},
    ],
    ids="-".join,
)
def test_a_dangerous_header_is_refused(machine: Site, header: dict[str, Any]) -> None:
    """RFC 8725 §3.10."""
    assert refused(ask(machine, assertion(machine, header=header)))


def test_a_strangers_signature_is_refused(machine: Site) -> None:
    assert refused(
        ask(machine, assertion(machine, key=ECKey.generate_key("P-256", {"kid": "one"})))
    )


def test_no_symmetric_algorithm_and_none_at_all(machine: Site) -> None:
    """RFC 8725 §2.1: the public key as an HMAC secret, and no signature."""
    head, body, _ = assertion(machine).split(".")
    symmetric = urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').decode().rstrip("=")
    mac = hmac.digest(KEY.as_pem(private=False), f"{symmetric}.{body}".encode(), "sha256")
    signature = urlsafe_b64encode(mac).decode().rstrip("=")
    unsigned = urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")

    assert refused(ask(machine, f"{symmetric}.{body}.{signature}"))
    assert refused(ask(machine, f"{unsigned}.{body}.AA"))
    assert refused(ask(machine, f"{unsigned}.{body}."))
    assert refused(ask(machine, f"{head}.{body}"))


def test_a_pinned_algorithm_is_the_only_one(deployment: Deployment) -> None:
    pinned = deployment.add_site(
        grant_types=["client_credentials"],
        token_endpoint_auth_method="private_key_jwt",
        token_endpoint_auth_signing_alg="PS256",
        jwks={"keys": [key.as_dict(private=False) for key in KEYS.values()]},
    )

    assert refused(ask(pinned, assertion(pinned)))
    assert ask(pinned, assertion(pinned, key=KEYS["PS256"], header={"alg": "PS256"})).status == 200


def test_an_assertion_is_good_once(machine: Site) -> None:
    """RFC 7523 §3: jti; raced eight-way, one wins."""
    token = assertion(machine)

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(
            answer.status for answer in pool.map(lambda _: ask(machine, token), range(8))
        )

    assert statuses == [200] + [401] * 7


def test_each_failure_is_on_the_trail_once(machine: Site) -> None:
    def failures() -> list[Any]:
        with machine.provider.desk.database.read() as tx:
            return tx.all(FAILURES, client_id=machine.client_id)

    before = len(failures())

    ask(machine, assertion(machine, aud="https://other.example"))

    after = failures()
    assert len(after) == before + 1
    assert json.loads(after[-1].data) == {"method": "private_key_jwt", "why": "assertion: aud"}


# One method, and the registered one.


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()}


Way = Callable[[Site], Answer]


def _post(site: Site, more: dict[str, str], **headers: str) -> Answer:
    return site.provider.post("/token", {**GRANT, **more}, **headers)


def _by_body(site: Site) -> Answer:
    return _post(site, {"client_id": site.client_id, "client_secret": site.secret or ""})


def _by_name(site: Site) -> Answer:
    return _post(site, {"client_id": site.client_id})


def _by_wrong_secret(site: Site) -> Answer:
    return _post(site, {}, **basic(site.client_id, "wrong"))


def _by_hash(site: Site) -> Answer:
    """T12: what a thief of the table holds opens nothing."""
    party = site.provider.desk.registry.find(site.client_id)
    assert party is not None
    return _post(site, {}, **basic(site.client_id, (party.secret_fingerprint or b"").hex()))


def _by_case(site: Site) -> Answer:
    return _post(site, {}, **basic(site.client_id, (site.secret or "").swapcase()))


def _by_space(site: Site) -> Answer:
    return _post(site, {}, **basic(site.client_id, f"{site.secret}%20"))


def _by_bearer(site: Site) -> Answer:
    return _post(site, {"client_id": site.client_id}, Authorization=f"Bearer {site.secret}")


def _by_noise(site: Site) -> Answer:
    return _post(site, {}, Authorization="Basic ///not-base64///")


def _by_nobody(site: Site) -> Answer:
    return _post(site, {}, **basic("nobody", site.secret or ""))


def _by_nothing(site: Site) -> Answer:
    return _post(site, {})


@pytest.mark.parametrize(
    "way",
    [
        _by_body,
        _by_name,
        _by_wrong_secret,
        _by_hash,
        _by_case,
        _by_space,
        _by_bearer,
        _by_noise,
        _by_nobody,
        _by_nothing,
    ],
    ids=lambda way: way.__name__,
)
def test_no_other_way_in_than_the_registered_one(deployment: Deployment, way: Way) -> None:
    """RFC 6749 §2.3; a challenge goes with the refusal of an Authorization header (§5.2)."""
    site = deployment.add_site(grant_types=["client_credentials"])
    assert _post(site, {}, **site.basic).status == 200

    answer = way(site)

    assert refused(answer), answer
    tried_header = way in (_by_wrong_secret, _by_hash, _by_case, _by_space, _by_bearer, _by_noise)
    if tried_header:
        assert answer.header("WWW-Authenticate").startswith("Basic")


def test_secrets_are_form_encoded_in_the_header(deployment: Deployment) -> None:
    """RFC 6749 §2.3.1: whoever encodes more than needed is understood."""
    site = deployment.add_site(grant_types=["client_credentials"])
    spelled = "".join(f"%{ord(letter):02x}" for letter in site.secret or "")

    assert _post(site, {}, **basic(site.client_id, spelled)).status == 200


def test_two_ways_at_once_are_refused(deployment: Deployment) -> None:
    site = deployment.add_site(grant_types=["client_credentials"])

    answer = _post(site, {"client_secret": site.secret or ""}, **site.basic)
    other = _post(site, {"client_id": "somebody-else"}, **site.basic)

    for refusal in (answer, other):
        assert (refusal.status, refusal.error) == (400, "invalid_request")


def test_credentials_never_stand_in_the_url(deployment: Deployment) -> None:
    site = deployment.add_site(grant_types=["client_credentials"])
    path = f"/token?client_id={site.client_id}&client_secret={site.secret}"

    answer = deployment.post(path, GRANT)

    assert (answer.status, answer.error) == (400, "invalid_request")


@pytest.fixture
def publisher() -> Iterator[Any]:
    """A site's own server, which publishes the keys in `keys`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked += 1
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"keys": server.keys}).encode())

        def log_message(self, *_: object) -> None:
            return

    server: Any = HTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.keys = 0, [KEY.as_dict(private=False)]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_published_keys_are_fetched_kept_and_fetched_again(
    deployment: Deployment, publisher: Any, later: Callable[[float], None]
) -> None:
    """A new kid is looked for at once, but made-up ones do not make us fetch all day."""
    site = deployment.add_site(
        profile="test",
        grant_types=["client_credentials"],
        token_endpoint_auth_method="private_key_jwt",
        jwks_uri=f"http://127.0.0.1:{publisher.server_port}/jwks",
    )
    assert [ask(site, assertion(site)).status for _ in range(3)] == [200] * 3
    assert publisher.asked == 1

    for number in range(5):
        made_up = assertion(site, header={"kid": f"made-up-{number}"})
        assert refused(ask(site, made_up))
    assert publisher.asked == 1, "asked less than ten seconds ago"

    new = ECKey.generate_key("P-256", {"kid": "new"})
    publisher.keys = [new.as_dict(private=False)]
    later(11)
    assert ask(site, assertion(site, key=new)).status == 200
    assert publisher.asked == 2
    assert refused(ask(site, assertion(site))), "the old key was taken back"
