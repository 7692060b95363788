"""A captured face as a probe: it compares itself with a portrait that somebody keeps.

Our own engine takes templates of both in the room of vision; a certified matcher, where one is
chosen, gets both pictures. What cannot be measured never passes.
"""

import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from config.faces import LivenessSettings
from idp.registry.discipline import BusyError
from idp.registry.ports import AuthorityError
from idp.registry.queries import Probe
from idp.registry.results import Result
from idp.web.outbound import Outbound
from liveness.desk import FaceDesk
from liveness.engine import comparison
from liveness.engine.comparison import IncomparableError, Risk
from liveness.engine.faces import Observation, Vector
from liveness.engine.gate import Gate, flaws
from liveness.engine.templates import Metric, Template, TemplateError, mean_template, template
from liveness.engine.vendor import VendorError, VendorMatcher
from liveness.isolation.errors import PictureError, VisionBusyError, VisionLostError
from liveness.isolation.room import VisionRoom
from liveness.isolation.wire import Question

log = logging.getLogger(__name__)

PORTRAIT = Gate(size=40, share=0.15, margin=-0.25, sharpness=5, angle=25, eye=0, mouth=9)
"""What a portrait on file must show; a card's chip holds 102 x 126 pixels, taken years ago."""

_OK = 200


class LostVisionError(AuthorityError):
    """Whoever looked at the portrait was lost over it."""

    reason = "vision_lost"


class MatcherError(AuthorityError):
    """The certified matcher gave no verdict that can be used."""

    reason = "matcher_unusable"


def probe_for(
    desk: FaceDesk,
    model_id: str,
    metric: Metric,
    vectors: Sequence[Vector],
    risk: Risk,
    picture: bytes,
) -> Probe:
    """Return the probe that three to five agreeing *vectors* make, or *picture* at a vendor's.

    Vectors that make no template give a probe that matches nobody.
    """
    if desk.liveness.engine == "vendor":
        return VendorProbe(VendorMatcher(Post(desk.outbound, desk.liveness)), picture)
    try:
        mean = mean_template(model_id, metric, vectors)
    except TemplateError as error:
        log.warning("a probe without a template", extra={"detail": str(error)})
        mean = None
    return TemplateProbe(desk.room, mean, risk)


@dataclass(frozen=True, slots=True)
class TemplateProbe:
    """Compared by our own engine, as strictly as *risk* asks for."""

    room: VisionRoom | None
    probe: Template | None = field(repr=False)
    risk: Risk

    def against(self, reference: bytes) -> Result:
        """Return MATCH, FACE_MISMATCH, or NO_PHOTO where *reference* shows no usable face.

        Raises:
            AuthorityError: nobody could look at it just now.
        """
        if self.probe is None:
            return Result.FACE_MISMATCH
        kept = self._template_of(reference)
        if kept is None:
            return Result.NO_PHOTO
        try:
            # NaN compares false, and so matches nobody.
            alike = comparison.matches(self.probe, kept, self.risk)
        except IncomparableError as error:
            log.warning("two models met", extra={"detail": str(error)})
            return Result.FACE_MISMATCH
        return Result.MATCH if alike else Result.FACE_MISMATCH

    def _template_of(self, reference: bytes) -> Template | None:
        """Return the template of *reference*, or None if it shows no single, usable face."""
        if self.room is None:
            raise LostVisionError(detail="no room of vision")
        try:
            seen = self.room.look(Question(pictures=(reference,), embed=(0,)))
        except PictureError as error:
            log.warning("an unusable portrait", extra={"detail": error.detail})
            return None
        except VisionBusyError as error:
            raise BusyError(detail=error.detail) from error
        except VisionLostError as error:
            raise LostVisionError(detail=error.detail) from error
        return _usable(seen.model_id, seen.metric, seen.observations[0])


def _usable(model_id: str, metric: Metric, seen: Observation) -> Template | None:
    wrong = flaws(seen, PORTRAIT)
    if wrong or seen.template is None:
        log.warning("an unusable portrait", extra={"detail": " ".join(wrong) or "no template"})
        return None
    try:
        return template(model_id, metric, seen.template)
    except TemplateError:
        return None


@dataclass(frozen=True, slots=True)
class VendorProbe:
    """Compared by a certified matcher, which judges besides whether somebody was alive."""

    matcher: VendorMatcher
    picture: bytes = field(repr=False)

    def against(self, reference: bytes) -> Result:
        """Return MATCH only if both liveness and match are affirmed.

        Raises:
            AuthorityError: it gave no verdict.
        """
        transaction = secrets.token_urlsafe(16)
        try:
            told = self.matcher.compare(transaction, (self.picture,), reference)
        except VendorError as error:
            raise MatcherError(detail=str(error)) from error
        log.info("the certified matcher answered", extra={"detail": told.reference[:64]})
        if told.passed:
            return Result.MATCH
        return Result.FACE_MISMATCH if told.live else Result.LIVENESS_FAIL


@dataclass(frozen=True, slots=True)
class Post:
    """The way to the certified matcher: the house's one transport, and its own token."""

    outbound: Outbound
    settings: LivenessSettings

    def __call__(self, question: bytes) -> bytes:
        """Return the body of the answer; whatever is not a 200 raises."""
        token = self.settings.vendor_token.get_secret_value()
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        answer = self.outbound.request(
            "POST",
            self.settings.vendor_url,
            headers=headers,
            body=question,
            timeout=self.settings.vendor_timeout,
        )
        if answer.status != _OK:
            raise VendorError(f"HTTP {answer.status}")
        return answer.body
