"""The annual loss of scenarios of any laws, against closed forms, a recursion, brute force and finite differences."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from accord_loss_cases import random_portfolio
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, nbinom, poisson
from scipy.stats import gamma as gamma_law

from accord.engines.loss import LossInputError, annual_loss
from accord.engines.loss.frequency import Bernoulli, Binomial, Frequency, NegativeBinomial, Poisson
from accord.engines.loss.laws import Empirical, Gamma, Layer, Lognormal, Pareto, Pert, Tailed, Thinned, TwoPiece
from accord.engines.loss.scenario import Scenario


def one(count: Frequency, *forms: object) -> list[Scenario]:
    return [Scenario("only", count, tuple(forms))]  # type: ignore[arg-type]


def panjer(count: Frequency, masses: np.ndarray, size: int) -> np.ndarray:
    """Probabilities of the compound sum on a lattice by Panjer's recursion, an independent computation."""
    if isinstance(count, Poisson):
        a, b = 0.0, count.rate
    elif isinstance(count, Binomial):
        a = -count.probability / (1.0 - count.probability)
        b = -(count.trials + 1) * a
    else:
        spread = count.variance / count.mean - 1.0
        a = spread / (1.0 + spread)
        b = (count.mean / spread - 1.0) * a
    f = np.zeros(size)
    f[: masses.size] = masses
    g = np.zeros(size)
    g[0] = np.exp(float(np.real(count.log_pgf(f[0]))))
    j = np.arange(1, size)
    for k in range(1, size):
        weights = (a + b * j[:k] / k) * f[1 : k + 1]
        g[k] = float(weights @ g[k - 1 :: -1]) / (1.0 - a * f[0])
    return g


@pytest.mark.parametrize("count", [Poisson(3.0), NegativeBinomial(2.0, 5.0), Binomial(8, 0.3)])
def test_panjers_recursion_on_a_lattice_agrees(count: Frequency) -> None:
    amounts, chances = np.array([1.0, 2.0, 5.0]), np.array([0.5, 0.3, 0.2])
    masses = np.zeros(6)
    masses[[1, 2, 5]] = chances
    exact = np.cumsum(panjer(count, masses, 120))
    result = annual_loss(one(count, Empirical(tuple(1000.0 * amounts), tuple(chances))))
    between = 1000.0 * (np.arange(25) + 0.5)
    found = result.exceedance(between)
    assert ((found[:, 0] <= 1.0 - exact[:25] + 1e-12) & (1.0 - exact[:25] <= found[:, 2] + 1e-12)).all()
    np.testing.assert_allclose(found[:, 1], 1.0 - exact[:25], atol=3e-7)
    for level, (lower, _, upper) in zip(result.levels, result.var, strict=True):
        assert lower <= 1000.0 * np.argmax(exact >= level) <= upper
    assert result.target_met


@pytest.mark.parametrize(("count", "law"), [
    (Poisson(2.0), poisson(2.0)),
    (NegativeBinomial(2.0, 5.0), nbinom(2.0 / 1.5, 0.4)),
    (Binomial(5, 0.4), binom(5, 0.4)),
])  # fmt: skip
def test_exponential_amounts_are_a_mixture_of_gamma_laws(count: Frequency, law: object) -> None:
    scale = 2e4
    n = np.arange(1, 200)
    weights = law.pmf(n)  # type: ignore[attr-defined]
    result = annual_loss(one(count, Gamma(1.0, scale)))
    x = result.var[:, 1]
    exact = np.array([weights @ gamma_law.sf(v, n, scale=scale) for v in x])
    np.testing.assert_allclose(exact, 1.0 - result.levels, rtol=1e-6)
    excess = np.array([weights @ (n * scale * gamma_law.sf(v, n + 1, scale=scale) - v * gamma_law.sf(v, n, scale=scale))
                       for v in x])  # fmt: skip
    np.testing.assert_allclose(result.tvar[:, 1], x + excess / (1.0 - result.levels), rtol=1e-6)
    stop = result.stop_loss(x)
    assert ((stop[:, 0] <= excess * (1 + 1e-9)) & (excess * (1 - 1e-9) <= stop[:, 2])).all()
    np.testing.assert_allclose(stop[:, 1], excess, rtol=2e-6)


@pytest.mark.parametrize("count", [Binomial(3, 0.4), Bernoulli(0.6), Binomial(2, 1.0)])
def test_fixed_amounts_count_the_events(count: Binomial) -> None:
    result = annual_loss(one(count, Empirical((500.0,))))
    exact = binom.sf(np.arange(count.trials + 1), count.trials, count.probability)
    between = 500.0 * (np.arange(count.trials + 1) + 0.5)
    found = result.exceedance(between)
    assert ((found[:, 0] <= exact + 1e-12) & (exact <= found[:, 2] + 1e-12)).all()
    assert result.no_loss == pytest.approx(binom.pmf(0, count.trials, count.probability), abs=1e-15)


def test_one_event_for_certain_has_the_quantiles_of_its_law() -> None:
    law = Tailed(Lognormal(11.0, 1.0), 2e5, 1.7)
    result = annual_loss(one(Bernoulli(1.0), law))
    exact = law.quantile(result.levels)
    assert ((result.var[:, 0] <= exact) & (exact <= result.var[:, 2])).all()
    np.testing.assert_allclose(result.var[:, 1], exact, rtol=1e-5, atol=2e-5 * exact[3])
    assert math.isinf(result.sd)
    assert result.target_met


def test_scenarios_and_arrays_of_the_same_laws_agree() -> None:
    portfolio = random_portfolio(5, 2, seed=3)
    rate, variance = portfolio.rate()
    scenarios = [
        Scenario(key, NegativeBinomial(rate[i], rate[i] + variance[i]),
                 tuple(TwoPiece(*form) for form in portfolio.magnitude[i] if not np.isnan(form).any()))
        for i, key in enumerate(portfolio.keys)
    ]  # fmt: skip
    here, there = annual_loss(portfolio), annual_loss(scenarios)
    np.testing.assert_allclose(there.var, here.var, rtol=1e-7)
    np.testing.assert_allclose(there.scenario_tail, here.scenario_tail, rtol=1e-6)


def test_a_common_shock_is_one_scenario_whose_forms_are_thinned() -> None:
    """With one certain amount per form the year is a sum over the events of two independent indicators."""
    shock = one(Poisson(1.5), Thinned(Empirical((300.0,)), 0.5), Thinned(Empirical((700.0,)), 0.2))
    masses = np.zeros(11)
    masses[[0, 3, 7, 10]] = 0.4, 0.4, 0.1, 0.1
    exact = np.cumsum(panjer(Poisson(1.5), masses, 120))
    result = annual_loss(shock)
    found = result.exceedance(100.0 * (np.arange(40) + 0.5))
    np.testing.assert_allclose(found[:, 1], 1.0 - exact[:40], atol=3e-7)
    assert result.no_loss == pytest.approx(exact[0])


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_rate_gradient_is_the_change_of_tvar(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mu, sigma, rate = rng.normal(10.0, 1.0, 4), rng.uniform(0.4, 1.2, 4), rng.uniform(0.2, 2.0, 4)

    def run(factor: np.ndarray) -> list[Scenario]:
        lam = rate * factor
        return [
            Scenario("poisson", Poisson(lam[0]), (Lognormal(mu[0], sigma[0]), Gamma(2.0, 1e4))),
            Scenario("mixed", NegativeBinomial(lam[1], lam[1] + 0.5 * lam[1] ** 2), (Lognormal(mu[1], sigma[1]),)),
            Scenario("pert", Poisson(lam[2]), (Pert(1e4, 3e4, 9e4),)),
            Scenario("thinned", Poisson(lam[3]), (Thinned(Lognormal(mu[3], sigma[3]), 0.4),)),
        ]

    result = annual_loss(run(np.ones(4)), target_width=1e-3)
    step = 0.02
    for i in range(4):
        up, down = np.ones(4), np.ones(4)
        up[i], down[i] = np.exp(step), np.exp(-step)
        row = result.at(0.99)
        tvars = [annual_loss(run(f), target_width=1e-3).tvar[row, 1] for f in (up, down)]
        assert result.rate_gradient[i] == pytest.approx((tvars[0] - tvars[1]) / (2 * step), rel=5e-3, abs=2.0)
    assert result.scenario_tail.sum() == pytest.approx(result.tvar[result.at(0.99), 1], rel=1e-9)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), cuts=st.lists(st.floats(1e3, 3e6), min_size=1, max_size=4))
def test_layers_of_the_year_sum_to_the_mean(seed: int, cuts: list[float]) -> None:
    result = annual_loss(random_portfolio(4, 2, seed), target_width=1e-3)
    edges = [0.0, *sorted(cuts)]
    layers = [result.layer_mean(low, high - low) for low, high in pairwise(edges)]
    layers.append(result.layer_mean(edges[-1], math.inf))
    for lower, middle, upper in layers:
        assert lower <= middle or math.isnan(middle)
        assert middle <= upper or math.isnan(middle)
    if not any(math.isnan(layer[1]) for layer in layers):
        assert sum(layer[1] for layer in layers) == pytest.approx(result.mean, rel=1e-3)
    assert sum(layer[0] for layer in layers) <= result.mean * (1 + 1e-9)


def test_a_deductible_and_its_excess_share_the_mean() -> None:
    law = Lognormal(11.0, 1.3)
    kept, paid = Layer(law, 0.0, 1e5), Layer(law, 1e5)
    assert kept.mean() + paid.mean() == pytest.approx(law.mean())
    result = annual_loss([Scenario("kept", Poisson(2.0), (kept,)), Scenario("paid", Poisson(2.0), (paid,))])
    assert result.mean == pytest.approx(2.0 * law.mean())
    assert result.target_met


@pytest.mark.parametrize("law", [Pert(1e4, 5e4, 4e5), Pareto(2e4, 1.5), Layer(Lognormal(11.0, 1.2), 5e4, 2e5)])
def test_laws_on_a_lattice_agree_with_a_simulation(law: Pert | Pareto | Layer) -> None:
    result = annual_loss([*one(Poisson(2.0), law), Scenario("b", NegativeBinomial(1.0, 1.8), (Lognormal(9.0, 1.0),))])
    rng = np.random.default_rng(8)
    years = 300_000
    first, second = rng.poisson(2.0, years), rng.poisson(rng.gamma(1.25, 0.8, years))
    total = np.bincount(np.repeat(np.arange(years), first), law.quantile(rng.random(first.sum())), years)
    total += np.bincount(np.repeat(np.arange(years), second), np.exp(9.0 + rng.normal(size=second.sum())), years)
    for level, (lower, middle, upper) in zip(result.levels, result.var, strict=True):
        assert lower <= middle <= upper
        assert abs((total > middle).mean() - (1 - level)) < 4.5 * math.sqrt(level * (1 - level) / years)
    assert result.resolution <= 1e-4


def test_every_problem_of_the_scenarios_is_told() -> None:
    scenarios = [
        Scenario("a", Poisson(-1.0), (Lognormal(1.0, 1.0),)),
        Scenario("b", Poisson(1.0), (Gamma(1.0, 1.0), Pareto(1e4, 0.9))),
        Scenario("b", Poisson(1.0), ()),
    ]
    with pytest.raises(LossInputError) as caught:
        annual_loss(scenarios)
    found = [(problem.key, problem.field) for problem in caught.value.problems]
    assert found == [("a", "frequency"), ("b", "form 2"), ("b", "key"), ("b", "forms")]
    assert annual_loss([]).mean == 0.0
    assert annual_loss(one(Poisson(0.0), Gamma(1.0, 1.0))).no_loss == 1.0
