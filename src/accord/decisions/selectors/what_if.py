"""What if: another budget, another mix of both weights, a limit on the loss. A plan in well under a second."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from accord.decisions import difference
from accord.decisions.models import Frontier, Sitting
from accord.decisions.positions import View
from accord.decisions.selectors.frontiers import starts_of, years
from accord.decisions.selectors.sittings import last_revealed, positions

if TYPE_CHECKING:
    from accord.engines.portfolio import Problem

SECONDS = 0.45
"""Seconds that planning may take; the best plan found by then is the answer, with what its proof leaves open."""
MOST_BUDGET = 30
KEPT = 200
"""Answers that a process keeps, so that going back with the slider shows the same figures."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`budget`: per cent more or less money each year; `mix`: the CISO's share of the weights, per cent;
    `loss`: the most expected loss a year, per cent of today's (100 = no limit)."""

    budget: int = 0
    mix: int = 50
    loss: int = 100


@dataclass(frozen=True, slots=True)
class Figures:
    """A plan's figures under the asked weights: value (0–1), expected loss a year, money over the horizon."""

    value: float
    loss: float
    spent: float
    count: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The plan that was found, beside the joint proposal as it stands. `starts` None = no plan, `reason` says why.

    `open` is how much better, in money over the horizon, another plan may be. `keepable`: it also keeps the
    budgets as they are. `enters`, `leaves`, `moves` compare the starts: (key, name, joint's start, its start).
    """

    starts: dict[str, str] | None
    reason: str = ""
    plan: Figures | None = None
    joint: Figures | None = None
    open: float | None = None
    open_value: float | None = None
    keepable: bool = False
    enters: list[tuple[str, str, str, str]] = field(default_factory=list)
    leaves: list[tuple[str, str, str, str]] = field(default_factory=list)
    moves: list[tuple[str, str, str, str]] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Table:
    """What the sliders rest on: the frontier, and the last sitting on the same goals (None = no weights to mix)."""

    frontier: Frontier
    sitting: Sitting | None
    views: Mapping[str, View]

    @property
    def least_loss(self) -> int:
        """Per cent of today's loss that the CISO's plan leaves: the slider's low end."""
        points = {row["origin"]: row for row in self.frontier.result["points"]}
        return max(1, int(100 * points["ciso"]["loss"] / self.loss_today)) if self.loss_today else 1

    @property
    def loss_today(self) -> float:
        return float(self.frontier.result["loss_today"])

    @property
    def loss_today_a_year(self) -> float:
        return self.loss_today / years(self.frontier.result)


def table(frontier: Frontier) -> Table:
    """The sitting whose weights can be mixed, if there is one. Two queries."""
    sitting = last_revealed(frontier.result["horizon"]["first"])
    views = positions(sitting) if sitting is not None else {}
    goals = {goal["key"] for goal in frontier.result["problem"]["goals"]}
    if any(set(view.weights) != goals for view in views.values()):
        return Table(frontier, None, {})
    return Table(frontier, sitting, views)


_answers: OrderedDict[tuple[Any, ...], Answer] = OrderedDict()
_lock = threading.Lock()


def what_if(on: Table, asked: Asked, seconds: float = SECONDS) -> Answer:
    """The plan with the best balance under the asked budget, weights and limit. Two queries, or none when asked before.

    It is planned from the plans that are known; the same question gets the same answer as long as the process lives.
    """
    hashes = (on.sitting.cio_hash, on.sitting.ciso_hash) if on.sitting is not None else ()
    key = (on.frontier.pk, on.frontier.inputs_hash, on.sitting.key if on.sitting else "", *hashes, asked, seconds)
    with _lock:
        if (kept := _answers.get(key)) is not None:
            _answers.move_to_end(key)
            return kept
    answer = _plan(on, asked, seconds)
    with _lock:
        _answers[key] = answer
        while len(_answers) > KEPT:
            _answers.popitem(last=False)
    return answer


def _posed(on: Table, asked: Asked) -> Problem:
    """The question: the frontier's own pins and drops, or those of both where the sitting was on this frontier."""
    from accord.engines.portfolio import Problem

    problem = Problem.from_json(on.frontier.result["problem"])
    if on.sitting is not None:
        weights = difference.mixed(on.views["cio"], on.views["ciso"], asked.mix / 100)
        if on.sitting.frontier_id == on.frontier.pk:
            problem = difference.posed(problem, weights, difference.agreed_stances(on.views))
        else:
            total = sum(goal.weight for goal in problem.goals)
            problem = replace(problem, goals=tuple(replace(g, weight=weights[g.key] * total) for g in problem.goals))
    factor = 1 + asked.budget / 100
    budgets = tuple(replace(b, capital=b.capital * factor, running=b.running * factor) for b in problem.budgets)
    return replace(problem, budgets=budgets)


def _plan(on: Table, asked: Asked, seconds: float) -> Answer:
    from accord.engines import portfolio

    begun = time.perf_counter()
    result, problem = on.frontier.result, _posed(on, asked)
    known = [_indices(problem, plan) for plan in _known(on)]
    limits = None if asked.loss >= 100 else portfolio.Limits(loss=on.loss_today * asked.loss / 100)
    price = difference.price_of_value(result)
    try:
        found = portfolio.balanced(problem, price, known, seconds, limits=limits)
    except (portfolio.Infeasible, portfolio.NotFound) as error:
        return Answer(None, str(error), seconds=time.perf_counter() - begun)
    before = _joint_starts(on)
    starts = {key: problem.quarter(start) for key, start in found.starts.items()}
    enters, leaves, moves = _compared(problem, before, starts)
    kept = portfolio.Problem.from_json(result["problem"])
    return Answer(
        starts, "", _figures(problem, found.starts), _figures(problem, _indices(problem, before)),
        found.open, found.open / price, not portfolio.check(kept, found.starts),
        enters, leaves, moves, time.perf_counter() - begun,
    )  # fmt: skip


def _known(on: Table) -> list[dict[str, str]]:
    """All plans of the frontier and of the sitting's differences."""
    found = starts_of(on.frontier)
    kept = on.sitting.differences if on.sitting is not None else None
    if kept:
        ways = [kept["base"], *kept["whole"].values()]
        ways += [way for kind in ("goals", "initiatives") for row in kept[kind] for way in row["ways"].values()]
        found += [way["starts"] for way in ways if way["possible"]]
    return found


def _joint_starts(on: Table) -> dict[str, str]:
    rows = on.frontier.plans.filter(origin="joint").values_list("items__initiative__key", "items__start")
    return {key: start for key, start in rows if key is not None}


def _indices(problem: Problem, plan: Mapping[str, str]) -> dict[str, int]:
    return {key: problem.index(quarter) for key, quarter in plan.items()}


def _figures(problem: Problem, plan: Mapping[str, int]) -> Figures:
    from accord.engines import portfolio

    outcome, used = portfolio.evaluate(problem, plan), portfolio.spending(problem, plan)
    money = sum(used.capital.values()) + sum(used.running.values())
    return Figures(outcome.value, outcome.loss / (problem.quarters / 4), money, len(plan))


def _compared(
    problem: Problem, before: Mapping[str, str], after: Mapping[str, str]
) -> tuple[list[tuple[str, str, str, str]], list[tuple[str, str, str, str]], list[tuple[str, str, str, str]]]:
    rows = [(item.key, item.name, before.get(item.key, ""), after.get(item.key, "")) for item in problem.initiatives]
    return (
        [row for row in rows if row[3] and not row[2]],
        [row for row in rows if row[2] and not row[3]],
        [row for row in rows if row[2] and row[3] and row[2] != row[3]],
    )
