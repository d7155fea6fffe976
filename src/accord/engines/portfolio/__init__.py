"""Which initiatives, when: plans under budgets and people, with exact value and loss and a proof of how good.

    problem = Problem(first_quarter="2027-Q1", quarters=12, initiatives=…, goals=…, scenarios=…, …)
    plan = solve(problem, "value", Limits(loss=4e6))
    found = frontier(problem)
    reasons = explain(problem, found.joint.starts)

Plain data in, plain data out; no database. docs/methods-portfolio.md says what is computed and how.
"""

from accord.engines.portfolio.balance import Balanced, balanced
from accord.engines.portfolio.check import Violation, check
from accord.engines.portfolio.compare import Compared, six_plans
from accord.engines.portfolio.conflict import Infeasible, Rule, conflict
from accord.engines.portfolio.evaluate import Outcome, Spending, evaluate, spending
from accord.engines.portfolio.explain import Forced, Part, Reason, Shortage, explain, forced_in
from accord.engines.portfolio.frontier import Cancelled, Frontier, frontier
from accord.engines.portfolio.heavy import TailPlan, solve_tail
from accord.engines.portfolio.problem import (
    Budget,
    Capacity,
    Contribution,
    Effect,
    Fault,
    Goal,
    Initiative,
    PeopleNeed,
    Problem,
    ProblemError,
    Scenario,
    YearCost,
)
from accord.engines.portfolio.quick import Quick, quick
from accord.engines.portfolio.references import Reference
from accord.engines.portfolio.relaxation import Limits
from accord.engines.portfolio.robust import Robust, Standing, robust
from accord.engines.portfolio.solve import NotFound, Plan, solve
from accord.engines.portfolio.tail import Exceeded, Tail, TailFigures, tail_of
from accord.engines.portfolio.worth import Prices, Step, Worth, worth_of_more

__all__ = [
    "Balanced",
    "Budget",
    "Cancelled",
    "Capacity",
    "Compared",
    "Contribution",
    "Effect",
    "Exceeded",
    "Fault",
    "Forced",
    "Frontier",
    "Goal",
    "Infeasible",
    "Initiative",
    "Limits",
    "NotFound",
    "Outcome",
    "Part",
    "PeopleNeed",
    "Plan",
    "Prices",
    "Problem",
    "ProblemError",
    "Quick",
    "Reason",
    "Reference",
    "Robust",
    "Rule",
    "Scenario",
    "Shortage",
    "Spending",
    "Standing",
    "Step",
    "Tail",
    "TailFigures",
    "TailPlan",
    "Violation",
    "Worth",
    "YearCost",
    "balanced",
    "check",
    "conflict",
    "evaluate",
    "explain",
    "forced_in",
    "frontier",
    "quick",
    "robust",
    "six_plans",
    "solve",
    "solve_tail",
    "spending",
    "tail_of",
    "worth_of_more",
]
