"""Scopes in plain words, for the page that asks for consent."""

from dataclasses import dataclass

from idp.clients.party import IDENTITY_CLAIMS
from idp.consent.service import Agreement
from idp.oidc import claims, identity_request
from idp.oidc.interaction import PROTOCOL_CLAIMS
from idp.oidc.request import AuthorizationRequest
from idp.web.locale import LazyText
from idp.web.locale import lazy_gettext as _

_PROVEN: dict[str, LazyText] = {
    "name": _("Your legal name"),
    "birthdate": _("Your date of birth"),
    "gender": _("Your gender"),
    "id_number": _("Your identity number"),
    "nationalities": _("Your nationality"),
}
_AS_PROVEN = _("As your identity document has it, with how and when it was checked")
_WORDS: dict[str, tuple[LazyText, LazyText]] = {
    "openid": (_("That it is you"), _("Your sign-in, under an identifier made for this site")),
    "profile": (_("Your profile"), _("What you call yourself here, and your language")),
    "phone": (_("Your phone number"), _("The number you registered with")),
    "email": (_("Your e-mail address"), _("The address you registered")),
    "address": (_("Your postal address"), _("The address in your profile")),
    "offline_access": (
        _("Access while you are away"),
        _("The site may renew its access after you have left, until you withdraw it"),
    ),
    "real_name": (_("Your legal name"), _AS_PROVEN),
    "id_number": (_("Your legal name and identity number"), _AS_PROVEN),
}
_NAMES: dict[str, LazyText] = {
    "name": _("Name"),
    "nickname": _("Nickname"),
    "preferred_username": _("User name"),
    "gender": _("Gender"),
    "birthdate": _("Date of birth"),
    "zoneinfo": _("Time zone"),
    "locale": _("Language"),
    "phone_number": _("Phone number"),
    "email": _("E-mail address"),
    "address": _("Postal address"),
}


@dataclass(frozen=True, slots=True)
class ScopeInWords:
    """One line of the consent page."""

    key: str
    title: str
    description: str
    claims: list[str]
    required: bool
    already: bool


def describe(asked: AuthorizationRequest, agreement: Agreement) -> list[ScopeInWords]:
    """Return what *asked* would open, in the reader's language."""
    lines = [
        ScopeInWords(
            key=scope,
            title=str(_WORDS[scope][0]),
            description=str(_WORDS[scope][1]),
            claims=[str(_NAMES[name]) for name in claims.BY_SCOPE.get(scope, ()) if name in _NAMES],
            required=True,
            already=scope in agreement.scope,
        )
        for scope in asked.scope
    ]
    covered = {name for scope in asked.scope for name in claims.BY_SCOPE.get(scope, ())}
    single = sorted((asked.single_claims & claims.SINGLY) - PROTOCOL_CLAIMS - covered)
    lines += [_single(name, agreement) for name in single]
    lines += [
        _proven(claim, agreement)
        for claim in IDENTITY_CLAIMS
        if identity_request.consent_of(claim) in asked.single_claims
    ]
    return lines


def _proven(claim: str, agreement: Agreement) -> ScopeInWords:
    key = identity_request.consent_of(claim)
    return ScopeInWords(
        key=key,
        title=str(_PROVEN[claim]),
        description=str(_AS_PROVEN),
        claims=[],
        required=True,
        already=key in agreement.claims,
    )


def _single(name: str, agreement: Agreement) -> ScopeInWords:
    return ScopeInWords(
        key=name,
        title=str(_NAMES.get(name, name)),
        description="",
        claims=[],
        required=True,
        already=name in agreement.claims,
    )
