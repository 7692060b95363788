"""A film for a browser's camera: somebody who turns to both sides, again and again, till it ends.

It is drawn once and kept beside the portraits. No frame comes twice: the head wanders, the
sensor is noisy, and a film lasts longer than a scan.
"""

import hashlib
import inspect
from pathlib import Path

import cv2
import numpy as np

from liveness.engine import opencv
from tests.faces import portraits as album
from tests.faces import puppet as puppetry
from tests.faces.puppet import Puppet

RATE = 30  # Chromium plays every MJPEG file at this rate
_BEFORE = 5.0  # seconds at rest, until somebody has pressed the button
_SHORTEST_REST, _MOVEMENT = 0.6, 0.9  # of 1.2 s at rest, two pictures at least are frontal
_TURNS = {"left": (37.0, 40.0, 43.0), "right": (-37.0, -40.0, -43.0)}
_RESTS = (0.0, 2.5, -2.0, 1.0)
_QUALITY = 80


def turning(name, seconds=60):
    """Return the file of a film in which the portrait *name* turns to both sides."""
    return _kept(f"turning-{name}-{seconds}", lambda: _played(_poses(name), _script(seconds)))


def still(name, seconds=40):
    """Return the file of a film in which the portrait *name* is held before the camera."""
    return _kept(
        f"still-{name}-{seconds}",
        lambda: _played({"rest": [_framed(name)]}, ["rest"] * seconds * RATE),
    )


def sheet(name, seconds=40):
    """Return the file of a film in which the portrait *name* is a sheet, tilted to both sides."""
    shown = _framed(name)
    centre = (shown.shape[1] / 2, shown.shape[0] / 2)
    tilts = {"left": (20, 35, 45), "right": (-20, -35, -45)}
    poses = {"rest": [shown]} | {
        side: [puppetry.tilted(shown, centre, yaw=yaw) for yaw in yaws]
        for side, yaws in tilts.items()
    }
    return _kept(f"sheet-{name}-{seconds}", lambda: _played(poses, _script(seconds)))


def _kept(name, play):
    """Return the film *name*, drawn now if how it is drawn has changed."""
    sources = inspect.getsource(puppetry) + Path(__file__).read_text()
    edition = hashlib.sha256(sources.encode()).hexdigest()[:12]
    path = album.portraits().directory / "films" / f"{name}-{edition}.mjpeg"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        for old in path.parent.glob(f"{name}-*.mjpeg"):
            old.unlink(missing_ok=True)
        drawn = path.with_suffix(f".{np.random.default_rng().integers(1 << 60):x}")
        with drawn.open("wb") as file:
            file.writelines(play())
        drawn.replace(path)
    return path


def _framed(name):
    engine, whole = _engine(), album.picture(album.portraits(), name)
    framed = album.framed(whole, engine.detector.detect(whole)[0])
    return cv2.resize(framed, (640, 480), interpolation=cv2.INTER_AREA)


def _engine():
    return opencv.build(album.weights().read)


def _poses(name):
    engine, shown = _engine(), _framed(name)
    face = engine.detector.detect(shown)[0]
    puppet = Puppet(shown, engine.landmarker.mesh(shown, face, eyes=False))
    poses = {side: [puppet.posed(yaw=yaw) for yaw in yaws] for side, yaws in _TURNS.items()}
    return {"rest": [puppet.posed(yaw=yaw) for yaw in _RESTS], **poses}


def _script(seconds):
    """Return what is done in each frame."""
    cycle = []
    for side in ("left", "right"):
        cycle += ["rest"] * int(_SHORTEST_REST * RATE) + [side] * int(_MOVEMENT * RATE)
    frames = ["rest"] * int(_BEFORE * RATE)
    while len(frames) < seconds * RATE:
        frames += cycle
    return frames


def _played(poses, script):
    random = np.random.default_rng(7)
    noise = random.normal(0, 2, (600, 800, 3)).astype(np.int16)
    begun = 0
    for number, now in enumerate(script):
        if number and script[number - 1] != now:
            begun = number
        list_of = poses[now]
        place = (number - begun) * 3 * len(list_of) // RATE % len(list_of)
        moved = cv2.warpAffine(
            list_of[place], _wander(number, random), (640, 480), borderMode=cv2.BORDER_REPLICATE
        )
        top, left = random.integers(120), random.integers(160)
        noisy = moved.astype(np.int16) + noise[top : top + 480, left : left + 640]
        yield album.jpeg(np.clip(noisy, 0, 255).astype(np.uint8), _QUALITY)


def _wander(number, random):
    """Return where the head is, as nobody holds it quite still."""
    moment = number / RATE
    turn = 1.5 * np.sin(moment * 1.1) + random.normal(0, 0.3)
    size = 1 + 0.02 * np.sin(moment * 0.7 + 1) + random.normal(0, 0.003)
    place = cv2.getRotationMatrix2D((320, 240), turn, size)
    place[:, 2] += random.normal((6 * np.sin(moment * 0.9), 4 * np.sin(moment * 1.7)), 1.5)
    return place
