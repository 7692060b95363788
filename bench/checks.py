"""Measures departments' checks against the local replica: ``python -m bench.checks``.

The provider (one worker) has a core for itself; PostgreSQL, with its durable defaults, shares
the other with the load. CPU time is weighed for each, so a busy machine spoils only the clock.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import psutil

from bench import machine, stores

HERE = Path(__file__).parent
ROOT = HERE.parent
RESULTS = HERE / "results" / "checks.md"
SCOPE = "verification:real-name"
_DIGITS = "10X98765432"


@dataclass(frozen=True)
class Office:
    """A running provider with a department's token."""

    port: int
    token: str
    provider: int
    database: int


def number(n: int) -> str:
    """Return the n-th invented identity number."""
    day = f"{1940 + n // 300_000:04}{1 + n // 28_000 % 10:02}{1 + n // 1000 % 28:02}"
    body = f"110101{day}{n % 1000:03}"
    running = 0
    for digit in body:
        running = (running + int(digit)) * 2 % 11
    return body + _DIGITS[running]


def _manyou(*words: str, env: dict[str, str], typed: str = "") -> str:
    command = [str(Path(sys.executable).with_name("manyou")), *words]
    surroundings = {**os.environ, **env}
    done = subprocess.run(
        command,
        env=surroundings,
        input=typed,
        text=True,
        capture_output=True,
        check=False,
        cwd=ROOT,
    )
    if done.returncode:
        raise RuntimeError(f"manyou {words[0]}: {done.stderr}")
    return done.stdout


@contextmanager
def started(folder: Path, people: int) -> Iterator[Office]:
    port = machine.free_port()
    with stores.postgresql(folder) as database:
        psutil.Process(database.pid).cpu_affinity([machine.LOAD_CORE])
        registry = database.url.rpartition("/")[0] + "/registry"
        place = database.url.partition("@")[2].partition("/")[0].partition(":")
        subprocess.run(
            ["createdb", "-h", place[0], "-p", place[2], "-U", "bench", "registry"],
            check=True,
            env={**os.environ, "PATH": f"{stores.POSTGRESQL_15}:{os.environ['PATH']}"},
        )
        env = {
            "MANYOU_PROFILE": "test",
            "MANYOU_ISSUER": f"http://localhost:{port}",
            "MANYOU_DATA_DIR": str(folder),
            "MANYOU_DATABASE_URL": database.url,
            "MANYOU_REGISTRY_DATABASE_URL": registry,
            "MANYOU_CRYPTO__MASTER_KEYS": f"bench:{secrets.token_urlsafe(32)}",
        }
        _manyou("db", "upgrade", env=env)
        _fill(folder, people, env)
        client = json.loads(
            _manyou("client", "create", "--json", "-", env=env, typed=_department())
        )
        command = [str(Path(sys.executable).with_name("manyou")), "serve"]
        command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
        with machine.running(
            command,
            ready=lambda: machine.port_answers(port),
            log=folder / "manyou.log",
            env=env,
            cwd=ROOT,
        ) as process:
            token = _token(f"http://localhost:{port}", client)
            yield Office(port, token, process.pid, database.pid)


def _fill(folder: Path, people: int, env: dict[str, str]) -> None:
    path = folder / "population.jsonl"
    with path.open("w", encoding="utf-8") as file, (folder / "feed").open("w") as feed:
        for n in range(people):
            row = {"name": "陈静", "id_number": number(n)}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            asked = row | {"purpose": "social_security", "legal_basis": "statutory_duty"}
            feed.write(json.dumps(asked) + "\n")
    _manyou("registry", "import", str(path), "--kind", "population", env=env)


def _department() -> str:
    permission = {
        "purposes": ["social_security"],
        "legal_bases": ["statutory_duty"],
        "per_day": 100_000_000,
        "per_minute": 10_000_000,
    }
    return json.dumps(
        {"grant_types": ["client_credentials"], "scope": SCOPE, "verification": permission}
    )


def _token(issuer: str, client: dict[str, str]) -> str:
    pair = b64encode(f"{client['client_id']}:{client['client_secret']}".encode()).decode()
    form = {
        "grant_type": "client_credentials",
        "scope": SCOPE,
        "resource": f"{issuer}/verifications",
    }
    request = Request(
        f"{issuer}/token", urlencode(form).encode(), {"Authorization": f"Basic {pair}"}
    )
    with urlopen(request) as answer:
        return str(json.load(answer)["access_token"])


def one_pass(
    office: Office, folder: Path, turn: int, options: argparse.Namespace
) -> dict[str, float]:
    """Ask for some seconds; return wrk's figures and the CPU time that each side spent."""
    command = ["wrk", "-t1", f"-c{options.connections}", f"-d{options.seconds}s", "--latency"]
    command += ["-s", str(HERE / "checks.lua"), f"http://127.0.0.1:{office.port}/"]
    surroundings = {
        **os.environ,
        "CHECK_TOKEN": office.token,
        "CHECK_RUN": f"{secrets.token_hex(4)}-{turn}",
        "CHECK_FEED": str(folder / "feed"),
        "CHECK_HOST": f"localhost:{office.port}",
    }
    sides = {"provider_us": office.provider, "database_us": office.database}
    before = {name: machine.cpu_seconds([pid]) for name, pid in sides.items()}
    done = subprocess.run(
        machine.pinned(command, machine.LOAD_CORE),
        env=surroundings,
        text=True,
        capture_output=True,
        check=True,
    )
    found = next(li for li in done.stdout.splitlines() if li.startswith("RESULT "))
    result: dict[str, float] = json.loads(found.removeprefix("RESULT "))
    told = [line for line in done.stdout.splitlines() if line.startswith("TOLD ")]
    if told != ["TOLD MATCH"]:
        print(f"pass {turn}: {told}", file=sys.stderr)
    for name, pid in sides.items():
        spent = machine.cpu_seconds([pid]) - before[name]
        result[name] = spent / max(result["good"], 1) * 1e6
    return result | {"rate": result["good"] / result["seconds"]}


def report(passes: list[dict[str, float]], options: argparse.Namespace) -> str:
    middle = sorted(passes, key=lambda found: found["provider_us"])[len(passes) // 2]
    names = ("people", "rounds", "seconds", "connections")
    given = " ".join(f"--{name} {getattr(options, name)}" for name in names)
    lines = [
        "# Departments' checks on the local replica",
        "",
        f"`python -m bench.checks {given}`, {datetime.now(UTC):%F %H:%M} UTC; one worker on a core",
        "of its own, PostgreSQL 15 (fsync and synchronous_commit on) beside the load on the other.",
        f"Load average at the end: {os.getloadavg()[0]:.1f}; a busy machine costs CPU time, too.",
        "",
        "| pass | checks/s | p50 ms | p99 ms | provider µs | database µs | a core | bad |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for turn, found in enumerate(passes, 1):
        lines.append(
            f"| {turn} | {found['rate']:,.0f} | {found['p50_ms']} | {found['p99_ms']} | "
            f"{found['provider_us']:.0f} | {found['database_us']:.0f} | "
            f"{1e6 / found['provider_us']:,.0f} | {found['bad']:.0f} |"
        )
    provider, database = round(middle["provider_us"]), round(middle["database_us"])
    lines += [
        "",
        f"Median CPU time a check: {provider} µs in the provider, {database} µs in PostgreSQL.",
        "`a core` is what one core of the provider would do if nothing else ran on the machine's.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    with TemporaryDirectory(prefix="manyou-bench-") as place:
        folder = Path(place)
        folder.chmod(0o711)
        with started(folder, options.people) as office:
            passes = [one_pass(office, folder, turn, options) for turn in range(options.rounds + 1)]
    text = report(passes[1:], options)  # the first one warms up
    options.results.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
