"""How many face scans one core carries, and how long a verdict takes after the last frame.

    .venv/bin/python -m bench.face [--scans 8] [--portrait FILE]

A scan is what the capture page sends: 40 frames in batches of eight while the person performs
the steps, the first of each batch being the face at rest; at the end three frames are made
into a template and compared with one portrait. The frames are drawn from a portrait of the
public domain that the test set-up fetches by hash.
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

from liveness.engine import opencv, templates
from liveness.engine.comparison import Risk, matches
from liveness.isolation.keeper import Bounds
from liveness.isolation.room import VisionRoom, start
from liveness.isolation.wire import Question
from tests.faces import portraits as album
from tests.faces.puppet import Puppet

RESULTS = Path(__file__).with_name("results")
FRAMES, BATCH, EMBEDDED = 40, 8, 3


def main():
    options = arguments()
    whole = album.picture(album.portraits(), "obama")
    frames = performance()
    reference = album.jpeg(whole[: whole.shape[0] // 2], 92)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "socket"
        bounds = Bounds(processes=1, backlog=options.visitors + 4)
        with start(path, bounds) as group:
            room = VisionRoom(path, bounds, patience=120)
            scan(room, frames, reference)  # warms caches, is not counted
            alone = [timed(group, room, frames, reference) for _ in range(options.scans)]
            crowd = together(room, frames, reference, options.visitors)
            memory = cell(group).memory_info().rss
    write(alone, crowd, memory, options)


def performance():
    """Return 40 frames of 640 × 480: at rest, turned both ways, nodding, mouth open, at rest."""
    engine = opencv.build(album.weights().read)
    whole = album.picture(album.portraits(), "obama")
    shown = cv2.resize(whole[40:740, :910], (640, 480), interpolation=cv2.INTER_AREA)
    puppet = Puppet(shown, engine.landmarker.mesh(shown, engine.detector.detect(shown)[0]))
    poses = [{}] * 6
    poses += [{"yaw": yaw} for yaw in (10, 20, 30, 38, 42, 30, 15, 0)]
    poses += [{"yaw": -yaw} for yaw in (10, 20, 30, 38, 42, 30, 15, 0)]
    poses += [{"pitch": pitch} for pitch in (5, 12, 20, 20, 10, 0)]
    poses += [{"mouth": mouth} for mouth in (0.04, 0.08, 0.12, 0.12, 0.06, 0)]
    poses += [{}] * (FRAMES - len(poses))
    drawn = [puppet.posed(**pose) for pose in poses]
    light = np.linspace(0.95, 1.05, FRAMES)
    return [
        album.jpeg(np.clip(frame * gain, 0, 255).astype(np.uint8), 85)
        for frame, gain in zip(drawn, light, strict=True)
    ]


def scan(room, frames, reference):
    """Return the seconds of the verdict: from the last frame sent to the answer."""
    seen = []
    for at in range(0, FRAMES - BATCH, BATCH):
        batch = [frames[0], *frames[at + 1 : at + BATCH]]
        asked = Question(pictures=batch, flatness=True, eyes=at == 0)
        seen += room.look(asked).observations
    began = time.perf_counter()
    last = room.look(Question(pictures=frames[-BATCH:], embed=range(EMBEDDED)))
    portrait = room.look(Question(pictures=[reference], embed=[0]))
    vectors = [one.template for one in last.observations[:EMBEDDED]]
    probe = templates.mean_template(last.model_id, last.metric, vectors)
    own = templates.template(last.model_id, last.metric, portrait.observations[0].template)
    assert matches(probe, own, Risk.NORMAL)
    assert all(one.faces == 1 for one in seen)
    return time.perf_counter() - began


def timed(group, room, frames, reference):
    """Return processor seconds of the cell, of this process, and the seconds of the verdict."""
    theirs, ours = spent(group), time.process_time()
    verdict = scan(room, frames, reference)
    return spent(group) - theirs, time.process_time() - ours, verdict


def together(room, frames, reference, visitors):
    """Let *visitors* scan at once through one process; return their verdicts and the seconds."""
    verdicts = []
    threads = [
        threading.Thread(target=lambda: verdicts.append(scan(room, frames, reference)))
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


def write(alone, crowd, memory, options):
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

A scan is 40 frames of 640 × 480 looked at in batches of eight, with the flatness of those that
moved against the one at rest, the opening of the eyes in sixteen, templates of three
frames and of a portrait, and their comparison. Decoding, detection, mesh, iris and recognition
run in one capped process. Processor seconds are of that process and of the one that asks.

| figure | value |
|---|---|
{rows}

Targets: 0.8 scans a second and core; the verdict within 2.5 s of the last frame at the 95th
percentile.
"""


def arguments():
    parser = argparse.ArgumentParser(prog="python -m bench.face")
    parser.add_argument("--scans", type=int, default=8)
    parser.add_argument("--visitors", type=int, default=4)
    return parser.parse_args()


if __name__ == "__main__":
    main()
