"""How a foothold spreads over dependencies: an absorbing Markov chain on the sparse graph of systems.

With P[s, t] the probability that an intruder in system s goes on to system t, and d the rate at which footholds
begin in each system, the rate of footholds of any origin is h = d + Pᵀ h (Kemeny and Snell: Finite Markov Chains,
chapter III: the fundamental matrix (I − P)⁻¹ holds the expected number of visits). What a foothold in a system costs
follows the other way round: v = c + P v.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from accord.engines.hazard.errors import HazardInputError, Problem

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from scipy.sparse import csr_array  # type: ignore[import-untyped]

    Floats = NDArray[np.float64]

TOLERANCE = 1e-13
SWEEPS = 400
NAMED = 12
"""So many systems of a loop are named in an error."""


def evenly(number: int, source: ArrayLike, target: ArrayLike, go_on: ArrayLike) -> csr_array:
    """P where an intruder in s goes on with probability go_on[s], to each of its neighbours alike.

    source, target: (m,) edges (a pair counts once). go_on: (number,) or one number, 0–1. Shape (number, number).
    """
    from scipy.sparse import csr_array

    pairs = np.unique(np.stack([np.asarray(source, dtype=np.intp), np.asarray(target, dtype=np.intp)], 1), axis=0)
    degree = np.bincount(pairs[:, 0], minlength=number)
    chance = np.broadcast_to(np.asarray(go_on, dtype=np.float64), (number,))
    values = chance[pairs[:, 0]] / np.maximum(degree[pairs[:, 0]], 1)
    return csr_array((values, (pairs[:, 0], pairs[:, 1])), shape=(number, number))


def check(matrix: csr_array, names: Sequence[str]) -> None:
    """Refuse a chain that never ends: its probabilities must lie in 0–1, and its spectral radius below 1.

    Loops are allowed. Where all rows sum to less than 1 nothing more is to be shown; else the radius of each loop
    (strongly connected component) is bounded, and an error names the systems of one that keeps an intruder for ever.
    """
    data = matrix.data
    if not (np.isfinite(data).all() and (data >= 0).all() and (data <= 1 + 1e-12).all()):
        rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        at = int(np.flatnonzero(~(np.isfinite(data) & (data >= 0) & (data <= 1 + 1e-12)))[0])
        pair = f"{names[rows[at]]} → {names[matrix.indices[at]]}"
        raise HazardInputError([
            Problem(pair, "probability of spread", f"{data[at]:g} is no probability", "Give a share from 0 to 1")
        ])  # fmt: skip
    if _widest(matrix) < 1:
        return
    problems = [
        Problem(
            _named(names, loop), "probability of spread",
            f"Together they hand an intruder on for ever (spectral radius {radius:.4g}, it must be below 1)",
            "Lower the probability of spread on this loop, or remove a dependency that does not exist",
        )
        for loop, radius in _loops(matrix) if radius >= 1
    ]  # fmt: skip
    if problems:
        raise HazardInputError(problems)


def _named(names: Sequence[str], loop: NDArray[Any]) -> str:
    shown = ", ".join(names[at] for at in loop[:NAMED])
    return f"loop of {shown}" + (f" and {len(loop) - NAMED} more" if len(loop) > NAMED else "")


def _widest(matrix: csr_array) -> float:
    """The largest sum of a row: the norm of P that bounds its spectral radius."""
    return float(matrix.sum(axis=1).max()) if matrix.shape[0] else 0.0


def _loops(matrix: csr_array) -> list[tuple[NDArray[Any], float]]:
    """The strongly connected components with their spectral radius, by Collatz and Wielandt's bounds."""
    from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]

    count, label = connected_components(matrix, directed=True, connection="strong")
    order = np.argsort(label, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(label, minlength=count))[:-1])
    return [(part, _radius(matrix[part][:, part])) for part in parts]


def _radius(block: csr_array) -> float:
    """The spectral radius of an irreducible block; the lower of its proven bounds once they are 1e-9 apart.

    min (Px)ᵢ/xᵢ ≤ ρ ≤ max (Px)ᵢ/xᵢ for every x > 0 (Collatz 1942, Wielandt 1950). P + I has no period.
    """
    x = np.ones(block.shape[0])
    low = high = 0.0
    for _ in range(2000):
        y = block @ x + x
        ratio = y / x - 1.0
        low, high = float(ratio.min()), float(ratio.max())
        if high < 1 or low >= 1 or high - low < 1e-9:
            break
        x = y / y.max()
    return high if high < 1 else max(low, 1.0)  # undecided next to 1 counts as 1


def solve(matrix: csr_array, right: ArrayLike, *, forward: bool) -> Floats:
    """x = b + P x, or with `forward` x = b + Pᵀ x; relative error below about 1e-12.

    right: (n,) or (n, k). Sweeps x ← b + P x converge at the rate of the largest row sum ρ, and stop when the proven
    rest ρ/(1 − ρ)·‖last step‖ (maximum norm; sum norm with `forward`) is below TOLERANCE · ‖x‖. Where ρ is too near
    to 1 for that, a sparse LU factorization is used and its residual checked.
    """
    b = np.asarray(right, dtype=np.float64)
    operator = matrix.T.tocsr() if forward else matrix
    widest = _widest(matrix)
    if widest < 1:
        bound = widest / (1.0 - widest)
        x, axis = b.copy(), 0
        step = b
        for _ in range(SWEEPS):
            step = operator @ step
            x += step
            rest, size = _norms(step, x, forward, axis)
            if np.all(bound * rest <= TOLERANCE * size):
                return x
    return _factorized(operator, b)


def _norms(step: Floats, x: Floats, forward: bool, axis: int) -> tuple[Floats, Floats]:
    if forward:
        return np.abs(step).sum(axis=axis), np.abs(x).sum(axis=axis)
    return np.abs(step).max(axis=axis, initial=0.0), np.abs(x).max(axis=axis, initial=0.0)


def _factorized(operator: csr_array, b: Floats) -> Floats:
    from scipy.sparse import csc_array, eye_array
    from scipy.sparse.linalg import splu  # type: ignore[import-untyped]

    system = csc_array(eye_array(operator.shape[0], format="csc") - operator)
    factors = splu(system)
    x: Floats = factors.solve(b)
    x += factors.solve(b - system @ x)
    if float(np.abs(b - system @ x).max(initial=0.0)) > 1e-9 * max(float(np.abs(b).max(initial=0.0)), 1e-300):
        raise ArithmeticError("The spread over dependencies cannot be solved accurately: its loops are nearly closed.")
    return x
