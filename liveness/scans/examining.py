"""One submission, from its claim to its answer; no transaction is open while anybody looks.

The claim is one conditional UPDATE, so of submissions that race the room of vision is asked
once. It is given back when nothing was looked at.
"""

from dataclasses import dataclass, replace
from hashlib import sha256

from idp.errors import IdentityError
from idp.registry.results import Result, Verdict
from liveness.desk import FaceDesk
from liveness.engine.decision import Reason
from liveness.engine.gate import Flaw
from liveness.isolation.errors import PictureError, VisionLostError
from liveness.permits import lasting
from liveness.probes import probe_for
from liveness.scans import deciding, finishing, graph, looking, parcel, records, steps
from liveness.scans.errors import (
    BatchError,
    FaceNotOfferedError,
    ScanOverError,
    ScanStepError,
    TamperedError,
)
from liveness.scans.findings import Findings
from liveness.scans.finishing import Facts, Told
from liveness.scans.graph import Rules, Stage
from liveness.scans.handling import Handling
from liveness.scans.looking import Looked
from liveness.scans.orders import Capture
from liveness.scans.records import Scan
from liveness.scans.steps import Script
from liveness.scans.verifying import script_of, verified
from liveness.scans.wire import Batch, Frame

_FEWEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Onward:
    """The scan goes on: the next step, or the same once more."""

    again: bool
    scan: Scan
    script: Script
    parcel: bytes
    coach: tuple[Flaw, ...]
    rest: int | None


def submit(handling: Handling, scan: Scan, batch: Batch) -> Onward | Told:
    """Answer a submission to *scan*, as it was read.

    Raises:
        BatchError, VisionBusyError: nothing was looked at; the same may be sent again.
        PictureError: better ones may be sent, as often as a step may be asked for again.
        ScanStepError: it is being looked at, or was.
        ScanOverError: the scan has ended, or ended meanwhile.
        VisionLostError: it ended by our own fault, and counts as no try.
    """
    desk = handling.desk
    _must_fit(desk, scan, batch)
    with desk.database.write() as tx:
        scan = records.claim(tx, scan)
    try:
        looked = _look(desk, scan, batch)
    except TamperedError as error:
        return finishing.finish(handling, scan, finishing.refusal(str(error)), Facts())
    except VisionLostError:
        lost = Facts(given_back=True)
        finishing.finish(handling, scan, finishing.unanswered("vision_lost"), lost)
        raise
    except PictureError:
        rules = _rules(desk)
        if not graph.may_again(scan.state, rules):
            spent = finishing.refusal(Reason.POOR_CAPTURE.value)
            return finishing.finish(handling, scan, spent, Facts())
        _give_back(desk, scan, graph.again(scan.state, rules))
        raise
    except BaseException:
        _give_back(desk, scan, graph.undo(scan.state))
        raise
    return _conclude(handling, scan, batch, looked)


def _must_fit(desk: FaceDesk, scan: Scan, batch: Batch) -> None:
    state = scan.state
    if state.stage is Stage.OPENED:
        raise ScanStepError(detail="not begun")
    if scan.over:
        raise ScanOverError(detail=f"{state.stage}")
    if batch.version != scan.version or state.stage in (Stage.EXAMINING, Stage.MATCHING):
        raise ScanStepError(detail=f"version {batch.version} at {scan.version}, {state.stage}")
    most = script_of(desk, scan).frames
    if (batch.rest is not None) != bool(state.steps):
        raise BatchError(detail="the face at rest belongs to movements, and to them alone")
    if not _FEWEST <= len(batch.frames) <= most:
        raise BatchError(detail=f"{len(batch.frames)} frames of {_FEWEST} to {most}")


def _rules(desk: FaceDesk) -> Rules:
    return Rules(steps=desk.liveness.steps, tries=desk.liveness.tries)


def _give_back(desk: FaceDesk, scan: Scan, state: graph.State) -> None:
    with desk.database.write() as tx:
        records.move(tx, scan, replace(scan, state=state))


def _look(desk: FaceDesk, scan: Scan, batch: Batch) -> Looked:
    if desk.room is None:
        raise FaceNotOfferedError
    findings = verified(desk, scan, batch)
    step = scan.state.wanted
    if step is None or batch.rest is None:
        looked = looking.at_rest(desk.room, findings, batch.frames)
        if looked.rest is None:
            return looked
        kept = sha256(batch.frames[looked.rest].octets).digest()
        return replace(looked, findings=replace(looked.findings, rest=kept))
    return looking.in_motion(desk.room, findings, step, batch.rest, batch.frames)


def _conclude(handling: Handling, scan: Scan, batch: Batch, looked: Looked) -> Onward | Told:
    """Go on, ask again, refuse, or have the face compared."""
    limits, rules = handling.desk.liveness, _rules(handling.desk)
    state = scan.state
    if not looked.done:
        if graph.may_again(state, rules):
            return _go_on(handling.desk, scan, graph.again(state, rules), looked)
        return _refuse(handling, scan, looked)
    if len(state.steps) < limits.steps:
        step = steps.choose(state.steps, state.skipped)
        return _go_on(handling.desk, scan, graph.ask(state, step, rules), looked)
    decided = deciding.decide(scan.scan_id, looked.findings, limits)
    facts = Facts(evidence=decided.evidence, hints=looked.findings.hints)
    if decided.reason is not None:
        return finishing.finish(handling, scan, finishing.refusal(decided.reason.value), facts)
    matching = replace(scan, state=graph.complete(state, rules), version=scan.version + 1)
    try:
        with handling.desk.database.write() as tx:
            finishing.still_permitted(tx, handling.desk, finishing.ordered(scan))
            records.move(tx, scan, matching)
    except lasting.GONE as error:
        return finishing.finish(handling, scan, finishing.refusal(error.code), facts)
    picture = batch.rest or batch.frames[0]
    verdict = _compare(handling, matching, looked.findings, picture, decided.evidence)
    return finishing.finish(handling, matching, verdict, facts)


def _go_on(desk: FaceDesk, scan: Scan, state: graph.State, looked: Looked) -> Onward:
    version = scan.version + 1
    after = replace(
        scan,
        state=state,
        version=version,
        parcel=version,
        asked_ms=records.milliseconds(),
        wait_ms=steps.random_wait(),
    )
    with desk.database.write() as tx:
        records.move(tx, scan, after)
    return Onward(
        again=not looked.done,
        scan=after,
        script=script_of(desk, after),
        parcel=parcel.seal(desk.vault, scan.scan_id, version, looked.findings),
        coach=looked.coach,
        rest=looked.rest,
    )


def _refuse(handling: Handling, scan: Scan, looked: Looked) -> Told:
    """Refuse what was not seen in all the tries there are."""
    findings = looked.findings
    reason = Reason.POOR_CAPTURE if looked.coach else Reason.CHALLENGE_FAILED
    limits = handling.desk.liveness
    facts = Facts(
        evidence=deciding.digest(scan.scan_id, findings, limits.steps, reason),
        hints=findings.hints,
    )
    told = finishing.finish(handling, scan, finishing.refusal(reason.value), facts)
    return replace(told, coach=looked.coach)


def _compare(
    handling: Handling, scan: Scan, findings: Findings, picture: Frame, evidence: str
) -> Verdict:
    """Have the face compared; who cannot is away, and nothing is held against the person."""
    order = finishing.ordered(scan)
    vectors = deciding.probe_vectors(findings)
    try:
        probe = probe_for(
            handling.desk,
            findings.model_id,
            findings.metric,
            vectors,
            order.risk,
            picture.octets,
        )
        capture = Capture(
            scan_id=scan.scan_id,
            order=order,
            subject=scan.subject,
            evidence=evidence,
            picture=picture.octets,
            probe=probe,
        )
        return handling.uses[scan.purpose].compare(capture)
    except IdentityError as error:
        return Verdict(result=Result.SOURCE_DOWN, source="", reason=error.code)
