"""Study how firm a frontier's plans are, and keep what came out."""

from __future__ import annotations

from accord.core import ledger
from accord.core.errors import Refused
from accord.core.models import User
from accord.decisions.difference import price_of_value
from accord.decisions.models import Frontier, Plan, Robustness
from accord.decisions.robustness import Question, Tell, study
from accord.decisions.services.own import make_plan

SECONDS = 60.0


def run_robustness(
    actor: User, frontier: Frontier, *, seconds: float = SECONDS, tell: Tell = lambda done, total, message: None
) -> Robustness:
    """Plan again under other inputs, price one more of everything, look at the tail; some `seconds`."""
    from accord.engines.portfolio import Problem

    problem = Problem.from_json(frontier.result["problem"])
    stored = frontier.plans.exclude(origin__in=(Plan.Origin.OWN, Plan.Origin.TODAY)).order_by("pk")
    plans = [
        (plan.key, str(plan.origin), plan.name, {r["key"]: problem.index(r["start"]) for r in plan.result["schedule"]})
        for plan in stored
    ]
    if not plans:
        raise Refused("This frontier has no plans to study.")
    value = {row["origin"]: float(row["value"]) for row in frontier.result["points"]}
    ends = (value.get("ciso", 0.0), value.get("cio", max(value.values())))
    question = Question(problem, frontier.result.get("laws"), plans, price_of_value(frontier.result), ends)
    result = study(question, seconds, tell)
    with ledger.write(actor) as log:
        made = Robustness.objects.create(frontier=frontier, by=actor, result=result)
        log.add("run", "robustness", made.pk, None, {"frontier": frontier.pk, "plans": len(plans)})
    return made


def keep_tail_plan(actor: User, studied: Robustness, number: int) -> Plan:
    """Keep one of the plans against the tail (`number` from 1) as a plan of its own. Refused when there is none."""
    rows = studied.result["tail"].get("plans", ())
    if not 1 <= number <= len(rows):
        raise Refused(f"There is no plan {number} against the tail.")
    row = rows[number - 1]
    return make_plan(actor, studied.frontier, f"Least tail at a value of {row['value']:.1%}", row["starts"])
