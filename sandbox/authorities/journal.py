"""The last questions that an authority was asked, fit to be shown: masked, and in memory only."""

import threading
import time
from collections import deque
from dataclasses import dataclass

MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One question and what came of it."""

    at: float
    question: str
    about: str
    outcome: str
    fault: str


class Journal:
    """The newest questions, the last one first."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=MOST)
        self._lock = threading.Lock()

    def note(self, question: str, about: str, outcome: str, fault: str = "") -> None:
        entry = Entry(at=time.time(), question=question, about=about, outcome=outcome, fault=fault)
        with self._lock:
            self._entries.appendleft(entry)

    def entries(self) -> list[Entry]:
        with self._lock:
            return list(self._entries)


def masked(name: str, number: str) -> str:
    """Return *name* and *number* with little more than their ends."""
    shown = name[:1] + "*" * min(len(name) - 1, 6)
    hidden = f"{number[:1]}{'*' * min(len(number) - 2, 16)}{number[-1:]}" if number else ""
    return f"{shown} {hidden}".strip()
