"""Any OpenID provider: discovery, PKCE, nonce, PAR where offered; another house like ours too."""

import secrets
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Literal
from urllib.parse import parse_qsl, quote_plus, urlencode

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import import_key
from pydantic import Field, SecretStr

from config.schema import Room, Words
from federation.connectors import oidc_logout
from federation.connectors.errors import (
    UpstreamAwayError,
    UpstreamCodeError,
    UpstreamDeniedError,
    UpstreamError,
    UpstreamSetupError,
)
from federation.connectors.line import Line, decoded, needed, read_object, text_of, unusable
from federation.connectors.oidc_claims import ClaimNames, identity
from federation.connectors.oidc_provider import EARLY, LATE, Provider, is_hash_of
from federation.connectors.ports import Arrival, Departure, Ended, Flow, Kind, Standing
from federation.connectors.upstream import UpstreamIdentity
from idp import clock
from idp.crypto.signatures import KeyUnfitError, signing
from idp.web.outbound import Answer

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_LIFE = 60
_OK, _CREATED, _SERVER_FAULT = 200, 201, 500
# What a level stands on (OpenID Connect for Identity Assurance 1.0 §5.3).
_REAL_NAME = orjson.dumps(
    {
        "userinfo": {
            "verified_claims": {
                "verification": {"trust_framework": {"value": "cn_real_name"}},
                "claims": {"name": None, "id_number": None},
            }
        }
    }
).decode()
_DENIALS = frozenset(
    {"access_denied", "login_required", "interaction_required", "consent_required"}
)
_ABSENCES = frozenset({"server_error", "temporarily_unavailable"})


class Options(Room):
    """Our registration at the provider, and how its words are read."""

    issuer: str = Field(pattern=r"^https?://", description="Its issuer, byte for byte.")
    client_id: str = Field(min_length=1, description="Who we are there.")
    auth_method: Literal["client_secret_basic", "client_secret_post", "private_key_jwt", "none"] = (
        Field(default="client_secret_basic", description="How we prove that.")
    )
    client_secret: SecretStr = Field(default=SecretStr(""), description="The shared secret.")
    private_key: SecretStr = Field(default=SecretStr(""), description="Our private JWK, as JSON.")
    scopes: Words = Field(default=("openid", "profile"), description="What is asked for.")
    par: Literal["offered", "off"] = Field(
        default="offered", description="Push authorization requests where it takes them."
    )
    like_us: bool = Field(
        default=False,
        description="It runs this very software: levels, real names and logout as we have them.",
    )
    levels: dict[str, tuple[int, int]] = Field(
        default_factory=dict,
        description="Its acr values, each with our identity and authenticator level.",
    )
    claims: ClaimNames = Field(default=ClaimNames(), description="Where it tells what.")


class Oidc:
    """Speaks OpenID Connect as the client in *options*."""

    kind = "oidc"

    def __init__(self, options: Options, line: Line) -> None:
        self._options = options
        self._line = line
        self._provider = Provider(options.issuer, line)

    def depart(self, flow: Flow) -> Departure:
        """Write the way there; the request itself goes ahead where the provider takes it (PAR).

        Raises:
            UpstreamError: the provider does not answer, or not to us.
        """
        request = self._request(flow)
        endpoint = self._provider.endpoint("authorization_endpoint")
        pushed = self._provider.endpoint("pushed_authorization_request_endpoint")
        if pushed and self._options.par == "offered":
            request = {
                "client_id": request["client_id"],
                "request_uri": self._push(pushed, request),
            }
        joint = "&" if "?" in endpoint else "?"
        return Departure(url=f"{endpoint}{joint}{urlencode(request)}")

    def arrive(self, flow: Flow, notes: Mapping[str, str], arrival: Arrival) -> UpstreamIdentity:
        """Change the code for who somebody is, as two signed answers agree.

        Raises:
            UpstreamError: one of its kinds: nobody.
        """
        given = arrival.parameters
        self._is_from_here(given)
        if given.get("error"):
            raise _refusal(given["error"])
        if not given.get("code"):
            unusable("neither a code nor an error")
        tokens = self._redeem(given["code"], flow)
        token, access = needed(tokens, "id_token"), text_of(tokens, "access_token")
        claims = self._provider.checked(token, audience=self._options.client_id)
        self._suits(claims, flow, access)
        return identity(
            {**self._told(access, claims), **claims},
            self._options.claims,
            self._options.levels,
            like_us=self._options.like_us,
            token=token,
        )

    def leave(self, session: Mapping[str, str], return_to: str) -> str | None:
        """Return the provider's sign-out, which comes back to *return_to* (RP-Initiated Logout)."""
        endpoint = self._provider.endpoint("end_session_endpoint")
        if not endpoint or not session.get("id_token"):
            return None
        # An address is compared to the byte there (§3): what it shall carry goes beside it.
        address, _, carried = return_to.partition("?")
        query = {"id_token_hint": session["id_token"], "client_id": self._options.client_id}
        query |= {"post_logout_redirect_uri": address, **dict(parse_qsl(carried))}
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    def ended(self, token: str) -> Ended:
        """Return what ended there (OpenID Connect Back-Channel Logout 1.0).

        Raises:
            UpstreamError: the provider did not say so, to us.
        """
        options = self._options
        return oidc_logout.read(
            self._provider, token, audience=options.client_id, strict=options.like_us
        )

    def probe(self) -> None:
        """Read its metadata anew.

        Raises:
            UpstreamError: it is away, or another.
        """
        Provider(self._options.issuer, self._line).metadata()

    @property
    def provider(self) -> Provider:
        """Who signs."""
        return self._provider

    def _request(self, flow: Flow) -> dict[str, str]:
        challenge = sha256(flow.verifier.encode()).digest()
        request = {
            "response_type": "code",
            "client_id": self._options.client_id,
            "redirect_uri": flow.redirect_uri,
            "scope": " ".join(self._options.scopes),
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": urlsafe_b64encode(challenge).decode().rstrip("="),
            "code_challenge_method": "S256",
            "ui_locales": flow.language,
        }
        if flow.afresh:
            request |= {"prompt": "login", "max_age": "0"}
        wanted = self._levels_wanted(flow)
        if wanted:
            request["acr_values"] = wanted
        if self._options.like_us and flow.ial > 1:
            request["claims"] = _REAL_NAME  # its person is asked whether we may have it
        return request

    def _levels_wanted(self, flow: Flow) -> str:
        if self._options.like_us and (flow.ial > 1 or flow.aal > 1):
            return f"urn:manyou:ial:{flow.ial}:aal:{flow.aal}"
        if flow.ial == flow.aal == 1:
            return ""
        levels = self._options.levels.items()
        return " ".join(a for a, (ial, aal) in levels if ial >= flow.ial and aal >= flow.aal)

    def _push(self, endpoint: str, request: Mapping[str, str]) -> str:
        """Send the request ahead, and return what stands for it (RFC 9126 §2)."""
        answer = self._authenticated(endpoint, request)
        if answer.status not in (_OK, _CREATED):
            raise UpstreamSetupError(detail=f"pushed request: HTTP {answer.status}")
        return needed(read_object(decoded(answer)), "request_uri")

    def _redeem(self, code: str, flow: Flow) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": flow.redirect_uri,
            "code_verifier": flow.verifier,
        }
        answer = self._authenticated(self._provider.endpoint("token_endpoint"), form)
        document = read_object(decoded(answer))
        if answer.status != _OK:
            raise _token_refusal(text_of(document, "error"), answer.status)
        if text_of(document, "token_type").lower() != "bearer":
            unusable("token_type")
        return document

    def _told(self, access: str, claims: Mapping[str, Any]) -> dict[str, Any]:
        """Return what userinfo tells; it must be of the very person of the ID token (§5.3.2)."""
        endpoint = self._provider.endpoint("userinfo_endpoint")
        if not endpoint or not access:
            return {}
        answer = self._line.get(endpoint, headers={"Authorization": f"Bearer {access}"})
        if answer.status != _OK:
            unusable(f"userinfo: HTTP {answer.status}")
        told = read_object(decoded(answer))
        if told.get("sub") != claims.get("sub"):
            unusable("userinfo is of somebody else")
        return told

    def _suits(self, claims: Mapping[str, Any], flow: Flow, access: str) -> None:
        """See that the ID token is the answer to this very request."""
        now = clock.epoch()
        if claims.get("nonce") != flow.nonce:
            unusable("the token: nonce")
        if "at_hash" in claims and not is_hash_of(claims["at_hash"], access):
            unusable("the token: at_hash")
        shown = claims.get("auth_time")
        if flow.afresh and not (isinstance(shown, int) and now - shown <= LATE + EARLY):
            unusable("the token: auth_time")

    def _is_from_here(self, given: Mapping[str, str]) -> None:
        """Refuse another provider's answer (RFC 9207 §2.4)."""
        promised = self._provider.metadata().get("authorization_response_iss_parameter_supported")
        issuer = given.get("iss")
        if issuer != self._options.issuer and (issuer is not None or promised is True):
            unusable("the answer is another issuer's")

    def _authenticated(self, endpoint: str, form: Mapping[str, str]) -> Answer:
        options = self._options
        sent, headers = dict(form), {"Accept": "application/json"}
        secret = options.client_secret.get_secret_value()
        match options.auth_method:
            case "client_secret_basic":  # each part URL-encoded first (RFC 6749 §2.3.1)
                pair = f"{quote_plus(options.client_id)}:{quote_plus(secret)}"
                headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
            case "client_secret_post":
                sent |= {"client_id": options.client_id, "client_secret": secret}
            case "private_key_jwt":
                sent |= {"client_id": options.client_id, "client_assertion_type": _ASSERTION}
                sent["client_assertion"] = self._assertion()
            case "none":
                sent["client_id"] = options.client_id
        return self._line.post_form(endpoint, sent, headers)

    def _assertion(self) -> str:
        """Sign who we are, for this issuer alone (RFC 7523bis §4)."""
        now = clock.epoch()
        claims = {
            "iss": self._options.client_id,
            "sub": self._options.client_id,
            "aud": self._options.issuer,
            "jti": secrets.token_urlsafe(24),
            "iat": now,
            "exp": now + _ASSERTION_LIFE,
        }
        try:
            document = orjson.loads(self._options.private_key.get_secret_value())
            key: Any = import_key(document)
            algorithm = document.get("alg") or "ES256"
            sign = signing(algorithm, key.private_key)
        except (JoseError, KeyUnfitError, ValueError, AttributeError, TypeError):
            raise UpstreamSetupError(detail="our private key is none") from None
        header = {"alg": algorithm, "typ": "JWT", "kid": document.get("kid") or key.thumbprint()}
        head = f"{_segment(header)}.{_segment(claims)}"
        return f"{head}.{urlsafe_b64encode(sign(head.encode())).decode().rstrip('=')}"


def _refusal(error: str) -> UpstreamError:
    """Return what an error in the authorization response means (RFC 6749 §4.1.2.1)."""
    if error in _DENIALS:
        return UpstreamDeniedError(detail=error)
    if error in _ABSENCES:
        return UpstreamAwayError(detail=error)
    return UpstreamSetupError(detail="an error in the authorization response")


def _token_refusal(error: str, status: int) -> UpstreamError:
    if error == "invalid_grant":
        return UpstreamCodeError(detail="invalid_grant")
    return UpstreamSetupError(detail=f"token endpoint: HTTP {status}")


def _segment(document: Mapping[str, Any]) -> str:
    return urlsafe_b64encode(orjson.dumps(document)).decode().rstrip("=")


KIND = Kind(
    name=Oidc.kind,
    title="OpenID Connect",
    title_zh="OpenID Connect",
    standing=Standing.STANDARD,
    options=Options,
    build=Oidc,
    icon="house",
    ial=4,
)
