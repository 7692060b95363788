"""How many of a worker's threads scans may hold at once; whoever comes besides is asked to wait.

A submission holds its thread while vision looks, while an authority compares, and until a final
answer is due: seconds, in which a crowd before the cameras must not stop anybody's `/token`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from liveness.isolation.errors import VisionBusyError

_COME_BACK = 2  # seconds


class Places:
    """Half of the threads, and one at least."""

    def __init__(self, threads: int) -> None:
        self._free = BoundedSemaphore(max(1, threads // 2))

    @contextmanager
    def one(self) -> Iterator[None]:
        """Take a place.

        Raises:
            VisionBusyError: none is free; nothing was looked at.
        """
        if not self._free.acquire(blocking=False):
            raise VisionBusyError(retry_after=_COME_BACK, detail="every place of this worker")
        try:
            yield
        finally:
            self._free.release()
