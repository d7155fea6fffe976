"""Tornado and Sobol' indices: closed form against estimators, estimators against a published function."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.engines.loss import Portfolio, TwoPiece, expected_loss
from accord.engines.loss.errors import LossInputError
from accord.engines.loss.expert import LinearLaw
from accord.engines.loss.sensitivity import (
    Input,
    Term,
    estimated_indices,
    mean_and_variance,
    sobol_indices,
    swings,
)

INPUTS = {
    "rate": TwoPiece(0.5, 1.0, 3.0),
    "left": LinearLaw(0.2, 0.4, 0.7, 0.0, 1.0),
    "fines": TwoPiece(50.0, 100.0, 200.0),
    "response": TwoPiece(10.0, 20.0, 60.0),
    "rate 2": TwoPiece(0.1, 0.2, 0.4),
    "outage": TwoPiece(500.0, 500.0, 900.0),
}
TERMS = [
    Term("S-1", tuple(tuple(Input(k, INPUTS[k]) for k in ks) for ks in (("rate",), ("left",), ("fines", "response")))),
    Term("S-2", tuple((Input(k, INPUTS[k]),) for k in ("rate 2", "outage"))),
]


def _function(x: np.ndarray) -> np.ndarray:
    return x[:, 0] * x[:, 1] * (x[:, 2] + x[:, 3]) + x[:, 4] * x[:, 5]


def test_closed_form_agrees_with_the_estimators_within_their_error() -> None:
    closed = {index.key: index for index in sobol_indices(TERMS)}
    estimated = estimated_indices(_function, list(INPUTS), list(INPUTS.values()), points=2048)
    for index in estimated:
        assert index.first == pytest.approx(closed[index.key].first, abs=5 * index.first_error + 2e-3)
        assert index.total == pytest.approx(closed[index.key].total, abs=5 * index.total_error + 2e-3)


def test_mean_and_variance_are_those_of_the_function() -> None:
    rng = np.random.default_rng(2)
    x = np.column_stack([law.quantile(rng.random(400_000)) for law in INPUTS.values()])
    y = _function(x)
    mean, variance = mean_and_variance(TERMS)
    assert y.mean() == pytest.approx(mean, rel=5e-3)
    assert y.var() == pytest.approx(variance, rel=3e-2)


def test_the_estimators_meet_the_published_indices_of_ishigami() -> None:
    # Ishigami, Homma 1990; a = 7, b = 0.1: S = 0.3139, 0.4424, 0; ST = 0.5576, 0.4424, 0.2437 (Saltelli et al. 2008).
    def ishigami(u: np.ndarray) -> np.ndarray:
        x = np.pi * (2 * u - 1)
        return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])

    found = estimated_indices(ishigami, ["x1", "x2", "x3"], points=4096)
    for index, first, total in zip(found, (0.3139, 0.4424, 0.0), (0.5576, 0.4424, 0.2437), strict=True):
        assert index.first == pytest.approx(first, abs=4 * index.first_error + 2e-3)
        assert index.total == pytest.approx(total, abs=4 * index.total_error + 2e-3)


@given(st.lists(st.tuples(st.floats(1.0, 50.0), st.floats(1.0, 8.0), st.floats(1.0, 8.0)), min_size=2, max_size=6))
def test_first_indices_sum_to_at_most_one_and_totals_to_at_least_one(rows: list[tuple[float, float, float]]) -> None:
    inputs = [Input(str(i), TwoPiece(a, a * b, a * b * c)) for i, (a, b, c) in enumerate(rows)]
    found = sobol_indices([Term("t", tuple((one,) for one in inputs))])
    if not found:
        assert all(one.law.variance() == 0 for one in inputs)
        return
    assert sum(index.first for index in found) <= 1 + 1e-9
    assert sum(index.total for index in found) >= 1 - 1e-9
    assert all(-1e-12 <= index.first <= index.total + 1e-12 for index in found)
    added = sobol_indices([Term(one.key, ((one,),)) for one in inputs])
    # A sum has no interactions: first and total are the same, and sum to 1.
    assert sum(index.first for index in added) == pytest.approx(1.0)


def test_swings_are_the_expected_loss_recomputed() -> None:
    found = {swing.key: swing for swing in swings(TERMS)}
    rates = [[0.5, 1.0, 3.0], [0.1, 0.2, 0.4]]
    amounts = [[[50, 100, 200], [10, 20, 60]], [[500, 500, 900], [np.nan] * 3]]
    left = INPUTS["left"].mean()

    def whole(rates: list[list[float]]) -> float:
        return float(expected_loss(Portfolio(["a", "b"], rates, amounts), [left, 1.0]).sum())

    assert found["rate"].value == pytest.approx(whole(rates))
    assert found["rate"].low == pytest.approx(whole([[0.5] * 3, rates[1]]))
    assert found["rate"].high == pytest.approx(whole([[3.0] * 3, rates[1]]))
    ordered = [swing.width for swing in swings(TERMS)]
    assert ordered == sorted(ordered, reverse=True)


def test_the_centre_is_what_the_figures_rest_on() -> None:
    term = Term("t", ((Input("left", LinearLaw(0.2, 0.5, 0.6), 0.5),), (Input("x", TwoPiece(1.0, 2.0, 4.0), 10.0),)))
    (first, _) = swings([term])
    assert first.value == pytest.approx(5.0)


def test_an_input_in_two_places_is_refused() -> None:
    with pytest.raises(LossInputError, match="two places"):
        sobol_indices([TERMS[0], Term("S-9", TERMS[0].factors)])
    assert sobol_indices([Term("t", ((Input("x", TwoPiece(1.0, 1.0, 1.0)),),))]) == []
