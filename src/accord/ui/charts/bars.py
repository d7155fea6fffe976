"""Charts of bars and dots: amounts by name, intervals, and how one amount becomes another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accord.ui import format as write
from accord.ui.charts import names
from accord.ui.charts.theme import AMOUNT, Spec, finish, measure, tips, token, tone_scale

GUTTER = 76
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
) -> Spec:
    """How one amount becomes another: (name, amount, is_total); totals stand on zero, the others float.

    The figure of a step stands above its column, never on it.
    """
    values = _steps(steps, unit, less_is_better=less_is_better)
    order = [str(one["line"]) for one in values]
    heading = _heading(title, unit, currency)
    labels = {**names.LABELS, "labelAngle": 0, "labelOffset": 0}
    x = {"field": "line", "type": "ordinal", "sort": order, "title": None, "axis": labels}
    y = measure("start", heading, _value_axis(unit))
    scale = tone_scale(["total", "better", "worse"], ["neutral", "good", "danger"])
    colour = {"field": "kind", "type": "nominal", "scale": scale, "legend": None}
    told = tips(("name", "Step"), ("text", heading))
    column = {"type": "bar", "width": {"band": 0.6}, "cornerRadius": 1}
    figure = {"type": "text", "dy": -8, "color": token("ink"), "fontWeight": 600}
    above = {"y": {**y, "field": "top"}, "text": {"field": "text"}}
    body = {
        "data": {"values": values},
        "encoding": {"x": x},
        "layer": [
            {"mark": column, "encoding": {"y": y, "y2": {"field": "end"}, "color": colour, "tooltip": told}},
            {"mark": figure, "encoding": above},
        ],
    }
    table = [[str(v["name"]), str(v["text"])] for v in values]
    return finish(body, height=280, head=["Step", heading], rows=table, narrow=TILTED)


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
    return write.quantity(value, unit, "XXX").removeprefix(f"XXX{write.NBSP}")


def _heading(title: str, unit: str, currency: str | None) -> str:
    return f"{title}, {currency or write.default_currency()}" if unit == "money" else title


def _value_axis(unit: str) -> Spec:
    if unit == "money":
        return {"labelExpr": AMOUNT, "tickCount": 5}
    if unit in ("share", "probability"):
        return {"format": ".0%", "tickCount": 5}
    return {"tickCount": 5}
