"""Laws of the money that one form of loss costs in one event. All amounts are at least 0."""

from accord.engines.loss.laws.closed import Gamma, Law, Lognormal, Pareto, Pert, TwoPiece
from accord.engines.loss.laws.derived import Empirical, Layer, Tailed, Thinned
from accord.engines.loss.laws.metalog import Metalog

__all__ = [
    "Empirical",
    "Gamma",
    "Law",
    "Layer",
    "Lognormal",
    "Metalog",
    "Pareto",
    "Pert",
    "Tailed",
    "Thinned",
    "TwoPiece",
]
