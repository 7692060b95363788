"""Decide on all that was found: alive, present, and one face throughout."""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import orjson

from config.faces import LivenessSettings
from liveness.engine import decision
from liveness.engine.decision import Evidence, Policy, Reason
from liveness.engine.faces import NAN, Observation, Vector
from liveness.engine.presentation_attack import vote
from liveness.engine.templates import AGREEMENT, MOST, Metric, agreement, likeness
from liveness.scans import repeats
from liveness.scans.findings import Findings

_IN_MOTION = {Metric.COSINE: 0.35, Metric.DISTANCE: -0.60}
"""A turned head is less like itself, and still more than like anybody else."""
_ELSEWHERE = 1.0
"""The portrait is compared by whoever keeps it, not here."""


@dataclass(frozen=True, slots=True)
class Decided:
    """Why the capture is refused, or None; and the hash that binds this to what was seen."""

    reason: Reason | None
    evidence: str


def decide(scan_id: str, findings: Findings, settings: LivenessSettings) -> Decided:
    """Decide on the whole of a capture whose movements were all seen."""
    reason = decision.refusal(evidence_of(findings, settings), policy_of(findings, settings))
    return Decided(reason, digest(scan_id, findings, settings.steps, reason))


def evidence_of(findings: Findings, settings: LivenessSettings) -> Evidence:
    one_face = _one_in_motion(findings)
    return Evidence(
        usable=findings.usable,
        steps_asked=settings.steps,
        steps_performed=findings.performed,
        repeats=repeats.share(findings.sketches),
        agreement=agreement(findings.metric, findings.faces) if one_face else NAN,
        live=vote([_bare(votes) for votes in findings.lives]),
        similarity=_ELSEWHERE,
    )


def policy_of(findings: Findings, settings: LivenessSettings) -> Policy:
    return Policy(
        similarity=_ELSEWHERE,
        steps=settings.steps,
        agreement=AGREEMENT[findings.metric],
        live=NAN if settings.pad_models is None else settings.pad_least,
    )


def probe_vectors(findings: Findings) -> tuple[Vector, ...]:
    """Return three to five vectors from different moments of the scan."""
    faces = findings.faces
    return faces if len(faces) <= MOST else (faces[0], *faces[1 - MOST :])


def digest(scan_id: str, findings: Findings, asked: int, reason: Reason | None) -> str:
    """Return the hash of chain, observations, model and decision: what the trail keeps of them."""
    told = {
        "scan": scan_id,
        "head": findings.head.hex(),
        "seen": findings.digest.hex(),
        "model": findings.model_id,
        "asked": asked,
        "performed": findings.performed,
        "refused": reason.value if reason else "",
    }
    return sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _one_in_motion(findings: Findings) -> bool:
    """Say whether whoever moved is who was at rest: nobody takes over for the movement alone."""
    if not findings.faces or len(findings.moved) != findings.performed:
        return False
    at_rest = _mean(findings.metric, findings.faces)
    alike = [likeness(findings.metric, at_rest, vector) for vector in findings.moved]
    return all(one >= _IN_MOTION[findings.metric] for one in alike)


def _mean(metric: Metric, vectors: tuple[Vector, ...]) -> Vector:
    mean = np.mean(np.stack(vectors), axis=0, dtype=np.float64)
    length = float(np.linalg.norm(mean)) or 1.0
    return np.asarray(mean / length if metric is Metric.COSINE else mean, np.float32)


def _bare(votes: tuple[float, ...]) -> Observation:
    return Observation(width=0, height=0, fingerprint=0, faces=1, live=votes)
