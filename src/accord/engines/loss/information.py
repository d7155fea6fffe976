"""What to find out next, and what it is worth: the expected value of perfect information.

A decision among options: each has a cost and multiplies terms of the expected annual loss (module `sensitivity`) by
uncertain factors. Without more information the option with the least expected cost + loss is taken. Knowing an input
before deciding is worth what the better choice then saves on average (Raiffa, Schlaifer: Applied Statistical Decision
Theory, 1961; Strong, Oakley, Brennan: Estimating multiparameter partial expected value of perfect information. Medical
Decision Making 34, 2014). It is never negative, and 0 where no value of the input changes the choice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc  # type: ignore[import-untyped]

from accord.engines.loss.errors import LossInputError, Problem
from accord.engines.loss.laws import Law
from accord.engines.loss.sensitivity import Input, Term

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose: cost (money over the years that count) and what it leaves of each term it touches."""

    key: str
    cost: float
    leaves: Mapping[str, tuple[Input, ...]] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Worth:
    """Perfect information on one input: its expected value (money over the years that count), in closed form.

    changes   the options that would be taken, from the least to the greatest value of the input; one = it changes
              nothing
    """

    key: str
    value: float
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Information:
    """What the decision is worth today and with perfect information (money over the years that count).

    best        the option with the least expected cost + loss today
    expected    option -> its expected cost + loss
    evpi        expected value of knowing all inputs; evpi_error its standard error over independent scramblings
    inputs      the worth of each input alone, the greatest first. They do not sum to evpi: two inputs can be worth
                something only together.
    """

    best: str
    expected: dict[str, float]
    evpi: float
    evpi_error: float
    inputs: tuple[Worth, ...]


def perfect_information(
    terms: Sequence[Term],
    options: Sequence[Option],
    years: float = 1.0,
    *,
    points: int = 1024,
    scramblings: int = 8,
    seed: int = 1,
) -> Information:
    """The value of information for choosing one of the options, the terms counted for `years` years.

    Each option's expected cost is linear in each input, so the worth of one input is an integral of a minimum of lines,
    exact by the partial means of its law; the worth of all together is sampled on Owen-scrambled Sobol points.
    LossInputError for options without a key of their own, or that touch unknown terms.
    """
    _check(terms, options, years)
    means = np.array([_mean(term) for term in terms])
    left = np.array([[_left(option, term) for term in terms] for option in options])
    expected = np.array([option.cost for option in options]) + years * (left @ means)
    best = int(np.argmin(expected))
    worths = _of_terms(terms, options, expected, years * left) + _of_options(terms, options, expected, years * means)
    evpi, error = _evpi(terms, options, years, best, points, scramblings, seed)
    return Information(
        options[best].key,
        {option.key: float(value) for option, value in zip(options, expected, strict=True)},
        evpi,
        error,
        tuple(sorted(worths, key=lambda worth: (-worth.value, worth.key))),
    )


def _of_terms(terms: Sequence[Term], options: Sequence[Option], expected: Floats, left: Floats) -> list[Worth]:
    """The inputs of the terms: each moves every option's line by what the option leaves of the term."""
    found = []
    for t, term in enumerate(terms):
        sums = [sum(one.law.mean() for one in factor) for factor in term.factors]
        for g, factor in enumerate(term.factors):
            others = term.scale * float(np.prod([v for k, v in enumerate(sums) if k != g]))
            found += [_worth(one, options, expected, left[:, t] * others) for one in factor]
    return found


def _of_options(terms: Sequence[Term], options: Sequence[Option], expected: Floats, means: Floats) -> list[Worth]:
    """The inputs of an option's effects: each moves that option's line only."""
    found = []
    place = {term.key: t for t, term in enumerate(terms)}
    for o, option in enumerate(options):
        for key, inputs in option.leaves.items():
            product = float(np.prod([one.law.mean() for one in inputs]))
            for one in inputs:
                mean = one.law.mean()
                rest = product / mean if mean else float(np.prod([x.law.mean() for x in inputs if x is not one]))
                slope = np.zeros(len(options))
                slope[o] = means[place[key]] * rest
                found.append(_worth(one, options, expected, slope))
    return found


def _worth(one: Input, options: Sequence[Option], expected: Floats, slopes: Floats) -> Worth:
    """min over options of the mean, less the mean of the minimum of the lines expected + slope (x - mean)."""
    mean = one.law.mean()
    intercepts = expected - slopes * mean
    total, taken = 0.0, []
    for option, low, high in envelope(intercepts, slopes):
        probability = _cdf(one.law, high) - _cdf(one.law, low)
        if probability <= 0:
            continue
        total += intercepts[option] * probability + slopes[option] * (
            _partial_mean(one.law, high, mean) - _partial_mean(one.law, low, mean)
        )
        taken.append(options[option].key)
    least = float(expected.min())
    value = max(float(least - total), 0.0)
    # Below the arithmetic's own error nothing was found.
    if value <= 1e-12 * max(abs(least), float(np.abs(slopes).max()) * abs(mean)) or len(taken) < 2:
        value = 0.0
    return Worth(one.key, value, tuple(taken))


def envelope(intercepts: Floats, slopes: Floats) -> list[tuple[int, float, float]]:
    """The lower envelope of lines: (line, from, to) from -inf to inf.

    Slopes that differ by less than 1e-12 of the largest are one.
    """
    equal = 1e-12 * float(np.abs(slopes).max())
    highest = np.flatnonzero(slopes >= slopes.max() - equal)
    now = int(highest[np.argmin(intercepts[highest])])
    start, found = -np.inf, []
    while True:
        steeper = np.flatnonzero(slopes < slopes[now] - equal)
        if not steeper.size:
            found.append((now, start, np.inf))
            return found
        crossings = (intercepts[steeper] - intercepts[now]) / (slopes[now] - slopes[steeper])
        end = float(crossings.min())
        at = steeper[np.isclose(crossings, end, rtol=1e-12, atol=0)]
        found.append((now, start, max(end, start)))
        now, start = int(at[np.argmin(slopes[at])]), max(end, start)


def _cdf(law: Law, x: float) -> float:
    return 0.0 if x == -np.inf else 1.0 if x == np.inf else float(law.cdf(x))


def _partial_mean(law: Law, x: float, mean: float) -> float:
    """E[X; X <= x]."""
    if x == np.inf:
        return mean
    below = _cdf(law, x)
    return 0.0 if below <= 0 else float(law.limited_mean(x)) - x * (1.0 - below)


def _evpi(
    terms: Sequence[Term], options: Sequence[Option], years: float, best: int, points: int, scramblings: int, seed: int
) -> tuple[float, float]:
    """Mean and standard error of (cost of today's best) - (cost of the best once all is known), never below 0."""
    if scramblings < 2 or points & (points - 1):
        raise ValueError("give at least two scramblings and a power of 2 of points")
    inputs = [one for term in terms for factor in term.factors for one in factor]
    effects = [one for option in options for leaves in option.leaves.values() for one in leaves]
    place = {id(one): i for i, one in enumerate([*inputs, *effects])}
    runs = []
    for child in np.random.SeedSequence(seed).spawn(scramblings):
        sobol = qmc.Sobol(max(len(place), 1), scramble=True, rng=np.random.default_rng(child))
        uniform = np.clip(sobol.random(points), 2.0**-33, 1.0 - 2.0**-33)

        def drawn(one: Input, uniform: Floats = uniform) -> Floats:
            return one.law.quantile(uniform[:, place[id(one)]])

        losses = {
            term.key: term.scale * np.prod([np.sum([drawn(x) for x in xs], axis=0) for xs in term.factors], axis=0)
            for term in terms
        }
        base = sum(losses.values(), start=np.zeros(points))
        costs = []
        for option in options:
            saved = np.zeros(points)
            for key, leaves in option.leaves.items():
                saved += losses[key] * (1.0 - np.prod([drawn(one) for one in leaves], axis=0))
            costs.append(option.cost + years * (base - saved))
        table = np.array(costs)
        runs.append(float((table[best] - table.min(axis=0)).mean()))
    return float(np.mean(runs)), float(np.std(runs, ddof=1) / np.sqrt(scramblings))


def _mean(term: Term) -> float:
    return term.scale * float(np.prod([sum(one.law.mean() for one in factor) for factor in term.factors]))


def _left(option: Option, term: Term) -> float:
    return float(np.prod([one.law.mean() for one in option.leaves.get(term.key, ())]))


def _check(terms: Sequence[Term], options: Sequence[Option], years: float) -> None:
    problems, known, seen = [], {term.key for term in terms}, set()
    if not options:
        problems.append(Problem("(all)", "options", "there is nothing to choose", "Give at least one option"))
    if not (np.isfinite(years) and years > 0):
        problems.append(Problem("(all)", "years", f"{years} is no time", "Say for how many years the loss counts"))
    for option in options:
        if option.key in seen:
            problems.append(Problem(option.key, "key", "appears twice", "Give every option its own key"))
        seen.add(option.key)
        if not np.isfinite(option.cost):
            problems.append(Problem(option.key, "cost", "is unknown", "Leave the option out until its cost is known"))
        problems += [
            Problem(option.key, "effect", f"{key} is no term", "Leave it out, or quantify it")
            for key in option.leaves
            if key not in known
        ]
    if problems:
        raise LossInputError(problems)


__all__ = ["Information", "Option", "Worth", "perfect_information"]
