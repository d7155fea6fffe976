"""Charts as Vega-Lite dicts: one spec for the screen, for PDF and for slides.

Colours are written as tokens of the design system ("token:accent"): the screen makes them variables of its
theme, `to_svg` puts in the light ones. Each chart carries its figures as a table, for whoever cannot see it.
Labels stand where a search found the plot free, in legends, in a lane above the plot or beside a bar, so that none
ever lies on a curve.
"""

from __future__ import annotations

from accord.ui.charts.bars import bars, folded, interval_dots, tornado, waterfall
from accord.ui.charts.curves import Curve, Marked, exceedance_curve, frontier
from accord.ui.charts.goals import goal_map
from accord.ui.charts.schedule import gantt, resources
from accord.ui.charts.theme import TONES, table_of, to_svg, tokens
from accord.ui.charts.waiting import Course, waiting

__all__ = [
    "TONES",
    "Course",
    "Curve",
    "Marked",
    "bars",
    "exceedance_curve",
    "folded",
    "frontier",
    "gantt",
    "goal_map",
    "interval_dots",
    "resources",
    "table_of",
    "to_svg",
    "tokens",
    "tornado",
    "waiting",
    "waterfall",
]
