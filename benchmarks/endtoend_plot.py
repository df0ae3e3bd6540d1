"""Bars as an image (SVG 1.1), drawn without a package."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape

_WIDTH, _LEFT, _RIGHT, _TOP = 760, 190, 70, 56
_BAR, _GAP, _BETWEEN = 15, 3, 16
# Told apart by those who see colours otherwise too (Okabe and Ito).
_COLOURS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")


def bars(title: str, groups: Mapping[str, Mapping[str, float]]) -> str:
    """Return a plot of positive numbers, a bar each, in groups; the scale is logarithmic, and the
    numbers stand beside the bars."""
    numbers = [number for group in groups.values() for number in group.values()]
    low = math.floor(math.log10(min(numbers)))
    high = max(math.ceil(math.log10(max(numbers))), low + 1)
    names = list(dict.fromkeys(name for group in groups.values() for name in group))

    def place(number: float) -> float:
        part = (math.log10(number) - low) / (high - low)
        return _LEFT + part * (_WIDTH - _LEFT - _RIGHT)

    y = _TOP
    drawn = []
    for label, group in groups.items():
        middle = y + len(group) * (_BAR + _GAP) / 2
        drawn.append(f'<text x="12" y="{middle + 4:g}" font-weight="bold">{escape(label)}</text>')
        for name, number in group.items():
            end = place(number)
            colour = _COLOURS[names.index(name) % len(_COLOURS)]
            drawn.append(
                f'<text x="{_LEFT - 6}" y="{y + 12}" text-anchor="end">{escape(name)}</text>'
                f'<rect x="{_LEFT}" y="{y}" width="{max(end - _LEFT, 1):.1f}" height="{_BAR}" '
                f'fill="{colour}"/><text x="{end + 5:.1f}" y="{y + 12}">{number:.3g}</text>'
            )
            y += _BAR + _GAP
        y += _BETWEEN
    lines = []
    for power in range(low, high + 1):
        x = place(10**power)
        lines.append(
            f'<line x1="{x:.1f}" y1="{_TOP - 6}" x2="{x:.1f}" y2="{y}" stroke="#ddd"/>'
            f'<text x="{x:.1f}" y="{_TOP - 12}" text-anchor="middle">{10.0**power:g}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{y}" '
        f'viewBox="0 0 {_WIDTH} {y}" font-family="sans-serif" font-size="12" role="img">'
        f'<title>{escape(title)}</title><rect width="100%" height="100%" fill="#fff"/>'
        f'<text x="12" y="20" font-size="15" font-weight="bold">{escape(title)}</text>\n'
        + "\n".join((*lines, *drawn))
        + "\n</svg>\n"
    )
