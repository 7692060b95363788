"""The reference store at size: how fast people come in, and how fast one is checked.

    .venv/bin/python -m bench.registry --rows 10000000

Needs two cores, `taskset`, PostgreSQL, and 0.5 GB of disk per million people. PostgreSQL (1 GB of
buffers) has core 0, the importer core 1; for the checks both share core 0. The report goes to
results/registry.md.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench import machine, stores
from idp.crypto.vault import Vault, parse_ring
from idp.db import Database
from idp.formats import names
from idp.registry.local.population import LocalPopulation
from idp.registry.queries import PersonQuery
from idp.registry.results import Result

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results" / "registry.md"
MANYOU = (sys.executable, "-c", "from wsgi import manyou; manyou(prog_name='manyou')")
MASTER_KEYS = f"bench:{'A' * 43}"
ROOM = {"shared_buffers": "1GB", "max_wal_size": "8GB"}  # as somebody who loads a country gives it
PART = 1_000_000  # people per file
SAMPLE = 2_000  # people per file who are checked later


@dataclass
class Found:
    """What was measured."""

    rows: int = 0
    refused: int = 0
    wall: float = 0.0
    importer_cpu: float = 0.0
    database_cpu: float = 0.0
    memory: int = 0
    people: list[PersonQuery] = field(default_factory=list)


def _environment(folder: Path, url: str) -> dict[str, str]:
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("MANYOU_")},
        "MANYOU_PROFILE": "test",
        "MANYOU_ISSUER": "https://id.example",
        "MANYOU_DATA_DIR": str(folder),
        "MANYOU_CRYPTO__MASTER_KEYS": MASTER_KEYS,
        "MANYOU_REGISTRY_DATABASE_URL": url,
        "PYTHONPATH": str(ROOT),
    }


def _run(env: dict[str, str], *arguments: str) -> str:
    command = machine.pinned([*MANYOU, *arguments], machine.LOAD_CORE)
    done = subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def _tree_cpu(pid: int) -> float:
    """CPU seconds of a process, its children, and those of them that have ended."""
    root = psutil.Process(pid)
    spent = 0.0
    for process in (root, *root.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        spent += times.user + times.system + times.children_user + times.children_system
    return spent


def fill(env: dict[str, str], folder: Path, rows: int, database: int) -> Found:
    """Invent *rows* people and import them, a file after the other."""
    found = Found()
    for seed, first in enumerate(range(0, rows, PART), 1):
        count = min(PART, rows - first)
        path = folder / f"part{seed}.csv"
        _run(env, "registry", "synthesize", str(count), "--seed", str(seed), "--out", str(path))
        found.people += sample(path)
        before = _tree_cpu(database)
        told = json.loads(_run(env, "registry", "import", "--kind", "population", str(path)))
        found.database_cpu += _tree_cpu(database) - before
        found.rows += told["rows"]
        found.refused += told["rejected"]
        found.wall += told["seconds"]
        found.importer_cpu += told["cpu_seconds"]
        found.memory = max(found.memory, told["peak_memory_mib"])
        path.unlink()
        print(f"{found.rows:,} rows, {told['rows_per_second']:,} a second", file=sys.stderr)
    return found


def sample(path: Path) -> list[PersonQuery]:
    """Return people of *path*, spread evenly, as questions of two elements."""
    with path.open(encoding="utf-8") as file:
        total = sum(1 for _ in file) - 1
        step = max(1, total // SAMPLE)
        file.seek(0)
        next(file)
        cells = [line.split(",") for place, line in enumerate(file) if place % step == 0]
    alive = [cell for cell in cells if cell[7] == "0" and cell[10] == "1"]
    return [PersonQuery(name=names.normalise(cell[1]), id_number=cell[0]) for cell in alive]


def check(url: str, people: list[PersonQuery], checks: int, database: int | None) -> list[str]:
    """Ask one after the other, ours and PostgreSQL's work on one core; return the report's rows."""
    os.sched_setaffinity(0, {machine.SERVER_CORE})
    vault = Vault(parse_ring(MASTER_KEYS))
    with closing(Database(url, threads=1, read_only=True)) as opened:
        population = LocalPopulation(opened, vault)
        for query in people[:500]:
            population.check(query)
        mine, theirs = time.process_time(), _tree_cpu(database) if database else 0.0
        begun, taken, wrong = time.perf_counter(), [], 0
        for place in range(checks):
            query = people[place * 7919 % len(people)]
            start = time.perf_counter()
            wrong += population.check(query).result is not Result.MATCH
            taken.append(time.perf_counter() - start)
        wall = time.perf_counter() - begun
        mine = time.process_time() - mine
        theirs = _tree_cpu(database) - theirs if database else 0.0
    cuts = statistics.quantiles(taken, n=1000)
    return [
        f"| checks of two elements | {checks:,}, of {len(people):,} people; {wrong} not a match |",
        (
            f"| time of one: p50, p99, p99.9 | {cuts[499] * 1e3:.2f}, {cuts[989] * 1e3:.2f}, "
            f"{cuts[998] * 1e3:.2f} ms |"
        ),
        f"| checks a second by the wall clock | {checks / wall:,.0f} |",
        (
            f"| CPU of a check: ours, PostgreSQL's | {mine / checks * 1e6:.0f}, "
            f"{theirs / checks * 1e6:.0f} us |"
        ),
        f"| checks a second and core, by CPU time | {checks / (mine + theirs):,.0f} |",
    ]


def _import_rows(found: Found, size: float) -> list[str]:
    return [
        f"| people imported | {found.rows:,}, {found.refused} refused |",
        f"| rows a second by the wall clock | {found.rows / found.wall:,.0f} |",
        (
            f"| rows a second and importer's core, by CPU time | "
            f"{found.rows / found.importer_cpu:,.0f} |"
        ),
        (
            f"| CPU of a row: importer's, PostgreSQL's | "
            f"{found.importer_cpu / found.rows * 1e6:.0f}, "
            f"{found.database_cpu / found.rows * 1e6:.0f} us |"
        ),
        f"| importer's largest memory | {found.memory} MiB |",
        f"| table and index | {size / found.rows:.0f} bytes a row |",
    ]


def _size(url: str) -> float:
    with closing(Database(url, threads=1)) as opened, opened.read() as tx:
        from idp.db import Statement

        return float(tx.one(Statement("SELECT pg_total_relation_size('resident') AS n")).n)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--checks", type=int, default=20_000)
    given = parser.parse_args()
    load = os.getloadavg()[0]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-registry-")))
        store = stack.enter_context(stores.postgresql(folder, **ROOM))
        env = _environment(folder, store.url)
        _run(env, "db", "upgrade")
        found = fill(env, folder, given.rows, store.pid)
        rows = _import_rows(found, _size(store.url))
        rows += check(store.url, found.people, given.checks, store.pid)
    busy = resource.getrusage(resource.RUSAGE_CHILDREN)
    head = (
        "# The reference store at size\n\n"
        f"`python -m bench.registry --rows {given.rows}`; load average {load:.1f} before it began "
        f"and {os.getloadavg()[0]:.1f} at its end, on {os.cpu_count()} cores "
        f"({busy.ru_utime + busy.ru_stime:.0f} s of CPU were ours). Where others use the machine "
        "too, believe the CPU times rather than the wall clock.\n\n| | |\n|---|---|\n"
    )
    RESULTS.write_text(head + "\n".join(rows) + "\n", "utf-8")
    print(RESULTS.read_text("utf-8"))


if __name__ == "__main__":
    main()
