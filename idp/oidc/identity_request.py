"""What a site asks of proven identity: read, bounded, and cut down to what it may have.

OpenID Connect for Identity Assurance 1.0 §5.3-§5.6, §5.8.
"""

from collections.abc import Iterable
from typing import Any

from idp.clients.party import IDENTITY_CLAIMS, IDENTITY_SCOPES, RelyingParty

MEMBER = "verified_claims"
Element = dict[str, Any]
Elements = Element | list[Element]

# What each scope asks for at once (§5.8), and the verification data that comes with it.
BY_SCOPE: dict[str, tuple[str, ...]] = dict(
    zip(IDENTITY_SCOPES, (("name",), ("name", "id_number", "id_type")), strict=True)
)
_WITH_SCOPE = {"trust_framework": None, "assurance_level": None, "time": None}

RULES = ("value", "values", "max_age")  # what narrows (§5.5); `essential` never does (§5.7.1)
_GOES_WITH = {"id_type": "id_number"}  # a number without its kind says little
CLAIMS = (*IDENTITY_CLAIMS, *_GOES_WITH)
_VOCABULARY = frozenset(CLAIMS) | {
    "verification", "claims", "trust_framework", "assurance_level", "assurance_process", "policy",
    "procedure", "time", "verification_process", "evidence", "type", "check_details",
    "check_method", "organization", "check_id", "record", "source", "country_code",
    "document_details", "issuer", "attestation", "voucher", "reference_number",
}  # fmt: skip
_MOST_ELEMENTS = 10
_CONSENT = "verified:"


def word_of(claim: str) -> str:
    """Return the word by which an operator permits *claim*."""
    return _GOES_WITH.get(claim, claim)


def consent_of(claim: str) -> str:
    """Return the word under which a person's consent to *claim* is kept."""
    return _CONSENT + word_of(claim)


def names_identity(scope: Iterable[str], claims: Iterable[str]) -> bool:
    """Say whether any of these words of consent is about who somebody legally is."""
    return any(word in BY_SCOPE for word in scope) or any(
        word.startswith(_CONSENT) for word in claims
    )


def permitted(scope: str, client: RelyingParty) -> bool:
    """Say whether the operator lets *client* have all that *scope* asks for."""
    return {word_of(claim) for claim in BY_SCOPE.get(scope, ())} <= client.identity_claims


def read(value: object, client: RelyingParty) -> Elements | None:
    """Return the request in *value* without what *client* may not have; None: nothing is left.

    An array stays an array: it is answered by one (§5.6).

    Raises:
        ValueError: it has not the shape of a request.
    """
    if value is None:
        return None
    if not isinstance(value, list):
        return _element(value, client)
    if len(value) > _MOST_ELEMENTS:
        raise ValueError("too many elements")
    return [found for item in value if (found := _element(item, client))] or None


def by_scope(scope: Iterable[str]) -> Element | None:
    """Return what the scopes among *scope* ask for; None: none of them does."""
    names = {name: None for word in scope for name in BY_SCOPE.get(word, ())}
    return {"verification": dict(_WITH_SCOPE), "claims": names} if names else None


def elements_of(request: Elements | None) -> list[Element]:
    """Return the elements of a request that `read` made."""
    return [request] if isinstance(request, dict) else request or []


def claims_in(request: Elements | None) -> set[str]:
    """Return the names of the claims that *request* asks for."""
    return {name for element in elements_of(request) for name in element["claims"]}


def _element(value: object, client: RelyingParty) -> Element | None:
    if not isinstance(value, dict):
        raise ValueError("an element is no object")  # noqa: TRY004 - one failure for all of it
    verification, claims = value.get("verification"), value.get("claims")
    if not isinstance(verification, dict) or not isinstance(claims, dict):
        raise ValueError("an element needs verification and claims")  # noqa: TRY004
    tree = _object(verification)
    if tree.get("evidence") is None:
        tree.pop("evidence", None)  # evidence is asked for by its kind, or not at all (§5.4)
    elif not isinstance(tree["evidence"], list):
        raise ValueError("evidence is no array")
    known = {name: _claim(name, wish) for name, wish in claims.items() if name in CLAIMS}
    names = {name: wish for name, wish in known.items() if word_of(name) in client.identity_claims}
    return {"verification": tree, "claims": names} if names else None


def _claim(name: str, wish: object) -> dict[str, Any] | None:
    if wish is not None and not isinstance(wish, dict):
        raise ValueError(f"{name} is no request")
    return None if wish is None else _object(wish)


def _object(value: dict[str, Any]) -> dict[str, Any]:
    """Return *value* without members that nobody defined, and without `essential`."""
    found: dict[str, Any] = {}
    for name, node in value.items():
        if name in RULES:
            found[name] = _rule(name, node)
        elif name == "essential":
            if not isinstance(node, bool):
                raise ValueError("essential is true or false")
        elif node is None or isinstance(node, dict | list):
            found[name] = _node(node)
        elif name in _VOCABULARY:
            raise ValueError(f"{name} is no request")
    return found


def _node(node: Any) -> Any:
    if isinstance(node, list):
        return [_node(item) for item in node]
    if node is None or isinstance(node, dict):
        return None if node is None else _object(node)
    raise ValueError("a list holds requests")


def _rule(name: str, rule: Any) -> Any:
    if name == "max_age":
        good = isinstance(rule, int | float) and not isinstance(rule, bool) and rule >= 0
    elif name == "values":
        good = isinstance(rule, list) and bool(rule) and all(map(_is_value, rule))
    else:
        good = _is_value(rule)
    if not good:
        raise ValueError(f"{name} is malformed")
    return rule


def _is_value(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, str | int | float) for item in value)
    return isinstance(value, str | int | float)
