"""Where the name of a curve stands beside it, so that it lies on no curve and on no other name.

Positions are found in the unit square of the plot (x to the right, y up), for the smallest plot in pixels on which
the chart is drawn. A name hangs on a point of its curve; on a larger plot of the same axes it takes less of the
square and stays within the part that was found free, so one check holds for every larger plot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

LETTER = 7.4
"""Pixels of a letter at 12 pixels semibold; no common sans serif is wider on average."""
LINE = 15.0
GAP = 5.0
STEPS = 60
NEAR = 1e-9

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Placed:
    """The name of a curve at (x, at), above that point to the right or below it to the left.

    (x, y) is the point of the curve that it names; where `at` is not `y`, a line leads from the one to the other.
    """

    x: float
    y: float
    at: float
    above: bool


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the unit square."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: Box) -> bool:
        apart = self.right <= other.left or other.right <= self.left
        return not (apart or self.top <= other.bottom or other.top <= self.bottom)


def place(curves: Sequence[Points], names: Sequence[str], width: float, height: float) -> list[Placed] | None:
    """A place for the name of each curve on a plot of so many pixels; None where not all of them fit.

    The points of a curve ascend in x. The highest curves are named first, as the room above them is free.
    """
    order = sorted(range(len(curves)), key=lambda n: -_area(curves[n]))
    taken: list[Box] = []
    found: dict[int, Placed] = {}
    for n in order:
        size = (len(names[n]) * LETTER / width, LINE / height)
        spot = _spot(curves, n, size, (GAP / width, GAP / height), taken)
        if spot is None:
            return None
        found[n] = spot[0]
        taken += spot[1]
    return [found[n] for n in range(len(curves))]


def _spot(
    curves: Sequence[Points], n: int, size: tuple[float, float], gap: tuple[float, float], taken: Sequence[Box]
) -> tuple[Placed, list[Box]] | None:
    """The first free place: on the curve itself, else above all of the curves with a line down to it."""
    mine = curves[n]
    if not mine:
        return None
    low, high = mine[0][0], mine[-1][0]
    parts = [0.3 + sign * step / STEPS for step in range(STEPS) for sign in (-1, 1)]
    along = [low + (high - low) * part for part in parts if 0.04 <= part <= 0.98]
    for above, lift in ((True, 0.0), (False, 0.0), *((True, 0.05 * step) for step in range(1, 18))):
        for x in along:
            y = height_at(mine, x)
            box = _box(x, y + lift, size, gap, above=above)
            if box.left < 0 or box.bottom < 0 or box.right > 1 or box.top > 1:
                continue
            line = Box(x - gap[0], y, x + gap[0], y + lift)
            if any(box.meets(other) or (lift and line.meets(other)) for other in taken):
                continue
            if not any(crosses(box, curve) for curve in curves):
                return Placed(x, y, y + lift, above), [box, line] if lift else [box]
    return None


def _box(x: float, y: float, size: tuple[float, float], gap: tuple[float, float], *, above: bool) -> Box:
    """What a name may take on this and on every larger plot: from the point itself to its farthest corner here."""
    wide, tall = size[0] + gap[0], size[1] + gap[1]
    return Box(x, y + NEAR, x + wide, y + tall) if above else Box(x - wide, y - tall, x, y - NEAR)


def height_at(curve: Points, x: float) -> float:
    """The height of a curve at x, straight between its points, level beyond its ends."""
    last = curve[0]
    for point in curve:
        if point[0] >= x:
            run = point[0] - last[0]
            return point[1] if run <= 0 else last[1] + (point[1] - last[1]) * (x - last[0]) / run
        last = point
    return last[1]


def crosses(box: Box, curve: Points) -> bool:
    """Whether any part of the curve lies inside of the box."""
    for (x0, y0), (x1, y1) in pairwise(curve):
        left, right = max(x0, box.left), min(x1, box.right)
        if left > right:
            continue
        run = x1 - x0
        at = [y0, y1] if run <= 0 else [y0 + (y1 - y0) * (x - x0) / run for x in (left, right)]
        if max(at) > box.bottom and min(at) < box.top:
            return True
    return False


def _area(curve: Points) -> float:
    return sum((x1 - x0) * (y0 + y1) / 2 for (x0, y0), (x1, y1) in pairwise(curve))
