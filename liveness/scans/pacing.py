"""Answer when the clock says so, not when the work is done: time tells no check from another."""

import math
import time


def moment() -> float:
    """Return the moment of this machine's steady clock, in seconds."""
    return time.monotonic()


def until_due(begun: float, every: float) -> None:
    """Wait until a whole number of *every* seconds has passed since *begun*; 0 waits not."""
    if every > 0:
        worked = moment() - begun
        time.sleep(max(1, math.ceil(worked / every)) * every - worked)
