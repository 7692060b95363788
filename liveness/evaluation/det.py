"""Draw the trade-off of errors (DET) as SVG, with nothing but text."""

import math
from collections.abc import Sequence
from html import escape

_WIDTH, _HEIGHT, _LEFT, _TOP = 640, 420, 70, 20
_PLOT_WIDTH, _PLOT_HEIGHT = _WIDTH - _LEFT - 20, _HEIGHT - _TOP - 60
_DECADES_X, _DECADES_Y = 6, 3  # FMR from 1e-6, FNMR from 1e-3
_COLOURS = ("#0b5fa5", "#c03a2b", "#2e7d32", "#7b3fa0", "#8a6d00", "#444444")
Curve = Sequence[tuple[float, float]]


def svg(curves: Sequence[tuple[str, Curve]], title: str) -> str:
    """Return the figure: one line a curve, both axes logarithmic."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="12"><title>{escape(title)}</title>'
    )
    parts = [
        head,
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        *_grid(),
    ]
    for number, (name, points) in enumerate(curves):
        colour = _COLOURS[number % len(_COLOURS)]
        path = " ".join(f"{_x(fmr):.1f},{_y(fnmr):.1f}" for fmr, fnmr in points if fmr > 0)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        y = _TOP + 18 + 18 * number
        parts.append(
            f'<rect x="{_WIDTH - 190}" y="{y - 9}" width="14" height="4" fill="{colour}"/>'
        )
        parts.append(f'<text x="{_WIDTH - 170}" y="{y - 2}">{escape(name)}</text>')
    return "".join([*parts, "</svg>"])


def _grid() -> list[str]:
    lines = []
    bottom, right = _TOP + _PLOT_HEIGHT, _LEFT + _PLOT_WIDTH
    for decade in range(_DECADES_X + 1):
        x = _x(10.0**-decade)
        lines.append(f'<path d="M{x:.1f} {_TOP}V{bottom}" stroke="#ddd"/>')
        lines.append(
            f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{_power(decade)}</text>'
        )
    for decade in range(_DECADES_Y + 1):
        y = _y(10.0**-decade)
        lines.append(f'<path d="M{_LEFT} {y:.1f}H{right}" stroke="#ddd"/>')
        lines.append(
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_power(decade)}</text>'
        )
    lines.append(
        f'<text x="{_LEFT + _PLOT_WIDTH / 2}" y="{_HEIGHT - 8}" text-anchor="middle">FMR</text>'
    )
    lines.append(f'<text x="14" y="{_TOP + _PLOT_HEIGHT / 2}">FNMR</text>')
    return lines


def _power(decade: int) -> str:
    return "1" if decade == 0 else f"1e-{decade}"


def _x(fmr: float) -> float:
    return _LEFT + _PLOT_WIDTH * (1 + max(-_DECADES_X, math.log10(fmr)) / _DECADES_X)


def _y(fnmr: float) -> float:
    share = max(-_DECADES_Y, math.log10(fnmr)) if fnmr > 0 else -_DECADES_Y
    return _TOP - _PLOT_HEIGHT * share / _DECADES_Y
