"""Charts of PowerPoint itself: what drives the loss that is left, and the goals by weight, loss and value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from accord.outlet.decision import native
from accord.outlet.decision.native import COLOURS, MONEY, Place, Slide
from accord.outlet.decision.records import Goal, Swing

SIDE = 0.34
"""Part of a plot that is kept for the figures on one side of its bars."""
LIGHT = "A9C4C3"
VALUE_PART = 0.27
"""Part of the width of the map of goals in which their value stands."""
SIZE = 8


def tornado(slide: Slide, place: Place, rows: Sequence[Swing], alternative: str) -> None:
    """Bars around the expected loss as it stands, the widest first; both ends are written beside each."""
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE

    ends = [(min(row.low, row.high), max(row.low, row.high)) for row in rows]
    low, high = min(least for least, _ in ends), max(most for _, most in ends)
    span = (high - low) or 1.0
    room = span * SIDE / (1.0 - 2.0 * SIDE)
    begin, end = low - room, high + room
    data: Any = CategoryChartData(number_format=MONEY)
    data.categories = [
        replace(row, scenario=native.shortened(row.scenario, 17), what=native.shortened(row.what, 13)).name
        for row in rows
    ]
    data.add_series("Begins at", [least for least, _ in ends])
    data.add_series("Less loss", [row.value - least for row, (least, _) in zip(rows, ends, strict=True)])
    data.add_series("More loss", [most - row.value for row, (_, most) in zip(rows, ends, strict=True)])
    data.add_series("Figure", [end - most for _, most in ends])
    chart = native.new_chart(slide, XL_CHART_TYPE.BAR_STACKED, place, data, "What drives the loss", alternative)
    texts = [(r.low_text, r.high_text) if r.low <= r.high else (r.high_text, r.low_text) for r in rows]
    native.stack(chart, [None, COLOURS["better"], COLOURS["worse"], None], [most for _, most in texts], SIZE)
    native.labelled(chart.plots[0].series[0], [least for least, _ in texts], SIZE, at_end=True)
    native.style_axis(chart.value_axis, "", native.scaled([high]), grid=True)
    chart.value_axis.minimum_scale, chart.value_axis.maximum_scale = begin, end
    _small(chart)
    _plot(chart, 0.47, 0.52, 0.85)


def goals(slide: Slide, place: Place, rows: Sequence[Goal], alternative: str) -> None:
    """A row for each goal: on the left the loss that falls on it, left and avoided; on the right its gap closed.

    Beside a bar its figure today, and below it that of when all is done. Two charts whose plots stand on the same
    lines, so that a row is read across both.
    """
    width = place.width * (1.0 - VALUE_PART)
    _losses(slide, Place(place.left, place.top, width, place.height), rows, alternative)
    right = Place(place.left + width, place.top, place.width - width, place.height)
    _values(slide, right, rows, alternative)


def _losses(slide: Slide, place: Place, rows: Sequence[Goal], alternative: str) -> None:
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE

    known = [(row.today, row.after) for row in rows]
    top = max([x for pair in known for x in pair if x is not None], default=0.0) or 1.0
    end = top / (1.0 - 1.5 * SIDE)
    data: Any = CategoryChartData(number_format=MONEY)
    data.categories = [f"{native.shortened(row.name, 30)} · {row.weight_text}" for row in rows]
    data.add_series("Left", [None if t is None or a is None else min(t, a) for t, a in known])
    data.add_series("Avoided", [None if t is None or a is None else max(0.0, t - a) for t, a in known])
    data.add_series("Added", [None if t is None or a is None else max(0.0, a - t) for t, a in known])
    data.add_series("Figure", [end - max(t or 0.0, a or 0.0) for t, a in known])
    chart = native.new_chart(slide, XL_CHART_TYPE.BAR_STACKED, place, data, "Goals: loss", alternative)
    texts = [f"{row.today_text}\n{row.after_text}" for row in rows]
    native.stack(chart, [COLOURS["plan"], LIGHT, COLOURS["worse"], None], texts, SIZE)
    native.style_axis(chart.value_axis, "", native.scaled([top]), grid=True)
    chart.value_axis.minimum_scale, chart.value_axis.maximum_scale = 0, end
    _small(chart)
    _plot(chart, 0.46, 0.53)


def _values(slide: Slide, place: Place, rows: Sequence[Goal], alternative: str) -> None:
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE, XL_TICK_LABEL_POSITION

    data: Any = CategoryChartData(number_format="0.00%")
    data.categories = [native.shortened(row.name, 26) for row in rows]
    data.add_series("Gap closed", [row.attained for row in rows])
    data.add_series("Figure", [2.0 - row.attained for row in rows])
    chart = native.new_chart(slide, XL_CHART_TYPE.BAR_STACKED, place, data, "Goals: value", alternative)
    native.stack(chart, [COLOURS["cio"], None], [row.attained_text for row in rows], SIZE)
    chart.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.NONE
    native.style_axis(chart.value_axis, "", '[<=1]0%;""', grid=True)
    chart.value_axis.minimum_scale, chart.value_axis.maximum_scale, chart.value_axis.major_unit = 0, 2, 1
    _small(chart)
    _plot(chart, 0.06, 0.88)


def _small(chart: Any) -> None:
    from pptx.util import Pt

    for axis in (chart.category_axis, chart.value_axis):
        axis.tick_labels.font.size = Pt(SIZE)


def _plot(chart: Any, left: float, width: float, height: float = 0.91) -> None:
    """Fix where the plot stands, in parts of the chart: two charts beside each other then share their rows."""
    from lxml import etree
    from pptx.oxml.ns import qn

    area = chart._chartSpace.chart.plotArea
    for old in area.findall(qn("c:layout")):
        area.remove(old)
    layout = etree.Element(qn("c:layout"))
    fixed = etree.SubElement(layout, qn("c:manualLayout"))
    values = {"layoutTarget": "inner", "xMode": "edge", "yMode": "edge", "x": left, "y": 0.02, "w": width, "h": height}
    for name, value in values.items():
        etree.SubElement(fixed, qn(f"c:{name}")).set("val", str(value))
    area.insert(0, layout)
