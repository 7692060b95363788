"""Which client is asking? Exactly one method, and the one it registered (RFC 6749 §2.3)."""

import hmac
from base64 import b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from idp.audit import events, trail
from idp.clients import assertion
from idp.clients.errors import InvalidClientError
from idp.clients.keysets import ClientKey
from idp.clients.party import RelyingParty
from idp.clients.registry import Registry
from idp.crypto import fingerprint
from idp.db import Database
from idp.errors import BadRequestError
from idp.web.machine import MachineRequest, Parameters

if TYPE_CHECKING:
    from idp.web.outbound import Outbound

METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")
_NEVER_IN_A_URL = ("client_secret", "client_assertion")
_NO_SECRET = bytes(32)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request brings along to say who asks; *proof* is the secret or the assertion."""

    method: str
    client_id: str
    proof: str


def authenticate(
    request: MachineRequest,
    registry: Registry,
    database: Database,
    *,
    issuer: str,
    token_url: str,
    outbound: "Outbound",
    allow_none: bool = True,
) -> RelyingParty:
    """Return the client that *request* comes from.

    An assertion's `jti` is used up, and a failure is put on the audit trail, each in a
    transaction of its own: neither may be undone by what follows.

    Raises:
        InvalidClientError: it did not prove who it is; the answer takes its *headers* along.
        BadRequestError: the credentials contradict each other, or stand in the URL.
    """
    credentials = read(request)
    audiences = (issuer, token_url)
    try:
        party = _identify(credentials, registry, allow_none=allow_none)
        if credentials.method == "private_key_jwt":
            _check_assertion(credentials.proof, party, registry, database, outbound, audiences)
        elif credentials.method != "none":
            _check_secret(credentials.proof, party)
    except InvalidClientError as error:
        _remember(error, credentials, request, database)
        basic = credentials.method == "client_secret_basic"
        raise InvalidClientError(
            basic=basic, client_id=credentials.client_id, detail=error.detail
        ) from None
    return party


def read(request: MachineRequest) -> Credentials:
    """Return the credentials in *request*; nothing is proven by them.

    Raises:
        InvalidClientError: there are none that we can read.
        BadRequestError: there are several, or they stand in the URL.
    """
    form = request.form.once()
    if any(name in request.query for name in _NEVER_IN_A_URL):
        raise BadRequestError("Client credentials must not be sent in the URL.")
    header = request.headers.get("authorization")
    ways = (header is not None, "client_secret" in form, "client_assertion" in form)
    if sum(ways) > 1:
        raise BadRequestError("Use one way of client authentication only.")
    if header is not None:
        return _from_header(header, form)
    if "client_assertion" in form:
        return _from_assertion(form)
    client_id = form.get("client_id")
    if not client_id:
        raise InvalidClientError(detail="no credentials")
    secret = form.get("client_secret")
    method = "none" if secret is None else "client_secret_post"
    return Credentials(method, client_id, secret or "")


def _from_header(header: str, form: Parameters) -> Credentials:
    """Read HTTP Basic, both halves form-encoded (RFC 6749 §2.3.1)."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise InvalidClientError(basic=True, detail="another scheme than Basic")
    try:
        name, colon, secret = b64decode(encoded.strip(), validate=True).decode().partition(":")
        client_id, proof = (unquote_plus(part, errors="strict") for part in (name, secret))
    except ValueError:
        raise InvalidClientError(basic=True, detail="Basic is malformed") from None
    if not client_id or not colon:
        raise InvalidClientError(basic=True, detail="Basic names no client")
    _same_client(client_id, form)
    return Credentials("client_secret_basic", client_id, proof)


def _from_assertion(form: Parameters) -> Credentials:
    if form.get("client_assertion_type") != assertion.TYPE:
        raise InvalidClientError(detail="client_assertion_type")
    token = form["client_assertion"]
    client_id = assertion.issuer_of(token)
    _same_client(client_id, form)
    return Credentials("private_key_jwt", client_id, token)


def _same_client(client_id: str, form: Parameters) -> None:
    if form.get("client_id", client_id) != client_id:
        raise BadRequestError("client_id contradicts the client credentials.")


def _identify(credentials: Credentials, registry: Registry, *, allow_none: bool) -> RelyingParty:
    party = registry.find(credentials.client_id)
    if party is None:
        raise InvalidClientError(detail="unknown or disabled")
    if party.auth_method != credentials.method:
        raise InvalidClientError(detail=f"{credentials.method} is not its registered method")
    if credentials.method == "none" and not allow_none:
        raise InvalidClientError(detail="public clients may not")
    return party


def _check_secret(secret: str, party: RelyingParty) -> None:
    kept = party.secret_fingerprint
    if not hmac.compare_digest(fingerprint(secret), kept or _NO_SECRET) or kept is None:
        raise InvalidClientError(detail="wrong secret")


def _check_assertion(
    token: str,
    party: RelyingParty,
    registry: Registry,
    database: Database,
    outbound: "Outbound",
    audiences: tuple[str, str],
) -> None:
    def candidates(kid: str | None) -> list[ClientKey]:
        return registry.keysets.candidates(party, kid, outbound)

    jti, expires_at = assertion.verify(token, party, candidates, audiences=audiences)
    with database.write() as tx:
        assertion.use_up(tx, party.client_id, jti, expires_at)


def _remember(
    error: InvalidClientError,
    credentials: Credentials,
    request: MachineRequest,
    database: Database,
) -> None:
    with database.write() as tx:
        trail.record(
            tx,
            events.CLIENT_AUTHENTICATE,
            outcome="failure",
            client_id=printable(credentials.client_id),
            reason=error.code,
            address=request.address,
            request_id=request.request_id,
            data={"method": credentials.method, "why": error.detail},
        )


def printable(client_id: str) -> str:
    """Return *client_id* as it may stand in a log and fits its column; it came from outside."""
    return "".join(c if "!" <= c <= "~" else "?" for c in client_id[:64])
