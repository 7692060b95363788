"""How many desktops may wait for a phone before anybody else notices.

`python -m bench.waiting_desktops` starts a provider over SQLite for each way of waiting, lets
desktops ask as they are told to, and meanwhile opens the sign-in page ten times a second.
"""

import argparse
import heapq
import statistics
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import urllib3

from migrations import schema
from tests import live

# fmt: off
WAYS = {
    "as shipped": {},
    "every answer held back": {"MANYOU_SCAN__WAITERS": "4", "MANYOU_SCAN__WAIT": "5"},
    "asking at once again": {"MANYOU_SCAN__WAITERS": "0", "MANYOU_SCAN__QUESTIONS": "100000"},
}
# fmt: on
_LANES = 128


@dataclass
class Crowd:
    """Desktops that wait, each asking again when it was told to."""

    pool: urllib3.PoolManager
    url: str
    cookie: str
    until: float
    asked: int = 0
    failed: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, desktops: int) -> None:
        turns = [(time.monotonic() + 2 * n / max(1, desktops), n) for n in range(desktops)]
        heapq.heapify(turns)
        with ThreadPoolExecutor(_LANES) as lanes:
            for _ in range(min(_LANES, desktops)):
                lanes.submit(self._run, turns)

    def _run(self, turns: list[tuple[float, int]]) -> None:
        while True:
            with self.lock:
                if not turns:
                    return
                due, desktop = heapq.heappop(turns)
            if due > self.until:
                return
            time.sleep(max(0.0, due - time.monotonic()))
            again = self._ask()
            with self.lock:
                heapq.heappush(turns, (time.monotonic() + again, desktop))

    def _ask(self) -> float:
        answer = self.pool.request("GET", self.url, headers={"Cookie": self.cookie}, timeout=60)
        with self.lock:
            self.asked += 1
            self.failed += answer.status != 200
        return float(answer.json()["again_in"]) if answer.status == 200 else 5.0


def measure(provider: live.Provider, desktops: int, seconds: float) -> str:
    with urllib3.PoolManager(maxsize=_LANES + 8, retries=False) as pool:
        page = pool.request("GET", f"{provider.issuer}/sign-in")
        cookie = page.headers["Set-Cookie"].partition(";")[0]
        drawn = pool.request(
            "GET", f"{provider.issuer}/sign-in/scan", headers={"Cookie": cookie}, redirect=False
        )
        ticket = drawn.headers["Location"].rpartition("/")[2]
        url = f"{provider.issuer}/sign-in/scan/{ticket}/state?seen=new"
        crowd = Crowd(pool, url, cookie, time.monotonic() + seconds)
        waiting = threading.Thread(target=crowd.wait, args=(desktops,))
        waiting.start()
        times = _look(pool, f"{provider.issuer}/sign-in", crowd.until)
        waiting.join()
    cuts = statistics.quantiles(times, n=100)
    return (
        f"{desktops:5d} | {crowd.asked / seconds:6.0f} | {crowd.failed} | "
        f"{cuts[49] * 1000:.0f} | {cuts[98] * 1000:.0f} | {max(times) * 1000:.0f}"
    )


def _look(pool: urllib3.PoolManager, url: str, until: float) -> list[float]:
    """Open a page ten times a second, as somebody who waits for no phone."""
    times = []
    while (begun := time.monotonic()) < until:
        answer = pool.request("GET", url, timeout=60)
        assert answer.status == 200
        times.append(time.monotonic() - begun)
        time.sleep(max(0.0, 0.1 - times[-1]))
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--desktops", type=int, nargs="*", default=[0, 10, 100, 1000])
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--ways", nargs="*", default=list(WAYS), choices=WAYS)
    given = parser.parse_args()
    for way in given.ways:
        settings = WAYS[way]
        print(f"\n{way}\ndesktops | questions/s | failed | sign-in page p50 | p99 | max (ms)")
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/id.db"
            schema.upgrade(url)
            environ = {**settings, "MANYOU_SCAN__LIFETIME": "300"}
            with live.running(Path(folder), url, workers=given.workers, environ=environ) as there:
                for desktops in given.desktops:
                    print(measure(there, desktops, given.seconds), flush=True)


if __name__ == "__main__":
    main()
