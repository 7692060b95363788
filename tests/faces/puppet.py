"""Move the face of one portrait: by depth, as a head would, or as a sheet of paper.

What this does to a public photograph anybody can do, in real time and in front of a virtual
camera. It makes the frames of our tests, and it is why no test here proves a living person.
"""

import cv2
import numpy as np

_CHIN_AND_LOWER_LIP = [
    *(14, 17, 18, 200, 199, 175, 152, 148, 176, 149, 150, 377, 400, 378, 379, 87, 86, 85, 84),
    *(317, 316, 315, 314, 178, 402, 181, 405, 180, 404, 182, 406, 83, 313, 201, 421, 208, 428),
    *(15, 16, 171, 396, 140, 369, 170, 395, 169, 394, 88, 318, 95, 324, 96, 325, 89, 319, 90),
    *(320, 91, 321, 179, 403, 194, 418, 262, 32, 211, 431, 204, 424, 106, 335),
]


class Puppet:
    """A portrait cut into triangles about its mesh."""

    def __init__(self, picture, mesh):
        self.picture = picture
        points = mesh.points.astype(np.float64)
        self.centre = points[:, :2].mean(axis=0)
        hull = cv2.convexHull(points[:, :2].astype(np.float32)).reshape(-1, 2)
        rings = [(hull - self.centre) * scale + self.centre for scale in (1.25, 1.6)]
        # Hair and neck go along by half; what lies outside stays.
        self.share = np.r_[np.ones(468), np.full(len(hull), 0.5), np.zeros(len(hull))]
        flat = np.vstack([points[:, :2], *rings])
        depth = np.r_[points[:, 2], np.full(2 * len(hull), points[:, 2].max())]
        self.points = np.column_stack([flat, depth])
        self.triangles = _triangles(flat)

    def posed(self, *, yaw=0.0, pitch=0.0, mouth=0.0):
        """Draw it turned to its own left, looking down, its mouth open by a share of its size."""
        turn = _rotation(yaw, pitch)
        about = np.r_[self.centre, np.median(self.points[:468, 2])]
        moved = (self.points - about) @ turn.T + about
        size = np.ptp(self.points[:468, 1])
        moved[_CHIN_AND_LOWER_LIP, 1] += mouth * size
        target = self.points + (moved - self.points) * self.share[:, None]
        return self._draw(target)

    def _draw(self, target):
        out = self.picture.copy()
        depth = target[:, 2]
        for corners in sorted(self.triangles, key=lambda t: -depth[list(t)].mean()):
            _paste(self.picture, out, self.points[corners, :2], target[corners, :2])
        return out


def tilted(picture, centre, *, yaw, pitch=0.0):
    """Show *picture* as a sheet that is tilted about *centre*."""
    height, width = picture.shape[:2]
    focal = 1.6 * max(height, width)
    x, y = centre
    shift = np.array([[1, 0, -x], [0, 1, -y], [0, 0, 1.0]])
    camera = np.array([[focal, 0, x], [0, focal, y], [0, 0, 1.0]])
    turn = _rotation(yaw, pitch)
    plane = np.column_stack([turn[:, :2], [0, 0, focal]])
    return cv2.warpPerspective(
        picture, camera @ plane @ shift / focal, (width, height), borderMode=cv2.BORDER_REPLICATE
    )


def _rotation(yaw, pitch):
    a, b = np.radians([-yaw, pitch])
    across = [[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]]
    down = [[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]]
    return np.array(down) @ np.array(across)


def _triangles(points):
    low, high = points.min(axis=0) - 2, points.max(axis=0) + 2
    plane = cv2.Subdiv2D((int(low[0]), int(low[1]), *(int(v) + 4 for v in high - low)))
    index = {}
    for number, point in enumerate(points.astype(np.float32)):
        plane.insert((float(point[0]), float(point[1])))
        index[point.tobytes()] = number
    found = plane.getTriangleList().reshape(-1, 3, 2)
    corners = [[index.get(np.float32(p).tobytes()) for p in triangle] for triangle in found]
    return [triangle for triangle in corners if None not in triangle]


def _paste(source, target, before, after):
    x, y, width, height = cv2.boundingRect(after.astype(np.float32))
    x, y = max(x, 0), max(y, 0)
    region = target[y : y + height + 1, x : x + width + 1]
    if region.size == 0:
        return
    warp = cv2.getAffineTransform(before.astype(np.float32), (after - [x, y]).astype(np.float32))
    size = (region.shape[1], region.shape[0])
    patch = cv2.warpAffine(source, warp, size, borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros(region.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, np.round(after - [x, y]).astype(np.int32), 255)
    region[mask > 0] = patch[mask > 0]
