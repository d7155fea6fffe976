"""Shared causes: one supplier, data centre or identity provider whose failure strikes several scenarios at once.

Model. A cause happens N times a year (mixed Poisson, as a scenario's own count). Each time it sets off scenario i with
probability p_i, independently of the others: one event of that scenario with all its forms of loss. The scenario's own
rate is lowered by what its causes explain, so that its expected number of events a year stays as stated (Lindskog,
McNeil: Common Poisson shock models. ASTIN Bulletin 33, 2003). So is the variance of its rate: v less the sum of p_i^2
times the variance of each cause's rate (0 where the causes are the more uncertain). What is added is dependence only.

Exactness. The year's transform is a closed formula of the events' transforms: no sampling. Amounts are rounded down and
up on a lattice; since the year's loss grows with every amount, the two results enclose every quantile, whatever the
dependence. Besides that there are the wrapped probability (at most 1e-8, entered in the bounds) and the arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accord.engines.loss.dependence.lattice import Lattice
from accord.engines.loss.dependence.tails import tail_parts
from accord.engines.loss.dependence.year import CURVE_END, Year, annual_means, annual_sd, enclose, log_no_loss, reach_of
from accord.engines.loss.errors import AccuracyError, LossInputError, Problem
from accord.engines.loss.portfolio import Portfolio
from accord.engines.loss.severity import TwoPieceLognormal

Floats = NDArray[np.floating[Any]]

POINTS = 2**17


@dataclass(frozen=True, slots=True)
class SharedCause:
    """A cause: key, rate in events a year at 5, 50 and 95 %, and the probability with which it sets off a scenario."""

    key: str
    rate: tuple[float, float, float]
    probabilities: Mapping[str, float] = field(hash=False)


@dataclass(frozen=True, slots=True)
class SharedLoss:
    """One year's loss with shared causes; fields as of LossResult, and what comes from the causes.

    explained     (n,) share of each scenario's expected events that its causes set off
    cause_mean    (c, n) expected loss a year that a cause brings by way of a scenario (money)
    cause_tail    (c, n) its part of TVaR at allocation_level; both are contained in scenario_mean and scenario_tail
    """

    keys: tuple[str, ...]
    causes: tuple[str, ...]
    mean: float
    sd: float
    no_loss: float
    levels: Floats
    var: Floats
    tvar: Floats
    curve: Floats
    scenario_mean: Floats
    allocation_level: float
    scenario_tail: Floats
    resolution: float
    target_met: bool
    explained: Floats
    cause_mean: Floats
    cause_tail: Floats


def explained(portfolio: Portfolio, causes: Sequence[SharedCause]) -> Floats:
    """(n,) events a year of each scenario that its causes set off, before the factors.

    LossInputError names each cause with an unknown scenario, a probability outside of 0 to 1 or a rate out of order,
    and each scenario whose causes explain more events than it has.
    """
    _check(portfolio, causes)
    rates, probability = _cause_rates(causes)[0], _probabilities(portfolio, causes)
    found: Floats = rates @ probability
    stated = TwoPieceLognormal.from_quantiles(portfolio.frequency).mean()
    problems = [
        Problem(
            portfolio.keys[i], "shared causes",
            f"they set off {found[i]:.4g} events a year, the scenario has {stated[i]:.4g}",
            "Lower the causes' rates or probabilities, or raise the scenario's frequency, which contains them",
        )
        for i in np.flatnonzero(found > stated * (1 + 1e-9))
    ]  # fmt: skip
    if problems:
        raise LossInputError(problems)
    return found


def own_share(portfolio: Portfolio, causes: Sequence[SharedCause]) -> Floats:
    """(n,) share of each scenario's expected events that no cause sets off."""
    stated = TwoPieceLognormal.from_quantiles(portfolio.frequency).mean()
    return np.clip(1.0 - explained(portfolio, causes) / np.where(stated > 0, stated, 1.0), 0.0, 1.0)


def shared_loss(
    portfolio: Portfolio,
    causes: Sequence[SharedCause],
    levels: tuple[float, ...] = (0.5, 0.9, 0.95, 0.99, 0.995),
    *,
    target_level: float = 0.99,
    target_width: float = 1e-2,
    allocation_level: float = 0.99,
    curve_points: int = 200,
    points: int = POINTS,
) -> SharedLoss:
    """The annual loss of scenarios that share causes.

    A scenario's frequency factor acts on its own events and on the probability that a cause sets it off alike, its
    magnitude factor on all its events. points: of the lattice; bounds narrow in proportion. `target_met` says whether
    VaR at target_level is enclosed to the relative target_width.
    """
    if not len(portfolio):
        raise LossInputError([Problem("(all)", "scenarios", "there are none", "Give at least one scenario")])
    year = _year(portfolio, causes)
    means, sd = annual_means(year), annual_sd(year)
    mean = float(means.sum())
    top = max((*levels, target_level, allocation_level, 1.0 - CURVE_END))
    lattice = Lattice(reach_of(year, top, mean, sd) / points, points)
    found = enclose(year, lattice)
    if not mean > 0 or not abs(found.middle[-1] - 1.0) < 0.01:
        raise AccuracyError(f"the lattice holds {found.middle[-1]:.4%} of the years")
    tails = {at: found.tail_mean(at, mean) for at in {*levels, allocation_level}}
    lower, middle, upper = found.quantile(target_level)
    resolution = (upper - lower) / middle if middle > 0 else 0.0
    own_tail, cause_tail = tail_parts(year, lattice.reach, allocation_level, tails[allocation_level][1])
    cause_mean = year.rate[:, None] * year.probability * year.event_mean
    return SharedLoss(
        keys=portfolio.keys,
        causes=tuple(cause.key for cause in causes),
        mean=mean,
        sd=sd,
        no_loss=float(np.exp(log_no_loss(year))),
        levels=np.array(levels),
        var=np.array([found.quantile(level) for level in levels]),
        tvar=np.array([tails[level] for level in levels]),
        curve=found.curve(curve_points),
        scenario_mean=means,
        allocation_level=allocation_level,
        scenario_tail=own_tail + cause_tail.sum(axis=0),
        resolution=resolution,
        target_met=resolution <= target_width,
        explained=1.0 - own_share(portfolio, causes),
        cause_mean=cause_mean,
        cause_tail=cause_tail,
    )


def _check(portfolio: Portfolio, causes: Sequence[SharedCause]) -> None:
    problems, seen, known = [], set(), set(portfolio.keys)
    for cause in causes:
        if cause.key in seen:
            problems.append(Problem(cause.key, "key", "appears twice", "Give every cause its own key"))
        seen.add(cause.key)
        try:
            Portfolio([cause.key], [cause.rate], [[(1.0, 1.0, 1.0)]])
        except LossInputError as error:
            problems += [Problem(cause.key, "rate", p.reason, p.remedy) for p in error.problems]
        for scenario, p in cause.probabilities.items():
            if scenario not in known:
                reason = f"{scenario} is no scenario of the portfolio"
                problems.append(Problem(cause.key, "scenario", reason, "Leave it out, or quantify the scenario"))
            if not 0 <= p <= 1:
                reason = f"{p} for {scenario} is not between 0 and 1"
                problems.append(Problem(cause.key, "probability", reason, "Give a share of the times it happens"))
    if problems:
        raise LossInputError(problems)


def _probabilities(portfolio: Portfolio, causes: Sequence[SharedCause]) -> Floats:
    rows = [[cause.probabilities.get(key, 0.0) for key in portfolio.keys] for cause in causes]
    return np.array(rows, float).reshape(len(causes), len(portfolio))


def _cause_rates(causes: Sequence[SharedCause]) -> tuple[Floats, Floats]:
    law = TwoPieceLognormal.from_quantiles(np.array([cause.rate for cause in causes], float).reshape(-1, 3))
    return law.mean(), law.variance()


def _year(portfolio: Portfolio, causes: Sequence[SharedCause]) -> Year:
    share = own_share(portfolio, causes)
    rate, variance = portfolio.rate()
    probability = _probabilities(portfolio, causes) * portfolio.frequency_factor
    if (probability > 1.0).any():
        row, column = map(int, np.argwhere(probability > 1.0)[0])
        reason = f"{portfolio.keys[column]} would be set off with probability {probability[row, column]:.4g}"
        remedy = "Lower the probability: what raises the scenario's frequency raises it too"
        raise LossInputError([Problem(causes[row].key, "probability", reason, remedy)])
    event_mean, event_variance = portfolio.event_moments()
    cause_rate, cause_variance = _cause_rates(causes)
    own_variance = np.where(share > 0, np.maximum(variance - cause_variance @ probability**2, 0.0), 0.0)
    return Year(
        portfolio.amounts(), rate * share, own_variance, cause_rate, cause_variance, probability, event_mean,
        event_variance,
    )  # fmt: skip
