"""Set out, and come back once: the row is claimed before anything is believed."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import orjson

from config.rooms import ThrottleSettings
from federation.connectors.ports import Flow, Surroundings
from federation.flows.errors import FlowLostError
from idp import clock
from idp.crypto import Vault, fingerprint
from idp.db import Statement, Transaction
from idp.web import throttle

LIFETIME = 600
_FIELD = "federation_flow.sealed"

_INSERT = Statement("""
    INSERT INTO federation_flow (state, connector, browser, purpose, person_id, sealed,
                                 created_at, expires_at)
    VALUES (:state, :connector, :browser, :purpose, :person_id, :sealed, :now, :expires_at)
""")
# The claim: of callbacks raced one wins, and none that belongs to another browser or upstream.
_CLAIM = Statement("""
    UPDATE federation_flow SET used_at = :now
     WHERE state = :state AND connector = :connector AND browser = :browser
       AND used_at IS NULL AND expires_at > :now
    RETURNING purpose, person_id, sealed
""")


class Purpose(StrEnum):
    """What somebody goes to an upstream for."""

    SIGN_IN = "sign_in"
    LINK = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is remembered of a journey beside the flow that its connector sees."""

    connector: str
    browser: bytes = field(repr=False)
    purpose: Purpose
    person_id: str | None = None
    next_path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """Somebody who came back, for the first time and to where they left from."""

    flow: Flow
    notes: Mapping[str, str] = field(repr=False)
    purpose: Purpose
    person_id: str | None
    next_path: str


def new_flow(
    redirect_uri: Callable[[str], str],
    *,
    surroundings: Surroundings,
    language: str,
    ial: int = 1,
    aal: int = 1,
    afresh: bool = False,
) -> Flow:
    """Return a flow with secrets of its own; its state is letters and digits, as some insist.

    *redirect_uri* tells where the upstream sends people back who left with that state.
    """
    state = secrets.token_hex(32)
    return Flow(
        state=state,
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        redirect_uri=redirect_uri(state),
        surroundings=surroundings,
        language=language,
        ial=ial,
        aal=aal,
        afresh=afresh,
    )


def count(tx: Transaction, limits: ThrottleSettings, browser: bytes, address: str) -> None:
    """Count one who is about to set out: the upstream may be asked first, and a row is kept.

    Raises:
        TooManyRequestsError: too many from this browser or address. The caller commits.
    """
    throttle.hit_both(
        tx,
        "upstream",
        browser=browser,
        address=address,
        per_browser=limits.upstream_per_browser,
        per_address=limits.upstream_per_address,
        window=LIFETIME,
    )


def set_out(
    tx: Transaction, vault: Vault, setting: Setting, flow: Flow, notes: Mapping[str, str]
) -> None:
    """Remember who left, and with what."""
    now, state = clock.epoch(), fingerprint(flow.state)
    kept = {
        "nonce": flow.nonce,
        "verifier": flow.verifier,
        "redirect_uri": flow.redirect_uri,
        "surroundings": flow.surroundings.value,
        "language": flow.language,
        "ial": flow.ial,
        "aal": flow.aal,
        "afresh": flow.afresh,
        "notes": dict(notes),
        "next": setting.next_path,
    }
    tx.run(
        _INSERT,
        state=state,
        connector=setting.connector,
        browser=setting.browser,
        purpose=setting.purpose.value,
        person_id=setting.person_id,
        sealed=vault.seal(orjson.dumps(kept).decode(), field=_FIELD, owner=state.hex()),
        now=now,
        expires_at=now + LIFETIME,
    )


def come_back(
    tx: Transaction, vault: Vault, state: str, *, connector: str, browser: bytes
) -> Journey:
    """Claim the journey of *state*, once.

    Raises:
        FlowLostError: nobody left so from this browser for this connector, or it is over.
    """
    mark = fingerprint(state)
    row = tx.one(_CLAIM, state=mark, connector=connector, browser=browser, now=clock.epoch())
    if row is None:
        raise FlowLostError(detail=f"at {connector}")
    kept = orjson.loads(vault.open(bytes(row.sealed), field=_FIELD, owner=mark.hex()))
    return Journey(
        flow=Flow(
            state=state,
            nonce=kept["nonce"],
            verifier=kept["verifier"],
            redirect_uri=kept["redirect_uri"],
            surroundings=Surroundings(kept["surroundings"]),
            language=kept["language"],
            ial=kept["ial"],
            aal=kept["aal"],
            afresh=kept["afresh"],
        ),
        notes=kept["notes"],
        purpose=Purpose(row.purpose),
        person_id=row.person_id,
        next_path=kept["next"],
    )
