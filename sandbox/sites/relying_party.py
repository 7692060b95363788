"""A site's side of OpenID Connect, on Authlib's client."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from authlib.integrations.flask_client import OAuth
from authlib.oauth2.rfc7523 import PrivateKeyJWT, private_key_jwt_sign
from flask import Flask
from joserfc.jwk import ECKey, KeySet

from sandbox.sites.houses import House

SIGNATURES = ("ES256", "ES384", "PS256", "PS384", "RS256", "RS384", "EdDSA", "Ed25519")
PATIENCE = 10
ASSERTION_LIFE = 60


class StrangeProviderError(Exception):
    """What answered is not the provider that we know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What the provider gave this site when it was registered; *secret* may be a private key."""

    issuer: str
    client_id: str
    secret: str | dict[str, Any]


class Attic:
    """Where Authlib keeps state, nonce and code verifier: here, and not in the browser's cookie."""

    def __init__(self) -> None:
        self._things: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> str | None:
        with self._lock:
            until, thing = self._things.get(key, (0.0, ""))
        return thing if until > time.time() else None

    def set(self, key: str, value: str, expires: int) -> None:
        now = time.time()
        with self._lock:
            for old in [k for k, (until, _) in self._things.items() if until < now]:
                del self._things[old]
            self._things[key] = (now + expires, value)

    def delete(self, key: str) -> None:
        with self._lock:
            self._things.pop(key, None)


class BriefAssertion(PrivateKeyJWT):  # type: ignore[misc]  # Authlib is untyped
    """An assertion that lives a minute: Authlib's own lives an hour, and a leaked one as long."""

    def sign(self, auth: Any, token_endpoint: str) -> str:
        signed: str = private_key_jwt_sign(
            auth.client_secret,
            client_id=auth.client_id,
            token_endpoint=token_endpoint,
            claims={"exp": int(time.time()) + ASSERTION_LIFE},
            header=dict(self.headers),
            alg=self.alg,
        )
        return signed


class RelyingParty:
    """One registered client: Authlib's, with the checks that it leaves to its user."""

    def __init__(
        self,
        app: Flask,
        house: House,
        registration: Registration,
        on_new_token: Callable[[dict[str, Any]], None],
    ) -> None:
        self.issuer = registration.issuer
        self.client_id = registration.client_id
        secret: Any = registration.secret
        methods = []
        if house.auth_method == "private_key_jwt":
            secret = ECKey.import_key(registration.secret)
            # The audience is the issuer, not the token endpoint, so that no other server can
            # make use of the assertion (RFC 7523bis §4).
            methods.append(BriefAssertion(self.issuer, alg="ES256", headers={"kid": secret.kid}))
        self.client = OAuth(app, cache=Attic()).register(
            house.key,
            client_id=registration.client_id,
            client_secret=secret,
            server_metadata_url=f"{self.issuer}/.well-known/openid-configuration",
            client_auth_methods=methods,
            update_token=lambda token, **_: on_new_token(token),
            client_kwargs={
                "scope": house.scope,
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": house.auth_method,
                "default_timeout": PATIENCE,
                "trust_env": False,  # a proxy in the environment has no business on loopback
            },
        )

    def provider(self) -> dict[str, Any]:
        """Return the provider's metadata, once it names the issuer we registered with.

        Algorithms that anybody could sign with are struck out before Authlib reads the list.

        Raises:
            StrangeProviderError: its issuer is another (OIDC Discovery §4.3).
        """
        found: dict[str, Any] = self.client.load_server_metadata()
        if found.get("issuer") != self.issuer:
            found.pop("_loaded_at", None)  # so that the next visitor looks again
            raise StrangeProviderError(f"discovery names the issuer {found.get('issuer')!r}")
        offered = found.get("id_token_signing_alg_values_supported", ["RS256"])
        found["id_token_signing_alg_values_supported"] = [a for a in offered if a in SIGNATURES]
        return found

    def keys(self, *, anew: bool) -> KeySet:
        """Return the provider's verification keys."""
        return KeySet.import_key_set(self.client.fetch_jwk_set(force=anew))

    def claims_wanted(self) -> dict[str, Any]:
        """Return what an ID token must say: Authlib alone would let a foreign `aud` pass."""
        return {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self.client_id},
        }
