"""Quotas without a hot row: each process borrows a block of them, atomically, and uses it up.

One row per client and period counts what was lent, so never more than the quota is
evaluated, by however many processes; what a process borrowed and did not use is forgone.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from config.real_names import VerificationSettings
from idp import clock
from idp.clients.verification import Permission
from idp.db import Database, Statement
from idp.proofing.checks.errors import QuotaExceededError

_MINUTE, _DAY = 60, 86_400
_SHANGHAI = 8 * 3600  # days are counted where our citizens live; there is no summer time there
_LEND = Statement("""
    INSERT INTO check_quota (client_id, period, lent, expires_at)
    VALUES (:client_id, :period, :block, :expires_at)
    ON CONFLICT (client_id, period) DO UPDATE SET lent = check_quota.lent + excluded.lent
        WHERE check_quota.lent + excluded.lent <= :quota
    RETURNING lent
""")


@dataclass(slots=True)
class _Purse:
    """What this process holds of one quota in one period."""

    period: str
    left: int
    empty_at: int = -1  # the second in which nothing was left to borrow


@dataclass(frozen=True, slots=True)
class Loan:
    """One check's worth of every quota; given back if no authority had to answer."""

    lender: "Lender"
    client_id: str
    periods: tuple[str, ...]

    def give_back(self) -> None:
        """Let another check have it."""
        self.lender.take_back(self.client_id, self.periods)


class Lender:
    """Lends a client's quota to the checks of this process."""

    def __init__(self, database: Database, settings: VerificationSettings) -> None:
        self._database = database
        self._settings = settings
        self._lock = threading.Lock()
        self._purses: dict[tuple[str, str], _Purse] = {}

    def take(self, client_id: str, permission: Permission) -> Loan:
        """Take one check's worth.

        Raises:
            QuotaExceededError: the minute's or the day's quota is used up; it says until when.
        """
        per_minute = permission.per_minute or self._settings.per_minute
        per_day = permission.per_day or self._settings.per_day
        now = clock.epoch()
        taken: list[str] = []
        with self._lock:
            for kind, seconds, shift, quota in (
                ("minute", _MINUTE, 0, per_minute),
                ("day", _DAY, _SHANGHAI, per_day),
            ):
                turn = (now + shift) // seconds
                period, ends = f"{kind}:{turn}", (turn + 1) * seconds - shift
                if not self._from_purse(client_id, kind, period, ends, quota):
                    self._put_back(client_id, taken)
                    raise QuotaExceededError(
                        retry_after=max(1, ends - now), detail=f"{quota} per {kind}"
                    )
                taken.append(period)
        return Loan(self, client_id, tuple(taken))

    def take_back(self, client_id: str, periods: Iterable[str]) -> None:
        """Put what was not used back, if its period still runs."""
        with self._lock:
            self._put_back(client_id, periods)

    def _from_purse(self, client_id: str, kind: str, period: str, ends: int, quota: int) -> bool:
        purse = self._purses.get((client_id, kind))
        if purse is None or purse.period != period:
            purse = self._purses[client_id, kind] = _Purse(period, 0)
        if purse.left == 0 and purse.empty_at != clock.epoch():
            purse.left = self._borrow(client_id, period, ends, quota)
            if not purse.left:
                purse.empty_at = clock.epoch()
        if purse.left == 0:
            return False
        purse.left -= 1
        return True

    def _borrow(self, client_id: str, period: str, ends: int, quota: int) -> int:
        """Return how much was lent: a twentieth of the quota, near its end less, or nothing."""
        block = max(1, min(self._settings.quota_block, quota // 20))
        for size in dict.fromkeys((block, max(1, block // 8), 1)):
            with self._database.at_once() as tx:
                if tx.one(_LEND, client_id=client_id, period=period, block=size,
                          quota=quota, expires_at=ends + _DAY):  # fmt: skip
                    return size
        return 0

    def _put_back(self, client_id: str, periods: Iterable[str]) -> None:
        for period in periods:
            purse = self._purses.get((client_id, period.partition(":")[0]))
            if purse is not None and purse.period == period:
                purse.left += 1
