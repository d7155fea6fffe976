"""Charts of bars and dots: amounts by name, intervals, schedules, and how one amount becomes another."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from accord.ui import format as write
from accord.ui.charts.theme import AMOUNT, Spec, finish, token, tone_or, tone_scale

ROW = 34
LABELS = {
    "labelLimit": 200,
    "labelColor": token("ink"),
    "labelFontSize": 12,
    "labelLineHeight": 14,
    "labelExpr": "split(datum.label, '\\n')",
    "labelOffset": {"expr": "-7 * (length(split(datum.label, '\\n')) - 1)"},
    "labelOverlap": False,
}
GUTTER = 76
TILTED = {"encoding": {"x": {"axis": {"labelAngle": -40, "labelAlign": "right", "labelFontSize": 11}}}}
QUARTER_MONTHS = {"1": "01", "2": "04", "3": "07", "4": "10"}


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
        {
            "name": name,
            "line": wrapped(name),
            "short": wrapped(name, 15, 3),
            "at": value or 0.0,
            "end": max(value or 0.0, 0.0),
            "text": figure_text(value, unit),
        }
        for name, value in rows
    ]
    heading = f"{title}, {currency or write.default_currency()}" if unit == "money" else title
    x = {"field": "at", "type": "quantitative", "title": heading, "axis": _value_axis(unit), "scale": {"nice": False}}
    y = {"field": "line", "type": "nominal", "sort": None, "title": None, "axis": LABELS}
    tips = [{"field": "name", "title": name_title}, {"field": "text", "title": title}]
    body = {
        "data": {"values": values},
        "encoding": {"y": y},
        "layer": [
            {
                "mark": {"type": "bar", "height": {"band": 0.62}, "color": token(tone)},
                "encoding": {"x": x, "tooltip": tips},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 6, "color": token("ink")},
                "encoding": {"x": {**x, "field": "end"}, "text": {"field": "text"}},
            },
        ],
    }
    table = [[str(one["name"]), str(one["text"])] for one in values]
    spec = finish(
        body, height=max(80, ROW * len(rows)), head=[name_title, heading], rows=table, narrow=_narrow(len(rows))
    )
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
            "name": name,
            "line": wrapped(name),
            "short": wrapped(name, 15, 3),
            "low": low,
            "mid": mid,
            "high": high,
            "text": write.quantity(mid, unit, currency),
            "spread": write.interval(low, high, unit, currency),
        }
        for name, low, mid, high in rows
    ]
    y = {"field": "line", "type": "nominal", "sort": None, "title": None, "axis": LABELS}
    axis = {**_value_axis(unit), "grid": True}
    x = {
        "field": "low",
        "type": "quantitative",
        "title": title,
        "axis": axis,
        "scale": {"zero": True, "nice": True},
    }
    tips = [
        {"field": "name", "title": name_title},
        {"field": "text", "title": "Middle"},
        {"field": "spread", "title": "Interval"},
    ]
    body = {
        "data": {"values": values},
        "encoding": {"y": y, "tooltip": tips},
        "layer": [
            {
                "mark": {
                    "type": "rule",
                    "strokeWidth": 3,
                    "strokeCap": "round",
                    "color": token("line-strong"),
                },
                "encoding": {"x": x, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1, "color": token(tone)},
                "encoding": {"x": {**x, "field": "mid"}},
            },
        ],
    }
    table = [[str(one["name"]), str(one["text"]), str(one["spread"])] for one in values]
    return finish(
        body,
        height=max(80, ROW * len(rows)),
        head=[name_title, title, "Interval"],
        rows=table,
        narrow=_narrow(len(rows)),
    )


def waterfall(
    steps: Sequence[tuple[str, float, bool]],
    *,
    title: str,
    unit: str = "money",
    currency: str | None = None,
    less_is_better: bool = True,
) -> Spec:
    """How one amount becomes another: (name, amount, is_total); totals stand on zero, the others float.

    The figure of a step stands above or below its column, never on it.
    """
    values: list[dict[str, Any]] = []
    level = 0.0
    for name, amount, is_total in steps:
        start, end = (0.0, amount) if is_total else (level, level + amount)
        level = end
        worse = amount > 0 if less_is_better else amount < 0
        kind = "total" if is_total else "worse" if worse else "better"
        text = figure_text(amount, unit)
        values.append(
            {
                "name": name,
                "line": wrapped(name, 12),
                "start": start,
                "end": end,
                "top": max(start, end),
                "kind": kind,
                "text": text if is_total or amount < 0 else f"+{text}",
            }
        )
    order = [str(one["line"]) for one in values]
    heading = f"{title}, {currency or write.default_currency()}" if unit == "money" else title
    x = {
        "field": "line",
        "type": "ordinal",
        "sort": order,
        "title": None,
        "axis": {**LABELS, "labelAngle": 0, "labelOffset": 0},
    }
    y = {
        "field": "start",
        "type": "quantitative",
        "title": title,
        "axis": _value_axis(unit),
        "scale": {"nice": True},
    }
    scale = tone_scale(["total", "better", "worse"], ["neutral", "good", "danger"])
    body = {
        "data": {"values": values},
        "encoding": {"x": x},
        "layer": [
            {
                "mark": {"type": "bar", "width": {"band": 0.6}, "cornerRadius": 1},
                "encoding": {
                    "y": y,
                    "y2": {"field": "end"},
                    "color": {"field": "kind", "type": "nominal", "scale": scale, "legend": None},
                    "tooltip": [{"field": "name", "title": "Step"}, {"field": "text", "title": title}],
                },
            },
            {
                "mark": {"type": "text", "dy": -8, "color": token("ink"), "fontWeight": 560},
                "encoding": {"y": {**y, "field": "top"}, "text": {"field": "text"}},
            },
        ],
    }
    table = [[str(v["name"]), str(v["text"])] for v in values]
    return finish(body, height=280, head=["Step", heading], rows=table, narrow=TILTED)


def gantt(
    rows: Sequence[Mapping[str, str]],
    *,
    tones: Mapping[str, str] | None = None,
    name_title: str = "Initiative",
    group_title: str = "Sponsor",
) -> Spec:
    """Rows of {name, start, end, group}: first and last quarter ("2027-Q1"), coloured by group.

    `tones` maps a group to a tone of the design system (CIO and CISO have theirs).
    """
    chosen = {"CIO": "cio", "CISO": "ciso", "Joint": "joint", **(tones or {})}
    groups = list(dict.fromkeys(row["group"] for row in rows))
    values = [
        {
            "name": row["name"],
            "line": wrapped(row["name"]),
            "short": wrapped(row["name"], 15, 3),
            "group": row["group"],
            "from": quarter_start(row["start"]),
            "to": quarter_start(next_quarter(row["end"])),
            "start": quarter_text(row["start"]),
            "end": quarter_text(row["end"]),
        }
        for row in rows
    ]
    scale = tone_scale(groups, [tone_or(chosen.get(group, ""), index) for index, group in enumerate(groups)])
    axis = {
        "format": "Q%q %Y",
        "tickCount": {"interval": "month", "step": 3},
        "grid": True,
        "labelAlign": "left",
        "labelOffset": 2,
        "orient": "top",
        "domain": False,
        "ticks": False,
    }
    body = {
        "data": {"values": values},
        "mark": {"type": "bar", "height": {"band": 0.58}, "cornerRadius": 2},
        "encoding": {
            "y": {"field": "line", "type": "nominal", "sort": None, "title": None, "axis": LABELS},
            "x": {
                "field": "from",
                "type": "temporal",
                "timeUnit": "utcyearmonthdate",
                "title": None,
                "axis": axis,
                "scale": {"type": "utc"},
            },
            "x2": {"field": "to", "timeUnit": "utcyearmonthdate"},
            "color": {"field": "group", "type": "nominal", "scale": scale},
            "tooltip": [
                {"field": "name", "title": name_title},
                {"field": "group", "title": group_title},
                {"field": "start", "title": "From"},
                {"field": "end", "title": "To"},
            ],
        },
    }
    table = [[v["name"], v["group"], v["start"], v["end"]] for v in values]
    height = max(90, ROW * len(rows))
    return finish(
        body, height=height, head=[name_title, group_title, "From", "To"], rows=table, narrow=_narrow(len(rows))
    )


def wrapped(name: str, width: int = 26, most: int = 2) -> str:
    """A name on at most `most` lines of some `width` letters."""
    lines = textwrap.wrap(name, width, max_lines=most, placeholder="…")
    return "\n".join(lines)


def figure_text(value: float | None, unit: str) -> str:
    """A figure whose currency stands in the heading."""
    text = write.quantity(value, unit, "XXX")
    return text.removeprefix(f"XXX{write.NBSP}")


def quarter_start(quarter: str) -> str:
    """The first day of a quarter ("2027-Q1") as an ISO date."""
    year, number = quarter.split("-Q")
    return f"{int(year):04d}-{QUARTER_MONTHS[number]}-01"


def next_quarter(quarter: str) -> str:
    """The quarter after."""
    year, number = quarter.split("-Q")
    return f"{int(year) + 1:04d}-Q1" if number == "4" else f"{year}-Q{int(number) + 1}"


def quarter_text(quarter: str) -> str:
    """Q1 2027."""
    year, number = quarter.split("-Q")
    return f"Q{number} {year}"


def _narrow(rows: int) -> Spec:
    """On a phone names take three short lines."""
    return {"height": 46 * rows, "encoding": {"y": {"field": "short"}}}


def _value_axis(unit: str) -> Spec:
    if unit == "money":
        return {"labelExpr": AMOUNT, "tickCount": 5}
    if unit in ("share", "probability"):
        return {"format": ".0%", "tickCount": 5}
    return {"tickCount": 5}
