"""Who is signed in at one site: the site's own sessions, kept on the server and in memory."""

import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

LONGEST = 12 * 3600
MOST = 20_000


@dataclass(slots=True, kw_only=True)
class Visit:
    """One browser's stay at the site; *ended* says how it came to a close elsewhere."""

    key: str
    claims: dict[str, Any]
    token: dict[str, Any]
    opened_at: float
    userinfo: dict[str, Any] | None = None
    refreshed_at: float | None = None
    ended: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def subject(self) -> str:
        return str(self.claims["sub"])

    @property
    def name(self) -> str:
        """What the person is called, as far as the provider told us."""
        told = {**self.claims, **(self.userinfo or {})}
        return str(told.get("name") or told.get("preferred_username") or "")

    @property
    def sid(self) -> str | None:
        return self.claims.get("sid")


class Visits:
    """The visits of one site."""

    def __init__(self) -> None:
        self._visits: dict[str, Visit] = {}
        self._lock = threading.Lock()

    def open(
        self, claims: dict[str, Any], token: dict[str, Any], userinfo: dict[str, Any]
    ) -> Visit:
        """Begin a visit under a fresh key: one planted before sign-in is worth nothing."""
        visit = Visit(
            key=secrets.token_urlsafe(32),
            claims=claims,
            token=token,
            userinfo=userinfo,
            opened_at=time.time(),
        )
        with self._lock:
            self._make_room()
            self._visits[visit.key] = visit
        return visit

    def find(self, key: str | None) -> Visit | None:
        """Return the visit of *key*, ended or not, unless it is too old."""
        with self._lock:
            visit = self._visits.get(key or "")
        if visit is None or visit.opened_at + LONGEST < time.time():
            return None
        return visit

    def forget(self, key: str | None) -> None:
        with self._lock:
            self._visits.pop(key or "", None)

    def end(self, matches: Callable[[Visit], bool], reason: str) -> int:
        """End every open visit that *matches*; return how many there were."""
        with self._lock:
            chosen = [v for v in self._visits.values() if not v.ended and matches(v)]
        for visit in chosen:
            with visit.lock:  # a refresh under way must not bring the tokens back
                visit.ended = reason
                visit.token = {}
                visit.userinfo = None
        return len(chosen)

    def of_sid(self, sid: str) -> Iterable[Visit]:
        """Return the open visits that belong to the provider's session *sid*."""
        with self._lock:
            return [v for v in self._visits.values() if v.sid == sid and not v.ended]

    def _make_room(self) -> None:
        oldest_allowed = time.time() - LONGEST
        for key in [k for k, v in self._visits.items() if v.opened_at < oldest_allowed]:
            del self._visits[key]
        while len(self._visits) >= MOST:
            del self._visits[next(iter(self._visits))]
