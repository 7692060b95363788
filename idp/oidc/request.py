"""An authorization request, read and understood (OIDC Core §3.1.2.1)."""

import json
from dataclasses import dataclass, field
from typing import Any

from idp.clients.party import IDENTITY_SCOPES, RelyingParty
from idp.clients.party import SCOPES as ORDINARY
from idp.oidc import identity_request
from idp.oidc.identity_request import MEMBER
from idp.web.machine import Parameters

SCOPES = (*ORDINARY, *IDENTITY_SCOPES)
RESPONSE_MODES = ("query", "form_post")
PROMPTS = frozenset({"none", "login", "consent", "select_account", "create"})


@dataclass(slots=True)
class AuthorizationRequest:
    """What a site asks for; the fields below *parameters* are filled by `oidc.checks`."""

    client: RelyingParty
    redirect_uri: str
    parameters: Parameters
    scope: tuple[str, ...] = ()
    response_mode: str = "query"
    prompt: frozenset[str] = frozenset()
    max_age: int | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    hinted_subject: str | None = None
    dialect: str = ""  # the protocol it came in by, if not ours: `oidc.foreign`

    @property
    def state(self) -> str | None:
        return self.parameters.get("state")

    @property
    def acr_values(self) -> list[str]:
        """Every level the site names, the most wanted first."""
        return [*self.essential_acr, *self.preferred_acr]

    @property
    def essential_acr(self) -> list[str]:
        """Levels of which one must be reached: less is an error (OIDC Core §5.5.1.1)."""
        return self._acr_of_claims() if self._acr_wish().get("essential") else []

    @property
    def preferred_acr(self) -> list[str]:
        """Levels the site would like (§3.1.2.1); without any word, those of its registration."""
        wished = [] if self._acr_wish().get("essential") else self._acr_of_claims()
        asked = self.parameters.get("acr_values", "").split()
        if not (asked or self._acr_wish()):
            return list(self.client.default_acr_values)
        return [*asked, *wished]

    def _acr_of_claims(self) -> list[str]:
        wish = self._acr_wish()
        values = wish.get("values") or ([wish["value"]] if "value" in wish else [])
        return [str(value) for value in values]

    def _acr_wish(self) -> dict[str, Any]:
        wish = self.claims.get("id_token", {}).get("acr")
        return wish if isinstance(wish, dict) else {}

    @property
    def single_claims(self) -> set[str]:
        """What the `claims` parameter names one by one (§5.5); `verified:name` if proven."""
        return {
            word
            for part in ("userinfo", "id_token")
            for name, wish in self.claims.get(part, {}).items()
            for word in (_words_of_identity(wish) if name == MEMBER else (name,))
        }

    @property
    def wants_identity(self) -> bool:
        """Whether a legal name or number is asked for, which needs a consent of its own."""
        return identity_request.names_identity(self.scope, self.single_claims)

    @property
    def claims_text(self) -> str:
        return json.dumps(self.claims, ensure_ascii=True) if self.claims else ""


def _words_of_identity(wish: identity_request.Elements) -> set[str]:
    return {identity_request.consent_of(name) for name in identity_request.claims_in(wish)}
