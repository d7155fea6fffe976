"""Accuracy and speed of the loss engine beside published tables, simulations and two libraries.

    python -m benchmarks.loss [--quick] [--other PYTHON]

Times are CPU seconds of one process with one BLAS thread, the best of a few runs after a first run that fills the
shared tables. The vectorized NumPy Monte Carlo draws the same portfolio event by event; its time is extrapolated to the
number of years at which the standard error of its VaR 99 % is a quarter of the width of the engine's bounds. The PyPI
libraries `aggregate` and `pyfair` are not among Accord's dependencies: --other names an interpreter that has them
(`make bench-loss` makes one in build/references, from requirements/references.txt).
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import subprocess
import time
from collections.abc import Callable

import numpy as np

from accord.engines.loss import LossResult, Portfolio, annual_loss

Z95 = 1.6448536269514722
PUBLISHED = ((1.0, 490.55), (10.0, 1779.16), (100.0, 5853.06))
TARGETS = {120: 30.0, 1000: 200.0, 10_000: 2000.0}

AGGREGATE = """
import json, time, warnings
warnings.simplefilter("ignore")
from aggregate import build
rows = []
for rate, published in ((1, 490.55), (10, 1779.16), (100, 5853.06)):
    for log2 in (16, 18, 20):
        best = 1e9
        for _ in range(2):
            start = time.process_time()
            law = build(f"agg L{rate} {rate} claims sev lognorm 2 poisson", log2=log2)
            found = float(law.q(0.999))
            best = min(best, time.process_time() - start)
        rows.append((rate, log2, float(law.bs), found, best))
print(json.dumps(rows))
"""

PYFAIR = """
import json, sys, time
from pyfair import FairModel
n, samples = int(sys.argv[1]), 10000
def run():
    for i in range(n):
        model = FairModel(name=str(i), n_simulations=samples)
        model.input_data("Loss Event Frequency", mean=0.3, stdev=0.1)
        model.input_data("Loss Magnitude", low=1e4, mode=5e4, high=4e5)
        model.calculate_all()
run()
start = time.process_time(); run()
print(json.dumps((time.process_time() - start, samples)))
"""


def cpu(run: Callable[[], object], times: int = 5) -> float:
    """CPU seconds of the best of some runs, after one that does not count."""
    run()
    best = np.inf
    for _ in range(times):
        start = time.process_time()
        run()
        best = min(best, time.process_time() - start)
    return float(best)


def symmetric(n: int, mixed: bool, seed: int = 1) -> Portfolio:
    """One lognormal form of loss each; Poisson counts, or negative binomial ones if `mixed`."""
    rng = np.random.default_rng(seed)
    middle = 0.2 * np.exp(rng.normal(0.0, 1.0, n))
    spread = rng.uniform(0.3, 1.5, n) if mixed else np.zeros(n)
    amount, s = np.exp(rng.normal(11.0, 1.2, n)), rng.uniform(0.6, 1.8, n)
    return Portfolio(
        [f"S{i}" for i in range(n)],
        np.stack([middle * np.exp(-spread), middle, middle * np.exp(spread)], axis=1),
        (amount[:, None] * np.exp(Z95 * s[:, None] * np.array([-1.0, 0.0, 1.0])))[:, None, :],
    )


def lopsided(n: int, forms: int, rate: float, seed: int = 1) -> Portfolio:
    """Uncertain rates and several two-piece forms of loss each, `rate` events per year in the middle."""
    rng = np.random.default_rng(seed)
    middle = rate * np.exp(rng.normal(0.0, 1.0, n))
    down, up = rng.uniform(0.3, 1.5, n), rng.uniform(0.3, 1.5, n)
    amount = np.exp(rng.normal(11.0, 1.2, (n, forms)))
    below, above = rng.uniform(0.5, 2.5, (n, forms)), rng.uniform(0.5, 2.8, (n, forms))
    return Portfolio(
        [f"S{i}" for i in range(n)],
        np.stack([middle * np.exp(-down), middle, middle * np.exp(up)], axis=1),
        np.stack([amount * np.exp(-below), amount, amount * np.exp(above)], axis=2),
    )


def monte_carlo(portfolio: Portfolio, years: int, rng: np.random.Generator) -> np.ndarray:
    """Annual losses of `years` simulated years."""
    rate, variance = portfolio.rate()
    law = portfolio.amounts()
    total = np.zeros(years)
    for i in range(len(portfolio)):
        uncertain = variance[i] > 0
        rates = rng.gamma(rate[i] ** 2 / variance[i], variance[i] / rate[i], years) if uncertain else rate[i]
        year = np.repeat(np.arange(years), rng.poisson(rates, years))
        for form in range(law.median.shape[1]):
            z = rng.standard_normal(year.size)
            scale = np.where(z < 0, law.s_low[i, form], law.s_high[i, form])
            total += np.bincount(year, law.median[i, form] * np.exp(scale * z), years)
    return total


def years_needed(result: LossResult) -> float:
    """Years at which a simulation knows VaR 99 % with a standard error of a quarter of the width of the bounds."""
    lower, middle, upper = result.var[result.at(0.99)]
    near = result.exceedance([middle * 0.98, middle * 1.02])[:, 1]
    density = (near[0] - near[1]) / (0.04 * middle)
    return float(0.01 * 0.99 / density**2 / ((upper - lower) / 4.0) ** 2)


def against_monte_carlo(portfolio: Portfolio, result: LossResult, seconds: float) -> str:
    """How many times the engine's CPU time the simulation takes."""
    years = max(2_000, 2_000_000 // len(portfolio))
    rng = np.random.default_rng(7)
    spent = cpu(lambda: monte_carlo(portfolio, years, rng), times=1)
    needed = years_needed(result)
    return f"{spent * needed / years / seconds:>10,.0f} x ({needed:.0e} years)"


def published(other: str | None) -> None:
    """The quantiles of compound Poisson-lognormal(0, 2), ours and those of `aggregate`."""
    print("compound Poisson-lognormal(0, 2), 99.9 % quantile; targets: relative error < 1e-4, < 50 ms")
    print(f"{'rate':>6} {'published':>10} {'lower':>10} {'estimate':>11} {'upper':>10} {'width':>8} {'CPU ms':>7}")
    for rate, value in PUBLISHED:
        amounts = np.exp(2.0 * np.array([-Z95, 0.0, Z95]))
        portfolio = Portfolio(["only"], [[rate] * 3], [[amounts]])

        def run(portfolio: Portfolio = portfolio) -> LossResult:
            return annual_loss(portfolio, (0.999,), target_level=0.999)

        result = run()
        low, middle, high = result.var[0]
        print(
            f"{rate:6.0f} {value:10.2f} {low:10.3f} {middle:11.4f} {high:10.3f} {result.resolution:8.1e} "
            f"{1000 * cpu(run):7.0f}"
        )
    rows = elsewhere(other, AGGREGATE)
    if rows is None:
        print("aggregate (PyPI): not measured; --other PYTHON names an interpreter that has it")
        return
    print("\naggregate (PyPI), the same quantile")
    print(f"{'rate':>6} {'log2':>5} {'bucket':>7} {'found':>9} {'error':>8} {'CPU ms':>7}")
    values = dict(PUBLISHED)
    for rate, log2, bucket, found, spent in rows:
        print(f"{rate:6.0f} {log2:5d} {bucket:7.3g} {found:9.2f} {found / values[rate] - 1:8.1e} {1000 * spent:7.0f}")


def elsewhere(python: str | None, code: str, *arguments: str) -> list | None:
    """What a script prints in another interpreter, as JSON; None where there is none or it lacks the library."""
    if python is None:
        return None
    done = subprocess.run([python, "-c", code, *arguments], capture_output=True, text=True, check=False)
    return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else None


def portfolios(quick: bool, other: str | None) -> None:
    """Whole results: quantiles, tail means, curve, division of the tail and rate gradient."""
    print("\nportfolios, everything: quantiles, tail means, curve, division of the tail, gradient")
    head = f"{'scenarios':>9} {'forms':>5} {'counts':>8} {'width':>8} {'frequencies':>11} {'CPU ms':>7} {'target':>7}"
    print(f"{head}  NumPy Monte Carlo, CPU")
    cases = [(n, 1, mixed, symmetric(n, mixed)) for n in TARGETS for mixed in (False, True)]
    cases += [(n, 3, True, lopsided(n, 3, rate)) for n, rate in ((25, 0.5), (25, 0.05), (120, 0.2), (120, 0.02))]
    for n, forms, mixed, portfolio in cases[:2] if quick else cases:

        def whole(portfolio: Portfolio = portfolio) -> LossResult:
            return annual_loss(portfolio)

        result, seconds = whole(), cpu(whole)
        target = f"{TARGETS[n]:7,.0f}" if forms == 1 else f"{'':>7}"
        print(
            f"{n:9,d} {forms:5d} {'mixed' if mixed else 'Poisson':>8} {result.resolution:8.1e} "
            f"{result.frequencies:11,d} {1000 * seconds:7.0f} {target}  "
            f"{against_monte_carlo(portfolio, result, seconds)}"
        )
        if (n, forms, mixed) == (120, 1, False):
            beside_pyfair(other, n, result, seconds)


def beside_pyfair(other: str | None, n: int, result: LossResult, seconds: float) -> None:
    """pyfair's time for as many samples as a simulation needs for the same error, from its time per sample."""
    found = elsewhere(other, PYFAIR, str(n))
    if found is None:
        print(f"{'':>9} pyfair (PyPI): not measured; --other PYTHON names an interpreter that has it")
        return
    spent, samples = found
    ratio = spent * years_needed(result) / samples / seconds
    print(
        f"{'':>9} pyfair (PyPI): {spent:.2f} s CPU for {samples:,} samples of {n} models, {ratio:,.0f} x at equal error"
    )


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description="Accuracy and speed of the loss engine.")
    parser.add_argument("--quick", action="store_true", help="only the published quantiles and 120 scenarios")
    parser.add_argument("--other", "--pyfair", metavar="PYTHON", help="an interpreter that has aggregate and pyfair")
    chosen = parser.parse_args()
    published(chosen.other)
    portfolios(chosen.quick, chosen.other)


if __name__ == "__main__":
    main()
