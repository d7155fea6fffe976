"""Reads of this room."""

from accord.decisions.selectors.frontiers import (
    frontier_summary,
    is_stale,
    latest_frontier,
    plans_of,
    starts_of,
    years,
)
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
from accord.decisions.selectors.sittings import (
    Hand,
    commitments_hold,
    find_sitting,
    frozen_sitting,
    hands,
    last_revealed,
    own_position,
    positions,
    sittings,
)
from accord.decisions.selectors.tracking import Tracking, find_decision, in_force, tracking, waiting

__all__ = [
    "Hand",
    "LeftOut",
    "Opinion",
    "PlanInputs",
    "Tracking",
    "collect",
    "commitments_hold",
    "currency_of",
    "differences",
    "find_decision",
    "find_plan",
    "find_sitting",
    "frontier_summary",
    "frozen_sitting",
    "hands",
    "in_force",
    "is_stale",
    "last_revealed",
    "latest_frontier",
    "opinions",
    "own_position",
    "plans",
    "plans_of",
    "positions",
    "sittings",
    "starts_of",
    "statements",
    "statements_of",
    "tracking",
    "waiting",
    "years",
]
