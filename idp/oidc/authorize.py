"""/authorize: who asks, where the answer goes, and what a live session answers (Core §3.1.2)."""

from idp.clients.party import RelyingParty
from idp.crypto import fingerprint
from idp.db import Transaction
from idp.errors import IdentityError
from idp.oidc import checks, interaction, responses, subject
from idp.oidc.desk import Desk
from idp.oidc.errors import ProtocolError, RedirectMismatchError, UnknownSiteError
from idp.oidc.request import AuthorizationRequest
from idp.oidc.responses import Answer
from idp.proofing import levels
from idp.sessions import service as sessions
from idp.sessions.browser import cookie_name
from idp.sessions.service import Session
from idp.tokens import codes
from idp.web.machine import MachineRequest, Parameters, Reply


class AnswerableError(Exception):
    """A refusal that may be told to the site, because we know where it lives."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(answer.fields["error"])


def authorize(request: MachineRequest, desk: Desk) -> Reply | None:
    """Answer at once where a live session needs no page; None: the people's door takes over."""
    token = request.cookies.get(cookie_name(desk.settings))
    if token is None or request.method != "GET":
        return None
    try:
        asked = read(request.query, desk)
    except AnswerableError as refusal:
        return refusal.answer.reply()
    if asked.response_mode != "query" or asked.prompt - {"none"}:
        return None
    with desk.database.at_once() as tx:
        session = sessions.find(tx, token, desk.settings.sessions)
        answer = attempt(tx, asked, session, desk, cookie=fingerprint(token))
    return None if answer is None else answer.reply()


def read(parameters: Parameters, desk: Desk) -> AuthorizationRequest:
    """Return the request that *parameters* make.

    Raises:
        UnknownSiteError, RedirectMismatchError: nobody to answer to: a page says so.
        AnswerableError: a check failed; the site is told.
    """
    client = _client(parameters, desk)
    asked = AuthorizationRequest(client, _way_back(parameters, client), parameters)
    try:
        checks.run(asked, desk)
    except ProtocolError as error:
        raise AnswerableError(refuse(asked, error, desk)) from error
    return asked


def attempt(
    tx: Transaction,
    asked: AuthorizationRequest,
    session: Session | None,
    desk: Desk,
    *,
    cookie: bytes | None,
) -> Answer | None:
    """Answer *asked* now if nobody must be asked; None when somebody must, and may."""
    try:
        prompt = interaction.next_prompt(tx, asked, session, cookie=cookie, reach=desk.reach)
    except ProtocolError as error:
        return refuse(asked, error, desk)
    if prompt is None and session is not None:
        return grant(tx, asked, session, desk)
    if prompt is not None and "none" in asked.prompt:
        return refuse(asked, interaction.refuse_silently(prompt), desk)
    return None


def grant(tx: Transaction, asked: AuthorizationRequest, session: Session, desk: Desk) -> Answer:
    """Issue the code: every check has passed, and nobody needs to be asked any more."""
    client = asked.client
    sessions.seen(tx, session)
    authorization = codes.Authorization(
        client_id=client.client_id,
        subject=subject.of(tx, session.person_id, client),
        scope=" ".join(asked.scope),
        claims=asked.claims_text,
        nonce=asked.parameters.get("nonce"),
        acr=levels.answer(asked.acr_values, ial=session.ial, aal=session.aal),
        code_challenge=asked.parameters.get("code_challenge"),
        redirect_uri=asked.redirect_uri,
    )
    code = codes.issue(tx, session, authorization, lifetime=desk.settings.tokens.code_lifetime)
    return responses.success(
        asked.redirect_uri,
        code=code,
        state=asked.state,
        issuer=desk.issuer,
        by_form=asked.response_mode == "form_post",
    )


def refuse(asked: AuthorizationRequest, error: IdentityError, desk: Desk) -> Answer:
    """Tell the site why not; its address is known to be its own."""
    return responses.failure(
        asked.redirect_uri,
        error,
        state=None if "state" in asked.parameters.repeated else asked.state,
        issuer=desk.issuer,
        by_form=asked.response_mode == "form_post",
    )


def _client(parameters: Parameters, desk: Desk) -> RelyingParty:
    client_id = parameters.get("client_id")
    if client_id is None or "client_id" in parameters.repeated:
        raise UnknownSiteError(detail="client_id is missing or repeated")
    client = desk.registry.find(client_id)
    if client is None or client.status != "active":
        raise UnknownSiteError(detail=f"client {client_id[:64]!r}")
    return client


def _way_back(parameters: Parameters, client: RelyingParty) -> str:
    """Return the redirect URI: one that was registered, to the byte (RFC 9700 §2.1)."""
    uri = parameters.get("redirect_uri")
    if uri is None or "redirect_uri" in parameters.repeated:
        raise RedirectMismatchError(detail="redirect_uri is missing or repeated")
    if client.accepts_redirect(uri):
        return uri
    raise RedirectMismatchError(detail=f"client {client.client_id}: {uri[:200]!r}")
