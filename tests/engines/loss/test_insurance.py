"""Insurance by layers and the loss of an event: against counting by hand, simulation, and each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.engines.loss import LossInputError, Portfolio
from accord.engines.loss.dependence import SharedCause, shared_loss
from accord.engines.loss.event import event_lattice, exceeds, exceeds_together
from accord.engines.loss.insurance import Layer, insure
from accord.engines.loss.severity import TwoPieceLognormal

FREQUENCY = [[0.2, 0.6, 1.8], [0.5, 1.0, 2.0], [0.1, 0.1, 0.1]]
MAGNITUDE = [
    [[1e5, 4e5, 2e6], [5e4, 1e5, 3e5]],
    [[2e4, 1e5, 5e5], [np.nan] * 3],
    [[3e6, 3e6, 3e6], [np.nan] * 3],
]
BOOK = Portfolio(["A", "B", "C"], FREQUENCY, MAGNITUDE)
LAYERS = (
    Layer("Primary", 5e5, 1.5e6, 2e5), Layer("Excess", 2e6, 4e6, 1e5), Layer("Event", 3e5, 7e5, 3e5, "event"),
)  # fmt: skip


@pytest.fixture(scope="module")
def simulated() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Loss of a year, loss with the event layer taken off, and what that layer paid, of 400,000 years."""
    rng, years = np.random.default_rng(7), 400_000
    rate, variance = BOOK.rate()
    whole, left, paid = np.zeros(years), np.zeros(years), np.zeros(years)
    for i in range(3):
        spread = variance[i]
        rates = np.full(years, rate[i]) if spread == 0 else rng.gamma(rate[i] ** 2 / spread, spread / rate[i], years)
        counts = rng.poisson(rates)
        owner = np.repeat(np.arange(years), counts)
        known = BOOK.magnitude[i][~np.isnan(BOOK.magnitude[i]).all(axis=1)]
        law = TwoPieceLognormal.from_quantiles(known)
        cost = law.quantile(rng.random((owner.size, len(known)))).sum(axis=1)
        off = np.clip(cost - LAYERS[2].attachment, 0, LAYERS[2].limit)
        whole += np.bincount(owner, cost, years)
        paid += np.bincount(owner, off, years)
        left += np.bincount(owner, cost - off, years)
    return whole, left, paid


def _pays(layer: Layer, loss: np.ndarray) -> np.ndarray:
    return np.clip(loss - layer.attachment, 0, layer.limit)


def test_every_option_agrees_with_a_simulation_within_its_own_error(
    simulated: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    whole, left, paid = simulated
    found = insure(BOOK, LAYERS)
    assert len(found.options) == 8 and not found.shared
    for recovery, amounts in zip(found.recoveries, (*(_pays(one, whole) for one in LAYERS[:2]), paid), strict=True):
        error = 4 * amounts.std() / len(amounts) ** 0.5
        assert recovery.expected[0] - error <= amounts.mean() <= recovery.expected[2] + error
        assert recovery.loading == pytest.approx(recovery.layer.premium / recovery.expected[1])
    for option in found.options:
        year = left if 2 in option.bought else whole
        year = year - sum(_pays(LAYERS[n], year) for n in option.bought if n < 2)
        error = 4 * year.std() / len(year) ** 0.5
        assert option.mean[0] - error <= year.mean() <= option.mean[2] + error
        worst = np.sort(year)[-len(year) // 100 :]
        error = 5 * worst.std() / len(worst) ** 0.5
        assert option.tvar[0.99][0] - error <= worst.mean() <= option.tvar[0.99][2] + error
        for figure in (option.mean, option.recovery, option.var[0.99], option.tvar[0.99]):
            assert figure[0] <= figure[1] + 1e-6 and figure[1] <= figure[2] + 1e-6


def test_layers_of_the_year_that_cover_everything_pay_the_whole_loss() -> None:
    found = insure(BOOK, [Layer("All", 0.0, 2e8)])
    assert found.recoveries[0].expected[1] == pytest.approx(float(BOOK.annual_moments()[0].sum()), rel=1e-3)
    assert found.options[1].var[0.99][1] == pytest.approx(0.0, abs=1.0)


def test_shared_causes_make_high_layers_pay_more() -> None:
    causes = [SharedCause("X", (0.05, 0.1, 0.2), {"A": 0.9, "B": 0.9})]
    layer = Layer("High", 2e6, 6e6, 1e5)
    alone, together = insure(BOOK, [layer]), insure(BOOK, [layer], causes=causes)
    assert together.shared
    assert together.recoveries[0].expected[0] > alone.recoveries[0].expected[2]
    assert together.options[0].mean[1] == pytest.approx(alone.options[0].mean[1])
    year = shared_loss(BOOK, causes)
    at = int(np.flatnonzero(np.isclose(year.levels, 0.99))[0])
    assert together.options[0].tvar[0.99][1] == pytest.approx(float(year.tvar[at, 1]), rel=1e-3)


def test_layers_that_overlap_or_are_none_are_named() -> None:
    with pytest.raises(LossInputError, match=r"inside of One.*"):
        insure(BOOK, [Layer("One", 1e6, 1e6), Layer("Two", 1.5e6, 1e6)])
    with pytest.raises(LossInputError, match="limit"):
        insure(BOOK, [Layer("One", 1e6, 0.0)])
    insure(BOOK, [Layer("One", 1e6, 1e6), Layer("Two", 1.5e6, 1e6, per="event")])


def test_an_event_of_one_form_is_its_closed_form() -> None:
    law = TwoPieceLognormal.from_quantiles(np.array([1e4, 1e5, 2e6]))
    for amount in (2e4, 1e5, 3e5, 5e6):
        low, middle, high = exceeds([[1e4, 1e5, 2e6]], amount)
        exact = 1.0 - float(law.cdf(amount))
        assert low <= exact <= high and high - low < 1e-3
        assert middle == pytest.approx(exact, abs=1e-4)
        assert exceeds_together([[1e4, 1e5, 2e6]], amount) == pytest.approx(exact, abs=1e-9)


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.floats(1e3, 1e6), st.floats(1.0, 20.0), st.floats(1.0, 20.0)), min_size=1, max_size=4),
    st.floats(1e4, 1e7),
)
def test_more_forms_and_lower_thresholds_never_lower_the_chance(rows: list[tuple[float, ...]], amount: float) -> None:
    quantiles = [[mid / down, mid, mid * up] for mid, down, up in rows]
    low, middle, high = exceeds(quantiles, amount)
    assert 0 <= low <= middle <= high <= 1
    assert exceeds([*quantiles, [1e3, 1e4, 1e5]], amount)[2] >= low - 1e-9
    assert exceeds(quantiles, amount / 2)[2] >= low - 1e-9


def test_constant_forms_are_added_exactly() -> None:
    found = event_lattice([[1e5] * 3, [2e5] * 3], 1e6).bounds([2.9e5, 3.1e5])
    assert found[0].tolist() == pytest.approx([1.0, 1.0, 1.0], abs=1e-9)
    assert found[1].tolist() == pytest.approx([0.0, 0.0, 0.0], abs=1e-9)
