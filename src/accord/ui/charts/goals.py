"""The map of goals: how much weight each has, how much of the loss falls on it, how far the plan brings it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from accord.ui import format as write
from accord.ui.charts.theme import Spec, finish, tips, token

HEIGHT, NARROW_HEIGHT = 320, 420
WIDE, NARROW = 560.0, 300.0
"""Pixels of the plot that a name has to fit in."""
LETTER, LINE = 7.0, 15.0
SHADES = ((0.02, 0.08), (0.08, 0.2), (0.2, 0.34), (1.0, 0.5))
"""Up to this share of the loss (of all goals), the field is tinted so strongly."""
Rect = tuple[float, float, float, float]


def goal_map(
    rows: Sequence[Mapping[str, Any]], *, currency: str | None = None, value_title: str = "Gap closed"
) -> Spec:
    """Rows of {name, weight, loss, value}: a field for each goal, as large as its weight, as strong as its loss.

    weight: share of all goals (0–1, above 0); loss: money a year that falls on it, None = unknown; value: share of
    its gap that is closed (0–1), None = unknown. The largest goal stands first, at the top left.
    """
    unit = currency or write.default_currency()
    known = sorted((row for row in rows if row["weight"] > 0), key=lambda row: -row["weight"])
    total = sum(row["loss"] for row in known if row["loss"])
    values = []
    for row, (left, top, right, bottom) in zip(known, squarified([row["weight"] for row in known]), strict=True):
        loss = row["loss"]
        share = loss / total if loss is not None and total > 0 else None
        size = (right - left, bottom - top)
        told = [
            f"{write.percent(row['weight'], 0)} of the weight",
            f"{write.money(loss, unit, compact=True)} a year" if loss is not None else "loss unknown",
            *([] if row["value"] is None else [f"{write.percent(row['value'], 0)} of its gap closed"]),
        ]
        values.append(
            {
                "name": row["name"], "left": left, "right": right, "top": top, "bottom": bottom, "shade": shade(share),
                "weight": write.percent(row["weight"], 1), "loss": write.money(loss, unit, compact=True),
                "value": write.percent(row["value"], 0),
                "lines": _lines(row["name"], told, size, WIDE, HEIGHT),
                "short": _lines(row["name"], told, size, NARROW, NARROW_HEIGHT),
            }
        )  # fmt: skip
    return finish(
        {"data": {"values": values}, "layer": _layers(value_title, "lines")},
        height=HEIGHT,
        head=["Goal", "Weight", "Loss a year", value_title],
        rows=[[v["name"], v["weight"], v["loss"], v["value"]] for v in values],
        narrow={"height": NARROW_HEIGHT, "layer": _layers(value_title, "short")},
    )


def _layers(value_title: str, text: str) -> list[Spec]:
    def axis(field: str, *, reverse: bool = False) -> Spec:
        scale = {"domain": [0, 1], "nice": False, "reverse": reverse}
        return {"field": field, "type": "quantitative", "axis": None, "scale": scale}

    x, y = axis("left"), axis("top", reverse=True)
    told = tips(("name", "Goal"), ("weight", "Weight"), ("loss", "Loss a year"), ("value", value_title))
    tint = {"field": "shade", "type": "quantitative", "scale": {"domain": [0, 1], "range": [0, 1]}, "legend": None}
    field = {"type": "rect", "stroke": token("surface"), "strokeWidth": 3, "strokeOpacity": 1}
    name = {
        "type": "text", "align": "left", "baseline": "top", "dx": 8, "dy": 8, "fontSize": 12, "lineHeight": LINE,
        "color": token("ink"), "tooltip": None,
    }  # fmt: skip
    return [
        {
            "mark": {**field, "color": token("danger")},
            "encoding": {
                "x": x, "x2": {"field": "right"}, "y": y, "y2": {"field": "bottom"},
                "fillOpacity": tint, "tooltip": told,
            },
        },
        {"mark": name, "encoding": {"x": x, "y": y, "text": {"field": text}}},
    ]  # fmt: skip


def shade(share: float | None) -> float:
    """How strongly a field is tinted: in four steps, so that two fields can be told apart; none where unknown."""
    if share is None:
        return 0.03
    return next(strength for most, strength in SHADES if share <= most)


def _lines(name: str, told: Sequence[str], size: tuple[float, float], width: float, height: float) -> list[str]:
    """The text that fits into a field: the name and as many figures as there is room for, or nothing."""
    letters = int((size[0] * width - 16) / LETTER)
    room = int((size[1] * height - 14) / LINE)
    if letters < 6 or room < 1 or max(map(len, name.split()), default=0) > letters:
        return [""]
    lines = textwrap.wrap(name, letters, max_lines=max(1, min(3, room)), placeholder="…") or [""]
    return [*lines, *(text for text in told if len(text) <= letters)][:room]


def squarified(areas: Sequence[float]) -> list[Rect]:
    """(left, top, right, bottom) in the unit square for each area, in their order (descending).

    Each rectangle is as near to a square as a row by row filling allows (Bruls, Huizing and van Wijk 2000).
    """
    total = sum(areas)
    left = [area / total for area in areas]
    found: list[Rect] = []
    x, y, width, height = 0.0, 0.0, 1.0, 1.0
    while left:
        side = min(width, height)
        count = 1
        while count < len(left) and _worst(left[: count + 1], side) <= _worst(left[:count], side):
            count += 1
        row, left = left[:count], left[count:]
        depth = sum(row) / side
        at = y if width >= height else x
        for area in row:
            step = area / depth
            upright = (x, at, x + depth, at + step)
            found.append(upright if width >= height else (at, y, at + step, y + depth))
            at += step
        if width >= height:
            x, width = x + depth, width - depth
        else:
            y, height = y + depth, height - depth
    return found


def _worst(row: Sequence[float], side: float) -> float:
    """The largest ratio of the sides of the rectangles of a row along a side."""
    depth = sum(row) / side
    return max(max(depth * depth / area, area / (depth * depth)) for area in row)
