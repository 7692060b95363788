"""A face is found to be of somebody whom another account has proven to be: join the two.

Whoever may join two accounts plugs in here; this room knows only when the question may be put.
"""

from collections.abc import Callable
from typing import cast

from flask import Flask, current_app

from idp import clock
from idp.db import Transaction
from idp.proofing.attempts import Attempt, Entry
from idp.proofing.errors import AlreadyProvenError
from idp.proofing.graph import Step
from idp.proofing.ways import FACE

Offer = Callable[[Transaction, Attempt], str | None]
"""Takes an attempt whose face is that of another account's owner, and returns a page, or None."""
GOOD_FOR = 900
"""Seconds for which a living face at this browser answers for its owner."""
_KEY = "manyou.joining"


def install(app: Flask, offer: Offer) -> None:
    """Tell *app* who joins accounts."""
    app.extensions[_KEY] = offer


def matched_elsewhere(attempt: Attempt) -> Entry | None:
    """Return whose the living face of *attempt* was just found to be, if another account is theirs.

    By face alone: this step has that outcome only after an authority's match of a scan that was
    opened for this very attempt, and every move on from here clears it. Name and number without
    a face lead to another step, for they can be found out.
    """
    stands = attempt.running and attempt.step is Step.FACELESS and attempt.way == FACE.key
    recent = clock.epoch() - (attempt.asked_at or 0) <= GOOD_FOR
    owned = attempt.outcome == AlreadyProvenError.code
    return attempt.entry if stands and owned and recent else None


def page_for(tx: Transaction, attempt: Attempt) -> str | None:
    """Return the page on which *attempt*'s person may join the two accounts, or None."""
    offer = cast(Offer | None, current_app.extensions.get(_KEY))
    if offer is None or matched_elsewhere(attempt) is None:
        return None
    return offer(tx, attempt)
