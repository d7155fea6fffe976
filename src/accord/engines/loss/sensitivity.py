"""Which inputs matter: tornado and Sobol' indices of the expected annual loss.

The expected annual loss is a sum of terms (scenarios), each a product of sums of independent uncertain inputs:
(rate) x (what each control leaves) x ... x (amount of form 1 + amount of form 2 + ...). No input stands in two terms.
For such a sum of products the indices are in closed form; for any other function there are the estimators of Saltelli
and Jansen on scrambled Sobol points, with standard errors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc  # type: ignore[import-untyped]

from accord.engines.loss.errors import LossInputError, Problem
from accord.engines.loss.laws import Law

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Input:
    """One uncertain number: its key, its law, and the value that the figures now rest on (the mean where None)."""

    key: str
    law: Law
    centre: float | None = None

    @property
    def at(self) -> float:
        return self.law.mean() if self.centre is None else self.centre


@dataclass(frozen=True, slots=True)
class Term:
    """A product of sums: factors[g] are the inputs that are added to the g-th factor. scale multiplies it (no unit)."""

    key: str
    factors: tuple[tuple[Input, ...], ...]
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Swing:
    """The sum of all terms (money) with one input at its 5 % and at its 95 % value, the others at their centre."""

    key: str
    term: str
    low: float
    value: float
    high: float

    @property
    def width(self) -> float:
        return abs(self.high - self.low)


@dataclass(frozen=True, slots=True)
class Index:
    """Sobol' indices of one input: share of the variance that it explains alone (first), and with all others (total).

    The standard errors are 0 where the indices are in closed form.
    """

    key: str
    first: float
    total: float
    first_error: float = 0.0
    total_error: float = 0.0


def swings(terms: Sequence[Term]) -> list[Swing]:
    """The tornado: one swing per input, the widest first."""
    _check(terms)
    values = [_value(term) for term in terms]
    whole = sum(values)
    found = []
    for term, value in zip(terms, values, strict=True):
        sums = [sum(one.at for one in factor) for factor in term.factors]
        for g, factor in enumerate(term.factors):
            others = term.scale * float(np.prod([v for k, v in enumerate(sums) if k != g]))
            for one in factor:
                low, high = (
                    whole - value + others * (sums[g] - one.at + float(one.law.quantile(p))) for p in (0.05, 0.95)
                )  # fmt: skip
                found.append(Swing(one.key, term.key, low, whole, high))
    return sorted(found, key=lambda swing: (-swing.width, swing.key))


def mean_and_variance(terms: Sequence[Term]) -> tuple[float, float]:
    """Mean and variance of the sum of terms under the laws of the inputs, in closed form (money, money^2)."""
    _check(terms)
    mean = variance = 0.0
    for term in terms:
        means, variances = _moments(term)
        product = term.scale * float(np.prod(means))
        mean += product
        variance += term.scale**2 * float(np.prod(variances + means**2)) - product**2
    return mean, variance


def sobol_indices(terms: Sequence[Term]) -> list[Index]:
    """Closed-form Sobol' indices of the sum of terms, the largest total first; empty where nothing is uncertain.

    With factors of mean M and variance V, an input of variance v in factor g of a term:
        first = v prod over g' != g of M^2 / Var,   total = v prod over g' != g of (V + M^2) / Var
    since the term is linear in the input: E[y | x] has the slope prod M, and Var[y | all others] is v times the square
    of the product of the other factors (Sobol' 1993 and 2001; Homma, Saltelli 1996 for the total index).
    """
    _, whole = mean_and_variance(terms)
    if not whole > 0:
        return []
    found = []
    for term in terms:
        means, variances = _moments(term)
        for g, factor in enumerate(term.factors):
            others = np.arange(means.size) != g
            alone = term.scale**2 * float(np.prod(means[others] ** 2)) / whole
            joint = term.scale**2 * float(np.prod((variances + means**2)[others])) / whole
            for one in factor:
                variance = one.law.variance()
                found.append(Index(one.key, variance * alone, variance * joint))
    return sorted(found, key=lambda index: (-index.total, index.key))


def estimated_indices(
    function: Callable[[Floats], Floats],
    keys: Sequence[str],
    laws: Sequence[Law] | None = None,
    *,
    points: int = 1024,
    scramblings: int = 8,
    seed: int = 1,
) -> list[Index]:
    """Sobol' indices of any function of independent inputs, in the order of the keys.

    function  (m, d) values of the inputs -> (m,)
    laws      of the inputs; uniform on (0, 1) where None
    points    a power of 2, per scrambling: the function is evaluated points * (d + 2) * scramblings times
    First order by Saltelli et al. (Computer Physics Communications 181, 2010, table 2 b), total by Jansen (1999), on
    Owen-scrambled Sobol points; standard errors from independent scramblings.
    """
    d = len(keys)
    if scramblings < 2 or points & (points - 1):
        raise ValueError("give at least two scramblings and a power of 2 of points")
    first, total = np.zeros((scramblings, d)), np.zeros((scramblings, d))
    for run, child in enumerate(np.random.SeedSequence(seed).spawn(scramblings)):
        sobol = qmc.Sobol(2 * d, scramble=True, rng=np.random.default_rng(child))
        uniform = np.clip(sobol.random(points), 2.0**-33, 1.0 - 2.0**-33)
        a, b = _drawn(uniform[:, :d], laws), _drawn(uniform[:, d:], laws)
        at_a, at_b = function(a), function(b)
        middle = np.concatenate([at_a, at_b]).mean()
        variance = np.concatenate([at_a, at_b]).var()
        for i in range(d):
            mixed = a.copy()
            mixed[:, i] = b[:, i]
            at_mixed = function(mixed)
            if variance > 0:
                first[run, i] = np.mean((at_b - middle) * (at_mixed - at_a)) / variance
                total[run, i] = np.mean((at_a - at_mixed) ** 2) / (2.0 * variance)
    errors = [values.std(axis=0, ddof=1) / np.sqrt(scramblings) for values in (first, total)]
    return [
        Index(key, float(first[:, i].mean()), float(total[:, i].mean()), float(errors[0][i]), float(errors[1][i]))
        for i, key in enumerate(keys)
    ]


def _drawn(uniform: Floats, laws: Sequence[Law] | None) -> Floats:
    if laws is None:
        return uniform
    return np.column_stack([law.quantile(uniform[:, i]) for i, law in enumerate(laws)])


def _value(term: Term) -> float:
    return term.scale * float(np.prod([sum(one.at for one in factor) for factor in term.factors]))


def _moments(term: Term) -> tuple[Floats, Floats]:
    """Mean and variance (g,) of the factors."""
    means = np.array([sum(one.law.mean() for one in factor) for factor in term.factors])
    variances = np.array([sum(one.law.variance() for one in factor) for factor in term.factors])
    return means, variances


def _check(terms: Sequence[Term]) -> None:
    seen: set[str] = set()
    for term in terms:
        for one in (one for factor in term.factors for one in factor):
            if one.key in seen:
                reason = "stands in two places, so the terms are not independent"
                raise LossInputError([Problem(one.key, "input", reason, "Give every input its own key")])
            seen.add(one.key)


__all__ = ["Index", "Input", "Swing", "Term", "estimated_indices", "mean_and_variance", "sobol_indices", "swings"]
