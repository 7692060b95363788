"""Measures Manyou beside npm oidc-provider in interleaved passes: ``python -m bench.run``."""

import argparse
import os
import platform
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import machine, manyou, measure, peer, report
from bench.contestant import Contestant
from bench.measure import Pass
from bench.roads import ROADS

RESULTS = Path(__file__).parent / "results"
STARTERS: dict[str, Callable[[Path], AbstractContextManager[Contestant]]] = {
    "manyou": manyou.started,
    "oidc-provider": peer.started,
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="passes of each over each road")
    parser.add_argument("--seconds", type=int, default=4, help="length of one pass")
    parser.add_argument("--warm-up", type=int, default=1, help="rounds that are not counted")
    parser.add_argument("--only", choices=STARTERS, help="run one contestant alone")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where to write")
    return parser.parse_args()


def one_round(contestants: list[tuple[Contestant, Path]], turn: int, seconds: int) -> list[Pass]:
    """Take everybody over every road; who goes first changes from round to round."""
    passes = []
    order = contestants if turn % 2 == 0 else contestants[::-1]
    for road, plan in ROADS.items():
        for one, folder in order:
            found = measure.run(one, road, plan(one, folder), turn, seconds, folder)
            print(f"{turn + 1} {road:26} {one.name:18} {found.rate:9,.0f}/s  {found.complaint}")
            passes.append(found)
    return passes


def facts(options: argparse.Namespace) -> dict[str, object]:
    """Return what the figures depend on."""
    root = Path(__file__).parent.parent
    ask = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(ask, cwd=root, capture_output=True, text=True, check=False)
    models = [
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "measured": f"{datetime.now(UTC):%F %H:%M} UTC",
        "commit": commit.stdout.strip() or "unknown",
        "processor": f"{len(models)} × {models[0] if models else platform.processor()}",
        "passes": f"{options.rounds} rounds of {options.seconds} s, interleaved, "
        f"after {options.warm_up} to warm up",
        "connections": measure.CONNECTIONS,
        "load average at the start": " ".join(f"{value:.1f}" for value in os.getloadavg()),
    }


def main() -> None:
    options = arguments()
    if (os.cpu_count() or 1) < 2:
        raise SystemExit("two cores are needed: one for the servers, one for the load")
    os.sched_setaffinity(0, {machine.LOAD_CORE})
    described: dict[str, object] = facts(options)
    passes: list[Pass] = []
    with TemporaryDirectory(prefix="manyou-bench-") as place, ExitStack() as stack:
        contestants = []
        for name in [options.only] if options.only else STARTERS:
            folder = Path(place) / name
            folder.mkdir()
            Path(place).chmod(0o711)  # PostgreSQL's own account must find its folder in here
            contestants.append((stack.enter_context(STARTERS[name](folder)), folder))
        for one, _ in contestants:
            one.sign_in()
        for turn in range(-options.warm_up, options.rounds):
            found = one_round(contestants, turn, options.seconds)
            passes += found if turn >= 0 else []
    names = [one.name for one, _ in contestants]
    print(report.write(options.results, passes, names, described))


if __name__ == "__main__":
    main()
