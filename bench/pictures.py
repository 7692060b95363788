"""What hostile pictures cost the running server: time until the refusal, memory, processes.

    .venv/bin/python -m bench.pictures [--times 3]

A provider with two workers and one vision process is brought up on SQLite. Before each request a
scan is begun, as each visitor does; the one measured carries one hostile picture: bombs, GIF
frames, truncated and progressive files, 16 bit, CMYK, polyglots. Then a face at rest goes through.
"""

import argparse
import os
import tempfile
from contextlib import closing
from pathlib import Path
from statistics import median

import psutil

from bench.face import processor
from liveness.engine import opencv
from migrations import schema
from tests import live
from tests.faces import portraits as album
from tests.faces import visitors
from tests.faces.film import Film
from tests.faces.puppet import Puppet
from tests.faces.visitors import cells, workers
from tests.unit.liveness import pictures

RESULT = Path(__file__).with_name("results") / "pictures.md"
_MIB = 1 << 20
_SETTINGS = {"MANYOU_LIVENESS__PROCESSES": "1", "MANYOU_LIVENESS__ANSWER_EVERY": "0"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=3, help="requests per kind of picture")
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory() as directory:
        url = f"sqlite:///{directory}/manyou.db"
        schema.upgrade(url)
        with (
            live.running(Path(directory), url, environ=_SETTINGS) as served,
            closing(visitors.Counter(served)) as counter,
        ):
            report = measured(served, counter, times)
    RESULT.write_text(report, encoding="utf-8")
    print(report)


def measured(served, counter, times):
    """Return the report of *times* requests of each kind."""
    resting = Film(_puppet()).at_rest(4)
    assert _passes(counter, resting), "a face at rest must go through before"
    pids, memory = _pids(served), _memory(served)
    grown = 0
    rows = []
    for kind, (make, *_) in pictures.HOSTILE.items():
        seconds, octets = [], make()
        for _ in range(times):
            phone = counter.phone()
            answer = phone.send(phone.body(phone.capture([octets])))
            assert answer.status_code in (400, 413), (kind, answer.status_code)
            seconds.append(answer.seconds)
            grown = max(grown, _memory(served) - memory)
        rows.append((kind, len(octets), median(seconds), max(seconds)))
    assert _passes(counter, resting), "and after"
    return _report(rows, grown, same=_pids(served) == pids, times=times)


def _report(rows, grown, *, same, times):
    lines = "\n".join(
        f"| {kind} | {size:,} | {middle * 1000:.0f} | {worst * 1000:.0f} |"
        for kind, size, middle, worst in rows
    )
    kept = "the same before and after" if same else "NOT the same"
    return f"""# Hostile pictures at the running server

`python -m bench.pictures --times {times}`, on {processor()}; load average at the end
{os.getloadavg()[0]:.1f}.

| picture | octets | refused in, median ms | at most ms |
|---|---|---|---|
{lines}

Memory of workers and vision process: {grown / _MIB:+.0f} MiB at most. Processes: {kept}.
Targets: 200 ms; below +100 MiB; the same processes.
"""


def _passes(counter, resting):
    answer = counter.phone().show(resting)
    return answer.status_code == 200 and answer.json["status"] == "step"


def _pids(served):
    return cells(served), {worker.pid for worker in workers(served)}


def _memory(served):
    looking = (psutil.Process(pid) for pid in cells(served))
    return sum(one.memory_info().rss for one in (*workers(served), *looking))


def _puppet():
    engine = opencv.build(album.weights().read)
    whole = album.picture(album.portraits(), "obama")
    shown = album.framed(whole, engine.detector.detect(whole)[0])
    return Puppet(shown, engine.landmarker.mesh(shown, engine.detector.detect(shown)[0]))


if __name__ == "__main__":
    main()
