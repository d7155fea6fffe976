"""Annual loss of a portfolio of scenarios: exact distribution with proven bounds, and who carries it.

    from accord.engines import loss

    result = loss.annual_loss([
        loss.Scenario("ransomware", loss.NegativeBinomial(0.4, 0.6), (loss.TwoPiece(2e5, 9e5, 6e6),)),
        loss.Scenario("supplier outage", loss.Poisson(2.0), (loss.Layer(loss.Lognormal(10.5, 1.1), 1e4),)),
    ])
    result.var[result.at(0.99)]         # lower bound, estimate, upper bound of the loss of a bad year
    result.layer_mean(1e6, 4e6)         # what a cover of the year's loss pays on average
    result.scenario_tail                # who carries the tail

Arrays of intervals (5, 50 and 95 %) go in as a Portfolio. No database and no settings are needed. The model and its
limits: docs/methods.md, "Loss".

Beside it: `expert` (ranges), `scoring` (forecasters), `bayes` (own history), `dependence` (shared causes, copulas),
`sensitivity` (tornado, Sobol' indices) and `information` (what to find out next): docs/methods-calibration.md.
"""

from accord.engines.loss.allocation import allocate
from accord.engines.loss.annual import LEVELS, LossResult, annual_loss, expected_loss
from accord.engines.loss.errors import AccuracyError, LossInputError, Problem
from accord.engines.loss.frequency import Bernoulli, Binomial, Frequency, NegativeBinomial, Poisson
from accord.engines.loss.laws import (
    Empirical,
    Gamma,
    Law,
    Layer,
    Lognormal,
    Metalog,
    Pareto,
    Pert,
    Tailed,
    Thinned,
    TwoPiece,
)
from accord.engines.loss.portfolio import Portfolio
from accord.engines.loss.scenario import Scenario
from accord.engines.loss.severity import TwoPieceLognormal

__all__ = [
    "LEVELS",
    "AccuracyError",
    "Bernoulli",
    "Binomial",
    "Empirical",
    "Frequency",
    "Gamma",
    "Law",
    "Layer",
    "Lognormal",
    "LossInputError",
    "LossResult",
    "Metalog",
    "NegativeBinomial",
    "Pareto",
    "Pert",
    "Poisson",
    "Portfolio",
    "Problem",
    "Scenario",
    "Tailed",
    "Thinned",
    "TwoPiece",
    "TwoPieceLognormal",
    "allocate",
    "annual_loss",
    "expected_loss",
]
