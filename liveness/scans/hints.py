"""Hints that frames were injected rather than captured: recorded, never decided on.

Whoever injects frames can give every one of these the look of a camera, so they refuse nobody;
over many scans they tell an operator where to look.
"""

import re
from itertools import pairwise

from liveness.scans import chain
from liveness.scans.wire import Batch

_VIRTUAL = re.compile(
    r"virtual|obs\b|manycam|snap camera|droidcam|fake|dummy|[\\/]|\.(y4m|mjpe?g|mp4)"
)


def of(batch: Batch) -> frozenset[str]:
    """Return the words for what is odd about a submission."""
    media = [frame.media for frame in batch.frames]
    odd = {
        "label": bool(_VIRTUAL.search(batch.hints.label.lower())),
        "no_label": not batch.hints.label,
        "webdriver": batch.hints.webdriver,
        "no_settings": not batch.hints.settings,
        "cadence": chain.steady(batch.frames),
        "media": any(media) and not all(after > before for before, after in pairwise(media)),
    }
    return frozenset(word for word, is_so in odd.items() if is_so)
