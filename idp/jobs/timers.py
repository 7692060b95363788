"""What is done every so often: sweeping out rows whose time has passed."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from idp import clock
from idp.db import Statement, Transaction
from idp.jobs import queue

Timer = tuple[int, Callable[[Transaction], object]]  # seconds between two runs, and what runs
_NAME = re.compile(r"[a-z_]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Sweep:
    """Deletes the rows of *table* whose *column* lies *kept* seconds or more in the past."""

    table: str
    column: str = "expires_at"
    kept: int = 0

    def __call__(self, tx: Transaction) -> int:
        """Sweep, and return how many rows went."""
        for name in (self.table, self.column):
            if not _NAME.fullmatch(name):
                raise ValueError(f"no name of ours: {name}")
        sql = f"DELETE FROM {self.table} WHERE {self.column} <= :limit"  # noqa: S608 - checked
        return tx.run(Statement(sql), limit=clock.epoch() - self.kept)


def housekeeping(*sweeps: Sweep, every: int = 60) -> tuple[Timer, ...]:
    """Return the timers that run *sweeps*, and forget finished jobs."""
    return (*((every, sweep) for sweep in sweeps), (every, queue.forget))
