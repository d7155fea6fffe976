"""Reads of this room."""

from accord.decisions.selectors.frontiers import frontier_summary, is_stale, latest_frontier
from accord.decisions.selectors.inputs import LeftOut, PlanInputs, collect

__all__ = [
    "LeftOut",
    "PlanInputs",
    "collect",
    "frontier_summary",
    "is_stale",
    "latest_frontier",
]
