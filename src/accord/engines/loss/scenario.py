"""A scenario of any laws, and the check of a list of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from accord.engines.loss.errors import LossInputError, Problem
from accord.engines.loss.frequency import Frequency
from accord.engines.loss.laws import Law, Thinned


@dataclass(frozen=True, slots=True)
class Scenario:
    """Something that happens so often and costs so much.

    key        text, unique in a portfolio
    frequency  law of the number of events a year (`frequency`)
    forms      laws of the money of one event (`laws`), independent and added; at least one
    """

    key: str
    frequency: Frequency
    forms: tuple[Law, ...]

    def event_mean(self) -> float:
        """E of the money of one event."""
        return float(sum(form.mean() for form in self.forms))

    def event_variance(self) -> float:
        """Var of the money of one event; inf where it does not exist."""
        return float(sum(form.variance() for form in self.forms))

    def mean(self) -> float:
        """Expected annual loss."""
        return self.frequency.mean * self.event_mean()

    def variance(self) -> float:
        """Variance of the annual loss: E N Var X + Var N (E X)^2."""
        if self.frequency.mean == 0:
            return 0.0
        return self.frequency.mean * self.event_variance() + self.frequency.variance * self.event_mean() ** 2


def check(scenarios: Sequence[Scenario]) -> None:
    """LossInputError with every problem of the scenarios: keys, frequencies, laws, means that do not exist."""
    problems: list[Problem] = []
    seen: set[str] = set()
    for scenario in scenarios:
        key = scenario.key
        if key in seen:
            problems.append(Problem(key, "key", "appears twice", "Give every scenario its own key"))
        seen.add(key)
        problems += [Problem(key, "frequency", reason, "Correct it") for reason in scenario.frequency.problems()]
        if not scenario.forms:
            problems.append(Problem(key, "forms", "no form of loss is known", "Give at least one form of loss"))
        for number, form in enumerate(scenario.forms, start=1):
            name = f"form {number}"
            found = form.problems()
            problems += [Problem(key, name, reason, remedy) for reason, remedy in found]
            if not found and not math.isfinite(form.mean()):
                problems.append(Problem(key, name, "has no mean: the expected loss is infinite", "Put a limit on it"))
    if problems:
        raise LossInputError(problems)


def unwrap(law: Law) -> tuple[Law, float]:
    """A law without its thinning, and the probability that it costs anything at all."""
    chance = 1.0
    while isinstance(law, Thinned):
        chance *= law.probability
        law = law.law
    return law, chance
