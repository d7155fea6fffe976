"""The charts of what happens when: the plan's bars, and below them, on the same quarters, money and people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from accord.ui import format as write
from accord.ui.charts import names
from accord.ui.charts.theme import Spec, finish, tips, token, tone_or, tone_scale

MONTHS = {"1": "01", "2": "04", "3": "07", "4": "10"}
AXIS: Spec = {
    "format": "Q%q %Y",
    "tickCount": {"interval": "month", "step": 3},
    "grid": True,
    "labelAlign": "left",
    "labelOffset": 2,
    "labelSeparation": 10,
    "labelBound": True,
    "orient": "top",
    "domain": False,
    "ticks": False,
}
SIDE, NARROW_SIDE = 190, 118
"""Pixels left of the plot: the same in all charts of a plan, so that their quarters stand below each other."""
BAND, NARROW_BAND = 58, 64
FULL = 0.86
"""The part of its band that the highest bar or line of a resource takes."""
NAMED = {"minExtent": SIDE, "maxExtent": SIDE}


def gantt(
    rows: Sequence[Mapping[str, str]],
    *,
    tones: Mapping[str, str] | None = None,
    name_title: str = "Initiative",
    group_title: str = "Sponsor",
    span: tuple[str, str] | None = None,
    dense: bool = False,
) -> Spec:
    """Rows of {name, start, end, group}: first and last quarter ("2027-Q1"), coloured by group.

    `tones` maps a group to a tone of the design system (CIO and CISO have theirs). `span` gives the first and the
    last quarter of the axis; with it the chart stands in line with `resources` of the same span. `dense`: as many
    rows as fit, for a printed page.
    """
    chosen = {"CIO": "cio", "CISO": "ciso", "Joint": "joint", **(tones or {})}
    groups = list(dict.fromkeys(row["group"] for row in rows))
    values = [
        {
            **label,
            "group": row["group"],
            "from": quarter_start(row["start"]),
            "to": quarter_start(next_quarter(row["end"])),
            "start": quarter_text(row["start"]),
            "end": quarter_text(row["end"]),
        }
        for label, row in zip(names.labels([row["name"] for row in rows], dense=dense), rows, strict=True)
    ]
    scale = tone_scale(groups, [tone_or(chosen.get(group, ""), index) for index, group in enumerate(groups)])
    y = names.down_the_side()
    if span is not None:
        y = {**y, "axis": {**y["axis"], **NAMED, "labelLimit": SIDE - 10}}
    body = {
        "data": {"values": values},
        "mark": {"type": "bar", "height": {"band": 0.58}, "cornerRadius": 2},
        "encoding": {
            "y": y,
            "x": {"field": "from", **_time(span)},
            "x2": {"field": "to", "timeUnit": "utcyearmonthdate"},
            "color": {"field": "group", "type": "nominal", "scale": scale},
            "tooltip": tips(("name", name_title), ("group", group_title), ("start", "From"), ("end", "To")),
        },
    }
    count, head = len(values), [name_title, group_title, "From", "To"]
    table = [[v["name"], v["group"], v["start"], v["end"]] for v in values]
    narrow = names.narrow(count)
    if span is not None:
        narrow["encoding"]["y"]["axis"] = _side(NARROW_SIDE)
    return finish(body, height=names.height(count, dense=dense), head=head, rows=table, narrow=narrow)


def resources(
    rows: Sequence[Mapping[str, Any]],
    quarters: Sequence[str],
    *,
    unit: str = "FTE",
    currency: str | None = None,
    band: int = BAND,
) -> Spec:
    """Rows of {name, used, limit}: a band of bars by quarter for each resource, with a line at what there is.

    `used` and `limit` have one number for each of the quarters ("2027-Q1"). `before`, where a row has it, is what
    the bar stands on: money spent earlier in the same year, below a limit that holds for the whole year. `unit` is
    "money" or the word after a number, `band` the pixels of height of each. It stands in line with the `gantt` of
    the span (quarters[0], quarters[-1]).
    """
    values: list[dict[str, Any]] = []
    middles: list[float] = []
    labels = names.labels([str(row["name"]) for row in rows])
    for n, row in enumerate(rows):
        floor = float(len(rows) - 1 - n)
        middles.append(floor + FULL / 2)
        before = row.get("before") or [0.0] * len(quarters)
        tops = [a + b for a, b in zip(before, row["used"], strict=True)]
        peak = max([*tops, *row["limit"]], default=0.0) or 1.0
        for quarter, under, top, limit in zip(quarters, before, tops, row["limit"], strict=True):
            values.append(
                {
                    "name": row["name"], "quarter": quarter_text(quarter), "from": quarter_start(quarter),
                    "to": quarter_start(next_quarter(quarter)), "floor": floor,
                    "under": floor + FULL * under / peak, "top": floor + FULL * top / peak,
                    "line": floor + FULL * limit / peak, "used": _amount(top - under, unit, currency),
                    "so_far": _amount(top, unit, currency), "limit": _amount(limit, unit, currency),
                }
            )  # fmt: skip
    yearly = any(row.get("before") for row in rows)
    count = len(rows)
    return finish(
        {"data": {"values": values}, "layer": _bands(quarters, labels, middles, "line", yearly=yearly)},
        height=band * max(1, count),
        head=["Resource", "Quarter", "Used", *(["In the year so far"] if yearly else []), "There is"],
        rows=[[v["name"], v["quarter"], v["used"], *([v["so_far"]] if yearly else []), v["limit"]] for v in values],
        narrow={
            "height": max(NARROW_BAND, NARROW_BAND * count),
            "layer": _bands(quarters, labels, middles, "short", yearly=yearly),
        },
    )


def _bands(
    quarters: Sequence[str], labels: Sequence[Mapping[str, str]], middles: Sequence[float], lines: str, *, yearly: bool
) -> list[Spec]:
    side = SIDE if lines == "line" else NARROW_SIDE
    texts = json.dumps([label[lines] for label in labels])
    named = f"{texts}[{len(middles) - 1} - floor(datum.value)]"
    axis = {
        **names.LABELS, "values": list(middles), "grid": False, "domain": False, "ticks": False, **_side(side),
        "labelLimit": side - 10, "labelExpr": f"split({named}, '\\n')",
        "labelOffset": {"expr": f"-7 * (length(split({named}, '\\n')) - 1)"},
    }  # fmt: skip
    scale = {"domain": [0, max(1, len(middles))], "nice": False}
    y: Spec = {"field": "floor", "type": "quantitative", "title": None, "axis": axis, "scale": scale}
    x = {"field": "from", **_time((quarters[0], quarters[-1]))}
    end = {"x2": {"field": "to", "timeUnit": "utcyearmonthdate"}}
    told = tips(("name", "Resource"), ("quarter", "Quarter"), ("used", "Used"))
    told += (
        tips(("so_far", "In the year so far"), ("limit", "Budget of the year"))
        if yearly
        else tips(("limit", "There is"))
    )
    bar = {"type": "rect", "x2Offset": -2}
    place = {"x": x, **end}
    earlier: Spec = {
        "mark": {**bar, "color": token("accent"), "opacity": 0.28},
        "encoding": {**place, "y": y, "y2": {"field": "under"}, "tooltip": told},
    }
    return [
        *([earlier] if yearly else []),
        {
            "mark": {**bar, "color": token("accent")},
            "encoding": {**place, "y": {**y, "field": "under"}, "y2": {"field": "top"}, "tooltip": told},
        },
        {
            "mark": {"type": "rule", "strokeWidth": 2, "color": token("danger"), "clip": True},
            "encoding": {**place, "y": {**y, "field": "line"}, "tooltip": told},
        },
    ]


def _amount(value: float, unit: str, currency: str | None) -> str:
    return (
        write.money(value, currency, compact=True) if unit == "money" else f"{write.number(value, 1)}{write.NBSP}{unit}"
    )


def _side(pixels: int) -> Spec:
    return {"minExtent": pixels, "maxExtent": pixels, "labelLimit": pixels - 10}


def _time(span: tuple[str, str] | None) -> Spec:
    scale: Spec = {"type": "utc"}
    axis = AXIS
    if span is not None:
        days = (quarter_start(span[0]), quarter_start(next_quarter(span[1])))
        scale["domain"] = [
            {"year": int(day[:4]), "month": int(day[5:7]), "date": 1, "utc": True} for day in days
        ]  # fmt: skip
        year, month = (int(part) for part in days[1].split("-")[:2])
        axis = {**AXIS, "labelExpr": f"datum.value < utc({year}, {month - 1}, 1) ? datum.label : ''"}
    return {"type": "temporal", "timeUnit": "utcyearmonthdate", "title": None, "axis": axis, "scale": scale}


def quarter_start(quarter: str) -> str:
    """The first day of a quarter ("2027-Q1") as an ISO date."""
    year, number = quarter.split("-Q")
    return f"{int(year):04d}-{MONTHS[number]}-01"


def next_quarter(quarter: str) -> str:
    """The quarter after."""
    year, number = quarter.split("-Q")
    return f"{int(year) + 1:04d}-Q1" if number == "4" else f"{year}-Q{int(number) + 1}"


def quarter_text(quarter: str) -> str:
    """Q1 2027."""
    year, number = quarter.split("-Q")
    return f"Q{number} {year}"
