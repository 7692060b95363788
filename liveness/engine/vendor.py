"""The slot for a certified matcher behind HTTP; whoever fills it brings the transport."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Transport = Callable[[bytes], bytes]
"""Takes the JSON question, returns the body of a 200 answer; raises for anything else."""


class VendorError(Exception):
    """The matcher gave no verdict that can be used; it is nobody's pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorVerdict:
    """What a certified matcher says; both must be true to pass."""

    live: bool
    match: bool
    reference: str  # its own number of the transaction, for the audit log

    @property
    def passed(self) -> bool:
        return self.live and self.match


class VendorMatcher:
    """Asks a matcher that compares pictures itself: {transaction, probes, reference}."""

    name = "vendor"
    authoritative = True

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def compare(self, transaction: str, probes: Sequence[bytes], reference: bytes) -> VendorVerdict:
        """Return its verdict on encoded *probes* against the encoded *reference*.

        Raises:
            VendorError: it cannot be reached, or its answer is not exactly as agreed.
        """
        question = {
            "transaction": transaction,
            "probes": [base64.b64encode(probe).decode("ascii") for probe in probes],
            "reference": base64.b64encode(reference).decode("ascii"),
        }
        try:
            answer = json.loads(self._transport(json.dumps(question).encode("ascii")))
        except Exception as error:
            raise VendorError(f"no answer: {type(error).__name__}") from error
        return _verdict(answer, transaction)


def _verdict(answer: object, transaction: str) -> VendorVerdict:
    """Accept only literal booleans, and only about our own transaction."""
    if not isinstance(answer, dict) or answer.get("transaction") != transaction:
        raise VendorError("an answer to another question")
    live, match, reference = (answer.get(key) for key in ("live", "match", "reference"))
    if not (isinstance(live, bool) and isinstance(match, bool) and isinstance(reference, str)):
        raise VendorError("an answer of another shape")
    return VendorVerdict(live=live, match=match, reference=reference)
