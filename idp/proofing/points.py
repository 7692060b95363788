"""The counters where an officer verifies people: which there are, and when they are open."""

from datetime import date, timedelta

from config.real_names import CounterPoint
from config.schema import Profile
from config.settings import Settings
from idp import clock

_SUNDAY = 6

# A country in miniature has counters too; none of them exists.
INVENTED = (
    CounterPoint(
        code="qinghe-centre",
        name="清河市民中心",
        name_en="Qinghe Citizens' Centre",
        address="清河市滨河路1号一层，综合窗口（有无障碍通道）",
        address_en="1 Riverside Road, Qinghe, ground floor, step-free",
    ),
    CounterPoint(
        code="linxi-hall",
        name="临溪县政务服务大厅",
        name_en="Linxi County Service Hall",
        address="临溪县迎春街18号，3号窗口",
        address_en="18 Spring Street, Linxi, window 3",
    ),
    CounterPoint(
        code="wanghai-station",
        name="望海镇便民服务站",
        name_en="Wanghai Town Service Station",
        address="望海镇码头巷5号，可预约上门",
        address_en="5 Pier Lane, Wanghai; home visits on request",
        capacity=1,
    ),
)


def all_of(settings: Settings) -> tuple[CounterPoint, ...]:
    """Return the counters of this deployment; the demonstration has invented ones."""
    if settings.counters.points or settings.profile is Profile.PRODUCTION:
        return settings.counters.points
    return INVENTED


def find(settings: Settings, code: str) -> CounterPoint | None:
    return next((point for point in all_of(settings) if point.code == code), None)


def days(settings: Settings) -> list[date]:
    """Return the days that can be chosen: from tomorrow on, no Sundays."""
    today, wanted = clock.today(), settings.counters.days
    ahead = (today + timedelta(days=distance) for distance in range(1, 2 * wanted + 2))
    return [day for day in ahead if day.weekday() != _SUNDAY][:wanted]
