"""The ordered checks an authorization request must pass.

Read the table at the foot of this file: each row is one check, in the order they run.
Who asks and where the answer goes is settled before the first (`oidc.authorize`), so
every failure here may be told to the site.
"""

import json
import re
from collections.abc import Callable
from typing import Any, NoReturn

from idp.clients.party import RelyingParty
from idp.keys.errors import TokenInvalidError
from idp.oidc import identity_request
from idp.oidc.claims import SINGLY
from idp.oidc.desk import Desk
from idp.oidc.errors import ProtocolError
from idp.oidc.identity_request import MEMBER
from idp.oidc.interaction import PROTOCOL_CLAIMS
from idp.oidc.request import PROMPTS, RESPONSE_MODES, SCOPES, AuthorizationRequest

Check = Callable[[AuthorizationRequest, Desk], None]

_S256_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_LONGEST = {"state": 4096, "nonce": 1024, "claims": 8192, "scope": 2048, "acr_values": 1024}
_DEEPEST, _DEEPEST_IDENTITY = 4, 12  # Identity Assurance nests evidence in verification
_CLAIMS = SINGLY | PROTOCOL_CLAIMS


def _refuse(description: str, code: str = "invalid_request") -> NoReturn:
    raise ProtocolError(code, description)


def parameters_stand_once(asked: AuthorizationRequest, desk: Desk) -> None:
    """A repeated parameter has two readings (RFC 6749 §3.1)."""
    if asked.parameters.repeated:
        _refuse("A parameter was sent more than once.")


def parameters_are_short(asked: AuthorizationRequest, desk: Desk) -> None:
    """Nobody needs a state of a megabyte."""
    for name, longest in _LONGEST.items():
        if len(asked.parameters.get(name, "")) > longest:
            _refuse(f"{name} is too long.")


def response_type_is_code(asked: AuthorizationRequest, desk: Desk) -> None:
    """We speak the code flow only (RFC 9700 §2.1.2)."""
    response_type = asked.parameters.get("response_type")
    if response_type is None:
        _refuse("response_type is missing.")
    if response_type != "code":
        _refuse("response_type must be code.", "unsupported_response_type")
    if "code" not in asked.client.response_types:
        _refuse("This client is not registered for the code flow.", "unauthorized_client")


def response_mode_is_known(asked: AuthorizationRequest, desk: Desk) -> None:
    """Query or form_post (OAuth 2.0 Multiple Response Types §2.1, Form Post §2)."""
    mode = asked.parameters.get("response_mode", "query")
    if mode not in RESPONSE_MODES:
        _refuse("response_mode must be query or form_post.")
    asked.response_mode = mode


def no_request_object(asked: AuthorizationRequest, desk: Desk) -> None:
    """Refused whole rather than half-read (OIDC Core §6.1, §6.2, §7.2.1)."""
    for name in ("request", "request_uri", "registration"):
        if name in asked.parameters:
            _refuse(f"The {name} parameter is not supported.", f"{name}_not_supported")


def scope_names_openid(asked: AuthorizationRequest, desk: Desk) -> None:
    """We are an OpenID Provider: a request says so (OIDC Core §3.1.2.1).

    Scopes we do not know are left out, as §3.1.2.1 wishes; scopes that the client may
    not have are refused.
    """
    words = tuple(dict.fromkeys(asked.parameters.get("scope", "").split()))
    if "openid" not in words:
        _refuse("scope must contain openid.", "invalid_scope")
    known = tuple(word for word in words if word in SCOPES)
    if not set(known) <= asked.client.scopes:
        _refuse("The client may not ask for this scope.", "invalid_scope")
    if not all(identity_request.permitted(word, asked.client) for word in known):
        _refuse("The client may not have what this scope opens.", "invalid_scope")
    asked.scope = known


def challenge_is_s256(asked: AuthorizationRequest, desk: Desk) -> None:
    """PKCE is present, and is not plain (RFC 7636 §4.3, RFC 9700 §2.1.1)."""
    challenge = asked.parameters.get("code_challenge")
    method = asked.parameters.get("code_challenge_method")
    excused = not asked.client.require_pkce and not asked.client.public
    if challenge is None and method is None and excused:
        return
    if challenge is None:
        _refuse("code_challenge is missing; PKCE with S256 is required.")
    if method != "S256":
        _refuse("code_challenge_method must be S256.")
    if not _S256_CHALLENGE.fullmatch(challenge):
        _refuse("code_challenge must be 43 base64url characters.")


def prompt_is_coherent(asked: AuthorizationRequest, desk: Desk) -> None:
    """prompt=none stands alone (OIDC Core §3.1.2.1)."""
    prompt = frozenset(asked.parameters.get("prompt", "").split())
    if "none" in prompt and len(prompt) > 1:
        _refuse("prompt=none cannot be combined.")
    if not prompt <= PROMPTS:
        _refuse("prompt holds an unknown value.")
    asked.prompt = prompt


def max_age_is_a_number(asked: AuthorizationRequest, desk: Desk) -> None:
    """Seconds, not negative (OIDC Core §3.1.2.1); the client's default otherwise."""
    text = asked.parameters.get("max_age")
    if text is None:
        asked.max_age = asked.client.default_max_age
        return
    if not (text.isascii() and text.isdigit() and len(text) <= 10):  # noqa: PLR2004 - 300 years
        _refuse("max_age must be a number of seconds.")
    asked.max_age = int(text)


def claims_are_an_object(asked: AuthorizationRequest, desk: Desk) -> None:
    """The `claims` parameter is JSON of one shape; claims we do not know are left out (§5.5)."""
    text = asked.parameters.get("claims")
    if text is None:
        return
    try:
        claims = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        _refuse("claims is not well-formed JSON.")
    if not isinstance(claims, dict) or _is_deep(claims, _DEEPEST_IDENTITY):
        _refuse("claims must be a JSON object.")
    wanted = {part: claims[part] for part in ("userinfo", "id_token") if part in claims}
    if not all(_is_claims_request(part) for part in wanted.values()):
        _refuse("claims must hold objects of claims.")
    asked.claims = {part: _known(wishes, asked.client) for part, wishes in wanted.items()}


def hint_is_ours(asked: AuthorizationRequest, desk: Desk) -> None:
    """An ID token we issued, expired or not, says whom the site expects (§3.1.2.1)."""
    hint = asked.parameters.get("id_token_hint")
    if hint is None:
        return
    try:
        claims = desk.ring.verify(hint, typ="JWT")
    except TokenInvalidError:
        _refuse("id_token_hint was not issued by this provider.")
    if claims.get("iss") != desk.issuer or claims.get("aud") != asked.client.client_id:
        _refuse("id_token_hint was issued for somebody else.")
    if "exp" not in claims:
        _refuse("id_token_hint is no ID token.")  # a signed UserInfo answer is one of ours, too
    asked.hinted_subject = str(claims.get("sub"))


def subject_is_one(asked: AuthorizationRequest, desk: Desk) -> None:
    """A site may ask for one person by `sub`: that person or nobody (OIDC Core §3.1.2.2)."""
    wish = asked.claims.get("id_token", {}).get("sub") or {}
    subject = wish.get("value")
    if subject is None:
        return
    if not isinstance(subject, str) or asked.hinted_subject not in (None, subject):
        _refuse("claims and id_token_hint must name one person.")
    asked.hinted_subject = subject


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _is_deep(value: Any, most: int) -> bool:
    """Say whether *value* nests deeper than *most*; never looks further down than that."""
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return most == 0 or any(_is_deep(item, most - 1) for item in inner)


def _known(wishes: dict[str, Any], client: RelyingParty) -> dict[str, Any]:
    """Keep the claims we know; of proven identity, what the operator lets *client* have."""
    known = {name: wish for name, wish in wishes.items() if name in _CLAIMS}
    try:
        identity = identity_request.read(wishes.get(MEMBER), client)
    except ValueError as fault:
        _refuse(f"verified_claims: {fault}.")
    return known | ({MEMBER: identity} if identity else {})


def _is_claims_request(part: Any) -> bool:
    return isinstance(part, dict) and all(
        name == MEMBER or wish is None or _is_wish(wish) for name, wish in part.items()
    )


def _is_wish(wish: Any) -> bool:
    if not isinstance(wish, dict) or _is_deep(wish, _DEEPEST):
        return False
    return isinstance(wish.get("values", []), list)


CHECKS: tuple[Check, ...] = (
    response_mode_is_known,
    parameters_stand_once,
    parameters_are_short,
    no_request_object,
    response_type_is_code,
    scope_names_openid,
    challenge_is_s256,
    prompt_is_coherent,
    max_age_is_a_number,
    claims_are_an_object,
    hint_is_ours,
    subject_is_one,
)


def run(asked: AuthorizationRequest, desk: Desk) -> None:
    """Let *asked* pass every check, and fill it in on the way.

    Raises:
        ProtocolError: the first check that fails.
    """
    for check in CHECKS:
        check(asked, desk)
