"""Charts of PowerPoint itself: each opens with its numbers in a sheet and can be edited there."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from accord.outlet.decision.records import Bar, Beside, Curve, Resource, Step

Slide = Any
"""A slide of python-pptx, of whose types only some are written down."""
FONT = "Arial"
INK, QUIET, LINE = "161A1D", "464C52", "A9A598"
COLOURS = {
    "today": "4E555B", "plan": "0B5557", "appetite": "AB231C", "cio": "2B4F9C", "ciso": "94400F", "joint": "0B5557",
    "split": "4E555B", "rosi": "6F5700", "own": "1F5A94", "better": "1A6A3A", "worse": "AB231C", "along": "8A9096",
    "band": "7FB0AD",
}  # fmt: skip
ENDS = ("Effects at their strongest", "Effects at their weakest")
MONEY = "#,##0"
EPOCH = date(1899, 12, 30)
QUARTER = 365.25 / 4


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands on the slide, in inches."""

    left: float
    top: float
    width: float
    height: float


def new_chart(slide: Slide, kind: Any, place: Place, data: Any, name: str, alternative: str) -> Any:
    from pptx.util import Inches, Pt

    spot = (Inches(x) for x in (place.left, place.top, place.width, place.height))
    frame = slide.shapes.add_chart(kind, *spot, data)
    frame.name = name
    frame._element.nvGraphicFramePr.cNvPr.set("descr", alternative)
    chart = frame.chart
    chart.font.size, chart.font.name = Pt(10), FONT
    chart.font.color.rgb = rgb(INK)
    chart.has_title = False
    return chart


def rgb(text: str) -> Any:
    from pptx.dml.color import RGBColor

    return RGBColor.from_string(text)


def _legend(chart: Any) -> None:
    from pptx.enum.chart import XL_LEGEND_POSITION
    from pptx.util import Pt

    chart.has_legend = True
    chart.legend.position = XL_LEGEND_POSITION.TOP
    chart.legend.include_in_layout = False
    chart.legend.font.size = Pt(8)


def style_axis(axis: Any, title: str = "", number: str = "", *, grid: bool = False) -> None:
    from pptx.util import Pt

    axis.has_major_gridlines = grid
    axis.format.line.color.rgb = rgb(LINE)
    axis.tick_labels.font.size = Pt(9)
    axis.tick_labels.font.color.rgb = rgb(QUIET)
    if grid:
        axis.major_gridlines.format.line.color.rgb = rgb("DEDBD2")
    if number:
        axis.tick_labels.number_format = number
        axis.tick_labels.number_format_is_linked = False
    if title:
        axis.has_title = True
        axis.axis_title.text_frame.text = title
        run = axis.axis_title.text_frame.paragraphs[0].runs[0]
        run.font.size, run.font.bold, run.font.name = Pt(9), False, FONT
        run.font.color.rgb = rgb(QUIET)


def curves(slide: Slide, place: Place, rows: Sequence[Curve], currency: str, alternative: str) -> None:
    """Probability of losing more than an amount: one line for each curve, named in the legend."""
    from pptx.chart.data import XyChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.enum.dml import MSO_LINE

    data: Any = XyChartData(number_format="0.00%")
    bands = [curve.band.points for curve in rows if curve.band is not None]
    ends = [[(x, row[n]) for x, *row in points] for points in bands for n in (0, 1)]
    lines = [*((curve.name, curve.points) for curve in rows), *zip(ENDS, ends, strict=False)]
    for name, points in lines:
        series = data.add_series(name)
        for x, y in points:
            series.add_data_point(x, y)
    chart = new_chart(slide, XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS, place, data, "Loss in a year", alternative)
    drawn = list(chart.plots[0].series)
    for series in drawn[len(rows) :]:
        _line(series, COLOURS["band"], 1.0)
        series.smooth = False
    for series, curve in zip(drawn, rows, strict=False):
        _line(series, COLOURS[curve.kind], 2.25)
        series.smooth = False
        if curve.kind == "appetite":
            series.format.line.dash_style = MSO_LINE.DASH
        elif curve.kind == "today":
            series.format.line.dash_style = MSO_LINE.ROUND_DOT
    _legend(chart)
    style_axis(chart.category_axis, f"Loss in a year, {currency}", scaled([x for c in rows for x, _ in c.points]))
    style_axis(chart.value_axis, "Probability", "0%", grid=True)
    chart.category_axis.minimum_scale = chart.value_axis.minimum_scale = 0
    chart.category_axis.maximum_scale = max(x for c in rows for x, _ in c.points)
    chart.value_axis.maximum_scale = _above(max(y for c in rows for _, y in c.points))


def _above(probability: float) -> float:
    """The end of an axis of probabilities: the next tenth, hundredth or thousandth."""
    step = 0.1 if probability > 0.1 else 0.01 if probability > 0.01 else 0.001
    return min(1.0, step * math.ceil(probability / step - 1e-9))


def _line(series: Any, colour: str, width: float) -> None:
    from pptx.util import Pt

    series.format.line.color.rgb = rgb(colour)
    series.format.line.width = Pt(width)


def scaled(values: Sequence[float]) -> str:
    """A number format that fits the largest value: millions, thousands, or as it is."""
    top = max((abs(value) for value in values), default=0.0)
    if top >= 1e7:
        return '0,,"M"'
    return '0.0,,"M"' if top >= 1e6 else '0,"k"' if top >= 1e4 else MONEY


def frontier(
    slide: Slide, place: Place, along: Sequence[tuple[float, float]], rows: Sequence[Beside], currency: str,
    alternative: str,
) -> None:  # fmt: skip
    """Value against loss: the frontier as a line, each compared plan as a mark of its own in the legend."""
    from pptx.chart.data import XyChartData
    from pptx.enum.chart import XL_CHART_TYPE, XL_MARKER_STYLE
    from pptx.util import Pt

    known = [row for row in rows if row.loss is not None and row.value is not None]
    shapes = {
        "cio": XL_MARKER_STYLE.SQUARE, "ciso": XL_MARKER_STYLE.DIAMOND, "joint": XL_MARKER_STYLE.CIRCLE,
        "own": XL_MARKER_STYLE.CIRCLE, "today": XL_MARKER_STYLE.X, "split": XL_MARKER_STYLE.TRIANGLE,
        "rosi": XL_MARKER_STYLE.PLUS,
    }  # fmt: skip
    data: Any = XyChartData(number_format="0.00%")
    front = data.add_series("Frontier")
    for x, y in sorted(along):
        front.add_data_point(x, y)
    for row in known:
        data.add_series(shortened(row.name, 26)).add_data_point(row.loss or 0.0, row.value or 0.0)
    chart = new_chart(slide, XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS, place, data, "Value against loss", alternative)
    first, *others = chart.plots[0].series
    _line(first, COLOURS["along"], 1.75)
    first.smooth = False
    for series, row in zip(others, known, strict=True):
        series.format.line.fill.background()
        series.marker.style, series.marker.size = shapes[row.origin], 10
        series.marker.format.fill.solid()
        series.marker.format.fill.fore_color.rgb = rgb(COLOURS[row.origin])
        series.marker.format.line.color.rgb = rgb(COLOURS[row.origin])
        series.marker.format.line.width = Pt(1.5)
    _legend(chart)
    style_axis(chart.category_axis, f"Expected loss a year, {currency}", scaled([x for x, _ in along]))
    style_axis(chart.value_axis, "Strategic value", "0%", grid=True)
    low, high = _ends([row.loss or 0.0 for row in known] + [x for x, _ in along])
    chart.category_axis.minimum_scale, chart.category_axis.maximum_scale = low, high


def _ends(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = 0.06 * ((high - low) or abs(high) or 1.0)
    return max(0.0, low - room) if low >= 0 else low - room, high + room


def steps(slide: Slide, place: Place, rows: Sequence[Step], alternative: str) -> None:
    """Stacked bars on an invisible one; the figure of a step stands beside its bar, in a column of its own."""
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE

    begun, ends = 0.0, []
    for step in rows:
        start, end = (0.0, step.amount) if step.total else (begun, begun + step.amount)
        ends.append((min(start, end), max(start, end)))
        begun = end
    data: Any = CategoryChartData(number_format=MONEY)
    data.categories = [shortened(step.name, 30) for step in rows]
    data.add_series("Begins at", [low for low, _ in ends])
    kinds = ("Total", "Less loss", "More loss")
    for n, kind in enumerate(kinds):
        data.add_series(
            kind, [high - low if _kind(step) == n else 0 for step, (low, high) in zip(rows, ends, strict=True)]
        )
    top = max(high for _, high in ends)
    data.add_series("Figure", [0.45 * top for _ in rows])
    chart = new_chart(slide, XL_CHART_TYPE.BAR_STACKED, place, data, "Loss by initiative", alternative)
    colours = (COLOURS["today"], COLOURS["better"], COLOURS["worse"])
    stack(chart, [None, *colours, None], [step.text for step in rows], 9 if len(rows) <= 12 else 8)
    style_axis(chart.value_axis, "", scaled([top]), grid=True)
    chart.value_axis.minimum_scale, chart.value_axis.maximum_scale = 0, 1.45 * top


def _kind(step: Step) -> int:
    return 0 if step.total else 1 if step.amount <= 0 else 2


def stack(chart: Any, colours: Sequence[str | None], figures: Sequence[str], size: float = 9) -> None:
    """Fill the series of a stacked bar chart (None: invisible); the last one carries the figures as its labels."""
    from pptx.enum.chart import XL_TICK_LABEL_POSITION
    from pptx.util import Pt

    chart.has_legend = False
    plot = chart.plots[0]
    plot.gap_width, plot.overlap = 45, 100
    for series, colour in zip(plot.series, colours, strict=True):
        if colour is None:
            series.format.fill.background()
        else:
            series.format.fill.solid()
            series.format.fill.fore_color.rgb = rgb(colour)
        series.invert_if_negative = False
    labelled(plot.series[len(colours) - 1], figures, size)
    style_axis(chart.category_axis)
    chart.category_axis.reverse_order = True
    chart.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    chart.value_axis.tick_label_position = XL_TICK_LABEL_POSITION.HIGH
    chart.category_axis.tick_labels.font.size = Pt(min(size, 9 if len(figures) <= 12 else 8))
    _every_label(chart.category_axis)


def labelled(series: Any, texts: Sequence[str], size: float, *, at_end: bool = False) -> None:
    """Write a text at the base (or at the end) of each bar of a series."""
    from pptx.enum.chart import XL_LABEL_POSITION
    from pptx.util import Pt

    for n, text in enumerate(texts):
        label = series.points[n].data_label
        label.position = XL_LABEL_POSITION.INSIDE_END if at_end else XL_LABEL_POSITION.INSIDE_BASE
        label.text_frame.text = text
        label.text_frame.word_wrap = False
        for paragraph in label.text_frame.paragraphs:
            run = paragraph.runs[0]
            run.font.size, run.font.name = Pt(size), FONT
            run.font.color.rgb = rgb(INK)


def _every_label(axis: Any) -> None:
    """Write the name of every category, also where it is tight; the schema wants it before what may follow."""
    from lxml import etree
    from pptx.oxml.ns import qn

    skip = etree.Element(qn("c:tickLblSkip"))
    skip.set("val", "1")
    after = axis._element.find(qn("c:noMultiLvlLbl"))
    if after is not None:
        after.addprevious(skip)
    else:
        axis._element.append(skip)


def gantt(slide: Slide, place: Place, rows: Sequence[Bar], quarters: Sequence[str], alternative: str) -> None:
    """Bars from the first to the last quarter of each initiative on an axis of days; money beside them."""
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Pt

    starts = [_day(row.start) for row in rows]
    ends = [_day(_next(row.finish)) for row in rows]
    data: Any = CategoryChartData(number_format="mmm yy")
    data.categories = [f"{shortened(row.name, 38)} · {row.sponsor}" for row in rows]
    data.add_series("Begins", starts)
    for sponsor in ("CIO", "CISO"):
        data.add_series(
            sponsor, [e - s if r.sponsor == sponsor else 0 for r, s, e in zip(rows, starts, ends, strict=True)]
        )
    first, last = _day(quarters[0]), _day(_next(quarters[-1]))
    data.add_series("Money", [0.2 * (last - first) for _ in rows])
    chart = new_chart(slide, XL_CHART_TYPE.BAR_STACKED, place, data, "What starts when", alternative)
    stack(chart, [None, COLOURS["cio"], COLOURS["ciso"], None], [row.money_text for row in rows])
    axis = chart.value_axis
    style_axis(axis, "", "mmm yy", grid=True)
    axis.minimum_scale, axis.maximum_scale = first, last + 0.22 * (last - first)
    axis.major_unit = QUARTER * (1 if len(quarters) <= 8 else 2 if len(quarters) <= 12 else 4)
    axis.tick_labels.font.size = Pt(8)


def resource(slide: Slide, place: Place, row: Resource, quarters: Sequence[str], alternative: str) -> None:
    """Columns of what is used in each quarter, with a line at what there is; money stands on what was spent before."""
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Pt

    number = MONEY if row.before else "0.0"
    data: Any = CategoryChartData(number_format=number)
    data.categories = [f"Q{quarter[-1]} {quarter[2:4]}" for quarter in quarters]
    if row.before:
        data.add_series("Earlier in the year", row.before)
    data.add_series("In the quarter" if row.before else "Used", row.used)
    data.add_series("Budget of the year" if row.before else "There is", row.limit)
    chart = new_chart(slide, XL_CHART_TYPE.COLUMN_STACKED, place, data, row.name, alternative)
    chart.has_legend = False
    plot = chart.plots[0]
    plot.gap_width, plot.overlap = 35, 100
    *bars, limit = plot.series
    tones = ("A9C4C3", COLOURS["plan"]) if row.before else (COLOURS["plan"],)
    for series, colour in zip(bars, tones, strict=True):
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = rgb(colour)
        series.invert_if_negative = False
    _as_line(chart, limit)
    style_axis(chart.category_axis)
    top = max([*row.limit, *(a + b for a, b in zip(row.before or [0.0] * len(row.used), row.used, strict=True))])
    style_axis(chart.value_axis, "", scaled([top]) if row.before else "0.#", grid=True)
    chart.value_axis.minimum_scale = 0
    chart.value_axis.maximum_scale = 1.15 * top or 1.0
    for axis in (chart.category_axis, chart.value_axis):
        axis.tick_labels.font.size = Pt(7)


def _as_line(chart: Any, series: Any) -> None:
    """Draw one series of a column chart as a line on the same axes: its element moves into a line chart of its own."""
    from lxml import etree
    from pptx.oxml.ns import qn

    bars = chart.plots[0]._element
    moved = series._element
    bars.remove(moved)
    lines = etree.SubElement(bars.getparent(), qn("c:lineChart"))
    bars.addnext(lines)
    etree.SubElement(lines, qn("c:grouping")).set("val", "standard")
    etree.SubElement(lines, qn("c:varyColors")).set("val", "0")
    for name in ("c:spPr", "c:invertIfNegative"):
        for child in moved.findall(qn(name)):
            moved.remove(child)
    shape = etree.fromstring(
        '<c:spPr xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:ln w="22225"><a:solidFill>'
        f'<a:srgbClr val="{COLOURS["appetite"]}"/></a:solidFill></a:ln></c:spPr>'
    )
    moved.find(qn("c:tx")).addnext(shape)
    marker = etree.Element(qn("c:marker"))
    etree.SubElement(marker, qn("c:symbol")).set("val", "none")
    shape.addnext(marker)
    etree.SubElement(moved, qn("c:smooth")).set("val", "0")
    lines.append(moved)
    etree.SubElement(lines, qn("c:marker")).set("val", "1")
    for axis in bars.findall(qn("c:axId")):
        lines.append(copy.deepcopy(axis))


def _day(quarter: str) -> float:
    """The first day of a quarter as a serial of the sheet."""
    year, number = quarter.split("-Q")
    return float((date(int(year), 3 * int(number) - 2, 1) - EPOCH).days)


def _next(quarter: str) -> str:
    year, number = quarter.split("-Q")
    return f"{int(year) + 1}-Q1" if number == "4" else f"{year}-Q{int(number) + 1}"


def shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
