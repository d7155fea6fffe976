"""What the pictures of a plan rest on: its steps of loss, its money by quarter, and the whole loss before and after.

Everything here is computed when a plan is made and kept with it, so that a decision freezes it too.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from accord.decisions.drivers import Drivers
from accord.risk import causes as shared
from accord.risk.figures import FORMS, HIGH, LOW, MID
from accord.risk.selectors import exceeding

if TYPE_CHECKING:
    from accord.engines.loss import LossResult, Portfolio
    from accord.engines.loss.dependence import SharedLoss
    from accord.engines.portfolio import Problem
    from accord.risk.figures import Quantified
    from accord.risk.selectors.inputs import Inputs, Reduction

LEVEL = 0.95
RARE = 2e-3
POINTS = 64


def laws_of(
    found: Quantified, inputs: Inputs, effects: Sequence[Reduction], appetite: Sequence[Sequence[float]] | None
) -> dict[str, Any]:
    """The scenarios' laws and shared causes, what initiatives do, who carries the loss, the appetite: plain data."""
    book = found.portfolio
    scenarios = [
        {
            "key": one.key,
            "frequency": book.frequency[n].tolist(),
            "magnitude": [ends for ends in book.magnitude[n].tolist() if not math.isnan(ends[MID])],
            "forms": [form for form, ends in zip(FORMS, book.magnitude[n].tolist(), strict=True) if ends[MID] >= 0],
            "controls": [
                {"key": c.key, "name": c.name, "frequency": c.frequency, "magnitude": c.magnitude} for c in one.controls
            ],
            "frequency_factor": float(book.frequency_factor[n]),
            "magnitude_factor": float(book.magnitude_factor[n]),
            "goals": _goals(one.systems, inputs.goals),
        }
        for n, one in enumerate(found.scenarios)
    ]
    known = {one.key for one in found.scenarios}
    common = shared.sort_out(inputs, found.base).used
    return {
        "scenarios": scenarios,
        "causes": [{"key": c.key, "rate": list(c.rate), "strikes": dict(c.probabilities)} for c in common],
        "effects": [
            {"initiative": e.key, "scenario": e.scenario, "frequency": e.frequency, "magnitude": e.magnitude}
            for e in effects
            if e.scenario in known
        ],
        "appetite": None if appetite is None else [[float(a), float(p)] for a, p in appetite],
    }


def _goals(
    systems: Sequence[tuple[str, float]], goals: Mapping[str, tuple[tuple[str, float], ...]]
) -> dict[str, float]:
    """Goal → share of a scenario's loss that falls on it through the systems that it hits."""
    found: dict[str, float] = defaultdict(float)
    for system, share in systems:
        for goal, part in goals.get(system, ()):
            found[goal] += share * part
    return dict(found)


class Evidence:
    """Computes it for plans of one problem. `laws` is what `laws_of` gave, None where only means are known."""

    def __init__(self, problem: Problem, laws: Mapping[str, Any] | None) -> None:
        from accord.engines.portfolio.compiled import compile_problem

        self.problem, self.laws = problem, laws
        self._compiled = compile_problem(problem)

    def of_plan(self, plan: Mapping[str, int]) -> dict[str, Any]:
        """Steps, money by quarter, curves, loss by goal and what drives the loss, of a plan.

        The plan leads from initiatives to the indices of their first quarters.
        """
        return {
            "steps": self.steps(plan),
            "by_quarter": self.money(plan),
            "curves": self.curves(plan),
            "goal_loss": self.goal_loss(plan),
            "swings": self.swings(plan),
        }

    def laws_today(self) -> Portfolio | None:
        """The scenarios' laws as things stand today; None where only means are known."""
        return None if self.laws is None or not self.laws["scenarios"] else self._portfolio({}, MID)

    def steps(self, plan: Mapping[str, int]) -> list[dict[str, Any]]:
        """By how much the loss over the horizon changes as each initiative joins those that start before it.

        The changes add up to the loss of the plan less that of today, whatever the order; the part of a single one
        depends on it, because effects on the same scenario multiply.
        """
        from accord.engines.portfolio import evaluate

        held: dict[str, int] = {}
        last, found = evaluate(self._compiled, held).loss, []
        for key, start in sorted(plan.items(), key=lambda item: (item[1], item[0])):
            held[key] = start
            loss = evaluate(self._compiled, held).loss
            found.append({"key": key, "name": self.problem.initiative(key).name, "loss": loss - last})
            last = loss
        return found

    def money(self, plan: Mapping[str, int]) -> dict[str, list[float]]:
        """Capital and running cost in each quarter of the horizon."""
        from accord.engines.portfolio.compiled import spread

        horizon = self.problem.quarters
        found = {"capital": [0.0] * horizon, "running": [0.0] * horizon}
        for key, start in plan.items():
            parts = spread(self.problem.initiative(key), horizon - start)
            for kind, amounts in zip(("capital", "running"), parts, strict=True):
                for n, amount in enumerate(amounts.tolist()):
                    found[kind][start + n] += amount
        return found

    def goal_loss(self, plan: Mapping[str, int]) -> dict[str, Any] | None:
        """Goal → expected loss a year that falls on it, today and when all is done; and what falls on none."""
        if self.laws is None:
            return None
        left = self._residual(plan)
        today = {s.key: s.loss for s in self.problem.scenarios}
        rows = {key: {"today": 0.0, "after": 0.0} for one in self.laws["scenarios"] for key in one["goals"]}
        for one in self.laws["scenarios"]:
            for goal, share in one["goals"].items():
                rows[goal]["today"] += share * today.get(one["key"], 0.0)
                rows[goal]["after"] += share * left.get(one["key"], 0.0)
        rest = {
            when: sum(losses.values()) - sum(row[when] for row in rows.values())
            for when, losses in (("today", today), ("after", left))
        }
        return {"goals": rows, "rest": rest}

    def swings(self, plan: Mapping[str, int]) -> list[dict[str, Any]] | None:
        """What drives the expected loss a year that is left when all is done; None where the inputs are not known."""
        if self.laws is None or any("forms" not in row for row in self.laws["scenarios"]):
            return None
        return Drivers(self.problem, self.laws, plan, self._powers(plan)).widest()

    def curves(self, plan: Mapping[str, int]) -> dict[str, Any] | None:
        """P(loss in a year > amount) today and when all is done, with the effects as stated, weakest and strongest."""
        from accord.engines.loss import AccuracyError

        if self._today is None:
            return None
        try:
            after, weak, strong = (self._year(plan, end) for end in (MID, LOW, HIGH))
        except AccuracyError:
            return None
        amounts = _amounts([self._today, after, weak])
        return {
            "amounts": amounts,
            "today": _chances(self._today, amounts),
            "after": _chances(after, amounts),
            "weakest": _chances(weak, amounts),
            "strongest": _chances(strong, amounts),
            "mean": {"today": self._today.mean, "after": after.mean, "low": strong.mean, "high": weak.mean},
            "level": LEVEL,
            "var": {"today": _level(self._today), "after": _level(after)},
            "appetite": (self.laws or {}).get("appetite"),
        }

    @cached_property
    def _today(self) -> LossResult | SharedLoss | None:
        from accord.engines.loss import AccuracyError

        if self.laws is None or not self.laws["scenarios"]:
            return None
        try:
            return self._year({}, MID)
        except AccuracyError:
            return None

    def _year(self, plan: Mapping[str, int], end: int) -> LossResult | SharedLoss:
        """The loss of a year after a plan, as the room of risk computes it, coarsely: finer than any drawing shows."""
        from accord.engines.loss.dependence import SharedCause, shared_loss

        assert self.laws is not None
        rows = self.laws.get("causes", ())
        used = tuple(SharedCause(row["key"], tuple(row["rate"]), row["strikes"]) for row in rows)
        book = self._portfolio(plan, end)
        if used and end != MID:
            return shared_loss(book, used, points=shared.TAIL_POINTS)
        return shared.year(book, shared.Causes(used, ()), coarse=True)

    def _residual(self, plan: Mapping[str, int]) -> dict[str, float]:
        from accord.engines.portfolio import evaluate

        return evaluate(self._compiled, plan).residual

    def _portfolio(self, plan: Mapping[str, int], end: int) -> Portfolio:
        """The scenarios with what is left of frequency and magnitude after the plan, at one end of its effects.

        At the middle it comes to the plan's own expected loss, however the benefits grow; the ends of the effects
        are taken in the same proportion.
        """
        import numpy as np

        from accord.engines.loss import Portfolio

        assert self.laws is not None
        rows = self.laws["scenarios"]
        forms = max(len(row["magnitude"]) for row in rows)
        unknown = [math.nan] * 3
        magnitude = [[*row["magnitude"], *[unknown] * (forms - len(row["magnitude"]))] for row in rows]
        powers, sides = self._powers(plan), np.ones((2, len(rows)))
        for n, row in enumerate(rows):
            sides[:, n] = [side ** powers[row["key"]] for side in self._factors(plan, row["key"], end)]
        base = [[row[f"{side}_factor"] for row in rows] for side in ("frequency", "magnitude")]
        return Portfolio(
            [row["key"] for row in rows], [row["frequency"] for row in rows], magnitude,
            np.array(base[0]) * sides[0], np.array(base[1]) * sides[1],
        )  # fmt: skip

    def _powers(self, plan: Mapping[str, int]) -> dict[str, float]:
        """Scenario → the power that takes the effects of a plan to as far as they have grown."""
        assert self.laws is not None
        left, today, found = self._residual(plan), {s.key: s.loss for s in self.problem.scenarios}, {}
        for row in self.laws["scenarios"]:
            frequency, magnitude = self._factors(plan, row["key"], MID)
            reached = left[row["key"]] / today[row["key"]] if today.get(row["key"]) else 1.0
            found[row["key"]] = _power(frequency * magnitude, reached)
        return found

    def _factors(self, plan: Mapping[str, int], scenario: str, end: int) -> tuple[float, float]:
        """What the plan's initiatives would leave of a scenario's frequency and magnitude if all were finished."""
        assert self.laws is not None
        left = {"frequency": 1.0, "magnitude": 1.0}
        for effect in self.laws["effects"]:
            if effect["scenario"] == scenario and effect["initiative"] in plan:
                for side in left:
                    if effect[side] is not None:
                        left[side] *= 1.0 - effect[side][end]
        return left["frequency"], left["magnitude"]


def _power(whole: float, reached: float) -> float:
    """The power that makes the whole effect the one that is reached: 1 where all of it is, 0 where none."""
    if math.isclose(whole, reached, rel_tol=1e-9) or min(whole, reached) <= 0.0:
        return 1.0
    return math.log(reached) / math.log(whole) if whole != 1.0 else 1.0


def _amounts(results: Sequence[LossResult | SharedLoss]) -> list[float]:
    """Amounts from 0 to where a year that costs more is rarer than one in 500 in all of them."""
    furthest = 0.0
    for result in results:
        reached = [float(row[0]) for row in result.curve if row[1] < RARE]
        furthest = max(furthest, reached[0] if reached else float(result.curve[-1][0]) if len(result.curve) else 0.0)
    return [float(f"{furthest * (n / POINTS) ** 1.5:.6g}") for n in range(POINTS + 1)]


def _chances(result: LossResult | SharedLoss, amounts: Sequence[float]) -> list[float]:
    """P(loss > amount) read off the curve; beyond its end the last of it, which is rarer than is drawn."""
    points = [(0.0, 1.0 - result.no_loss), *((float(row[0]), float(row[1])) for row in result.curve)]
    found = [exceeding(points, amount) for amount in amounts]
    return [float(f"{(points[-1][1] if chance is None else chance):.6g}") for chance in found]


def _level(result: LossResult | SharedLoss) -> dict[str, float]:
    at = next(n for n, level in enumerate(result.levels) if math.isclose(level, LEVEL))
    lower, value, upper = (float(x) for x in result.var[at])
    return {"lower": lower, "value": value, "upper": upper}
