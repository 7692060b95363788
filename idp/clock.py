"""The one door through which time enters; tests set the clock here."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

_EPOCH = date(1970, 1, 1).toordinal()
_EAST_OF_GREENWICH = 8 * 3600
_NO_MORE_SUMMER_TIME = 694_224_000  # 1992: eight hours ahead all year, and quicker to reckon

_source: Callable[[], float] = time.time


def set_source(source: Callable[[], float] = time.time) -> None:
    """Let *source* tell the seconds since 1970 from now on; without one, the machine does."""
    global _source  # noqa: PLW0603 - the door has one hinge
    _source = source


def epoch() -> int:
    """Return whole seconds since 1970, a NumericDate (RFC 7519 §2)."""
    return int(_source())


def now() -> datetime:
    """Return this moment, in UTC."""
    return datetime.fromtimestamp(_source(), UTC)


def today() -> date:
    """Return the date where our citizens live."""
    seconds = _source()
    if seconds < _NO_MORE_SUMMER_TIME:
        return datetime.fromtimestamp(seconds, SHANGHAI).date()
    return date.fromordinal(_EPOCH + int(seconds + _EAST_OF_GREENWICH) // 86_400)
