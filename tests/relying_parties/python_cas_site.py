"""A service site on python-cas, served on a port of its own."""

from dataclasses import dataclass, field

from cas import CASClient, CASClientV3
from flask import Flask, Response, jsonify, redirect, request, session

CASES = ("1", "2", "3")


@dataclass
class Site:
    """The site's address, and its sessions by the ticket that began each."""

    origin: str
    sessions: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, dict[str, object]] = field(default_factory=dict)

    def service(self, version: str) -> str:
        return f"{self.origin}/login/{version}"

    @property
    def services(self) -> list[str]:
        return [*map(self.service, CASES), self.signed_out]

    @property
    def slo(self) -> str:
        return f"{self.origin}/slo"

    @property
    def signed_out(self) -> str:
        return f"{self.origin}/signed-out"


def build(site: Site, issuer: str) -> Flask:
    """Write the site as python-cas's documentation would have it."""
    app = Flask(__name__)
    app.secret_key = "a relying party's own secret"

    def client(version: str) -> CASClient:
        service = site.service(version)
        return CASClient(version=version, service_url=service, server_url=f"{issuer}/cas/")

    @app.get("/login/<version>")
    def login(version: str) -> Response | tuple[str, int]:
        ticket = request.args.get("ticket")
        if ticket is None:
            return redirect(client(version).get_login_url())
        user, attributes, _ = client(version).verify_ticket(ticket)
        if user is None:
            return "refused", 403
        site.sessions[ticket] = user
        site.attributes[ticket] = attributes or {}
        session["ticket"] = ticket
        return redirect("/")

    @app.get("/")
    def home() -> tuple[Response, int]:
        user = site.sessions.get(session.get("ticket", ""))
        found = site.attributes.get(session.get("ticket", ""), {})
        return jsonify(user=user, attributes=found), 200 if user else 401

    @app.post("/slo")
    def slo() -> tuple[str, int]:
        for named in CASClientV3.get_saml_slos(request.form["logoutRequest"].encode()):
            site.sessions.pop(named.text, None)
        return "", 200

    @app.get("/logout/<version>")
    def logout(version: str) -> Response:
        return redirect(client(version).get_logout_url(site.signed_out))

    @app.get("/signed-out")
    def signed_out() -> str:
        return "signed out here"

    return app
