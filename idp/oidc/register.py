"""POST /clients and /clients/<client_id>: clients that register and manage themselves.

RFC 7591 and OpenID Connect Registration; management by RFC 7592.
"""

import hmac
from typing import Any

from config.schema import Profile
from idp.audit import events, trail
from idp.clients import metadata, registration
from idp.clients.authentication import printable
from idp.clients.errors import InvalidMetadataError, ManagementTokenError
from idp.clients.metadata import Checked
from idp.clients.registration import Registered
from idp.clients.rules import Policy
from idp.errors import IdentityError
from idp.oidc.desk import Desk
from idp.web import throttle
from idp.web.documents import DocumentError, read_object
from idp.web.machine import NO_STORE, MachineRequest, Reply, reply_json

_HOUR = 3600
_JSON = "application/json"


class RegistrationClosedError(IdentityError):
    """Operators register the clients here."""

    code = "registration_closed"
    status = 403
    description = "Dynamic client registration is not offered here."


class InitialTokenError(IdentityError):
    """The initial access token is missing or wrong (RFC 7591 §3)."""

    code = "invalid_token"
    status = 401
    description = "An initial access token is needed to register a client."
    headers = (("WWW-Authenticate", 'Bearer realm="manyou"'),)


def register(request: MachineRequest, desk: Desk) -> Reply:
    """Register the client that the body describes (RFC 7591 §3.1).

    Raises:
        RegistrationClosedError, InitialTokenError: not here, or not to this caller.
        InvalidMetadataError: not like this.
        TooManyRequestsError: not so often.
    """
    _is_open(desk)
    _count(request, desk, "register")
    _may_register(request, desk)
    policy = Policy("dynamic", _profile(desk), desk.ring.algorithms)
    checked = metadata.check(_document(request), policy, desk.outbound)
    with desk.database.write() as tx:
        made = registration.create(tx, checked, address=request.address)
    return reply_json(_answer(made, desk, made.management_token), 201)


def manage(request: MachineRequest, desk: Desk) -> Reply:
    """Let a client read, replace or delete its registration (RFC 7592 §2).

    Raises:
        RegistrationClosedError: dynamic registration is off.
        ManagementTokenError: it is not this client's token.
        InvalidMetadataError: it cannot be registered like this.
    """
    _is_open(desk)
    client_id = request.path.rpartition("/")[2]
    token = _bearer(request)
    try:
        with desk.database.read() as tx:
            known, policy = registration.open_managed(
                tx, client_id, token, algorithms=desk.ring.algorithms
            )
    except ManagementTokenError as error:
        _remember(error, client_id, request, desk)
        raise
    if request.method == "DELETE":
        with desk.database.write() as tx:
            registration.open_managed(tx, client_id, token)
            registration.delete(tx, client_id)
        desk.registry.forget(client_id)
        return Reply(204, b"", NO_STORE)
    if request.method == "PUT":
        known = _replace(request, desk, client_id, token, policy)
    return reply_json(_answer(known, desk, token))


def _replace(
    request: MachineRequest, desk: Desk, client_id: str, token: str, policy: Policy
) -> Registered:
    """Take the new metadata through the same table, under the policy of its first day."""
    document = _document(request)
    registration.check_update(document, client_id)
    checked: Checked = metadata.check(document, policy, desk.outbound)
    with desk.database.write() as tx:
        registration.open_managed(tx, client_id, token)  # it may be gone by now
        known = registration.update(
            tx, client_id, checked, said_secret=document.get("client_secret")
        )
    desk.registry.forget(client_id)
    return known


def _is_open(desk: Desk) -> None:
    if desk.settings.oidc.registration == "off":
        raise RegistrationClosedError


def _may_register(request: MachineRequest, desk: Desk) -> None:
    if desk.settings.oidc.registration == "open":
        return
    wanted = desk.settings.oidc.registration_token.get_secret_value()
    if not wanted or not hmac.compare_digest(_bearer(request).encode(), wanted.encode()):
        raise InitialTokenError


def _profile(desk: Desk) -> str:
    """Return what a stranger's client is forgiven: no more than the deployment itself."""
    profile = desk.settings.profile
    return "standard" if profile is Profile.PRODUCTION else str(profile.value)


def _bearer(request: MachineRequest) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _document(request: MachineRequest) -> dict[str, Any]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _JSON:
        raise InvalidMetadataError("The body must be application/json")
    try:
        return read_object(request.body)
    except DocumentError as error:
        raise InvalidMetadataError(error.description, detail=error.detail) from None


def _answer(known: Registered, desk: Desk, token: str | None) -> dict[str, Any]:
    return {
        **known.document(),
        "registration_client_uri": f"{desk.issuer}/clients/{known.client_id}",
        "registration_access_token": token,
    }


def _count(request: MachineRequest, desk: Desk, what: str) -> None:
    """Count a try of this address, whatever becomes of the request."""
    limit = desk.settings.throttle.registration_per_address
    with desk.database.write() as tx:
        throttle.hit(tx, f"{what}:{request.address}", limit=limit, window=_HOUR)


def _remember(
    error: ManagementTokenError, client_id: str, request: MachineRequest, desk: Desk
) -> None:
    _count(request, desk, "manage")
    with desk.database.write() as tx:
        trail.record(
            tx,
            events.CLIENT_MANAGE,
            outcome="failure",
            client_id=printable(client_id),
            reason=error.code,
            address=request.address,
            request_id=request.request_id,
        )
