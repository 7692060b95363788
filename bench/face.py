"""How many face scans one core carries, and how long a verdict takes after the last frame.

    .venv/bin/python -m bench.face [--scans 8] [--visitors 3]

A scan is what the capture page sends, looked at as the provider does it: six frames of the face
at rest, of which four are looked at, then three movements of 24 frames each, of which six drawn
by lot are looked at, and more where those do not tell; at the
end the templates of five moments are compared with one portrait. The frames are drawn from a
portrait of the public domain that the set-up fetches by hash.
"""

import argparse
import json
import os
import tempfile
import threading
import time
from pathlib import Path
from statistics import median

import cv2
import numpy as np
import psutil

from idp.registry.results import Result
from liveness.engine import opencv
from liveness.engine.comparison import Risk
from liveness.engine.cues import Step
from liveness.engine.templates import template
from liveness.isolation.keeper import Bounds
from liveness.isolation.room import VisionRoom, start
from liveness.probes import TemplateProbe
from liveness.scans import looking
from liveness.scans.deciding import probe_vectors
from liveness.scans.findings import Findings
from liveness.scans.wire import Frame
from tests.faces import portraits as album
from tests.faces.puppet import Puppet

RESULTS = Path(__file__).with_name("results")
STEPS = (Step.TURN_LEFT, Step.NOD, Step.OPEN_MOUTH)
CORES = os.cpu_count() or 1


def main():
    options = arguments()
    whole = album.picture(album.portraits(), "obama")
    acts = performance()
    reference = album.jpeg(whole[: whole.shape[0] // 2], 92)
    alone, memory, blink = by_one_process(acts, reference, options)
    crowd = by_all_processes(acts, reference, options)
    write(alone, crowd, memory, blink, options)


def by_one_process(acts, reference, options):
    """Return what each scan took, the memory, and the processor seconds of a blink's step."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "socket"
        bounds = Bounds(processes=1, backlog=8)
        with start(path, bounds) as group:
            room = VisionRoom(path, bounds, patience=120)
            scan(room, acts, reference)  # warms caches, is not counted
            alone = [timed(group, room, acts, reference) for _ in range(options.scans)]
            return alone, cell(group).memory_info().rss, blinking(group, room, acts)


def by_all_processes(acts, reference, options):
    """Let visitors scan at once, as the provider is set up: one process per core."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "socket"
        bounds = Bounds(processes=CORES, backlog=options.visitors + 4)
        with start(path, bounds):
            room = VisionRoom(path, bounds, patience=120)
            scan(room, acts, reference)
            return together(room, acts, reference, options.visitors)


def performance():
    """Return frames of 640 × 480 by step: the face at rest, and the movements of `STEPS`."""
    engine = opencv.build(album.weights().read)
    whole = album.picture(album.portraits(), "obama")
    shown = cv2.resize(whole[40:740, :910], (640, 480), interpolation=cv2.INTER_AREA)
    puppet = Puppet(shown, engine.landmarker.mesh(shown, engine.detector.detect(shown)[0]))
    turn = [0, 0, 0, 10, 20, 30, *([38] * 8), *([42] * 4), 30, 20, 10, 0, 0, 0]
    nod = [0, 0, 0, 0, 5, 10, 16, *([20] * 7), 16, 10, 5, *([0] * 7)]
    mouth = [0, 0, 0, 0, 0.04, 0.08, *([0.12] * 10), 0.08, 0.04, 0, 0, 0, 0, 0, 0]
    return {
        None: _shot([puppet.posed()] * 6, 0),
        Step.TURN_LEFT: _shot([puppet.posed(yaw=yaw) for yaw in turn], 2000),
        Step.NOD: _shot([puppet.posed(pitch=pitch) for pitch in nod], 8000),
        Step.OPEN_MOUTH: _shot([puppet.posed(mouth=share) for share in mouth], 14000),
    }


def _shot(drawn, at):
    light = np.linspace(0.95, 1.05, len(drawn))
    return [
        Frame(album.jpeg(np.clip(one * gain, 0, 255).astype(np.uint8), 85), at + 166 * i, 0.0)
        for i, (one, gain) in enumerate(zip(drawn, light, strict=True))
    ]


def scan(room, acts, reference):
    """Return the seconds of the verdict: from the last frame sent to the answer."""
    looked = looking.at_rest(room, Findings(head=b""), acts[None])
    assert looked.done
    rest = acts[None][looked.rest]
    for step in STEPS:
        began = time.perf_counter()
        looked = looking.in_motion(room, looked.findings, step, rest, acts[step])
        assert looked.done, (step, looked.coach)
    found = looked.findings
    # A drawn face agrees with itself less than a person's does: its mean is taken as it is.
    mean = template(found.model_id, found.metric, np.mean(probe_vectors(found), axis=0))
    assert TemplateProbe(room, mean, Risk.NORMAL).against(reference) is Result.MATCH
    return time.perf_counter() - began


def blinking(group, room, acts):
    """Return the processor seconds of a blink's step: it looks at twice the frames, and at eyes."""
    before = spent(group)
    frames = acts[Step.NOD]
    looking.in_motion(room, Findings(head=b""), Step.BLINK, acts[None][0], frames)
    return spent(group) - before


def timed(group, room, acts, reference):
    """Return processor seconds of the cell, of this process, and the seconds of the verdict."""
    theirs, ours = spent(group), time.process_time()
    verdict = scan(room, acts, reference)
    return spent(group) - theirs, time.process_time() - ours, verdict


def together(room, acts, reference, visitors):
    """Let *visitors* scan at once; return their verdicts and the seconds."""
    verdicts = []
    threads = [
        threading.Thread(target=lambda: verdicts.append(scan(room, acts, reference)))
        for _ in range(visitors)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return verdicts, time.perf_counter() - began


def cell(group):
    children = Path(f"/proc/{group.pid}/task/{group.pid}/children").read_text("ascii")
    return psutil.Process(int(children.split()[0]))


def spent(group):
    times = cell(group).cpu_times()
    return times.user + times.system


def write(alone, crowd, memory, blink, options):
    cell_seconds = median(row[0] for row in alone)
    own_seconds = median(row[1] for row in alone)
    verdicts = sorted(row[2] for row in alone)
    crowded, seconds = crowd
    quietest = min(row[0] + row[1] for row in alone)
    figures = {
        "scans_per_second_and_core": 1 / (cell_seconds + own_seconds),
        "scans_per_second_and_core_least_disturbed": 1 / quietest,
        "cell_cpu_seconds_per_scan": cell_seconds,
        "provider_cpu_seconds_per_scan": own_seconds,
        "cell_cpu_seconds_of_a_blink_step": blink,
        "verdict_p50_seconds": median(verdicts),
        "verdict_p95_seconds": float(np.quantile(verdicts, 0.95)),
        "visitors_at_once": options.visitors,
        "verdict_p95_seconds_with_visitors": float(np.quantile(crowded, 0.95)),
        "scans_per_second_with_visitors": len(crowded) / seconds,
        "cell_resident_mb": memory / 1e6,
        "scans": options.scans,
        "load_average": os.getloadavg(),
    }
    RESULTS.joinpath("face.json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    RESULTS.joinpath("face.md").write_text(page(figures), "utf-8")
    print(page(figures))


def processor():
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))


def page(figures):
    rows = "\n".join(
        f"| {name.replace('_', ' ')} | {value:.3f} |"
        for name, value in figures.items()
        if isinstance(value, float)
    )
    load = " ".join(f"{value:.1f}" for value in figures["load_average"])
    return f"""# Face scans of one core

`python -m bench.face --scans {figures["scans"]} --visitors {figures["visitors_at_once"]}`, on
{processor()}; load average at the end {load}.

A scan is six frames of 640 × 480 at rest and three movements of 24 frames, of which six are
looked at, against the one at rest; templates of five moments, and of a portrait, and their
comparison. Decoding, detection, mesh, iris and recognition run in capped processes: one for
the first figures, one per core ({CORES}) for those with visitors at once. Processor seconds are
of that process and of the one that asks; they grow where others share the core.

| figure | value |
|---|---|
{rows}

Targets: 0.8 scans a second and core; the verdict within 2.5 s of the last frame at the 95th
percentile.
"""


def arguments():
    parser = argparse.ArgumentParser(prog="python -m bench.face")
    parser.add_argument("--scans", type=int, default=8)
    parser.add_argument("--visitors", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
