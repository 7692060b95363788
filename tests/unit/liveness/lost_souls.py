"""The process group of the tests: its pictures are orders to crash, hang or gorge.

Run as `python lost_souls.py --socket PATH …`; real keeper, real cells, another answer.
"""

import argparse
import ctypes
import sys
import time
from pathlib import Path

import numpy as np

from liveness.isolation.keeper import Bounds, keep


def answer(question):
    order = question.pictures[0][-64:]
    if b"crash" in order:
        ctypes.string_at(0)
    if b"hang" in order:
        while True:
            time.sleep(60)
    if b"gorge" in order:
        np.ones((1 << 32,), np.uint8)
    if b"slow" in order:
        time.sleep(0.7)
    if b"surprise" in order:
        raise LookupError("private")
    if b"lie" in order:
        return {"model": "sface-x", "metric": "cosine", "seen": [{"faces": "many"}]}
    return {"model": "sface-x", "metric": "cosine", "seen": []}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("socket", "processes", "backlog", "cap-mib", "deadline"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--until-stdin-closes", action="store_true")
    given = parser.parse_args()
    bounds = Bounds(
        processes=int(given.processes),
        backlog=int(given.backlog),
        cap_mib=int(given.cap_mib),
        deadline=float(given.deadline),
    )
    sys.exit(keep(Path(given.socket), answer, bounds, until_stdin_closes=True))
