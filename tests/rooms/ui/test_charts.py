"""Charts as they are drawn: no name on a curve, steps that sum, fields in proportion, quarters below each other."""

from __future__ import annotations

import math
import re
from itertools import combinations, pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.ui import charts
from accord.ui.charts import goals, labels, theme
from accord.ui.charts.bars import folded

SVG = "{http://www.w3.org/2000/svg}"
WIDTHS = (300, 430, 640, 1100)
Box = tuple[float, float, float, float]


def table_of(spec: theme.Spec) -> list[list[str]]:
    return [[cell.replace("\N{NO-BREAK SPACE}", " ") for cell in row] for row in charts.table_of(spec)[1]]


def falling(scale: float, start: float = 0.6, power: float = 1.9) -> list[tuple[float, float]]:
    return [(x * 1e5, start / (1 + (x * scale / 14) ** power)) for x in range(0, 121, 2)]


APPETITE = [(0.0, 0.5), (1e6, 0.3), (3e6, 0.12), (6e6, 0.04), (12e6, 0.01)]
AFTER = falling(1.9)
SETS: dict[str, tuple[list[charts.Curve], list[tuple[float, float]]]] = {
    "near the appetite": ([charts.Curve("Today", falling(1.0)), charts.Curve("With the plan", AFTER)], APPETITE),
    "without appetite": ([charts.Curve("Today", falling(1.0)), charts.Curve("With the plan", AFTER)], []),
    "far apart": ([charts.Curve("Today", falling(0.4)), charts.Curve("With the plan", falling(4))], APPETITE),
    "one on the other": ([charts.Curve("Today", AFTER), charts.Curve("With the plan", AFTER)], APPETITE),
    "crossing": ([charts.Curve("Today", falling(1, 0.9, 3)), charts.Curve("Then", falling(1, 0.4, 1))], APPETITE),
    "steep": ([charts.Curve("With today's controls", falling(9)), charts.Curve("Without controls", falling(6))], []),
    "level": ([charts.Curve("Today", [(0, 0.3), (5e6, 0.29)]), charts.Curve("Then", [(0, 0.2), (5e6, 0.1)])], APPETITE),
    "rare": ([charts.Curve("Today", [(0, 3e-3), (2e6, 1e-3), (9e6, 1e-4)])], [(1e6, 2e-3), (9e6, 5e-4)]),
    "four": ([charts.Curve(f"Option {n} of the four", falling(0.5 + n)) for n in range(4)], APPETITE),
}


def drawn(spec: theme.Spec, width: int, height: int | None = None) -> tuple[list[list[tuple[float, float]]], list[Box]]:
    """The lines of the curves and the boxes of the names beside them, in pixels, read from the drawing itself."""
    root = ElementTree.fromstring(charts.to_svg(spec, width, height))
    lines, boxes = [], []
    for group in root.iter(f"{SVG}g"):
        kind = group.get("class", "")
        if kind.startswith("mark-line"):
            for path in group.iter(f"{SVG}path"):
                numbers = re.findall(r"-?[\d.]+(?:e-?\d+)?", path.get("d", ""))
                points = [float(number) for number in numbers]
                lines.append(list(zip(points[::2], points[1::2], strict=True)))
        elif kind.startswith("mark-text role-mark"):
            boxes += [box_of(text) for text in group.iter(f"{SVG}text") if text.get("stroke") is None]
    return lines, boxes


def box_of(text: Any) -> Box:
    match = re.search(r"translate\((-?[\d.]+),\s*(-?[\d.]+)\)", text.get("transform"))
    assert match is not None
    x, y, size = float(match[1]), float(match[2]), float(text.get("font-size").removesuffix("px"))
    wide = 0.58 * size * len("".join(text.itertext()))
    left = {"start": x, "end": x - wide, "middle": x - wide / 2}[text.get("text-anchor", "start")]
    return left, y - 0.75 * size, left + wide, y + 0.2 * size


def enters(line: list[tuple[float, float]], box: Box) -> bool:
    """Whether a line has a point inside of a box: sampled a fifth of a pixel apart."""
    for (x0, y0), (x1, y1) in pairwise(line):
        if max(x0, x1) < box[0] or min(x0, x1) > box[2]:
            continue
        steps = max(2, math.ceil(5 * math.hypot(x1 - x0, y1 - y0)))
        for step in range(steps + 1):
            x, y = x0 + (x1 - x0) * step / steps, y0 + (y1 - y0) * step / steps
            if box[0] < x < box[2] and box[1] < y < box[3]:
                return True
    return False


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", list(SETS))
def test_no_name_lies_on_a_curve_or_on_another_name(name: str, width: int) -> None:
    curves, appetite = SETS[name]
    lines, boxes = drawn(charts.exceedance_curve(curves, appetite), width)
    assert len(lines) == len(curves) + bool(appetite)
    assert not [box for box in boxes for line in lines if enters(line, box)]
    for one, other in combinations(boxes, 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


@pytest.mark.parametrize("name", ["near the appetite", "without appetite", "far apart", "crossing", "rare"])
def test_curves_are_named_beside_themselves_where_there_is_room(name: str) -> None:
    curves, appetite = SETS[name]
    _, boxes = drawn(charts.exceedance_curve(curves, appetite), 640)
    assert len(boxes) == len(curves) + bool(appetite)


def test_a_chart_names_every_curve_in_a_legend_where_there_is_no_room() -> None:
    curves = [charts.Curve(f"A name that is far too long for any plot {n}" * 3, falling(n + 1.0)) for n in range(3)]
    spec = charts.exceedance_curve(curves)
    _, boxes = drawn(spec, 640)
    assert boxes == []
    assert charts.to_svg(spec, 640).count('class="mark-symbol role-legend-symbol"') >= 1


def test_the_check_itself_finds_a_name_on_a_curve() -> None:
    line = [(0.0, 0.0), (100.0, 100.0)]
    assert enters(line, (40.0, 45.0, 60.0, 55.0))
    assert not enters(line, (40.0, 70.0, 60.0, 90.0))


heights = st.lists(st.floats(0.0, 1.0), min_size=3, max_size=12)


@settings(deadline=None, max_examples=60)
@given(st.lists(heights, min_size=1, max_size=4))
def test_a_found_place_is_free_on_this_and_on_every_larger_plot(rows: list[list[float]]) -> None:
    curves = [[(n / (len(row) - 1), y) for n, y in enumerate(sorted(row, reverse=True))] for row in rows]
    names = [f"Curve {n}" for n in range(len(rows))]
    found = labels.place(curves, names, 300.0, 150.0)
    if found is None:
        return
    for width, height in ((300.0, 150.0), (420.0, 200.0), (900.0, 600.0)):
        for spot, name in zip(found, names, strict=True):
            wide, tall = len(name) * labels.LETTER * 0.95 / width, 0.8 * labels.LINE / height
            away = (labels.GAP / width, labels.GAP / height)
            left = spot.x + away[0] if spot.above else spot.x - away[0] - wide
            bottom = spot.at + away[1] if spot.above else spot.at - away[1] - tall
            box = labels.Box(left, bottom, left + wide, bottom + tall)
            assert not any(labels.crosses(box, curve) for curve in curves)


@pytest.mark.parametrize("width", WIDTHS)
def test_six_plans_are_named_above_the_frontier(width: int) -> None:
    names = ["Today", "CIO alone", "CISO alone", "Budget split in two", "ROSI ranking", "Joint proposal"]
    marked = [charts.Marked(name, 3e6 + n * 1.2e5, 0.2 + 0.07 * n) for n, name in enumerate(names)]
    spec = charts.frontier([(2e6 + 5e5 * i, 0.78 * (1 - 0.72**i)) for i in range(10)], marked)
    lines, boxes = drawn(spec, width)
    assert len(boxes) == 6
    assert not [box for box in boxes for line in lines if enters(line, box)]
    for one, other in combinations(boxes, 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


steps = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40)


@given(steps)
def test_a_waterfall_of_many_steps_keeps_its_sum(amounts: list[float]) -> None:
    rows = [("Today", 5e6, True), *((f"Step {n}", a, False) for n, a in enumerate(amounts)), ("Then", 1.0, True)]
    found = folded(rows, 12)
    assert len(found) <= max(12, 3) and (found[0], found[-1]) == (rows[0], rows[-1])
    assert sum(a for _, a, total in found if not total) == pytest.approx(sum(amounts), abs=1e-3)


def test_a_waterfall_of_many_steps_lies_on_its_side_with_figures_beside_the_bars() -> None:
    rows = [("Today", 5e6, True), *((f"Step {n}", -1e5 * n, False) for n in range(1, 9)), ("Then", 1.4e6, True)]
    spec = charts.waterfall(rows, title="Loss")
    values = spec["data"]["values"]
    assert values[-2]["end"] == pytest.approx(values[-1]["end"])
    assert all(value["top"] >= max(value["start"], value["end"]) for value in values)
    assert values[1]["text"].endswith("100\N{NO-BREAK SPACE}k")


def test_a_tornado_has_its_widest_swing_on_top_and_says_both_ends() -> None:
    rows = [
        {"name": "Small", "low": 90.0, "high": 120.0, "value": 100.0},
        {"name": "Turned", "low": 300.0, "high": 50.0, "value": 100.0},
    ]
    spec = charts.tornado(rows, title="Loss", unit="number")
    head, table = charts.table_of(spec)
    assert head == ["Input", "At its low end", "Now", "At its high end"]
    assert table == [["Turned", "300", "100", "50"], ["Small", "90", "100", "120"]]
    first = spec["data"]["values"][0]
    assert (first["least"], first["most"], first["least_text"], first["most_text"]) == (50.0, 300.0, "50", "300")


def test_goals_have_fields_as_large_as_their_weight() -> None:
    weights = [0.4, 0.25, 0.2, 0.1, 0.05]
    rectangles = goals.squarified(weights)
    for weight, (left, top, right, bottom) in zip(weights, rectangles, strict=True):
        assert (right - left) * (bottom - top) == pytest.approx(weight)
        assert -1e-9 <= left < right <= 1 + 1e-9 and -1e-9 <= top < bottom <= 1 + 1e-9
    for one, other in combinations(rectangles, 2):
        wide = min(one[2], other[2]) - max(one[0], other[0])
        tall = min(one[3], other[3]) - max(one[1], other[1])
        assert wide < 1e-9 or tall < 1e-9


def test_a_goal_of_unknown_loss_says_so_and_is_no_zero() -> None:
    rows = [
        {"name": "Grow", "weight": 0.6, "loss": None, "value": None},
        {"name": "Serve", "weight": 0.4, "loss": 2e6, "value": 0.25},
    ]
    spec = charts.goal_map(rows)
    assert table_of(spec) == [["Grow", "60.0 %", "unknown", "unknown"], ["Serve", "40.0 %", "EUR 2.00 M", "25 %"]]
    unknown, known = spec["data"]["values"]
    assert "loss unknown" in unknown["lines"] and unknown["shade"] < known["shade"]


QUARTERS = [f"{year}-Q{q}" for year in (2027, 2028) for q in (1, 2, 3, 4)]


@pytest.mark.parametrize("width", [320, 700])
def test_quarters_stand_below_each_other_in_the_charts_of_a_plan(width: int) -> None:
    row = {"name": "A", "start": "2027-Q1", "end": "2028-Q4", "group": "CIO"}
    used = {"name": "A skill with a long name", "used": [1.0] * 8, "limit": [2.0] * 8}
    plots = []
    for spec in (charts.gantt([row], span=("2027-Q1", "2028-Q4")), charts.resources([used], QUARTERS)):
        root = ElementTree.fromstring(charts.to_svg(spec, width))
        frame = next(g for g in root.iter(f"{SVG}g") if g.get("class", "").startswith("mark-group role-frame"))
        outer = next(g for g in root if g.tag == f"{SVG}g")
        match = re.search(r"translate\((-?[\d.]+)", outer.get("transform", ""))
        shape = next(path for path in frame.iter(f"{SVG}path") if path.get("class") == "background")
        assert match is not None
        span = re.search(r"h([\d.]+)", shape.get("d", ""))
        assert span is not None
        plots.append((float(match[1]), float(span[1])))
    assert plots[0] == pytest.approx(plots[1], abs=1.0)


def test_a_resource_says_what_is_used_of_what_there_is() -> None:
    money = {"name": "Capital", "used": [1e5] * 8, "before": [0, 1e5, 2e5, 3e5] * 2, "limit": [5e5] * 8}
    spec = charts.resources([money], QUARTERS, unit="money")
    assert charts.table_of(spec)[0] == ["Resource", "Quarter", "Used", "In the year so far", "There is"]
    assert table_of(spec)[1] == ["Capital", "Q2 2027", "EUR 100 k", "EUR 200 k", "EUR 500 k"]
    values = spec["data"]["values"]
    assert values[3]["top"] == pytest.approx(values[3]["floor"] + 0.8 * 0.86)


def test_waiting_draws_each_option_and_marks_the_days_that_are_on_it() -> None:
    days = [0.0, 5.0, 10.0, 20.0]
    courses = [
        charts.Course("Patch now", [100] * 4, [200] * 4, [400] * 4),
        charts.Course("Wait", [0, 10, 20, 40], [0, 100, 200, 400], [0, 9e3, 18e3, 36e3]),
    ]
    spec = charts.waiting(days, courses, [(10.0, "both cost the same"), (99.0, "too far away")], currency="EUR")
    lines, _ = drawn(spec, 640)
    assert len(lines) == 2
    text = charts.to_svg(spec, 640)
    assert "both cost the same" in text and "too far away" not in text
    top = spec["layer"][0]["encoding"]["y"]["scale"]["domain"][1]
    assert top == pytest.approx(3 * 400 * 1.08), "a wide range is cut off, not pressed flat"
    assert ["Wait", "20.0", "EUR 40", "EUR 400", "EUR 36,000"] in table_of(spec)
