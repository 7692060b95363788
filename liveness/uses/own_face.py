"""The face of somebody who shows it to us alone, beside something held: to sign in, to confirm.

It is compared with the register's portrait of the identity that the account has proven, so
without a proven name there is nothing to compare with.
"""

from dataclasses import dataclass

from idp.accounts import lifecycle, profiles
from idp.audit import events, trail
from idp.authentication import possessions
from idp.authentication.errors import PossessionGoneError
from idp.authentication.methods import FACE
from idp.authentication.possessions import Possession
from idp.authentication.visitors import Visitor, note
from idp.db import Transaction
from idp.errors import IdentityError
from idp.proofing import ownership, verifications
from idp.proofing.errors import FaceNotConfirmedError
from idp.registry.results import Result, Verdict
from liveness.desk import FaceDesk
from liveness.engine.comparison import Risk
from liveness.permits import consents, standing
from liveness.scans import opening, results
from liveness.scans.opening import Ticket
from liveness.scans.orders import Capture, Claimed, Order, Purpose
from liveness.uses import reference

PROVEN = 2
"""The identity level from which a name counts as proven."""


class FaceUnknownError(IdentityError):
    """The account has no proven name, so no portrait is known to be its owner's."""

    code = "face_name_unproven"
    status = 403
    description = (
        "Your real name is not verified in this account, so there is no portrait to compare your "
        "face with. Please take another way, then verify your name in your account."
    )


@dataclass(frozen=True, slots=True)
class OwnFaceUse:
    """The end of scans by which somebody signs in, or confirms that it is them."""

    desk: FaceDesk
    purpose: Purpose
    path: str  # of the page that goes on

    def compare(self, capture: Capture) -> Verdict:
        """Ask the register whether this is the face of the account's proven identity."""
        return reference.compare(self.desk.population, capture)

    def conclude(self, tx: Transaction, scan_id: str, order: Order, verdict: Verdict) -> None:
        """Note the scan at what waits for it, or on the trail that it showed somebody else."""
        if verdict.result is Result.MATCH:
            possessions.seen(tx, order.matter.partition(":")[0], order.person_id or "", scan_id)
            return
        if verdict.result.unanswered:  # nobody said no
            return
        trail.record(
            tx,
            events.SIGN_IN,
            outcome="failure",
            person_id=order.person_id,
            reason=FaceNotConfirmedError.code,
            data={"method": FACE.key, "purpose": order.purpose.value},
        )

    def onward(self, order: Order) -> str:
        """Return the page that signs in, or that lifts or renews the session."""
        return self.path


@dataclass(frozen=True, slots=True)
class OwnFace:
    """Whose face is awaited; *subjects* are the indexes of the number, the newest key's first."""

    claimed: Claimed
    subjects: tuple[bytes, ...]


def of(tx: Transaction, desk: FaceDesk, person_id: str) -> OwnFace | None:
    """Return the identity that *person_id* has proven and that a living record stands for."""
    record = verifications.strongest(tx, person_id)
    number = ownership.proven_number(tx, desk.vault, person_id)
    name = profiles.details_of(tx, desk.vault, person_id).real_name
    if record is None or record.ial < PROVEN or number is None or name is None:
        return None
    subjects = tuple(desk.vault.indexes(number, kind="identity"))
    if record.identity not in subjects:
        return None
    return OwnFace(Claimed(name=name, id_number=number), subjects)


def require(tx: Transaction, desk: FaceDesk, person_id: str, purpose: Purpose) -> OwnFace:
    """Return whose face may be scanned for *purpose* now.

    Raises:
        PossessionGoneError: the account was closed.
        FaceUnknownError, FaceConsentMissingError, FaceLockedError: why it may not.
    """
    if not lifecycle.is_active(tx, person_id):
        raise PossessionGoneError(detail="the account was closed meanwhile")
    face = of(tx, desk, person_id)
    if face is None:
        raise FaceUnknownError(detail="no living record of a proven name")
    consents.require(tx, person_id, purpose.value)
    standing.refuse_if_off(tx, desk, face.claimed.id_number)
    return face


def ready(desk: FaceDesk, tx: Transaction, person_id: str) -> bool:
    """Say whether to offer *person_id* their face as a way; nothing is written."""
    if not desk.open or not consents.given(tx, person_id, Purpose.STEP_UP.value):
        return False
    face = of(tx, desk, person_id)
    return face is not None and not standing.is_off(tx, desk, face.claimed.id_number)


def begin(
    tx: Transaction, desk: FaceDesk, purpose: Purpose, waiting: Possession, browser: bytes
) -> Ticket:
    """Open a scan of the face that *waiting* waits for.

    Raises:
        IdentityError: one of the reasons of `require`, or no scan is offered here now.
    """
    face = require(tx, desk, waiting.person_id, purpose)
    possessions.expect(tx, waiting.possession_id, face.subjects[0])
    order = Order(
        purpose=purpose,
        claimed=face.claimed,
        matter=_matter(waiting.possession_id, face.subjects[0]),
        risk=Risk(desk.liveness.sign_in_risk),
        person_id=waiting.person_id,
        browser=browser,
    )
    return opening.open_scan(tx, desk, order)


def finish(
    tx: Transaction, desk: FaceDesk, purpose: Purpose, waiting: Possession, visitor: Visitor
) -> None:
    """Spend what was shown and the scan that it waited for, once, in this browser alone.

    Everything is looked at again: an account closed, a name withdrawn or changed, a consent
    taken back, a face locked since the scan began, and nobody goes on.

    Raises:
        PossessionGoneError: it was spent. The caller commits.
        FaceNotConfirmedError: the scan showed nobody, or somebody that the account is no more.
        IdentityError: one of the reasons of `require`, or of `results.redeem`.
    """
    if waiting.scan_id is None or waiting.subject is None:
        raise FaceNotConfirmedError(detail="no scan showed this face")
    verdict = results.redeem(
        tx,
        waiting.scan_id,
        purpose,
        matter=_matter(waiting.possession_id, waiting.subject),
        browser=visitor.browser,
    )
    possessions.spend(tx, waiting.possession_id)
    face = require(tx, desk, waiting.person_id, purpose)
    if verdict.result is not Result.MATCH or waiting.subject not in face.subjects:
        raise FaceNotConfirmedError(detail="not the identity that was scanned")
    data = {"method": FACE.key, "held": waiting.held, "purpose": purpose.value}
    note(tx, visitor, events.SIGN_IN, person_id=waiting.person_id, data=data)


def _matter(possession_id: str, subject: bytes) -> str:
    """Return what a scan is for: this possession, and this identity's face."""
    return f"{possession_id}:{subject.hex()}"
