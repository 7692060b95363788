"""The engine that is shipped: YuNet, SFace, face mesh and iris, all run by OpenCV."""

from collections.abc import Sequence

import cv2

from liveness.engine.mesh import FaceMesh
from liveness.engine.pixel_quality import PixelQuality
from liveness.engine.plane_fit import PlaneFit
from liveness.engine.ports import Engine, PadModel, Weights
from liveness.engine.sface import SFace
from liveness.engine.yunet import YuNet


def build(weights: Weights, pad_models: Sequence[PadModel] = ()) -> Engine:
    """Return the engine; *weights* gives verified bytes by the names of the manifest."""
    bound()
    return Engine(
        name="opencv",
        authoritative=True,
        detector=YuNet(weights("detector")),
        landmarker=FaceMesh(weights("mesh"), weights("iris")),
        embedder=SFace(weights("embedder")),
        quality=PixelQuality(),
        flatness=PlaneFit(),
        pad_models=tuple(pad_models),
    )


def bound() -> None:
    """Keep OpenCV to one thread and to itself: the same answer each time, and forks are safe."""
    cv2.setNumThreads(1)
    cv2.ocl.setUseOpenCL(False)
    cv2.setRNGSeed(0)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # failures are raised
