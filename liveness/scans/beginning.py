"""Begin a capture session: the person has agreed, a try is counted, the browser's key is kept."""

import re
import secrets
from dataclasses import dataclass, field, replace
from typing import Any

from idp import clock
from idp.authentication.visitors import Visitor
from idp.db import Transaction
from liveness.desk import FaceDesk
from liveness.engine.cues import Step
from liveness.permits import budgets, consents, standing
from liveness.permits.budgets import Asker
from liveness.scans import chain, graph, records, steps
from liveness.scans.errors import BatchError, FaceNotOfferedError, ScanOverError
from liveness.scans.graph import Stage
from liveness.scans.records import Scan

_NONCE = 32
_VERSION = re.compile(r"[\w.-]{1,16}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the browser says at the beginning."""

    key: bytes  # a P-256 point
    consent: str  # the edition of the notice that was agreed to
    skip: frozenset[Step]
    locale: str
    visitor: Visitor = field(repr=False)
    device: bytes | None = field(repr=False)


def wish(told: dict[str, Any], *, locale: str, visitor: Visitor, device: bytes | None) -> Wish:
    """Return what the JSON *told* asks for.

    Raises:
        BatchError: it is not spelled as it should be.
    """
    consent, skip = told.get("consent"), told.get("skip", [])
    if not isinstance(consent, str) or not _VERSION.fullmatch(consent):
        raise BatchError(detail="no edition of the notice")
    if not isinstance(skip, list) or len(skip) > len(Step):
        raise BatchError(detail="no movements")
    return Wish(
        key=chain.point(told.get("key")),
        consent=consent,
        skip=frozenset(movement(one) for one in skip),
        locale=locale,
        visitor=visitor,
        device=device,
    )


def movement(word: object) -> Step:
    """Return the movement that *word* names.

    Raises:
        BatchError: none.
    """
    if not isinstance(word, str) or word not in set(Step):
        raise BatchError(detail="no movement")
    return Step(word)


def begin(tx: Transaction, desk: FaceDesk, scan: Scan, wish: Wish) -> Scan:
    """Begin *scan*, and return it as it stands.

    Raises:
        ScanOverError: begun before, or waited too long.
        StepsSpentError: too few movements would be left.
        FaceConsentMissingError, GuardianNeededError, FaceLockedError, TooManyRequestsError: it
            may not be begun; nothing is counted then.
    """
    if not desk.open:
        raise FaceNotOfferedError
    order = scan.order
    if order is None or scan.over or scan.state.stage is not Stage.OPENED:
        raise ScanOverError(detail="begun before, or waited too long")
    state = graph.begin(scan.state, wish.skip)
    consents.meet(
        tx,
        wish.visitor,
        person_id=order.person_id,
        purpose=order.purpose.value,
        version=wish.consent,
        locale=wish.locale,
        id_number=order.claimed.id_number,
    )
    asker = Asker(
        subject=standing.of_number(tx, desk.vault, order.claimed.id_number),
        person_id=order.person_id,
        device=wish.device,
        address=wish.visitor.address,
    )
    now = records.milliseconds()
    begun = replace(
        scan,
        state=state,
        version=1,
        key=wish.key,
        nonce=secrets.token_bytes(_NONCE),
        began_ms=now,
        asked_ms=now,
        wait_ms=steps.random_wait(),
        counted=str(budgets.count(tx, desk, asker)),
        expires_at=clock.epoch() + desk.liveness.lifetime,
    )
    records.begin(tx, scan, begun)
    return begun
