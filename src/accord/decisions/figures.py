"""From the planner's answers to the data that plans and frontiers keep: everything that a screen or a brief shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from accord.decisions.models import Plan as StoredPlan

if TYPE_CHECKING:
    from accord.decisions.evidence import Evidence
    from accord.engines.portfolio import Frontier, Plan, Problem

Origin = StoredPlan.Origin
NAMES = {
    Origin.CIO: "CIO alone",
    Origin.CISO: "CISO alone",
    Origin.JOINT: "Joint proposal",
    Origin.SPLIT: "Budget split in two",
    Origin.ROSI: "ROSI ranking",
}

SIDE_BY_SIDE = (Origin.CIO, Origin.CISO, Origin.SPLIT, Origin.ROSI, Origin.JOINT)
"""The plans beside today, in the order in which they are shown."""


def horizon(problem: Problem) -> dict[str, Any]:
    """First and last quarter and the length."""
    return {
        "first": problem.first_quarter,
        "last": problem.quarter(problem.quarters - 1),
        "quarters": problem.quarters,
    }


def starts(problem: Problem, plan: Mapping[str, int]) -> dict[str, str]:
    """Initiative → the quarter in which it starts."""
    return {key: problem.quarter(start) for key, start in plan.items()}


def of_plan(problem: Problem, plan: Mapping[str, int], proof: Mapping[str, Any], evidence: Evidence) -> dict[str, Any]:
    """All that a stored plan says: figures, what it spends, why each initiative is in it or not, and its proof.

    Money in the problem's currency; `loss` and what hangs on it over the whole horizon. `proof` holds gap, bound,
    objective and status, as far as they are known. `evidence` adds what the pictures rest on.
    """
    from accord.engines.portfolio import evaluate, explain, spending

    outcome, used = evaluate(problem, plan), spending(problem, plan)
    reasons = explain(problem, plan)
    return {
        **proof,
        **evidence.of_plan(plan),
        "horizon": horizon(problem),
        "loss_today": sum(s.loss for s in problem.scenarios) * problem.quarters / 4,
        "value_by_quarter": outcome.value_by_quarter,
        "loss_by_quarter": outcome.loss_by_quarter,
        "goals": [
            {"key": g.key, "name": g.name, "weight": g.weight, "attained": outcome.attained[g.key],
             "value": outcome.value_by_goal[g.key]} for g in problem.goals
        ],
        "scenarios": [
            {"key": s.key, "name": s.name, "today": s.loss, "after": outcome.residual[s.key],
             "loss": outcome.loss_by_scenario[s.key]} for s in problem.scenarios
        ],
        "money": [
            {"year": year, "capital": used.capital[year], "capital_limit": used.capital_limit[year],
             "running": used.running[year], "running_limit": used.running_limit[year]} for year in problem.years
        ],
        "people": [
            {"skill": skill, "used": used.people[skill], "limit": used.people_limit[skill]} for skill in used.people
        ],
        "schedule": schedule(problem, plan),
        "reasons": [
            {**asdict(reason), "name": item.name, "sponsor": item.sponsor,
             "quarter": None if reason.start is None else problem.quarter(reason.start),
             "duration": item.duration}
            for item, reason in zip(problem.initiatives, reasons.values(), strict=True)
        ],
    }  # fmt: skip


def schedule(problem: Problem, plan: Mapping[str, int]) -> list[dict[str, Any]]:
    """What starts and finishes when, by start, with the money that it takes in each calendar year."""
    from accord.engines.portfolio import spending

    found = []
    for key, start in plan.items():
        item = problem.initiative(key)
        used = spending(problem, {key: start})
        found.append(
            {
                "key": key,
                "name": item.name,
                "sponsor": item.sponsor,
                "start": problem.quarter(start),
                "finish": problem.quarter(start + item.duration - 1),
                "money": [
                    {"year": year, "capital": used.capital[year], "running": used.running[year]}
                    for year in problem.years
                    if used.capital[year] or used.running[year]
                ],
            }
        )
    return found


def proof_of(plan: Plan) -> dict[str, Any]:
    """What was proved about a plan."""
    return {"gap": plan.gap, "bound": plan.bound, "objective": plan.objective, "status": plan.status}


def marked(found: Frontier) -> list[tuple[str, str, Plan]]:
    """(origin, name, plan) of the marked points and of the others along the frontier."""
    rows = marked_only(found)
    others = [plan for plan in found.points if not any(plan.starts == own.starts for _, _, own in rows)]
    rows += [(Origin.POINT, f"Point {n} of the frontier", plan) for n, plan in enumerate(others, 1)]
    return rows


def marked_only(found: Frontier) -> list[tuple[str, str, Plan]]:
    """(origin, name, plan) of what each executive would choose alone and of the joint proposal."""
    return [
        (Origin.CIO, NAMES[Origin.CIO], found.cio),
        (Origin.CISO, NAMES[Origin.CISO], found.ciso),
        (Origin.JOINT, NAMES[Origin.JOINT], found.joint),
    ]


def of_frontier(problem: Problem, found: Frontier) -> dict[str, Any]:
    """What a frontier says, the plans themselves left out; also what a running computation shows so far."""
    return {
        "horizon": horizon(problem),
        "loss_today": found.loss_today,
        "points": [
            {"origin": origin, "name": name, "value": plan.value, "loss": plan.loss, "count": len(plan.starts),
             **proof_of(plan)} for origin, name, plan in marked(found)
        ],
        "references": [
            {"origin": origin, "name": reference.name, "value": reference.value, "loss": reference.loss,
             "count": None if reference.starts is None else len(reference.starts), "reason": reference.reason,
             "gap": behind(found, reference.value, reference.loss)} for origin, reference in found.references.items()
        ],
        "ceiling": [[loss, value] for loss, value in found.ceiling],
        "product": found.product,
        "product_bound": found.product_bound,
        "complete": found.complete,
    }  # fmt: skip


def compared(problem: Problem, found: Frontier) -> list[dict[str, Any]]:
    """Today and the plans that are always shown side by side, each with value, loss and money over the horizon."""
    rows: list[dict[str, Any]] = [
        {"origin": "today", "name": "Today", "value": 0.0, "loss": found.loss_today, "count": 0, "money": 0.0}
    ]
    marked: dict[str, tuple[str, Any]] = {origin: (name, plan) for origin, name, plan in marked_only(found)}
    marked |= {o: (NAMES[Origin(o)], plan) for o, plan in found.references.items() if o in SIDE_BY_SIDE}
    for origin in SIDE_BY_SIDE:
        if origin not in marked:
            continue
        name, plan = marked[origin]
        row = {"origin": str(origin), "name": name, "value": plan.value, "loss": plan.loss}
        if plan.starts is None:
            rows.append({**row, "count": None, "money": None, "reason": plan.reason})
        else:
            used = spent(problem, plan.starts)
            rows.append({**row, "count": len(plan.starts), "money": used})
    return rows


def spent(problem: Problem, plan: Mapping[str, int]) -> float:
    """Capital and running cost of a plan over the horizon."""
    from accord.engines.portfolio import spending

    used = spending(problem, plan)
    return sum(used.capital.values()) + sum(used.running.values())


def behind(found: Frontier, value: float | None, loss: float | None) -> float | None:
    """How much more value, relative to its own, a plan of no more loss may have: read off the proved ceiling."""
    if value is None or loss is None:
        return None
    above = [v for x, v in found.ceiling if x <= loss] or [min(v for _, v in found.ceiling)]
    return max(0.0, max(above) - value) / max(value, 1e-12)
