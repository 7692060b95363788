"""One pass over one road: wrk on its own core, the servers' CPU time weighed before and after."""

import json
import os
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench import machine
from bench.contestant import Contestant
from bench.roads import Plan, Request

HERE = Path(__file__).parent
CONNECTIONS = 16


@dataclass(frozen=True)
class Pass:
    """What one pass found; *bad* answers are not counted as requests."""

    contestant: str
    road: str
    turn: int
    good: int
    bad: int
    seconds: int
    p50_ms: float
    p99_ms: float
    server_cpu_us: float
    load_cpu_share: float
    complaint: str

    @property
    def rate(self) -> float:
        return self.good / self.seconds


def _lua(value: object) -> str:
    """Write *value* as a Lua literal; our texts are ASCII, so JSON's escapes are Lua's."""
    if isinstance(value, dict):
        pairs = (f"[{_lua(name)}]={_lua(item)}" for name, item in value.items())
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "{" + ",".join(map(_lua, value)) + "}"
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(str(value)).replace("\\/", "/")


def _with_host(request: Request, host: str) -> dict[str, object]:
    described = asdict(request)
    described["headers"] = {"Host": host, **request.headers}
    return described


def _write_plan(plan: Plan, host: str, file: Path) -> None:
    described = asdict(plan)
    described["requests"] = [_with_host(request, host) for request in plan.requests]
    file.write_text("return " + _lua(described) + "\n")


def run(one: Contestant, road: str, plan: Plan, turn: int, seconds: int, folder: Path) -> Pass:
    """Send *plan* to *one* for so many *seconds*, or until what it feeds on is used up."""
    address = urlsplit(one.issuer)
    plan_file = folder / "plan.lua"
    _write_plan(plan, address.netloc, plan_file)
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(HERE / "road.lua")]
    command.append(f"http://127.0.0.1:{address.port}/")

    before, ours = machine.cpu_seconds(one.pids), os.times()
    done = subprocess.run(
        machine.pinned(command, machine.LOAD_CORE),
        env={**os.environ, "BENCH_PLAN": str(plan_file)},
        text=True,
        capture_output=True,
        check=False,
    )
    after, theirs = machine.cpu_seconds(one.pids), os.times()

    results = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not results:
        raise RuntimeError(f"wrk: {done.stdout}{done.stderr}")
    result = json.loads(results[0].removeprefix("RESULT "))
    load = theirs.children_user + theirs.children_system - ours.children_user - ours.children_system
    good = max(result["good"], 1)
    return Pass(
        contestant=one.name,
        road=road,
        turn=turn,
        good=result["good"],
        bad=result["bad"],
        seconds=result["seconds"],
        p50_ms=result["p50_ms"],
        p99_ms=result["p99_ms"],
        server_cpu_us=(after - before) / good * 1e6,
        load_cpu_share=load / result["seconds"],
        complaint=result["complaint"],
    )
