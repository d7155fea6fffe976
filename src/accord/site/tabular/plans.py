"""From a planning workbook to plans: the frontier, the plans beside it, what binds, and all of it as data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accord.intake.planning import PlanBook
from accord.intake.scenarios import Fault, ScenarioError
from accord.site.tabular.problem import LeftOut, question

if TYPE_CHECKING:
    from accord.engines import portfolio

SCHEMA = "accord.plan/1"
FULL = 1e-3
"""Share of a limit that may be left where it counts as used up."""

Tell = Callable[[int, int | None, str], None]


class NothingYet(Exception):
    """The computation was stopped, or its time ran out, before any plan was found."""


@dataclass(frozen=True, slots=True)
class Use:
    """What the joint plan takes of a budget (money) or of a skill in a quarter, and what waits for more of it."""

    kind: str
    what: str
    used: float
    limit: float
    waiting: tuple[tuple[str, float], ...]

    @property
    def binds(self) -> bool:
        """Whether it is used up, or something that was left out lacks it."""
        return bool(self.waiting) or self.used >= self.limit * (1.0 - FULL) > 0


@dataclass(frozen=True, slots=True)
class Answer:
    """The plans of a workbook."""

    book: PlanBook
    problem: portfolio.Problem
    left_out: tuple[LeftOut, ...]
    frontier: portfolio.Frontier
    plans: Mapping[str, portfolio.Compared]
    uses: tuple[Use, ...]
    reasons: Mapping[str, portfolio.Reason]

    @property
    def years(self) -> float:
        return self.problem.quarters / 4.0

    def gap(self, key: str) -> float | None:
        """The proven gap of one of the three plans that are optimized."""
        return float(getattr(self.frontier, key).gap) if key in ("cio", "ciso", "joint") else None


def compute(
    book: PlanBook,
    seconds: float = 60.0,
    points: int = 9,
    tell: Tell = lambda done, total, message: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Answer:
    """The plans of a workbook. ScenarioError for faults and for rules that cannot all hold.

    `cancelled` is asked now and then: when it says so, what was found until then is the answer. NothingYet if
    that is nothing.
    """
    from accord.engines import portfolio

    asked = question(book)
    held: list[portfolio.Frontier] = []

    def progress(done: int, total: int, message: str, found: portfolio.Frontier | None) -> None:
        if found is not None:
            held[:] = [found]
        tell(done, total, message)

    try:
        found = portfolio.frontier(
            asked.problem, points=points, time_limit=seconds, progress=progress, cancelled=cancelled
        )
    except portfolio.Cancelled:
        if not held:
            raise NothingYet from None
        found = held[0]
    except portfolio.NotFound:
        raise NothingYet from None
    except portfolio.Infeasible as error:
        remedy = "Ease one of these, or take one out"
        raise ScenarioError(
            [Fault(book.file, "", "", f"these cannot all hold: {'; '.join(map(str, error.rules))}", remedy)]
        ) from None
    reasons = portfolio.explain(asked.problem, found.joint.starts)
    uses = _uses(portfolio.spending(asked.problem, found.joint.starts), reasons, asked.problem)
    return Answer(book, asked.problem, asked.left_out, found, portfolio.six_plans(asked.problem, found), uses, reasons)


def _uses(
    spent: portfolio.Spending, reasons: Mapping[str, portfolio.Reason], problem: portfolio.Problem
) -> tuple[Use, ...]:
    """Every budget and every skill and quarter with what the plan takes of it, in order."""
    waiting: dict[tuple[str, str], list[tuple[str, float]]] = defaultdict(list)
    for reason in reasons.values():
        for shortage in reason.shortages:
            waiting[shortage.kind, shortage.what].append((reason.key, shortage.amount))
    found = []

    def add(kind: str, label: str, what: str, used: float, limit: float) -> None:
        found.append(Use(kind, what, used, limit, tuple(sorted(waiting.get((kind, label), ())))))

    for year, amount in spent.capital.items():
        add("capital", f"capital budget of {year}", str(year), amount, spent.capital_limit[year])
    for year, amount in spent.running.items():
        add("running", f"running budget of {year}", str(year), amount, spent.running_limit[year])
    for skill, quarters in spent.people.items():
        for q, amount in enumerate(quarters):
            label = f"{skill} in {problem.quarter(q)}"
            add("skill", label, label, amount, spent.people_limit[skill][q])
    return tuple(found)


def as_json(answer: Answer) -> dict[str, Any]:
    """The answer as plain data; docs/command-line.md describes it. Losses are a year's, on average."""
    problem, found = answer.problem, answer.frontier
    return {
        "schema": SCHEMA,
        "file": answer.book.file,
        "currency": answer.book.currency or None,
        "first_quarter": problem.first_quarter,
        "quarters": problem.quarters,
        "complete": found.complete,
        "loss_today": found.loss_today / answer.years,
        "plans": [_plan_json(answer, plan) for plan in answer.plans.values()],
        "frontier": [
            {"value": p.value, "loss": p.loss / answer.years, "gap": p.gap, "starts": quarters_of(answer, p.starts)}
            for p in found.points
        ],
        "binds": [
            {"kind": u.kind, "what": u.what, "used": u.used, "limit": u.limit, "waiting": dict(u.waiting)}
            for u in answer.uses
            if u.binds
        ],
        "initiatives": [
            {
                "key": reason.key,
                "chosen": reason.chosen,
                "why": reason.kind,
                "text": reason.text,
                "value": reason.value,
                "loss": reason.loss / answer.years,
            }
            for reason in answer.reasons.values()
        ],
        "left_out": [
            {"sheet": one.sheet, "key": one.key, "reason": one.reason, "remedy": one.remedy} for one in answer.left_out
        ],
        "unread_sheets": list(answer.book.unread),
    }


def _plan_json(answer: Answer, plan: portfolio.Compared) -> dict[str, Any]:
    def a_year(loss: float | None) -> float | None:
        return None if loss is None else loss / answer.years

    return {
        "key": plan.key,
        "name": plan.name,
        "value": plan.value,
        "loss": a_year(plan.loss),
        "gap": answer.gap(plan.key),
        "value_possible": plan.value_possible,
        "loss_possible": a_year(plan.loss_possible),
        "starts": None if plan.starts is None else quarters_of(answer, plan.starts),
        "reason": plan.reason,
    }


def quarters_of(answer: Answer, starts: Mapping[str, int]) -> dict[str, str]:
    """Initiative → the quarter in which it starts, in order of time."""
    ordered = sorted(starts.items(), key=lambda pair: (pair[1], pair[0]))
    return {key: answer.problem.quarter(start) for key, start in ordered}
