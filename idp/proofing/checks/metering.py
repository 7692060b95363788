"""How much departments asked: counted from the checks themselves, per day, purpose and result."""

from datetime import date, datetime, timedelta
from typing import Any

from idp import clock
from idp.db import Statement, Transaction

_DAY = 86_400
_USAGE = """
    SELECT client_id, (claimed_at + :shift) / 86400 AS day, purpose, result, COUNT(*) AS checks,
           COUNT(batch_id) AS in_batches, COUNT(disputed_at) AS disputed
      FROM department_check
     WHERE {whose} AND claimed_at >= :since AND claimed_at < :until AND result <> ''
  GROUP BY client_id, day, purpose, result ORDER BY client_id, day, purpose, result
"""
_OF_ALL = Statement(_USAGE.format(whose="1 = 1"))
_OF_ONE = Statement(_USAGE.format(whose="client_id = :client_id"))
_EPOCH = date(1970, 1, 1)


def usage(tx: Transaction, first: date, last: date, client_id: str = "") -> list[dict[str, Any]]:
    """Return what was answered from *first* to *last*, both whole days where citizens live."""
    begins, ends = _midnight(first), _midnight(last + timedelta(days=1))
    shift = (first - _EPOCH).days * _DAY - begins
    bounds: dict[str, Any] = {"shift": shift, "since": begins, "until": ends}
    rows = (
        tx.all(_OF_ONE, client_id=client_id, **bounds) if client_id else tx.all(_OF_ALL, **bounds)
    )
    return [
        row._asdict() | {"day": (_EPOCH + timedelta(days=int(row.day))).isoformat()} for row in rows
    ]


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=clock.SHANGHAI).timestamp())
