"""Frontiers, plans, the joint table, decisions, and what was really spent and when."""

from accord.decisions.models.actuals import ActualCost, ActualDate
from accord.decisions.models.decision import Decision, Reservation
from accord.decisions.models.plans import ROLES, Frontier, Plan, PlanItem, Stance
from accord.decisions.models.table import Comment, Position, Sitting

__all__ = [
    "ROLES",
    "ActualCost",
    "ActualDate",
    "Comment",
    "Decision",
    "Frontier",
    "Plan",
    "PlanItem",
    "Position",
    "Reservation",
    "Sitting",
    "Stance",
]
