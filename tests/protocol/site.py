"""A site that trusts the provider, a citizen, and the road between them as plain HTTP."""

import secrets
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet

from idp import clock
from idp.accounts import registration as accounts
from idp.accounts.profiles import Details
from idp.clients import metadata as client_metadata
from idp.clients import registration as clients
from idp.clients.rules import Policy
from idp.oidc import mount
from idp.oidc.desk import Desk
from idp.proofing import verifications
from idp.web.house import KEY as HOUSE

from .wire import FORM, Agent, Answer, call

PASSWORD = "seven-Herons-over-the-lake"
VOUCHED = verifications.Evidence(
    method="operator",
    source="operator",
    elements=("name", "id_number"),
    document="citizen",
    id_number="",
)


@dataclass(slots=True)
class Deployment:
    """A provider on its full WSGI stack."""

    app: Flask
    wsgi: Any

    @property
    def desk(self) -> Desk:
        desk: Desk = self.app.extensions[mount.KEY]
        return desk

    @property
    def issuer(self) -> str:
        return self.desk.issuer

    def agent(self) -> Agent:
        return Agent(self.wsgi, self.issuer)

    def call(self, method: str, path: str, **options: Any) -> Answer:
        """Send one request as a program would, without cookies."""
        return call(self.wsgi, method, f"{self.issuer}{path}", **options)

    def post(self, path: str, form: dict[str, str], **headers: str) -> Answer:
        body = urlencode(form).encode()
        return self.call("POST", path, headers={"Content-Type": FORM, **headers}, body=body)

    def add_site(self, **metadata: Any) -> "Site":
        """Register a site as an operator would; `profile` is taken out of *metadata*."""
        profile = metadata.pop("profile", "standard")
        host = f"{secrets.token_hex(6)}.example"
        document = {
            "client_name": "A site",
            "redirect_uris": [f"https://{host}/callback"],
            "post_logout_redirect_uris": [f"https://{host}/bye"],
            "grant_types": ["authorization_code", "refresh_token"],
            **metadata,
        }
        policy = Policy("operator", profile)
        checked = client_metadata.check(document, policy, self.desk.outbound)
        with self.desk.database.write() as tx:
            made = clients.create(tx, checked)
        return Site(self, made.client_id, made.secret, dict(made.metadata))

    def add_citizen(self, *, ial: int = 1, **details: Any) -> "Citizen":
        """Let the accounts room register somebody with a password."""
        house = self.app.extensions[HOUSE]
        username = f"c{secrets.token_hex(6)}"
        with self.desk.database.write() as tx:
            person_id = accounts.register(
                tx,
                house.vault,
                house.hasher,
                self.desk.settings.passwords,
                username=username,
                phone=details.pop("phone", None),
                phone_verified=True,
                password=PASSWORD,
                details=Details(**details),
            )
            if ial > 1:
                verifications.record(
                    tx, house.vault, self.desk.settings.proofing, person_id, VOUCHED, ial=ial
                )
        return Citizen(person_id, username, PASSWORD)

    def keys(self) -> KeySet:
        """Return the published keys, as a site reads them."""
        return KeySet.import_key_set(self.call("GET", "/jwks").json)


@dataclass(frozen=True, slots=True)
class Citizen:
    """Somebody with an account."""

    person_id: str
    username: str
    password: str


@dataclass(slots=True)
class Site:
    """A relying party, with the credentials it was given."""

    provider: Deployment
    client_id: str
    secret: str | None
    metadata: dict[str, Any]
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def redirect_uri(self) -> str:
        return str(self.metadata["redirect_uris"][0])

    @property
    def basic(self) -> dict[str, str]:
        """The Authorization header of client_secret_basic (RFC 6749 §2.3.1)."""
        pair = f"{quote(self.client_id, safe='')}:{quote(self.secret or '', safe='')}"
        return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}

    def request(self, **changes: str | None) -> dict[str, str]:
        """Return the parameters of an authorization request; None leaves one out."""
        parameters: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid",
            "state": secrets.token_urlsafe(12),
            "nonce": secrets.token_urlsafe(12),
            "code_challenge": challenge(self.verifier),
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in parameters.items() if value is not None}

    def token(self, **form: str | None) -> Answer:
        """POST to the token endpoint with this site's own way to authenticate."""
        sent = {name: value for name, value in form.items() if value is not None}
        headers = {}
        if self.metadata["token_endpoint_auth_method"] == "client_secret_basic":
            headers = self.basic
        else:
            sent.setdefault("client_id", self.client_id)
            if self.secret:
                sent.setdefault("client_secret", self.secret)
        return self.provider.post("/token", sent, **headers)

    def redeem(self, code: str, **changes: str | None) -> Answer:
        """Exchange *code* for tokens."""
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
            **changes,
        }
        return self.token(**form)

    def refresh(self, token: str, **changes: str | None) -> Answer:
        return self.token(**{"grant_type": "refresh_token", "refresh_token": token, **changes})

    def introspect(self, token: str, **form: str) -> Any:
        answer = self.provider.post("/introspect", {"token": token, **form}, **self.basic)
        assert answer.status == 200, answer
        return answer.json

    def revoke(self, token: str, **form: str) -> Answer:
        return self.provider.post("/revoke", {"token": token, **form}, **self.basic)

    def userinfo(self, token: str) -> Answer:
        return self.provider.call("GET", "/userinfo", headers={"Authorization": f"Bearer {token}"})

    def read(self, token: str) -> dict[str, Any]:
        """Return an ID token's claims once its signature fits the published keys (joserfc)."""
        algorithm = self.metadata.get("id_token_signed_response_alg", "ES256")
        decoded = jwt.decode(token, self.provider.keys(), algorithms=[algorithm])
        claims = jwt.JWTClaimsRegistry(
            now=clock.epoch,
            iss={"essential": True, "value": self.provider.issuer},
            aud={"essential": True, "value": self.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        claims.validate(decoded.claims)
        return dict(decoded.claims)


@dataclass(slots=True)
class Visit:
    """A citizen in front of a browser, on the way into a site."""

    site: Site
    agent: Agent
    citizen: Citizen
    asked: list[str] = field(default_factory=list)  # which pages stood in the way

    def ask(self, **changes: str | None) -> Answer:
        """Send the browser to /authorize, and return the first answer."""
        query = urlencode(self.site.request(**changes))
        return self.agent.get(f"{self.site.provider.issuer}/authorize?{query}")

    def walk(self, answer: Answer, *, decision: str = "consent-allow") -> Answer:
        """Do what each page asks, until the browser leaves for the site or nothing is asked."""
        self.asked = []
        for _ in range(8):
            answer = self.agent.follow(answer)
            prefix = urlsplit(self.site.provider.issuer).path
            page = urlsplit(answer.url).path.removeprefix(prefix).split("/")
            if answer.location or answer.status != 200 or not answer.is_page:
                return answer
            if any("iss" in form.fields for form in answer.forms):
                return answer  # form_post: the next step leads to the site
            if page[1] in ("sign-in", "confirm"):
                answer = self._enter_password(answer, page[1])
            elif page[1:3] == ["authorize", "consent"]:
                answer = self._press(answer, "consent", decision)
            elif page[1:3] == ["authorize", "account"]:
                answer = self._press(answer, "account", "account-current")
            else:
                return answer
        raise AssertionError(f"no end of questions: {self.asked}")

    def enter(self, **changes: str | None) -> Answer:
        """Ask and walk; return the answer that sends the browser to the site."""
        return self.walk(self.ask(**changes))

    def sign_in(self) -> None:
        """Sign in, consent to nothing but `openid`, and throw the code away."""
        assert "code" in self.enter().fields

    def code(self, **changes: str | None) -> str:
        answer = self.enter(**changes)
        assert answer.fields.get("code"), (answer, self.asked)
        return answer.fields["code"]

    def tokens(self, **changes: str | None) -> dict[str, Any]:
        """Walk the whole road, and return the token response."""
        answer = self.site.redeem(self.code(**changes))
        assert answer.status == 200, answer
        tokens: dict[str, Any] = answer.json
        return tokens

    def claims(self, **changes: str | None) -> dict[str, Any]:
        """Walk the whole road, and return the ID token's claims."""
        return self.site.read(self.tokens(**changes)["id_token"])

    def _enter_password(self, page: Answer, name: str) -> Answer:
        self.asked.append(name)
        form = page.form(having="password")
        fields = {"password": self.citizen.password}
        if name == "sign-in":
            fields["username"] = self.citizen.username
        return self.agent.submit(page, form, **fields)

    def _press(self, page: Answer, name: str, button: str) -> Answer:
        self.asked.append(name)
        return self.agent.submit(page, page.form(having=button), press=button)


def challenge(verifier: str) -> str:
    """Return the S256 challenge of *verifier* (RFC 7636 §4.2)."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
