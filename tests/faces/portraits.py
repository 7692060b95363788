"""Portraits of the public domain, fetched by hash; and framed as a camera would frame them."""

from pathlib import Path

import cv2
import numpy as np

from liveness.models import manifest
from liveness.models.fetching import complete
from liveness.models.store import Store

_MANIFEST = Path(__file__).with_name("manifest.toml")


def weights():
    """The weights of the set-up; fetched now where `make setup` has not yet."""
    store = Store()
    complete(store, tell=lambda line: None)
    return store


def portraits():
    directory = manifest.default_directory().with_name("test-faces")
    store = Store(directory, manifest.load(_MANIFEST))
    complete(store, tell=lambda line: None)
    return store


def picture(store, name):
    octets = np.frombuffer(store.read(name), np.uint8)
    return cv2.imdecode(octets, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)


def framed(whole, face, height=480):
    """Cut *whole* so that its face fills two fifths of the height, as the page asks."""
    x, y = face.centre
    reach = face.height * 1.1
    left, right = max(0, int(x - reach * 1.33)), int(x + reach * 1.33)
    cut = whole[max(0, int(y - reach)) : int(y + reach), left:right]
    scale = height / cut.shape[0]
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(cut, None, fx=scale, fy=scale, interpolation=how)


def jpeg(shown, quality=90):
    return cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
