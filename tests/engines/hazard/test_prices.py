"""Prices sum to the loss, are its derivatives, and lie in their intervals."""

from __future__ import annotations

import numpy as np
import pytest
from accord_hazard_cases import Case, computed, dense_loss, random_case
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from accord.engines import hazard
from accord.engines.hazard import HIGH, LOW, MID, HazardInputError

SEEDS = st.integers(0, 10_000)


def _one(rate: float = 0.4) -> Case:
    """One finding, one system, one scenario: everything can be said by hand."""
    three = np.ones((3, 1))
    return Case(
        hazard.Estate(("web",), csr_array([[0.5]]), three * 2, three * 0, (csr_array((1, 1)),) * 3),
        hazard.Scenarios(("theft",), csr_array([[0.25]]), three * 0.8, three * 1000.0, three * 0.3),
        np.array([0]), np.array([0]), np.array([1]), three * rate,
    )  # fmt: skip


def test_by_hand() -> None:
    """Direct 0.4 · 0.5 · 2 = 0.4, H = 0.1, explained 0.3 · 0.8 = 0.24 events, EUR 240 of 800."""
    case = _one()
    found, anchored, prices = computed(case)
    assert found.direct[MID, 0] == pytest.approx(0.4)
    assert found.by_scenario[MID, 0] == pytest.approx(0.1)
    assert anchored.scale[MID, 0] == pytest.approx(2.4)
    assert prices.loss[MID] == pytest.approx(800.0)
    assert hazard.finding_prices(prices, case.place, case.rate)[MID, 0] == pytest.approx(240.0)
    assert prices.by_base_rate[MID] == pytest.approx(560.0)


def test_without_a_foothold_the_stated_frequency_is_all_base() -> None:
    _, anchored, prices = computed(_one(0.0))
    assert anchored.scale.max() == 0
    assert prices.loss[MID] == pytest.approx(800.0)


def test_an_anchor_is_kept_when_findings_go() -> None:
    case = _one()
    found, anchored, before = computed(case)
    now, _, after = computed(case, np.full((3, 1), 0.1), anchored)
    assert after.loss[MID] == pytest.approx(560.0 + 240.0 / 4)
    assert before.changed(0, -0.3)[MID] == pytest.approx(after.loss[MID])
    coherent = hazard.coherent_rates(case.scenarios, found.by_scenario, now.by_scenario)
    np.testing.assert_allclose(coherent[:, 0], 0.8 * (0.7 + 0.3 / 4))


def test_free_standing() -> None:
    case = _one()
    found, _, _ = computed(case)
    alone = hazard.free_standing(np.full((3, 1), 0.5), np.full((3, 1), 0.02))
    prices = hazard.price(case.estate, found, case.scenarios, alone)
    assert prices.rates[MID, 0] == pytest.approx(0.02 + 0.5 * 0.1)
    assert prices.loss[MID] == pytest.approx(70.0)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.floats(0.0, 0.95))
def test_prices_and_bases_sum_to_the_whole(seed: int, go_on: float) -> None:
    case = random_case(seed, go_on=go_on)
    _, anchored, prices = computed(case)
    of_findings = hazard.finding_prices(prices, case.place, case.rate, case.copies)
    for end in (LOW, MID, HIGH):
        whole = dense_loss(case, case.rate, anchored, end)
        parts = of_findings[end].sum() + prices.by_base_hazard[end] + prices.by_base_rate[end]
        assert parts == pytest.approx(whole, rel=1e-9)
        assert prices.loss[end] == pytest.approx(whole, rel=1e-9)
    assert prices.loss[MID] == pytest.approx(
        float((case.scenarios.frequency * case.scenarios.amount)[MID].sum()), rel=1e-9
    )


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_a_price_is_the_derivative(seed: int) -> None:
    """The dense loss with one finding more or less, its anchor kept, by finite differences."""
    case = random_case(seed)
    _, anchored, prices = computed(case)
    at = seed % len(case.place)
    step = 1e-3 * case.rate[MID, at]
    more, less = case.rate.copy(), case.rate.copy()
    more[:, at] += step
    less[:, at] -= step
    slope = (dense_loss(case, more, anchored, MID) - dense_loss(case, less, anchored, MID)) / (2 * step)
    priced = hazard.finding_prices(prices, case.place, case.rate, case.copies)[MID, at]
    assert priced == pytest.approx(slope * case.rate[MID, at], rel=1e-6, abs=1e-6 * prices.loss[MID])


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.integers(0, 19), st.floats(0.0, 5.0))
def test_one_change_needs_no_new_pass(seed: int, place: int, difference: float) -> None:
    case = random_case(seed)
    found, anchored, prices = computed(case)
    rates = hazard.place_rates(case.place, case.rate, 20, case.copies)
    rates[:, place] += difference
    again = hazard.price(case.estate, hazard.footholds(case.estate, rates, case.scenarios), case.scenarios, anchored)
    np.testing.assert_allclose(prices.changed(place, difference), again.loss, rtol=1e-9)
    np.testing.assert_allclose(again.of_place, prices.of_place, rtol=1e-12)
    assert found.total.min() >= 0


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.floats(0.0, 2.0))
def test_more_hazard_never_lowers_the_loss(seed: int, more: float) -> None:
    case = random_case(seed)
    _, anchored, prices = computed(case)
    _, _, after = computed(case, case.rate * (1 + more), anchored)
    assert (after.loss >= prices.loss * (1 - 1e-12)).all()


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_intervals_contain_the_middle_and_whatever_lies_inside(seed: int) -> None:
    """Any mixture of the inputs' ends, anchored by itself, stays inside of the hull."""
    case = random_case(seed)
    _, _, prices = computed(case)
    hull = hazard.finding_prices(prices, case.place, case.rate, case.copies)
    assert (hull[LOW] <= hull[MID] * (1 + 1e-12)).all()
    assert (hull[MID] <= hull[HIGH] * (1 + 1e-12)).all()
    rng = np.random.default_rng(seed)

    def some(values: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        chosen = np.where(rng.random(values.shape[1:]) < 0.5, values[LOW], values[HIGH])
        return np.stack([chosen] * 3)

    estate, scenarios = case.estate, case.scenarios
    inside = Case(
        hazard.Estate(
            estate.systems, estate.holds, some(estate.factor), some(estate.base), (estate.chains[rng.integers(3)],) * 3
        ),
        hazard.Scenarios(
            scenarios.keys, scenarios.shares, some(scenarios.frequency), some(scenarios.amount),
            some(scenarios.explained),
        ),
        case.place, case.definition, case.copies, some(case.rate),
    )  # fmt: skip
    _, _, there = computed(inside)
    priced = hazard.finding_prices(there, case.place, inside.rate, case.copies)[MID]
    slack = 1e-9 * max(float(hull[HIGH].max()), 1.0)
    assert (priced >= hull[LOW] - slack).all()
    assert (priced <= hull[HIGH] + slack).all()


def test_by_scenario_sums_to_the_system() -> None:
    case = random_case(3)
    _, anchored, prices = computed(case)
    for end in (LOW, MID, HIGH):
        parts = hazard.by_scenario(case.estate, case.scenarios, anchored, end)
        np.testing.assert_allclose(parts.sum(axis=1), prices.of_system[end], rtol=1e-9)


def test_a_silent_safeguard_costs_what_computing_without_it_says() -> None:
    case = random_case(5)
    at = np.array([0, 0, 3, 4])
    e = np.array([[0.2, 0.1, 0.0, 1.0], [0.4, 0.5, 0.3, 1.0], [0.7, 0.6, 0.9, 1.0]])
    left = hazard.left_by(at, e, 12)
    guarded = hazard.Estate(
        case.estate.systems, case.estate.holds, case.estate.factor * left, case.estate.base, case.estate.chains
    )
    rates = hazard.place_rates(case.place, case.rate, 20, case.copies)
    found = hazard.footholds(guarded, rates, case.scenarios)
    anchored = hazard.anchor(case.scenarios, found.by_scenario)
    prices = hazard.price(guarded, found, case.scenarios, anchored)
    cost = hazard.silent(case.estate.direct(rates), prices, at, e)
    for gone in range(4):
        rest = np.delete(np.arange(4), gone)
        without = hazard.Estate(
            case.estate.systems, case.estate.holds, case.estate.factor * hazard.left_by(at[rest], e[:, rest], 12),
            case.estate.base, case.estate.chains,
        )  # fmt: skip
        after = hazard.price(without, hazard.footholds(without, rates, case.scenarios), case.scenarios, anchored)
        assert cost[MID, gone] == pytest.approx(
            after.loss[MID] - prices.loss[MID], rel=1e-9, abs=1e-9 * prices.loss[MID]
        )
    assert (cost[LOW] <= cost[MID]).all()
    assert (cost[MID] <= cost[HIGH]).all()


def test_what_is_out_of_range_is_named() -> None:
    case = _one()
    three = np.ones((3, 1))
    with pytest.raises(HazardInputError, match="web, factor: The interval is the wrong way round"):
        hazard.Estate(("web",), case.estate.holds, np.array([[2.0], [1.0], [3.0]]), three, case.estate.chains)
    with pytest.raises(HazardInputError, match="places, share"):
        hazard.Estate(("web",), csr_array([[1.5]]), three, three, case.estate.chains)
    with pytest.raises(HazardInputError, match=r"theft, shares: They sum to 1\.5") as refused:
        hazard.Scenarios(("theft",), csr_array([[1.5]]), -three, three, three * 2)
    assert {problem.field for problem in refused.value.problems} == {"shares", "frequency", "explained share"}
