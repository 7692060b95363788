"""Requests of other protocols on our pages: they are prompted as ours, and answered as theirs.

A dialect says what its site wants; signing in, levels and consent are then asked for as of any
site. What is an answer in it, the dialect decides. Nobody outside can name one: a parked
request carries its name beside the parameters, never among them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

from flask import current_app

from idp.clients.party import RelyingParty
from idp.consent import service as consent
from idp.db import Transaction
from idp.errors import IdentityError
from idp.oidc import claims, identity_request, verified_claims
from idp.oidc.desk import Desk
from idp.oidc.identity_request import MEMBER
from idp.oidc.request import AuthorizationRequest
from idp.oidc.responses import Answer
from idp.sessions.service import Session
from idp.web.machine import Parameters

KEY = "manyou.dialects"
_PROVEN = "verified:"


class Wish(Protocol):
    """What a site wants, whichever protocol it asks by.

    *words* are those of consent: claims, and `verified:…` for proven ones. *acr* must be
    reached; *prompt* has the words of OpenID Connect.
    """

    @property
    def client(self) -> RelyingParty: ...
    @property
    def return_to(self) -> str: ...
    @property
    def prompt(self) -> frozenset[str]: ...
    @property
    def acr(self) -> str | None: ...
    @property
    def words(self) -> frozenset[str]: ...
    @property
    def by_form(self) -> bool: ...


class Dialect(Protocol):
    """Another protocol."""

    def read(self, parameters: Parameters) -> Wish:
        """Return what is wished, or raise what is told on a page: there is nobody to answer."""

    def grant(self, tx: Transaction, wish: Any, session: Session, *, fresh: bool) -> dict[str, str]:
        """Return the fields that let the site know who came; *fresh*: by a factor just shown."""

    def refuse(self, wish: Any, error: IdentityError) -> dict[str, str] | None:
        """Return the fields that tell the site no; None: the person is told, on a page."""


@dataclass(slots=True, kw_only=True)
class ForeignRequest(AuthorizationRequest):
    """A request by another protocol, in the form that our prompts understand."""

    wish: Wish

    def grant(self, tx: Transaction, session: Session, *, fresh: bool) -> Answer:
        fields = _dialect(self.dialect).grant(tx, self.wish, session, fresh=fresh)
        return Answer(self.redirect_uri, fields, self.wish.by_form)

    def refuse(self, error: IdentityError) -> Answer:
        """Return what the site is told.

        Raises:
            IdentityError: nothing; the person is.
        """
        fields = _dialect(self.dialect).refuse(self.wish, error)
        if fields is None:
            raise error
        return Answer(self.redirect_uri, fields, self.wish.by_form)


def read(name: str, parameters: Parameters) -> ForeignRequest:
    """Return the request that *parameters* make in the dialect *name*.

    Raises:
        IdentityError: there is nobody to answer to: a page says so.
    """
    wish = _dialect(name).read(parameters)
    asked: dict[str, Any] = {"userinfo": _request(wish.words)}
    if wish.acr is not None:
        asked["id_token"] = {"acr": {"essential": True, "value": wish.acr}}
    return ForeignRequest(
        wish.client,
        wish.return_to,
        parameters,
        scope=("openid",),
        response_mode="form_post" if wish.by_form else "query",
        prompt=wish.prompt,
        max_age=wish.client.default_max_age,
        claims=asked,
        dialect=name,
        wish=wish,
    )


def told(
    tx: Transaction, client: RelyingParty, person_id: str, words: frozenset[str], *, desk: Desk
) -> dict[str, Any]:
    """Return, by words of consent, what *client* may be told of a person now.

    That is what the operator permits, the person agreed to, and we know.
    """
    agreed = consent.agreed(tx, person_id, client.client_id)
    covered = {name for scope in agreed.scope for name in claims.BY_SCOPE.get(scope, ())}
    ordinary = {word for word in words if not word.startswith(_PROVEN)}
    if not client.first_party:
        ordinary &= agreed.claims | covered
    found = claims.release(tx, desk.vault, person_id, ordinary, part="userinfo")
    proven = frozenset(word for word in words & agreed.claims if word.startswith(_PROVEN))
    if proven:
        asked = json.dumps({"userinfo": _request(proven)})
        element = verified_claims.release(
            tx, desk.vault, client, person_id, scope=frozenset(), asked=asked, part="userinfo"
        )
        values: Mapping[str, Any] = element.get(MEMBER, {}).get("claims", {})
        found |= {identity_request.consent_of(name): value for name, value in values.items()}
    return found


def _request(words: frozenset[str]) -> dict[str, Any]:
    """Return *words* as a part of the `claims` parameter (OIDC Core §5.5)."""
    names = {word: None for word in words if not word.startswith(_PROVEN)}
    proven = {word.removeprefix(_PROVEN): None for word in words if word.startswith(_PROVEN)}
    if not proven:
        return dict(names)
    return {**names, MEMBER: {"verification": {"trust_framework": None}, "claims": proven}}


def _dialect(name: str) -> Dialect:
    return cast(Mapping[str, Dialect], current_app.extensions[KEY])[name]
