"""A Gaussian or Student t copula on the scenarios' uncertain yearly rates, by scrambled Sobol points.

Model. The rates keep their laws (gamma of the stated mean and variance, as the engine's count has it) and are joined by
the copula: a year that is worse for one is worse for those that correlate with it. Given the rates, numbers of events
and amounts are independent. A scenario whose rate is known for certain is independent of all.

Exactness. Given the rates the year's transform is exact, so only the rates are sampled: transforms are averaged over
Owen-scrambled Sobol points (Owen, Scrambled net variance, Annals of Statistics 25, 1997) and inverted once. Several
independent scramblings tell the standard error of each figure. The same seed gives the same points, so two portfolios
(before, after) are compared on common random numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv, ndtr, ndtri  # type: ignore[import-untyped]
from scipy.stats import chi2, qmc  # type: ignore[import-untyped]
from scipy.stats import t as student

from accord.engines.loss.dependence.lattice import Complex, Lattice, forms_of
from accord.engines.loss.errors import LossInputError, Problem
from accord.engines.loss.portfolio import Portfolio

Floats = NDArray[np.floating[Any]]

_BLOCK = 256


@dataclass(frozen=True, slots=True)
class CopulaLoss:
    """One year's loss under a copula. Money in the unit of the portfolio.

    mean              closed form: no copula moves it
    levels            (L,)
    var, tvar         (L,) estimates: mean over the scramblings
    var_se, tvar_se   (L,) their standard errors, from the scatter of independent scramblings
    run_var, run_tvar (r, L) of each scrambling
    step              width of the lattice of amounts (money): what the estimates are rounded by, at the most
    """

    mean: float
    levels: Floats
    var: Floats
    var_se: Floats
    tvar: Floats
    tvar_se: Floats
    run_var: Floats
    run_tvar: Floats
    step: float
    seed: int


def copula_loss(
    portfolio: Portfolio,
    correlation: ArrayLike,
    levels: tuple[float, ...] = (0.9, 0.95, 0.99),
    *,
    reach: float,
    degrees: float | None = None,
    points: int = 1024,
    scramblings: int = 8,
    lattice_points: int = 4096,
    seed: int = 1,
) -> CopulaLoss:
    """The annual loss under a Gaussian (degrees None) or Student t copula of the rates.

    correlation  (n, n) symmetric, ones on the diagonal, no negative eigenvalue
    reach        money that the year does not exceed with a probability that matters: beyond the highest level's VaR
                 under perfect dependence; figures that the reach does not hold are NaN
    points       a power of 2, per scrambling
    LossInputError for a correlation that is none.
    """
    root = _root(portfolio, np.asarray(correlation, float))
    if scramblings < 2 or points & (points - 1):
        raise ValueError("give at least two scramblings and a power of 2 of points")
    rate, variance = portfolio.rate()
    event_mean, _ = portfolio.event_moments()
    lattice = Lattice(reach / lattice_points, lattice_points)
    events = _events(portfolio, lattice)
    wanted = np.array(levels, float)
    run_var, run_tvar = np.zeros((scramblings, wanted.size)), np.zeros((scramblings, wanted.size))
    for run, child in enumerate(np.random.SeedSequence(seed).spawn(scramblings)):
        uniform = _joined(root, degrees, points, np.random.default_rng(child))
        rates = _gamma(uniform, rate, variance)
        year: Complex = np.zeros(events.shape[1], complex)
        for block in range(0, points, _BLOCK):
            year += np.exp(rates[block : block + _BLOCK] @ (events - 1.0)).sum(axis=0)
        cdf = np.maximum.accumulate(np.cumsum(lattice.back(year / points)))
        mean = float(rates.mean(axis=0) @ event_mean)
        run_var[run], run_tvar[run] = _figures(cdf, lattice, wanted, mean)
    return CopulaLoss(
        float(rate @ event_mean),
        wanted,
        run_var.mean(axis=0),
        run_var.std(axis=0, ddof=1) / np.sqrt(scramblings),
        run_tvar.mean(axis=0),
        run_tvar.std(axis=0, ddof=1) / np.sqrt(scramblings),
        run_var,
        run_tvar,
        lattice.step,
        seed,
    )


def paired_difference(before: CopulaLoss, after: CopulaLoss) -> tuple[Floats, Floats]:
    """(L,) after - before of TVaR, and its standard error from the differences of equal scramblings (money).

    ValueError unless both ran on the same points (seed, scramblings, levels).
    """
    if before.seed != after.seed or before.run_tvar.shape != after.run_tvar.shape:
        raise ValueError("the two results do not rest on the same random numbers")
    if not np.array_equal(before.levels, after.levels):
        raise ValueError("the two results have other levels")
    difference = after.run_tvar - before.run_tvar
    return difference.mean(axis=0), difference.std(axis=0, ddof=1) / np.sqrt(difference.shape[0])


def _root(portfolio: Portfolio, correlation: Floats) -> Floats:
    """(n, n) A with A A' = correlation; it may be singular (perfect dependence)."""
    n = len(portfolio)
    problem = None
    if correlation.shape != (n, n) or not np.isfinite(correlation).all():
        problem = f"shape {correlation.shape} for {n} scenarios, or unknown numbers in it"
    elif not np.allclose(correlation, correlation.T, atol=1e-12) or not np.allclose(np.diag(correlation), 1.0):
        problem = "it is not symmetric with ones on the diagonal"
    else:
        values, vectors = np.linalg.eigh(correlation)
        if values.min() < -1e-9 * n:
            problem = f"an eigenvalue is {values.min():.4g}: such correlations cannot hold together"
        else:
            root: Floats = vectors * np.sqrt(np.maximum(values, 0.0))
            return root
    remedy = "Give correlations that can hold together, for example by common factors"
    raise LossInputError([Problem("(all)", "correlation", problem, remedy)])


def _joined(root: Floats, degrees: float | None, points: int, rng: np.random.Generator) -> Floats:
    """(points, n) uniform numbers joined by the copula."""
    n = root.shape[0]
    sobol = qmc.Sobol(n + (degrees is not None), scramble=True, rng=rng)
    # Scrambled points lie on a lattice that can touch 0: they are moved to the middle of their cells.
    uniform = np.clip(sobol.random(points), 2.0**-33, 1.0 - 2.0**-33)
    normal = ndtri(uniform[:, :n]) @ root.T
    if degrees is None:
        joined: Floats = ndtr(normal)
        return joined
    scale = np.sqrt(degrees / chi2.ppf(uniform[:, n], degrees))
    joined = student.cdf(normal * scale[:, None], degrees)
    return joined


def _gamma(uniform: Floats, rate: Floats, variance: Floats) -> Floats:
    rates = np.broadcast_to(rate, uniform.shape).copy()
    for i in np.flatnonzero((rate > 0) & (variance > 0)):
        scale = variance[i] / rate[i]
        rates[:, i] = gammaincinv(rate[i] / scale, uniform[:, i]) * scale
    return rates


def _events(portfolio: Portfolio, lattice: Lattice) -> Complex:
    """(n, k) the transform of one event of each scenario, means kept."""
    law = portfolio.amounts()
    events = np.ones((len(portfolio), lattice.n // 2 + 1), complex)
    for i in range(len(portfolio)):
        for form in forms_of(law, i):
            events[i] *= lattice.transform(lattice.masses(*form)[1])
    return events


def _figures(cdf: Floats, lattice: Lattice, levels: Floats, mean: float) -> tuple[Floats, Floats]:
    at = np.searchsorted(cdf, levels)
    area = lattice.step * np.append(0.0, np.cumsum(1.0 - cdf))
    inside = at < lattice.n - 1
    safe = np.minimum(at, lattice.n - 1)
    before = np.where(safe > 0, cdf[np.maximum(safe - 1, 0)], 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.clip((levels - before) / (cdf[safe] - before), 0.0, 1.0)
    var = np.where(safe == 0, 0.0, (safe - 0.5 + np.nan_to_num(part, nan=1.0)) * lattice.step)
    tail = safe * lattice.step + np.maximum(mean - area[safe], 0.0) / (1.0 - levels)
    return np.where(inside, var, np.nan), np.where(inside, tail, np.nan)
