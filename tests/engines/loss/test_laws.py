"""Each law against its own quantile function, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.engines.loss.frequency import Bernoulli, Binomial, NegativeBinomial, Poisson
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

LAWS: dict[str, Law] = {
    "lognormal": Lognormal(11.0, 1.2),
    "two-piece": TwoPiece(1e4, 6e4, 3e5),
    "half an atom": TwoPiece(6e4, 6e4, 3e5),
    "pert": Pert(1e4, 5e4, 4e5),
    "gamma": Gamma(0.7, 1e5),
    "pareto": Pareto(2e4, 3.5),
    "tailed": Tailed(Lognormal(11.0, 1.0), 2e5, 3.2),
    "metalog": Metalog((0.05, 0.5, 0.95), (2e4, 6e4, 1.8e5), 0.0),
    "bounded metalog": Metalog((0.05, 0.5, 0.95), (1e4, 6e4, 5e5), 0.0, 5e6),
    "empirical": Empirical((1e4, 2e4, 5e4, 2e5), (4.0, 3.0, 2.0, 1.0)),
    "layer": Layer(Lognormal(11.0, 1.2), 5e4, 2e5),
    "excess": Layer(Pareto(2e4, 3.5), 5e4),
    "thinned": Thinned(Pert(1e4, 5e4, 4e5), 0.3),
}


@pytest.mark.parametrize("name", LAWS)
def test_moments_and_limits_are_those_of_the_quantile_function(name: str) -> None:
    law = LAWS[name]
    assert law.problems() == []
    # p = 1 / (1 + exp(-t)): fine in both tails.
    t = np.linspace(-38.0, 33.0, 400_001)
    p, mass = 1.0 / (1.0 + np.exp(-t)), np.exp(-np.abs(t) - 2.0 * np.log1p(np.exp(-np.abs(t))))
    amounts = law.quantile(np.clip(p, 1e-16, 1.0 - 1e-15))
    assert law.mean() == pytest.approx(np.trapezoid(amounts * mass, t), rel=1e-4)
    assert law.variance() == pytest.approx(np.trapezoid((amounts - law.mean()) ** 2 * mass, t), rel=3e-3)
    limits = np.array([0.0, 5e3, 3e4, 6e4, 1e5, 4e5])
    expected = [np.trapezoid(np.minimum(amounts, limit) * mass, t) for limit in limits]
    np.testing.assert_allclose(law.limited_mean(limits), expected, rtol=1e-4, atol=1e-6)
    below = [np.trapezoid((amounts <= limit) * mass, t) for limit in limits[1:]]
    np.testing.assert_allclose(law.cdf(limits[1:]), below, atol=1e-4)


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from([key for key in LAWS if key not in ("empirical", "half an atom")]), p=st.floats(0.01, 0.99))
def test_the_quantile_undoes_the_distribution_function(name: str, p: float) -> None:
    law = LAWS[name]
    amount = float(law.quantile(p))
    below, above = law.cdf(np.array([amount * (1 - 1e-9) - 1e-9, amount * (1 + 1e-9) + 1e-9]))
    assert below - 1e-7 <= p <= above + 1e-7


def test_a_metalog_meets_its_quantiles() -> None:
    for law in (LAWS["metalog"], LAWS["bounded metalog"]):
        assert isinstance(law, Metalog)
        np.testing.assert_allclose(law.quantile(law.probabilities), law.quantiles, rtol=1e-9)


@pytest.mark.parametrize(
    ("law", "reason"),
    [
        (Pareto(1e4, 1.0), "no mean"),
        (Tailed(Lognormal(11.0, 1.0), 2e5, 0.9), "no mean"),
        (Metalog((0.05, 0.5, 0.95), (1e3, 6e4, 5e7), 0.0), "no mean"),
        (Metalog((0.05, 0.5, 0.95), (1e3, 6e4, 5e7)), "below 0"),
        (Metalog((0.05, 0.5, 0.95), (1e3, 6e6, 6.1e6), 0.0), "no metalog law"),
        (TwoPiece(3.0, 2.0, 5.0), "no range"),
        (TwoPiece(0.0, 2.0, 5.0), "5 % bound is 0"),
        (Pert(5.0, 4.0, 9.0), "no PERT"),
        (Lognormal(1.0, 0.0), "no lognormal"),
        (Gamma(-1.0, 2.0), "no number above 0"),
        (Empirical(()), "none"),
        (Empirical((1.0, 2.0), (1.0,)), "weights do not fit"),
        (Layer(Gamma(1.0, 1.0), -1.0), "no layer"),
        (Thinned(Gamma(1.0, 1.0), 1.5), "not between 0 and 1"),
        (Layer(Pareto(1e4, 0.8), 0.0), "no mean"),
    ],
)
def test_bad_parameters_are_refused_with_a_remedy(law: Law, reason: str) -> None:
    (problem,) = law.problems()
    assert reason in problem[0]
    assert problem[1]


def test_a_limit_gives_every_law_a_mean() -> None:
    layer = Layer(Pareto(1e4, 0.8), 0.0, 1e6)
    assert layer.problems() == []
    assert layer.mean() == pytest.approx(1e4 + 1e4 * ((1e6 / 1e4) ** 0.2 - 1.0) / 0.2)
    assert math.isfinite(layer.variance())


def test_counts_have_their_moments_and_generating_functions() -> None:
    z, step = 0.7, 1e-5
    for count in (Poisson(2.5), NegativeBinomial(2.0, 5.0), Binomial(6, 0.3), Bernoulli(0.2)):
        assert count.problems() == []
        k = np.arange(400)
        below = np.interp(k, count.quantile(np.linspace(1e-9, 1 - 1e-9, 200_001)), np.linspace(1e-9, 1 - 1e-9, 200_001))
        assert (np.diff(below) >= 0).all()
        first, last = np.exp(count.log_pgf(1.0 - step)), np.exp(count.log_pgf(1.0))
        assert float(last) == pytest.approx(1.0)
        assert float(last - first) / step == pytest.approx(count.mean, rel=1e-3)
        assert abs(np.exp(count.log_pgf(z + 0.2j))) < float(np.exp(count.log_pgf(1.0)))
        draws = count.quantile(np.random.default_rng(1).random(200_000))
        assert draws.mean() == pytest.approx(count.mean, rel=0.02)
        assert draws.var() == pytest.approx(count.variance, rel=0.03)
    for count in (Poisson(-1.0), NegativeBinomial(2.0, 1.0), Binomial(0, 0.5), Bernoulli(1.2)):
        assert count.problems()
