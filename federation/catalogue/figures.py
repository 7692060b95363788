"""How upstreams fare, in figures for Prometheus: who is well, and why people were sent away."""

from contextlib import suppress

from prometheus_client import Counter, Gauge

WELL = "well"
_WELL = Gauge(
    "manyou_upstream_well",
    "Whether the last probe found the upstream there and knowing us (0 or 1).",
    ("connector",),
    multiprocess_mode="mostrecent",
)
_REFUSALS = Counter(
    "manyou_upstream_refusals",
    "People who came to, or from, an upstream and were not let in, by error code.",
    ("connector", "code"),
)
_shown: dict[str, str] = {}


def show_health(connector: str, health: str) -> None:
    """Show what the last probe found; nothing where there was none."""
    if not health or _shown.get(connector) == health:
        return
    _shown[connector] = health
    with suppress(OSError):  # a full disk must cost the figures only
        _WELL.labels(connector).set(int(health == WELL))


def count_refusal(connector: str, code: str) -> None:
    """Count somebody who was not let in."""
    with suppress(OSError):
        _REFUSALS.labels(connector, code).inc()
