"""The curve of SM2 (GB/T 32918.5-2017), in plain arithmetic.

The product leaves this to a library. Here it is written out, so that the two cannot be wrong in
the same way; it is not hardened against anybody who measures its time, and need not be.
"""

from typing import NamedTuple

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123


class Point(NamedTuple):
    """A point of the curve, by its two coordinates."""

    x: int
    y: int


G = Point(
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)

Jacobian = tuple[int, int, int]
NOWHERE: Jacobian = (1, 1, 0)


def lies_on_curve(point: Point) -> bool:
    x, y = point
    return 0 <= x < P and 0 <= y < P and (y * y - (x * x * x + A * x + B)) % P == 0


def combine(*terms: tuple[int, Point]) -> Point | None:
    """Return the sum of each point times its number; None is the point at infinity."""
    total = NOWHERE
    for number, point in terms:
        total = _add(total, _times(number % N, (*point, 1)))
    x, y, z = total
    if z == 0:
        return None
    inverse = pow(z, -1, P)
    return Point(x * inverse**2 % P, y * inverse**3 % P)


def _times(number: int, point: Jacobian) -> Jacobian:
    result = NOWHERE
    for bit in f"{number:b}":
        result = _double(result)
        if bit == "1":
            result = _add(result, point)
    return result


def _double(point: Jacobian) -> Jacobian:
    x, y, z = point
    delta, gamma = z * z % P, y * y % P
    beta, alpha = x * gamma % P, 3 * (x - delta) * (x + delta) % P
    new_x = (alpha * alpha - 8 * beta) % P
    new_z = ((y + z) ** 2 - gamma - delta) % P
    return new_x, (alpha * (4 * beta - new_x) - 8 * gamma * gamma) % P, new_z


def _add(one: Jacobian, other: Jacobian) -> Jacobian:
    if one[2] == 0 or other[2] == 0:
        return other if one[2] == 0 else one
    (x1, y1, z1), (x2, y2, z2) = one, other
    square1, square2 = z1 * z1 % P, z2 * z2 % P
    u1, u2 = x1 * square2 % P, x2 * square1 % P
    s1, s2 = y1 * z2 * square2 % P, y2 * z1 * square1 % P
    if u1 == u2:
        return _double(one) if s1 == s2 else NOWHERE
    h, r = (u2 - u1) % P, (s2 - s1) % P
    h2 = h * h % P
    h3, v = h * h2 % P, u1 * h2 % P
    x3 = (r * r - h3 - 2 * v) % P
    return x3, (r * (v - x3) - s1 * h3) % P, h * z1 * z2 % P
