"""Reads of this room."""

from accord.decisions.selectors.frontiers import frontier_summary, is_stale, latest_frontier, plans_of, years
from accord.decisions.selectors.inputs import LeftOut, PlanInputs, collect
from accord.decisions.selectors.plans import (
    Opinion,
    currency_of,
    differences,
    find_plan,
    opinions,
    plans,
    statements,
    statements_of,
)
from accord.decisions.selectors.tracking import Tracking, find_decision, in_force, tracking, waiting

__all__ = [
    "LeftOut",
    "Opinion",
    "PlanInputs",
    "Tracking",
    "collect",
    "currency_of",
    "differences",
    "find_decision",
    "find_plan",
    "frontier_summary",
    "in_force",
    "is_stale",
    "latest_frontier",
    "opinions",
    "plans",
    "plans_of",
    "statements",
    "statements_of",
    "tracking",
    "waiting",
    "years",
]
