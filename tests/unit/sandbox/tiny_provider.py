"""A small honest OpenID provider for the sites' tests: real signatures, and a drawer of lies."""

import secrets
import threading
import time
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from werkzeug.serving import BaseWSGIServer, make_server

LOW = "urn:manyou:ial:1:aal:1"
EVENT = "http://schemas.openid.net/event/backchannel-logout"


class TinyProvider:
    """Signs everybody in as Alice; *lies* overlay the ID token, *answer* the redirect."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "current", "use": "sig", "alg": "ES256"})
        self.published = [self.key]
        self.clients: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.refresh_tokens: dict[str, str] = {}
        self.lies: dict[str, Any] = {}
        self.answer: dict[str, str | None] = {}
        self.userinfo_subject: str | None = None
        self.issuer_told: str | None = None
        self.auth_age = 0
        self.acr = "urn:manyou:ial:2"
        self.proven: dict[str, Any] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.server: BaseWSGIServer = make_server("127.0.0.1", 0, self._app(), threaded=True)
        self.issuer = f"http://127.0.0.1:{self.server.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(timeout=5)

    def rotate(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "next", "use": "sig", "alg": "ES256"})
        self.published.append(self.key)

    def sign(self, claims: dict[str, Any], key: ECKey | None = None, **header: Any) -> str:
        head = {"alg": "ES256", "kid": self.key.kid, **header}
        return jwt.encode(head, claims, key or self.key)

    def logout_token(self, client_id: str, **changes: Any) -> str:
        """A good logout token, then *changes*; a change to None takes the claim away."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": client_id,
            "iat": now,
            "exp": now + 120,
            "jti": secrets.token_hex(8),
            "sid": "sid-1",
            "events": {EVENT: {}},
        } | changes
        kept = {k: v for k, v in claims.items() if v is not None}
        return self.sign(kept, typ="logout+jwt")

    def _app(self) -> Flask:
        app = Flask("tiny-provider")
        app.get("/.well-known/openid-configuration")(self._metadata)
        app.get("/jwks")(lambda: KeySet(self.published).as_dict(private=False))
        app.get("/authorize")(self._authorize)
        app.post("/token")(self._token)
        app.get("/userinfo")(self._userinfo)
        app.get("/end")(self._end)
        return app

    def _metadata(self) -> dict[str, Any]:
        base = self.issuer
        return {
            "issuer": self.issuer_told or base,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "userinfo_endpoint": f"{base}/userinfo",
            "end_session_endpoint": f"{base}/end",
            "jwks_uri": f"{base}/jwks",
            "id_token_signing_alg_values_supported": ["none", "HS256", "ES256"],
            "authorization_response_iss_parameter_supported": True,
            "acr_values_supported": [LOW, "urn:manyou:ial:2"],
        }

    def _authorize(self) -> Any:
        asked = request.args.to_dict()
        self.seen.append(("authorize", asked))
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        back: dict[str, str | None] = {"code": code, "state": asked["state"], "iss": self.issuer}
        told = {k: v for k, v in (back | self.answer).items() if v is not None}
        return redirect(f"{asked['redirect_uri']}?{urlencode(told)}")

    def _token(self) -> Any:
        form = request.form.to_dict()
        client_id = self._client(form)
        self.seen.append(("token", form))
        if client_id is None:
            return jsonify(error="invalid_client"), 401
        if form["grant_type"] == "refresh_token":
            nonce = self.refresh_tokens.pop(form["refresh_token"], None)
            known = nonce is not None
        else:
            asked = self.codes.pop(form["code"], {})
            nonce = asked.get("nonce")
            challenge = create_s256_code_challenge(form.get("code_verifier", ""))
            known = challenge == asked.get("code_challenge")
        if not known:
            return jsonify(error="invalid_grant"), 400
        return jsonify(self._tokens(client_id, nonce or ""))

    def _tokens(self, client_id: str, nonce: str) -> dict[str, Any]:
        refresh = secrets.token_urlsafe(16)
        self.refresh_tokens[refresh] = nonce
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": f"alice-at-{client_id}",
            "aud": client_id,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "auth_time": now - self.auth_age,
            "acr": self.acr or LOW,
            "amr": ["pwd"],
            "sid": "sid-1",
        } | self.lies
        kept = {k: v for k, v in claims.items() if v is not None}
        return {
            "access_token": self.sign(
                kept | {"client_id": client_id, "jti": refresh}, typ="at+jwt"
            ),
            "token_type": "Bearer",
            "expires_in": 300,
            "refresh_token": refresh,
            "id_token": self.sign(kept),
            "scope": "openid profile",
        }

    def _client(self, form: dict[str, str]) -> str | None:
        """Authenticate the client by the one method it registered."""
        if request.authorization is not None:
            method, client_id = "client_secret_basic", request.authorization.username or ""
            proof: Any = request.authorization.password
        elif "client_assertion" in form:
            claims = jwt.decode(form["client_assertion"], KeySet(self._public()), ["ES256"]).claims
            method, client_id = "private_key_jwt", claims["sub"]
            brief = 0 < claims["exp"] - time.time() <= 60
            proof = claims["aud"] == self.issuer and brief
        else:
            method, client_id = "client_secret_post", form.get("client_id", "")
            proof = form.get("client_secret")
        expected = self.clients.get(client_id)
        return client_id if expected == (method, proof) else None

    def _public(self) -> list[Any]:
        return [self.client_key]

    def _userinfo(self) -> Any:
        if not request.headers.get("Authorization", "").startswith("Bearer "):
            return Response(status=401)
        told = {"name": "爱丽丝", "phone_number": "+8613800138001", **self.proven}
        return jsonify(sub=self.userinfo_subject, **told)

    def _end(self) -> Any:
        asked = request.args.to_dict()
        self.seen.append(("end", asked))
        state = urlencode({"state": asked["state"]})
        return redirect(f"{asked['post_logout_redirect_uri']}?{state}")

    client_key = ECKey.generate_key("P-256", {"kid": "site"})
