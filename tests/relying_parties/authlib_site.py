"""A service site on Authlib's Flask client, served on a port of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, Response, jsonify, redirect, request
from werkzeug.serving import make_server

SCOPE = "openid profile offline_access"


@dataclass
class Site:
    """The site's address and what it learnt, kept here for the test to look at."""

    origin: str
    tokens: list[dict[str, object]] = field(default_factory=list)
    claims: list[dict[str, object]] = field(default_factory=list)

    def forget(self) -> None:
        self.tokens.clear()
        self.claims.clear()

    @property
    def callback(self) -> str:
        return f"{self.origin}/callback"

    @property
    def signed_out(self) -> str:
        return f"{self.origin}/signed-out"


def build(site: Site, issuer: str, client: dict[str, str]) -> Flask:
    """Write the site as Authlib's documentation would have it."""
    app = Flask(__name__)
    app.secret_key = "a relying party's own secret"
    oauth = OAuth(app)
    oauth.register(
        "provider",
        client_id=client["client_id"],
        client_secret=client["client_secret"],
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": SCOPE, "code_challenge_method": "S256"},
    )

    @app.get("/login")
    def login() -> Response:
        return oauth.provider.authorize_redirect(site.callback, prompt="consent")

    @app.get("/silent")
    def silent() -> Response:
        return oauth.provider.authorize_redirect(site.callback, prompt="none", scope="openid")

    @app.get("/callback")
    def callback() -> tuple[Response, int]:
        try:
            token = oauth.provider.authorize_access_token()
        except OAuthError as refusal:
            return jsonify(error=refusal.error), 403
        site.claims.append(dict(token["userinfo"]))
        site.tokens.append(dict(token))
        return jsonify(oauth.provider.userinfo(token=token)), 200

    @app.get("/refresh")
    def refresh() -> tuple[Response, int]:
        spent = request.args["token"]
        try:
            token = oauth.provider.fetch_access_token(
                grant_type="refresh_token", refresh_token=spent
            )
        except OAuthError as refusal:
            return jsonify(error=refusal.error), 403
        site.tokens.append(dict(token))
        return jsonify(oauth.provider.userinfo(token=token)), 200

    @app.get("/logout")
    def logout() -> Response:
        hint = site.tokens[0]["id_token"]
        return oauth.provider.logout_redirect(site.signed_out, id_token_hint=hint)

    @app.get("/signed-out")
    def signed_out() -> str:
        oauth.provider.validate_logout_response()
        return "signed out here"

    @app.get("/")
    def home() -> Response:
        return redirect("/login")

    return app


@contextmanager
def served(site: Site, app: Flask, port: int) -> Iterator[Site]:
    """Serve *app* on loopback for as long as the test needs it."""
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()
