"""The absorbing chain: closed forms, dense solutions, loops."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from accord.engines.hazard import HazardInputError, evenly, spread


def test_chain_in_a_row() -> None:
    """Footholds in 0 only: 0.5 of them reach 1, half of those reach 2."""
    matrix = evenly(3, [0, 1], [1, 2], 0.5)
    np.testing.assert_allclose(spread.solve(matrix, [8.0, 0, 0], forward=True), [8, 4, 2])
    np.testing.assert_allclose(spread.solve(matrix, [0.0, 0, 8], forward=False), [2, 4, 8])


def test_loop_of_two() -> None:
    """1 + q² + q⁴ + … = 1 / (1 − q²)."""
    matrix = evenly(2, [0, 1], [1, 0], 0.9)
    h = spread.solve(matrix, [1.0, 0.0], forward=True)
    np.testing.assert_allclose(h, [1 / (1 - 0.81), 0.9 / (1 - 0.81)], rtol=1e-12)


def test_a_pair_that_is_told_twice_counts_once() -> None:
    assert evenly(2, [0, 0], [1, 1], 0.4).toarray().tolist() == [[0, 0.4], [0, 0]]


@pytest.mark.parametrize("go_on", [0.0, 0.3, 0.95, 0.9999])
@pytest.mark.parametrize("seed", range(4))
def test_random_graphs_against_a_dense_solution(seed: int, go_on: float) -> None:
    rng = np.random.default_rng(seed)
    edges = rng.integers(0, 60, (150, 2))
    matrix = evenly(60, edges[:, 0], edges[:, 1], go_on)
    right = rng.random((60, 3))
    dense = np.eye(60) - matrix.toarray()
    spread.check(matrix, [str(at) for at in range(60)])
    for forward, of in ((False, dense), (True, dense.T)):
        wanted = np.linalg.solve(of, right)
        np.testing.assert_allclose(spread.solve(matrix, right, forward=forward), wanted, rtol=1e-9)
        np.testing.assert_allclose(spread.solve(matrix, right[:, 0], forward=forward), wanted[:, 0], rtol=1e-9)


def test_rows_over_one_are_fine_where_no_loop_keeps_an_intruder() -> None:
    """One system of many that need it: expected visits, no loop, so the chain ends."""
    matrix = csr_array(np.array([[0, 0.9, 0.9], [0, 0, 0.5], [0, 0, 0]]))
    spread.check(matrix, ["a", "b", "c"])
    np.testing.assert_allclose(spread.solve(matrix, [1.0, 0, 0], forward=True), [1, 0.9, 1.35], rtol=1e-12)


def test_a_closed_loop_is_named() -> None:
    matrix = csr_array(np.array([[0, 1.0, 0, 0], [1.0, 0, 0, 0], [0.2, 0, 0, 0.5], [0, 0, 0.5, 0]]))
    with pytest.raises(HazardInputError, match="loop of mail, identity, probability of spread"):
        spread.check(matrix, ["mail", "identity", "web", "shop"])


def test_a_loop_with_a_row_over_one_may_end() -> None:
    """Row sums 1.2 and 0.3: the radius is √0.36."""
    matrix = csr_array(np.array([[0, 1.0, 0.2], [0.3, 0, 0], [0.3, 0, 0]]))
    spread.check(matrix, ["a", "b", "c"])
    wanted = np.linalg.solve(np.eye(3) - matrix.toarray(), np.ones(3))
    np.testing.assert_allclose(spread.solve(matrix, np.ones(3), forward=False), wanted, rtol=1e-12)


@pytest.mark.parametrize("wrong", [-0.1, 1.5, np.nan])
def test_what_is_no_probability_is_named(wrong: float) -> None:
    with pytest.raises(HazardInputError, match="a → b, probability of spread"):
        spread.check(csr_array(np.array([[0.0, wrong], [0.1, 0.0]])), ["a", "b"])


@pytest.mark.parametrize("seed", range(6))
def test_the_bounded_radius_is_that_of_the_eigenvalues(seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = csr_array(random_array((25, 25), density=0.12, rng=rng, data_sampler=rng.random))
    radius = np.abs(np.linalg.eigvals(matrix.toarray())).max()
    scaled = csr_array(matrix / max(radius, 1e-9))
    if radius < 1e-9:
        return
    names = [str(at) for at in range(25)]
    spread.check(csr_array(scaled * min(0.98, 0.98 / scaled.data.max())), names)
    if scaled.data.max() * 1.02 <= 1:
        with pytest.raises(HazardInputError):
            spread.check(csr_array(scaled * 1.02), names)
