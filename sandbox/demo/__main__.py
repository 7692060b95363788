"""`python -m sandbox.demo`: the provider, its worker and the sandbox, until Ctrl-C."""

import argparse
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import TextIO

from sandbox.addresses import REPOSITORY, Country
from sandbox.demo import banner, connectors, ports, province, seed, state, upstreams
from sandbox.demo.children import ChildDiedError, Family

READY_WITHIN = 90.0
LOOK_EVERY = 0.2
LOOPBACK = "127.0.0.1/32,::1/128"
BROKEN = 1
MOST_OFFSET = 55_000


def environment(country: Country) -> dict[str, str]:
    """Return the settings under which the demo's processes run.

    They may keep compiled bytecode even where our caller does not: without it every start of
    the provider compiles all its libraries again, which takes longer than anything else.
    """
    inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return inherited | {
        "MANYOU_PROFILE": "demo",
        "MANYOU_ISSUER": country.issuer,
        "MANYOU_DATA_DIR": str(country.state),
        "MANYOU_MESSAGES__SMS_URL": f"{country.phone}/sms",
        "MANYOU_OUTBOUND__ALLOW": LOOPBACK,
        "MANYOU_HTTP__METRICS_PORT": str(country.metrics_port),
        "PYTHONUNBUFFERED": "1",
        **upstreams.settings(country, upstreams.credentials(country.state)),
    }


def flags() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sandbox.demo", description=__doc__)
    parser.add_argument("--no-seed", action="store_true", help="leave the people out")
    parser.add_argument("--reset", action="store_true", help="forget the last demo first")
    parser.add_argument("--port-offset", type=int, default=0, help="move every port by this much")
    parser.add_argument("--nodes", type=int, choices=(1, 2), default=1, help="a province's too")
    parser.add_argument("--province-database", default="", help=argparse.SUPPRESS)
    parser.add_argument("--workers", type=int, default=2, help="processes of the provider")
    parser.add_argument("--manyou", type=Path, default=_manyou(), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if not 0 <= asked.port_offset <= MOST_OFFSET:
        parser.error(f"--port-offset must lie between 0 and {MOST_OFFSET}")
    return asked


def _manyou() -> Path:
    """Return the provider's command, beside the Python that runs us."""
    return Path(sys.executable).parent / "manyou"


def bring_up(
    country: Country, asked: argparse.Namespace, family: Family, stop: threading.Event
) -> None:
    """Migrate, register, start and seed; return when everything answers."""
    folder = country.state
    provider = seed.Provider(asked.manyou, family.environment, stop)
    sandbox = (sys.executable, "-m", "sandbox.country", "--sites", str(folder / "sites.json"))
    offset = ("--port-offset", str(country.offset))
    connectors.credentials(folder)
    known = seed.registered(country, folder / "sites.json")
    if known:  # not the first start: the sites need not wait for the provider
        family.start("sandbox", *sandbox, *offset)
    own = province.environment(country, family.environment, asked.province_database)
    other = province.beside(provider, country, own)
    seed.upgrade(provider, *([other] if other else []))
    seed.clients(provider, country, folder / "sites.json", houses=province.sites_of(country)[0])
    connectors.register(provider, country, folder)
    serve = ("serve", "--host", ports.HOST, "--port", str(country.provider_port))
    family.start("provider", provider.command, *serve, "--workers", str(asked.workers))
    family.start("worker", provider.command, "worker")
    if other is not None:
        province.settle(provider, other, country, own, family)
    if not known:
        family.start("sandbox", *sandbox, *offset)
    if not asked.no_seed:
        seed.people(provider, folder / "people.json")
        if other is not None:
            province.people(other, country)
    deadline = time.monotonic() + READY_WITHIN
    while missing := ports.waiting_for(country):
        family.check()
        if time.monotonic() > deadline:
            raise TimeoutError(f"no answer from {', '.join(missing)}")
        if stop.wait(LOOK_EVERY):
            raise seed.StoppedError
    family.check()


def run(country: Country, asked: argparse.Namespace) -> int:
    """Run the demo until told to stop; return the exit code."""
    began = time.monotonic()
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    family = Family(country.state, environment(country))
    try:
        bring_up(country, asked, family, stop)
        _say(banner.welcome(country))
        _say(f"ready in {time.monotonic() - began:.1f} s")
        while not stop.wait(LOOK_EVERY):
            family.check()
    except seed.StoppedError:
        pass
    except ChildDiedError as death:
        return _report(f"{death} 意外退出 · ended unexpectedly\n{death.child.tail()}")
    except (seed.CommandError, TimeoutError, OSError) as error:
        return _report(str(error))
    finally:
        family.stop()
    _say("\n已停止 · stopped")
    return 0


def _report(fault: str) -> int:
    _say(f"\n演示已停止 · the demo has stopped\n{fault}", sys.stderr)
    return BROKEN


def _say(text: str, stream: TextIO | None = None) -> None:
    stream = stream or sys.stdout
    stream.write(f"{text}\n")
    stream.flush()


def main() -> int:
    asked = flags()
    country = Country(asked.port_offset, asked.nodes)
    busy = ports.taken(country)
    if busy:
        _say(banner.busy(busy, country.offset), sys.stderr)
        return BROKEN
    os.chdir(REPOSITORY)
    try:
        state.prepare(country.state, reset=asked.reset)
    except state.StateError as error:
        _say(str(error), sys.stderr)
        return BROKEN
    return run(country, asked)


if __name__ == "__main__":
    sys.exit(main())
