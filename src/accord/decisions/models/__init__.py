"""Frontiers, plans, the joint table, decisions, sheets, acceptances, forecasts, and what was really spent and when."""

from accord.decisions.models.acceptances import Acceptance, AcceptedFinding
from accord.decisions.models.actuals import ActualCost, ActualDate
from accord.decisions.models.decision import Decision, Reservation
from accord.decisions.models.forecasts import ClosedYear, Estimate, Forecast
from accord.decisions.models.outcomes import SheetOutcome
from accord.decisions.models.plans import ROLES, Frontier, Plan, PlanItem, Stance
from accord.decisions.models.robustness import Robustness
from accord.decisions.models.sheets import Sheet
from accord.decisions.models.table import Comment, Position, Sitting

__all__ = [
    "ROLES",
    "Acceptance",
    "AcceptedFinding",
    "ActualCost",
    "ActualDate",
    "ClosedYear",
    "Comment",
    "Decision",
    "Estimate",
    "Forecast",
    "Frontier",
    "Plan",
    "PlanItem",
    "Position",
    "Reservation",
    "Robustness",
    "Sheet",
    "SheetOutcome",
    "Sitting",
    "Stance",
]
