"""Who knocks, as far as a browser tells: needed to count tries and to tell the trail."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import request

from idp.audit import trail
from idp.authentication import known_browsers
from idp.db import Transaction
from idp.web import browser


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser at the door; *known* is its cookie's fingerprint from an earlier sign-in."""

    browser: bytes
    address: str = ""
    request_id: str = ""
    known: bytes | None = None


def here() -> Visitor:
    """Return the visitor of this request; the address is the one the entrance decided on."""
    return Visitor(
        browser=browser.fingerprint(),
        address=request.environ.get("manyou.address", ""),
        request_id=request.environ.get("manyou.request_id", ""),
        known=known_browsers.fingerprint_here(),
    )


def note(
    tx: Transaction,
    visitor: Visitor,
    event: str,
    *,
    person_id: str | None,
    outcome: str = "success",
    reason: str = "",
    data: Mapping[str, object] | None = None,
) -> None:
    """Put on the trail what *visitor* did, or failed to do."""
    trail.record(
        tx,
        event,
        outcome=outcome,
        person_id=person_id,
        reason=reason,
        address=visitor.address,
        request_id=visitor.request_id,
        data=data,
    )
