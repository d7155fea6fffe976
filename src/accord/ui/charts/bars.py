"""Charts of bars and dots: amounts by name, intervals, how one amount becomes another, what an input moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from accord.ui import format as write
from accord.ui.charts import names
from accord.ui.charts.theme import AMOUNT, Spec, finish, measure, tips, token, tone_scale

GUTTER = 76
COLUMNS = 7
STEP_ROW = 28
TILTED: Spec = {"encoding": {"x": {"axis": {"labelAngle": -40, "labelAlign": "right", "labelFontSize": 11}}}}


def bars(
    rows: Sequence[tuple[str, float | None]],
    *,
    title: str,
    unit: str = "money",
    tone: str = "accent",
    currency: str | None = None,
    name_title: str = "Name",
) -> Spec:
    """Horizontal bars in the given order, each with its figure at its end; unknown ones say so instead."""
    values = [
        {**label, "at": value or 0.0, "end": max(value or 0.0, 0.0), "text": figure_text(value, unit)}
        for label, (_, value) in zip(names.labels([name for name, _ in rows]), rows, strict=True)
    ]
    heading = _heading(title, unit, currency)
    x = measure("at", heading, _value_axis(unit), nice=False)
    bar = {"type": "bar", "height": {"band": 0.62}, "color": token(tone)}
    figure = {"type": "text", "align": "left", "dx": 6, "color": token("ink")}
    told = tips(("name", name_title), ("text", heading))
    body = {
        "data": {"values": values},
        "encoding": {"y": names.down_the_side()},
        "layer": [
            {"mark": bar, "encoding": {"x": x, "tooltip": told}},
            {"mark": figure, "encoding": {"x": {**x, "field": "end"}, "text": {"field": "text"}}},
        ],
    }
    count = len(values)
    table = [[str(one["name"]), str(one["text"])] for one in values]
    narrow = names.narrow(count)
    spec = finish(body, height=names.height(count), head=[name_title, heading], rows=table, narrow=narrow)
    spec["padding"] = {"left": 2, "right": GUTTER, "top": 4, "bottom": 2}
    return spec


def interval_dots(
    rows: Sequence[tuple[str, float, float, float]],
    *,
    title: str,
    unit: str = "money",
    tone: str = "accent",
    currency: str | None = None,
    name_title: str = "Name",
) -> Spec:
    """(name, low, middle, high): a line from low to high with a dot at the middle."""
    values = [
        {
            **label,
            "low": low,
            "mid": mid,
            "high": high,
            "text": write.quantity(mid, unit, currency),
            "spread": write.interval(low, high, unit, currency),
        }
        for label, (_, low, mid, high) in zip(names.labels([row[0] for row in rows]), rows, strict=True)
    ]
    x = measure("low", title, {**_value_axis(unit), "grid": True}, zero=True)
    line = {"type": "rule", "strokeWidth": 3, "strokeCap": "round", "color": token("line-strong")}
    dot = {"type": "point", "filled": True, "size": 90, "opacity": 1, "color": token(tone)}
    told = tips(("name", name_title), ("text", "Middle"), ("spread", "Interval"))
    body = {
        "data": {"values": values},
        "encoding": {"y": names.down_the_side(), "tooltip": told},
        "layer": [
            {"mark": line, "encoding": {"x": x, "x2": {"field": "high"}}},
            {"mark": dot, "encoding": {"x": {**x, "field": "mid"}}},
        ],
    }
    count, head = len(values), [name_title, title, "Interval"]
    table = [[str(one["name"]), str(one["text"]), str(one["spread"])] for one in values]
    return finish(body, height=names.height(count), head=head, rows=table, narrow=names.narrow(count))


def waterfall(
    steps: Sequence[tuple[str, float, bool]],
    *,
    title: str,
    unit: str = "money",
    currency: str | None = None,
    less_is_better: bool = True,
    most: int = 16,
    dense: bool = False,
) -> Spec:
    """How one amount becomes another: (name, amount, is_total); totals stand on zero, the others float.

    The figure of a step stands beside its bar, never on it. Up to seven steps are columns; more are bars below each
    other, and beyond `most` of them the smallest are one step with what they come to together. `dense`: always
    below each other and close, for a printed page.
    """
    shown = folded(steps, most)
    values = _steps(shown, unit, less_is_better=less_is_better)
    heading = _heading(title, unit, currency)
    scale = tone_scale(["total", "better", "worse"], ["neutral", "good", "danger"])
    colour = {"field": "kind", "type": "nominal", "scale": scale, "legend": None}
    look = {"color": colour, "tooltip": tips(("name", "Step"), ("text", heading))}
    table = [[str(v["name"]), str(v["text"])] for v in values]
    if len(values) <= COLUMNS and not dense:
        body = _columns(values, heading, unit, look)
        return finish(body, height=280, head=["Step", heading], rows=table, narrow=TILTED)
    body, count = _rows_of_steps(values, heading, unit, look, dense=dense), len(values)
    height = names.height(count, dense=True) if dense else max(80, STEP_ROW * count)
    narrow = {"height": names.NARROW_ROW * count, "encoding": {"y": {"field": "short"}}}
    spec = finish(body, height=height, head=["Step", heading], rows=table, narrow=narrow)
    spec["padding"] = {"left": 2, "right": GUTTER, "top": 4, "bottom": 2}
    return spec


def folded(steps: Sequence[tuple[str, float, bool]], most: int) -> list[tuple[str, float, bool]]:
    """At most `most` steps: the smallest that are no totals come last but one, as one, with their sum."""
    spare = len(steps) - most
    if spare <= 0:
        return list(steps)
    floating = sorted((n for n, step in enumerate(steps) if not step[2]), key=lambda n: abs(steps[n][1]))
    small = set(floating[: spare + 1])
    rest = sum(steps[n][1] for n in small)
    kept = [step for n, step in enumerate(steps) if n not in small]
    at = len(kept) - 1 if kept and kept[-1][2] else len(kept)
    return [*kept[:at], (f"{len(small)} smaller ones", rest, False), *kept[at:]]


def _columns(values: list[dict[str, Any]], heading: str, unit: str, look: Spec) -> Spec:
    order = [str(one["line"]) for one in values]
    labels = {**names.LABELS, "labelAngle": 0, "labelOffset": 0}
    x = {"field": "line", "type": "ordinal", "sort": order, "title": None, "axis": labels}
    y = measure("start", heading, _value_axis(unit))
    column = {"type": "bar", "width": {"band": 0.6}, "cornerRadius": 1}
    figure = {"type": "text", "dy": -8, "color": token("ink"), "fontWeight": 600}
    above = {"y": {**y, "field": "top"}, "text": {"field": "text"}}
    return {
        "data": {"values": values},
        "encoding": {"x": x},
        "layer": [
            {"mark": column, "encoding": {"y": y, "y2": {"field": "end"}, **look}},
            {"mark": figure, "encoding": above},
        ],
    }


def _rows_of_steps(values: list[dict[str, Any]], heading: str, unit: str, look: Spec, *, dense: bool) -> Spec:
    labels = names.labels([v["name"] for v in values], dense=dense)
    rows = [{**value, **label} for value, label in zip(values, labels, strict=True)]
    x = measure("start", heading, {**_value_axis(unit), "grid": True}, nice=False)
    bar = {"type": "bar", "height": {"band": 0.66}, "cornerRadius": 1}
    figure = {"type": "text", "align": "left", "dx": 6, "color": token("ink"), "fontWeight": 600}
    return {
        "data": {"values": rows},
        "encoding": {"y": names.down_the_side()},
        "layer": [
            {"mark": bar, "encoding": {"x": x, "x2": {"field": "end"}, **look}},
            {"mark": figure, "encoding": {"x": {**x, "field": "top"}, "text": {"field": "text"}}},
        ],
    }


def tornado(
    rows: Sequence[Mapping[str, Any]],
    *,
    title: str,
    unit: str = "money",
    currency: str | None = None,
    name_title: str = "Input",
    most: int = 14,
    middle: str = "Now",
) -> Spec:
    """Rows of {name, low, high, value}: the outcome with the input at its low and at its high end, and as it stands.

    `middle` is what the last is called.

    The widest swing is on top; at most `most` rows are drawn. Each end has its figure beside it.
    """
    wide = sorted(rows, key=lambda row: -abs(row["high"] - row["low"]))[:most]
    values: list[dict[str, Any]] = [
        {
            **label,
            "low": float(row["low"]),
            "high": float(row["high"]),
            "value": float(row["value"]),
            "least": min(float(row["low"]), float(row["high"])),
            "most": max(float(row["low"]), float(row["high"])),
            "least_text": figure_text(min(row["low"], row["high"]), unit),
            "most_text": figure_text(max(row["low"], row["high"]), unit),
            "low_text": figure_text(row["low"], unit),
            "high_text": figure_text(row["high"], unit),
            "text": figure_text(row["value"], unit),
        }
        for label, row in zip(names.labels([str(row["name"]) for row in wide]), wide, strict=True)
    ]
    heading, count = _heading(title, unit, currency), len(values)
    told = tips(
        ("name", name_title), ("low_text", "At its low end"), ("high_text", "At its high end"), ("text", middle)
    )
    layer, narrow = (_swings(values, heading, unit, told, room) for room in (0.2, 0.8))
    body = {"data": {"values": values}, "encoding": {"y": names.down_the_side()}, "layer": layer}
    head = [name_title, "At its low end", middle, "At its high end"]
    table = [[str(v[cell]) for cell in ("name", "low_text", "text", "high_text")] for v in values]
    patch = {**names.narrow(count), "layer": narrow}
    return finish(body, height=names.height(count), head=head, rows=table, narrow=patch)


def _swings(values: list[dict[str, Any]], heading: str, unit: str, told: list[Spec], room: float) -> list[Spec]:
    """The layers of a tornado; `room` is the part of the widest swing that is kept free on each side for figures."""
    ends = [one[side] for one in values for side in ("least", "most", "value")]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    free = room * ((high - low) or abs(high) or 1.0)
    x = measure("least", heading, {**_value_axis(unit), "tickCount": 4, "grid": True})
    x["scale"] = {"domain": [low - free, high + free], "nice": False, "zero": False}
    said: Spec = {"type": "text", "color": token("ink")}
    return [
        {
            "mark": {"type": "bar", "height": {"band": 0.58}, "color": token("accent"), "opacity": 0.85},
            "encoding": {"x": x, "x2": {"field": "most"}, "tooltip": told},
        },
        {
            "mark": {"type": "tick", "thickness": 2.5, "band": 0.8, "color": token("ink")},
            "encoding": {"x": {**x, "field": "value"}, "tooltip": told},
        },
        {"mark": {**said, "align": "right", "dx": -6}, "encoding": {"x": x, "text": {"field": "least_text"}}},
        {
            "mark": {**said, "align": "left", "dx": 6},
            "encoding": {"x": {**x, "field": "most"}, "text": {"field": "most_text"}},
        },
    ]


def _steps(steps: Sequence[tuple[str, float, bool]], unit: str, *, less_is_better: bool) -> list[dict[str, Any]]:
    """Where each step begins and ends, and whether it makes things better."""
    values: list[dict[str, Any]] = []
    level = 0.0
    lines = names.wrapped([name for name, _, _ in steps], 12)
    for line, (name, amount, is_total) in zip(lines, steps, strict=True):
        start, end = (0.0, amount) if is_total else (level, level + amount)
        level = end
        worse = amount > 0 if less_is_better else amount < 0
        text = figure_text(amount, unit)
        values.append(
            {
                "name": name,
                "line": line,
                "start": start,
                "end": end,
                "top": max(start, end),
                "kind": "total" if is_total else "worse" if worse else "better",
                "text": text if is_total or amount < 0 else f"+{text}",
            }
        )
    return values


def figure_text(value: float | None, unit: str) -> str:
    """A figure whose currency stands in the heading."""
    text = write.quantity(value, unit)
    return text.replace(f"{write.default_currency()}{write.NBSP}", "") if unit == "money" else text


def _heading(title: str, unit: str, currency: str | None) -> str:
    return f"{title}, {currency or write.default_currency()}" if unit == "money" else title


def _value_axis(unit: str) -> Spec:
    if unit == "money":
        return {"labelExpr": AMOUNT, "tickCount": 5}
    if unit in ("share", "probability"):
        return {"format": ".0%", "tickCount": 5}
    return {"tickCount": 5}
