"""The wing of face scans, as the front door opens it: its pages, uses, rounds and erasures."""

from collections.abc import Callable
from functools import partial

from config import Settings
from idp.clients.party import RelyingParty
from idp.db import Transaction
from idp.jobs.timers import Timer
from idp.proofing.checks.office import Office
from liveness import checkup
from liveness.desk import FaceDesk
from liveness.permits import consents, filing, standing
from liveness.scans import leaving, records
from liveness.scans.handling import Uses
from liveness.scans.orders import Use
from liveness.uses import alive_proofs, reminders
from liveness.uses import sign_in as signing_in
from liveness.uses import step_up as stepping_up
from liveness.uses.alive import AliveUse
from liveness.uses.alive_proofs import Sign
from liveness.uses.department import DepartmentUse
from liveness.uses.proof import ProofUse
from liveness.views import (
    alive,
    capture,
    department,
    own_consents,
    own_face,
    proof,
    sign_in,
    stage,
    step_up,
)

FindClient = Callable[[str], RelyingParty | None]
_HOUR = 3600

BLUEPRINTS = (
    capture.bp,
    stage.bp,
    proof.bp,
    sign_in.bp,
    step_up.bp,
    department.bp,
    alive.bp,
    own_face.bp,
    own_consents.bp,
)
ERASURES: tuple[Callable[[Transaction, str], object], ...] = (
    records.erase,
    consents.erase,
    standing.erase,
    alive_proofs.erase,
)
"""What is forgotten of a person who is erased."""
CHECKS: dict[str, Callable[[Settings], str]] = {
    "face scans": checkup.examine,
    "stored faces": filing.examine,
}
"""What `manyou doctor` looks at here."""


def uses(desk: FaceDesk, office: Office, find_client: FindClient, sign: Sign) -> tuple[Use, ...]:
    """Return what face scans are for, each with its own end of a scan."""
    return (
        ProofUse(desk),
        signing_in.use(desk),
        stepping_up.use(desk),
        DepartmentUse(desk, office, find_client),
        AliveUse(desk, sign),
    )


def rounds(desk: FaceDesk, by_purpose: Uses, find_client: FindClient) -> tuple[Timer, ...]:
    """Return what the worker does now and then: the seconds between, and the doing."""
    return (
        (60, partial(standing.switch_off_overdue, desk=desk)),
        (_HOUR, partial(filing.watch, settings=desk.settings)),
        (leaving.EVERY, leaving.Lapse(desk, by_purpose)),
        (600, partial(reminders.send, vault=desk.vault, find_client=find_client)),
    )
