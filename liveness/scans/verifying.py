"""Verify that a submission is what it claims: of this scan and step, unaltered, made just now."""

from dataclasses import replace
from hashlib import sha256

from liveness.desk import FaceDesk
from liveness.scans import chain, hints, parcel, records, steps
from liveness.scans.chain import Timing
from liveness.scans.errors import TamperedError
from liveness.scans.findings import Findings
from liveness.scans.records import Scan
from liveness.scans.steps import Script
from liveness.scans.wire import Batch

_SHORT = 16  # octets of a hash that tells frames of one scan apart


def script_of(desk: FaceDesk, scan: Scan) -> Script:
    """Return how the step that *scan* waits for is to be captured."""
    state = scan.state
    return steps.script(state.wanted, len(state.steps) + 1, scan.wait_ms, desk.liveness)


def verified(desk: FaceDesk, scan: Scan, batch: Batch) -> Findings:
    """Return the findings so far with these frames appended, if nothing about them is amiss.

    Raises:
        TamperedError: something is.
    """
    findings = _so_far(desk, scan, batch)
    head = chain.head_of(findings.head, batch.frames)
    if head != batch.head:
        raise TamperedError("chain: another head")
    text = chain.signed_text(scan.scan_id, scan.version, head)
    if not chain.is_signed(scan.key or b"", text, batch.signature):
        raise TamperedError("chain: signature")
    chain.verify_times(batch.frames, findings.last_at, _timing(desk, scan))
    whole = _none_twice(findings, batch)
    if batch.rest is not None and sha256(batch.rest.octets).digest() != findings.rest:
        raise TamperedError("frames: another face at rest")
    return replace(
        findings,
        head=head,
        last_at=batch.frames[-1].at,
        hashes=whole,
        hints=findings.hints | hints.of(batch),
    )


def _so_far(desk: FaceDesk, scan: Scan, batch: Batch) -> Findings:
    if scan.parcel == 0:
        if batch.parcel is not None:
            raise TamperedError("parcel: none was handed out")
        return Findings(head=chain.start(scan.scan_id, scan.nonce or b""))
    return parcel.unseal(desk.vault, scan.scan_id, scan.parcel, batch.parcel or b"")


def _timing(desk: FaceDesk, scan: Scan) -> Timing:
    began, script = scan.began_ms or 0, script_of(desk, scan)
    return Timing(
        asked=scan.asked_ms - began,
        now=records.milliseconds() - began,
        wait=scan.wait_ms,
        window=script.window,
        rate=script.rate,
    )


def _none_twice(findings: Findings, batch: Batch) -> tuple[bytes, ...]:
    """Return the hashes of all frames so far: no camera makes the same octets twice."""
    new = [sha256(frame.octets).digest()[:_SHORT] for frame in batch.frames]
    whole = (*findings.hashes, *new)
    if len(set(whole)) != len(whole):
        raise TamperedError("frames: the same one twice")
    return whole
