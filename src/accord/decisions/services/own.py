"""A plan that somebody puts together by hand: checked by the same rules, evaluated exactly like any other."""

from __future__ import annotations

from collections.abc import Mapping

from accord.core import ledger
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.decisions import figures
from accord.decisions.evidence import Evidence
from accord.decisions.models import Frontier, Plan, PlanItem
from accord.strategy.models import Initiative


def make_plan(actor: User, frontier: Frontier, name: str, starts: Mapping[str, str]) -> Plan:
    """Keep a plan (initiative → the quarter in which it starts) under the inputs that a frontier rests on.

    Refused with every rule that it breaks: budgets, people, windows, prerequisites, exclusions, what must be in.
    """
    from accord.engines import portfolio

    problem = portfolio.Problem.from_json(frontier.result["problem"])
    name = " ".join(name.split())
    if not name or len(name) > 300:
        raise Refused(Problem(None, "name", "It has no name of 1 to 300 characters.", "Name the plan."))
    known = {item.key for item in problem.initiatives}
    problems = [
        Problem(None, key, "It is not among the initiatives that can be planned.", "Take it out.")
        for key in starts
        if key not in known
    ]
    if problems:
        raise Refused(*problems)
    plan = {key: problem.index(quarter) for key, quarter in starts.items()}
    broken = portfolio.check(problem, plan)
    if broken:
        raise Refused(*(Problem(None, v.subject if v.subject in known else "", v.message) for v in broken))
    outcome = portfolio.evaluate(problem, plan)
    evidence = Evidence(problem, frontier.result.get("laws"))
    result = figures.of_plan(problem, plan, {"gap": _gap(frontier, outcome.value, outcome.loss)}, evidence)
    result["compared"] = frontier.result.get("compared", [])
    result["along"] = [[row["loss"], row["value"]] for row in frontier.result["points"]]
    with ledger.write(actor) as log:
        number = Plan.objects.filter(origin=Plan.Origin.OWN).count() + 1
        made = Plan.objects.create(
            key=f"OWN-{number:04}", name=name, origin=Plan.Origin.OWN, frontier=frontier, by=actor,
            inputs_hash=frontier.inputs_hash, value=outcome.value, loss=outcome.loss, result=result,
        )  # fmt: skip
        ids = dict(Initiative.objects.filter(key__in=list(starts)).values_list("key", "pk"))
        PlanItem.objects.bulk_create(
            PlanItem(plan=made, initiative_id=ids[key], start=quarter) for key, quarter in starts.items()
        )
        after = {"name": name, "value": outcome.value, "loss": outcome.loss, "starts": dict(starts)}
        log.add("add", "plan", made.key, None, after)
    return made


def _gap(frontier: Frontier, value: float, loss: float) -> float | None:
    """How much more value a plan of no more loss may have, relative to its own: read off the proved ceiling."""
    ceiling = frontier.result["ceiling"]
    above = [v for x, v in ceiling if x <= loss]
    return max(0.0, max(above) - value) / value if above and value > 0 else None
