"""Which prompt stands between a request and its answer; and the request that waits for it."""

import json
import secrets
from dataclasses import dataclass
from enum import StrEnum

from idp import clock
from idp.consent import service as consent
from idp.consent.service import Agreement
from idp.crypto import fingerprint
from idp.db import Statement, Transaction
from idp.oidc import identity_request, subject, upgrade
from idp.oidc.errors import InteractionGoneError, ProtocolError
from idp.oidc.request import AuthorizationRequest
from idp.oidc.upgrade import Reach
from idp.sessions.service import Session
from idp.web.machine import Parameters


class Prompt(StrEnum):
    """What a person must do before the site is answered."""

    SIGN_IN = "sign_in"
    CONFIRM = "confirm"
    SELECT_ACCOUNT = "select_account"
    STEP_UP = "step_up"
    PROVE = "prove"
    CONSENT = "consent"


# What a site is told that forbade us to ask anybody (OIDC Core §3.1.2.6).
_SILENT = {
    Prompt.SIGN_IN: "login_required",
    Prompt.CONFIRM: "login_required",
    Prompt.SELECT_ACCOUNT: "account_selection_required",
    Prompt.STEP_UP: upgrade.UNMET,
    Prompt.PROVE: upgrade.UNMET,
    Prompt.CONSENT: "consent_required",
}


@dataclass(frozen=True, slots=True)
class Parked:
    """A request that waits; *handle* is its secret in the URL, moments in seconds since 1970.

    *dialect* names the protocol that it came in by, if not OpenID Connect.
    """

    handle: str
    client_id: str
    parameters: Parameters
    created_at: int
    session: bytes | None
    consented_at: int | None
    selected_at: int | None
    declined_at: int | None
    dialect: str = ""

    def was_met(self, cookie: bytes | None, session: Session) -> bool:
        """Say whether *session*'s person has shown a factor since this was parked."""
        return cookie != self.session and session.auth_time >= self.created_at


_PARK = Statement("""
    INSERT INTO interaction (fingerprint, browser, client_id, request, created_at, expires_at,
                             session)
    VALUES (:fingerprint, :browser, :client_id, :request, :now, :expires_at, :session)
""")
_FIND = Statement("""
    SELECT client_id, request, created_at, session, consented_at, selected_at, declined_at
      FROM interaction
     WHERE fingerprint = :fingerprint AND browser = :browser
       AND completed_at IS NULL AND expires_at > :now
""")
_COMPLETE = Statement("""
    UPDATE interaction SET completed_at = :now
     WHERE fingerprint = :fingerprint AND browser = :browser
       AND completed_at IS NULL AND expires_at > :now
""")
_CONSENTED = Statement("""
    UPDATE interaction SET consented_at = :now
     WHERE fingerprint = :fingerprint AND completed_at IS NULL
""")
_DECLINED = Statement("""
    UPDATE interaction SET declined_at = :now
     WHERE fingerprint = :fingerprint AND completed_at IS NULL
""")
_SELECTED = Statement("""
    UPDATE interaction SET selected_at = :now
     WHERE fingerprint = :fingerprint AND completed_at IS NULL
""")


def next_prompt(
    tx: Transaction,
    asked: AuthorizationRequest,
    session: Session | None,
    *,
    cookie: bytes | None,
    reach: Reach,
    parked: Parked | None = None,
) -> Prompt | None:
    """Return what *session*'s person must do before *asked* may be answered, or None.

    *cookie* is the fingerprint of the session's cookie. It changes whenever somebody shows
    a factor, so a request knows whether that happened since it was parked, to the letter
    and not to the second. To prove a name shows no factor, and leaves the cookie alone; what
    merely lifts the level changes it, but is no sign-in: the session stays as old as it was.
    *reach* is what can be done here about a level.

    Raises:
        ProtocolError: the site must be refused: another person, or a level out of reach.
    """
    if session is None:
        return Prompt.SIGN_IN
    fresh = parked is not None and parked.was_met(cookie, session)
    prompt = None if fresh else _who_first(tx, asked, session, parked)
    if prompt is None:
        _refuse_somebody_else(tx, asked, session)
        prompt = _level_first(tx, asked, session, parked, reach)
        if prompt is None and _must_consent(tx, asked, session, parked):
            prompt = Prompt.CONSENT
    return prompt


def _who_first(
    tx: Transaction, asked: AuthorizationRequest, session: Session, parked: Parked | None
) -> Prompt | None:
    """Return what a person who has shown no factor since the request came must do about it."""
    if "login" in asked.prompt or _too_old(asked, session):
        return Prompt.CONFIRM
    if "create" in asked.prompt or _is_somebody_else(tx, asked, session):
        return Prompt.SIGN_IN
    if "select_account" in asked.prompt and not (parked and parked.selected_at):
        return Prompt.SELECT_ACCOUNT
    return None


def _level_first(
    tx: Transaction,
    asked: AuthorizationRequest,
    session: Session,
    parked: Parked | None,
    reach: Reach,
) -> Prompt | None:
    """Return what leads to the level that the site wants; what it merely likes may be declined."""
    if not asked.acr_values:
        return None
    upgrading = upgrade.needed(tx, asked, session, reach)
    if upgrading is None:
        return None
    declined = "none" in asked.prompt or (parked is not None and parked.declined_at is not None)
    if declined and not upgrading.essential:
        return None
    return Prompt.PROVE if upgrading.method is None else Prompt.STEP_UP


def refuse_silently(prompt: Prompt) -> ProtocolError:
    """Return the error for a site that forbade us to ask anybody."""
    return ProtocolError(_SILENT[prompt], "The person must be asked, and prompt=none forbids it.")


def park(
    tx: Transaction,
    asked: AuthorizationRequest,
    *,
    browser: bytes,
    session: bytes | None,
    lifetime: int,
) -> str:
    """Keep *asked* for this browser, and return the handle that resumes it."""
    handle, now = secrets.token_urlsafe(32), clock.epoch()
    tx.run(
        _PARK,
        fingerprint=fingerprint(handle),
        browser=browser,
        client_id=asked.client.client_id,
        request=json.dumps(
            [asked.dialect, asked.parameters] if asked.dialect else asked.parameters
        ),
        now=now,
        expires_at=now + lifetime,
        session=session,
    )
    return handle


def find(tx: Transaction, handle: str, *, browser: bytes) -> Parked:
    """Return the request that waits under *handle* for this browser.

    Raises:
        InteractionGoneError: none does: answered, expired, or another browser's.
    """
    row = tx.one(_FIND, fingerprint=fingerprint(handle), browser=browser, now=clock.epoch())
    if row is None:
        raise InteractionGoneError
    kept = json.loads(row.request)
    dialect, parameters = kept if isinstance(kept, list) else ("", kept)
    return Parked(
        handle,
        row.client_id,
        Parameters(parameters),
        row.created_at,
        row.session,
        row.consented_at,
        row.selected_at,
        row.declined_at,
        dialect,
    )


def complete(tx: Transaction, handle: str, *, browser: bytes) -> None:
    """Claim the waiting request: of two answers racing, one is given.

    Raises:
        InteractionGoneError: it was answered before.
    """
    key = fingerprint(handle)
    if not tx.run(_COMPLETE, fingerprint=key, browser=browser, now=clock.epoch()):
        raise InteractionGoneError


def note_consent(tx: Transaction, handle: str) -> None:
    tx.run(_CONSENTED, fingerprint=fingerprint(handle), now=clock.epoch())


def note_refusal_of_level(tx: Transaction, handle: str) -> None:
    tx.run(_DECLINED, fingerprint=fingerprint(handle), now=clock.epoch())


def note_selection(tx: Transaction, handle: str) -> None:
    tx.run(_SELECTED, fingerprint=fingerprint(handle), now=clock.epoch())


def lacking(asked: AuthorizationRequest, agreement: Agreement) -> tuple[set[str], set[str]]:
    """Return the scopes and single claims that the person has not agreed to yet."""
    scope = set(asked.scope) - {"openid"} - agreement.scope
    claims = asked.single_claims - PROTOCOL_CLAIMS - agreement.claims
    return scope, claims


PROTOCOL_CLAIMS = frozenset({"acr", "amr", "auth_time", "sub", "nonce", "sid"})


def _is_somebody_else(tx: Transaction, asked: AuthorizationRequest, session: Session) -> bool:
    """Say whether the site expects another person than the one signed in."""
    expected = asked.hinted_subject
    return expected is not None and expected != _subject(tx, asked, session)


def _refuse_somebody_else(tx: Transaction, asked: AuthorizationRequest, session: Session) -> None:
    """Refuse when another person signed in than the site expects (OIDC Core §3.1.2.2)."""
    if _is_somebody_else(tx, asked, session):
        raise ProtocolError("login_required", "Another person is signed in than was expected.")


def _subject(tx: Transaction, asked: AuthorizationRequest, session: Session) -> str:
    return subject.of(tx, session.person_id, asked.client)


def _too_old(asked: AuthorizationRequest, session: Session) -> bool:
    return asked.max_age is not None and clock.epoch() - session.auth_time >= asked.max_age


def _must_consent(
    tx: Transaction, asked: AuthorizationRequest, session: Session, parked: Parked | None
) -> bool:
    if "consent" in asked.prompt:
        return not (parked and parked.consented_at)
    if asked.client.first_party and not asked.wants_identity:
        return False
    agreement = consent.agreed(tx, session.person_id, asked.client.client_id)
    scope, claims = lacking(asked, agreement)
    if asked.client.first_party:
        # The law that spares a site the question about signing in opens no legal name to it.
        return identity_request.names_identity(scope, claims)
    # A site that asks for nothing but a sign-in is asked about once, too.
    return not agreement.granted_at or bool(scope or claims)
