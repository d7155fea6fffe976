"""Annual loss of a portfolio of scenarios: exact distribution with proven bounds, and who carries it.

    from accord.engines.loss import Portfolio, annual_loss
    result = annual_loss(Portfolio(keys, frequency, magnitude))

The model and its limits: docs/methods.md, "Loss".
"""

from accord.engines.loss.allocation import allocate
from accord.engines.loss.annual import LEVELS, LossResult, annual_loss, expected_loss
from accord.engines.loss.errors import AccuracyError, LossInputError, Problem
from accord.engines.loss.portfolio import Portfolio
from accord.engines.loss.severity import TwoPieceLognormal

__all__ = [
    "LEVELS",
    "AccuracyError",
    "LossInputError",
    "LossResult",
    "Portfolio",
    "Problem",
    "TwoPieceLognormal",
    "allocate",
    "annual_loss",
    "expected_loss",
]
