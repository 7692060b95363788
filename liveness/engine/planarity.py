"""Does a face turn like a head, or tilt like a picture? By the mesh, without pixels.

The view of a plane changes by a homography. What the best homography leaves unexplained, over the
distance of the eyes, is near nothing for a photograph and grows with the turn of a head. Lips,
lids and chin are left out: they move by themselves, on a video as well.
"""

import numpy as np
from numpy.typing import NDArray

from liveness.engine.faces import NAN, Points

RIGID = [1, 4, 5, 6, 168, 197, 195, 2, 98, 327, 33, 133, 362, 263, 10, 151, 9, 107, 336, 105, 334]
RIGID += [70, 300, 50, 280, 117, 346, 123, 352, 127, 356, 234, 454, 93, 323, 21, 251, 162, 389]
_EYES = (33, 263)
_Matrix = NDArray[np.float64]


def residual(neutral: Points, turned: Points) -> float:
    """Return the root mean square that a plane cannot explain, in distances of the eyes."""
    first, second = (points[RIGID, :2].astype(np.float64) for points in (neutral, turned))
    eyes = float(np.linalg.norm(neutral[_EYES[0], :2] - neutral[_EYES[1], :2]))
    if not (np.isfinite(first).all() and np.isfinite(second).all() and eyes > 0):
        return NAN
    left = _project(first, _homography(first, second)) - second
    return float(np.sqrt((left**2).sum(axis=1).mean())) / eyes


def _homography(source: _Matrix, target: _Matrix) -> _Matrix:
    """Solve by the normalised direct linear transform (Hartley and Zisserman, §4.4)."""
    to_source, to_target = _normaliser(source), _normaliser(target)
    ours = np.column_stack([source, np.ones(len(source))]) @ to_source.T
    theirs = np.column_stack([target, np.ones(len(target))]) @ to_target.T
    nothing = np.zeros_like(ours)
    equations = np.vstack(
        [
            np.hstack([ours, nothing, -theirs[:, :1] * ours]),
            np.hstack([nothing, ours, -theirs[:, 1:2] * ours]),
        ]
    )
    solution = np.linalg.svd(equations, full_matrices=False)[2][-1].reshape(3, 3)
    return np.asarray(np.linalg.inv(to_target) @ solution @ to_source)


def _project(points: _Matrix, homography: _Matrix) -> _Matrix:
    moved = np.column_stack([points, np.ones(len(points))]) @ homography.T
    return np.asarray(moved[:, :2] / moved[:, 2:])


def _normaliser(points: _Matrix) -> _Matrix:
    """Return what brings *points* about the origin, √2 from it on average."""
    mean = points.mean(axis=0)
    spread = float(np.sqrt(((points - mean) ** 2).sum(axis=1)).mean()) or 1.0
    scale = 2**0.5 / spread
    return np.array([[scale, 0, -scale * mean[0]], [0, scale, -scale * mean[1]], [0, 0, 1]])
