"""A department that checks names against the local replica: people, tokens, questions."""

import json
import secrets
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from idp.crypto import Vault
from idp.db import Database
from idp.formats.id_numbers import check_digit
from idp.registry.importer import run
from idp.registry.importer.registers import REGISTERS
from tests.protocol.site import Deployment, Site
from tests.protocol.wire import Answer

SCOPE = "verification:real-name"
PATH = "/verifications/real-name"
PERMISSION = {
    "purposes": ["social_security", "vehicle"],
    "legal_bases": ["consent", "statutory_duty"],
    "per_day": 100_000,
    "per_minute": 10_000,
}


@dataclass(frozen=True, slots=True)
class Resident:
    """Somebody in the register of population; invented."""

    name: str
    id_number: str
    phone: str = "13800138000"
    valid_from: str = "2019-01-01"
    valid_until: str = "2039-01-01"
    status: str = ""


def resident(n: int, *, name: str = "陈静", status: str = "") -> Resident:
    """Return the *n*-th invented resident."""
    body = f"11010119{60 + n // 10_000 % 40:02}0307{n % 1000:03}"
    return Resident(name, body + check_digit(body), status=status)


def fill(url: str, vault: Vault, directory: Path, residents: list[Resident]) -> None:
    """Take *residents* into the replica at *url* by the importer itself."""
    names = ("name", "id_number", "phone", "valid_from", "valid_until", "status")
    path = directory / f"population-{secrets.token_hex(4)}.jsonl"
    rows = ({name: getattr(one, name) for name in names} for one in residents)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    rejects = path.with_suffix(".rejects")
    job = run.Job(
        register=REGISTERS["population"], path=path, form="jsonl", encoding="utf-8", rejects=rejects
    )
    with closing(Database(url, threads=1)) as database:
        told = run.run(job, database, vault, told=lambda _: None)[1]
    assert told.imported == len(residents), rejects.read_text()


def question(about: Resident, **changes: Any) -> dict[str, Any]:
    """Return a question about somebody; None leaves a member out."""
    asked = {
        "name": about.name,
        "id_number": about.id_number,
        "purpose": "social_security",
        "legal_basis": "consent",
        **changes,
    }
    return {name: value for name, value in asked.items() if value is not None}


@dataclass(slots=True)
class Department:
    """A client of the office, with a token at hand."""

    site: Site
    token: str = field(default="", repr=False)
    scope: str = SCOPE

    @property
    def provider(self) -> Deployment:
        return self.site.provider

    def bearer(self) -> str:
        """Return a token for the office, asked for once."""
        if not self.token:
            answer = self.site.token(
                grant_type="client_credentials",
                scope=self.scope,
                resource=f"{self.provider.issuer}/verifications",
            )
            assert answer.status == 200, answer
            self.token = answer.json["access_token"]
        return self.token

    def send(
        self, method: str, path: str, body: bytes = b"", *, key: str | None = "", **headers: str
    ) -> Answer:
        """Send a request; without a *key* of the test's own it carries a new one."""
        sent = {"Authorization": f"Bearer {self.bearer()}", "Content-Type": "application/json"}
        if key is not None and method == "POST":
            sent["Idempotency-Key"] = key or secrets.token_hex(16)
        wanted = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.provider.call(method, path, headers={**sent, **wanted}, body=body)

    def ask(self, asked: dict[str, Any], *, key: str | None = "", **headers: str) -> Answer:
        return self.send("POST", PATH, json.dumps(asked).encode(), key=key, **headers)

    def batch(self, asked: list[dict[str, Any]], *, key: str | None = "") -> Answer:
        return self.send("POST", f"{PATH}/batches", json.dumps(asked).encode(), key=key)


def department(provider: Deployment, *, scope: str = SCOPE, **permission: Any) -> Department:
    """Register a department as an operator would."""
    return Department(
        scope=scope,
        site=provider.add_site(
            client_name="Social Security Bureau",
            grant_types=["client_credentials"],
            redirect_uris=[],
            post_logout_redirect_uris=[],
            scope=scope,
            verification=PERMISSION | permission,
            **{"client_name#zh-CN": "社会保险局"},
        ),
    )
