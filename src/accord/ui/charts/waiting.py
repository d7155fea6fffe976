"""Chart of cost over days of waiting: one curve for each option with its range, days marked by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accord.ui import format as write
from accord.ui.charts.theme import AMOUNT, Spec, finish, measure, tips, token, tone_or, tone_scale

DASHES = ([1, 0], [8, 4], [2, 3], [10, 3, 2, 3])
CEILING = 3.0
"""No higher than so many times the highest middle: a wide range is cut off rather than pressing all curves flat."""


@dataclass(frozen=True, slots=True)
class Course:
    """What an option has cost by each day: (low, middle, high) series, one figure for each day."""

    name: str
    low: Sequence[float]
    mid: Sequence[float]
    high: Sequence[float]
    tone: str = ""


def waiting(
    days: Sequence[float],
    courses: Sequence[Course],
    marks: Sequence[tuple[float, str]] = (),
    *,
    currency: str | None = None,
    height: int = 300,
) -> Spec:
    """Money against days from today; `marks` are (day, words) shown as lines across, those beyond the days left out."""
    unit = currency or write.default_currency()
    rows: list[Spec] = [
        {"way": one.name, "day": float(day), "low": float(low), "mid": float(mid), "high": float(high)}
        for one in courses
        for day, low, mid, high in zip(days, one.low, one.mid, one.high, strict=True)
    ]
    last = max((float(day) for day in days), default=1.0)
    middle = max((float(row["mid"]) for row in rows), default=1.0) or 1.0
    top = max(min(max((float(row["high"]) for row in rows), default=1.0), CEILING * middle), 1.0)
    names = [one.name for one in courses]
    tones = [tone_or(one.tone, index) for index, one in enumerate(courses)]
    x = measure("day", "Days from today", {"tickCount": 6, "format": ",.0f"}, domain=[0, last], nice=False)
    y = measure("mid", f"Has cost, {unit}", {"labelExpr": AMOUNT, "tickCount": 5}, domain=[0, top * 1.08], nice=False)
    colour = {"field": "way", "type": "nominal", "scale": tone_scale(names, tones)}
    dashes = [list(DASHES[index % len(DASHES)]) for index in range(len(names))]
    bands: list[Spec] = [
        {
            "transform": [{"filter": {"field": "way", "equal": one.name}}],
            "mark": {"type": "area", "color": token(tone), "opacity": 0.09, "clip": True, "tooltip": None},
            "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
        }
        for one, tone in zip(courses, tones, strict=True)
    ]
    line = {
        "mark": {"type": "line", "clip": True},
        "encoding": {
            "x": x, "y": y, "color": colour,
            "strokeDash": {"field": "way", "type": "nominal", "scale": {"domain": names, "range": dashes}},
        },
    }  # fmt: skip
    spots = {
        "mark": {"type": "point", "size": 120, "opacity": 0, "filled": True, "clip": True},
        "encoding": {"x": x, "y": y, "tooltip": _told(unit)},
    }
    inside = [(float(day), words) for day, words in marks if 0 <= float(day) <= last]
    layers = [*bands, line, spots, *(_mark(day, words, x, last, n) for n, (day, words) in enumerate(inside))]
    table = [
        [str(row["way"]), f"{row['day']:,.1f}", *(write.money(row[name], unit) for name in ("low", "mid", "high"))]
        for row in _thinned(rows)
    ]
    spec = finish(
        {"data": {"values": rows}, "layer": layers},
        height=height,
        head=["Option", "Day", "At least", "Expected", "At most"],
        rows=table,
    )
    spec["config"]["legend"]["columns"] = 2
    return spec


def _told(unit: str) -> list[Spec]:
    """What is said of a point."""
    return [
        *tips(("way", "Option")),
        {"field": "day", "title": "Day", "type": "quantitative", "format": ",.1f"},
        *({"field": name, "title": title, "type": "quantitative", "format": ",.0f"}
          for name, title in (("mid", unit), ("low", "At least"), ("high", "At most"))),
    ]  # fmt: skip


def _mark(day: float, words: str, x: Spec, last: float, lane: int) -> Spec:
    """A line across with its words beside it, on the side where there is more room."""
    left = day > last / 2
    data = {"values": [{"day": day, "words": words}]}
    text: Spec = {
        "type": "text", "align": "right" if left else "left", "baseline": "top", "dx": -5 if left else 5,
        "fontWeight": 600, "fontSize": 11, "tooltip": None,
    }  # fmt: skip
    place = {"x": x, "y": {"value": 2 + 16 * lane}, "text": {"field": "words"}}
    return {
        "data": data,
        "layer": [
            {
                "mark": {"type": "rule", "strokeDash": [4, 3], "color": token("ink-2"), "tooltip": None},
                "encoding": {"x": x},
            },
            {"mark": {**text, "stroke": token("surface"), "strokeWidth": 4}, "encoding": place},
            {"mark": {**text, "color": token("ink")}, "encoding": place},
        ],
    }


def _thinned(rows: list[Spec], most: int = 13) -> list[Spec]:
    """At most about `most` rows of each option, the ends included."""
    found: list[Spec] = []
    for name in dict.fromkeys(row["way"] for row in rows):
        mine = [row for row in rows if row["way"] == name]
        step = max(1, -(-len(mine) // most))
        found += mine[::step] + ([mine[-1]] if (len(mine) - 1) % step else [])
    return found
