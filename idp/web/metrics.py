"""How many requests, how they ended and how long they took; how authorities fare: for Prometheus.

One histogram tells all three: its count is the number of requests. Processes share it
through files in ``PROMETHEUS_MULTIPROC_DIR``, which `manyou serve` sets.
"""

from contextlib import suppress

from prometheus_client import Counter, Gauge, Histogram

_LATENCY = Histogram(
    "manyou_http_request_seconds",
    "Seconds from the entrance to the answer.",
    ("endpoint", "method", "status"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
)
_VERDICTS = Counter(
    "manyou_authority_verdicts",
    "Questions to authorities, by what became of them.",
    ("authority", "result"),
)
_BREAKERS = Gauge(
    "manyou_authority_breaker_open",
    "Whether an authority failed so often that it is left in peace (in any process).",
    ("authority",),
    multiprocess_mode="livemax",
)
# Groups, not paths: whoever asks for a million addresses must not grow a million series.
_GROUPS = frozenset(
    {
        *("authorize", "token", "userinfo", "introspect", "revoke", "register", "end_session"),
        *("jwks", "par", "device", "healthz", "readyz", "static"),
        *("sign-in", "sign-out", "reset", "confirm", "account", "preferences"),
    }
)
_METHODS = frozenset({"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS"})

_children: dict[tuple[str, str, str], Histogram] = {}


def observe(path: str, method: str, status: str, seconds: float) -> None:
    """Record one answered request; *status* is a status line or its number."""
    key = (group_of(path), method if method in _METHODS else "other", status[:3])
    child = _children.get(key)
    if child is None:
        try:
            child = _children[key] = _LATENCY.labels(*key)
        except OSError:  # a full disk must cost the figures, not the answer
            return
    child.observe(seconds)


def count_verdict(authority: str, result: str) -> None:
    """Record what became of one question to *authority*."""
    with suppress(OSError):
        _VERDICTS.labels(authority, result).inc()


def show_breaker(authority: str, *, is_open: bool) -> None:
    """Record that the breaker before *authority* opened or closed."""
    with suppress(OSError):
        _BREAKERS.labels(authority).set(int(is_open))


def group_of(path: str) -> str:
    """Return the group that *path* counts in."""
    first = path[1:].partition("/")[0]
    if first in _GROUPS:
        return first
    if first == ".well-known":
        return "discovery"
    return "other" if first else "home"
