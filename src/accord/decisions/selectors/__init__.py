"""Reads of this room."""

from accord.decisions.selectors.comments import Figure, comments_of, costs_text, figures_of, frozen_comments
from accord.decisions.selectors.frontiers import (
    frontier_summary,
    headline,
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
from accord.decisions.selectors.signing import points_of, reservations
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
    "Figure",
    "Hand",
    "LeftOut",
    "Opinion",
    "PlanInputs",
    "Tracking",
    "collect",
    "comments_of",
    "commitments_hold",
    "costs_text",
    "currency_of",
    "differences",
    "figures_of",
    "find_decision",
    "find_plan",
    "find_sitting",
    "frontier_summary",
    "frozen_comments",
    "frozen_sitting",
    "hands",
    "headline",
    "in_force",
    "is_stale",
    "last_revealed",
    "latest_frontier",
    "opinions",
    "own_position",
    "plans",
    "plans_of",
    "points_of",
    "positions",
    "reservations",
    "sittings",
    "starts_of",
    "statements",
    "statements_of",
    "tracking",
    "waiting",
    "years",
]
