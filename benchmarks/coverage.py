"""The coverage matrix and the paths at 100,000 assets: `python -m benchmarks.coverage`.

Arrays alone: what the engines take, without the database. The reference of the matrix is a plain Python loop over the
same assets; that of the cut is the graph walked once (a breadth-first search over the same arcs).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from accord.engines import coverage, hazard, paths
from accord.engines.coverage import SAFEGUARDS, SURFACES, Rule

T = TypeVar("T")


def timed(function: Callable[[], T]) -> tuple[T, float]:
    """What it gives, and CPU seconds."""
    start = time.process_time()
    found = function()
    return found, time.process_time() - start


def loop(surface: Any, need: Any, state: Any, money: Any) -> dict[tuple[int, int, int], list[float]]:
    """The matrix by a plain loop."""
    table: dict[tuple[int, int, int], list[float]] = {}
    for at, wanted, held, worth in zip(surface.tolist(), need.tolist(), state.tolist(), money.tolist(), strict=True):
        for s, (asked, has) in enumerate(zip(wanted, held, strict=True)):
            if asked:
                cell = table.setdefault((at, s, has), [0, 0.0])
                cell[0] += 1
                cell[1] += worth if worth == worth else 0.0
    return table


def matrix(number: int, rng: np.random.Generator) -> None:
    width = len(SAFEGUARDS)
    surface = rng.integers(0, len(SURFACES), number)
    facts = [surface, rng.integers(-1, 3, number), rng.integers(-1, 3, number), rng.integers(-1, 4, number)]
    rules = [Rule(s, True, ((0, c),), 31) for s in range(width) for c in range(6)]
    rules += [Rule(s, s % 2 == 0, ((0, c), (1, 0)), 7) for s in range(width) for c in range(6)]
    rows = 3 * number
    told = (rng.integers(0, number, rows), rng.integers(0, width, rows), rng.random(rows) < 0.9,
            rng.integers(700, 740, rows))  # fmt: skip
    money = np.where(rng.random(number) < 0.1, np.nan, rng.lognormal(3, 2, number))
    (need, days, _), asking = timed(lambda: coverage.asked(rules, facts, number))
    first = np.where(days < 0, coverage.ALWAYS, 740 - days)
    state, telling = timed(lambda: coverage.states(number, *told, first))
    table, summing = timed(lambda: coverage.matrix(surface, need, state, money))
    plain, looping = timed(lambda: loop(surface, need, state, money))
    same = all(
        round(sum(plain.get((at, s, has), [0])[0] for has in (0, 1, -1))) == table.asked[at, s]
        for at in range(len(SURFACES)) for s in range(width)
    )  # fmt: skip
    whole = asking + telling + summing
    print(f"matrix  {number:,} assets x {width} safeguards, {rows:,} rows of evidence, {len(rules)} rules")
    print(f"        rules {asking:.3f} s, evidence {telling:.3f} s, sums {summing:.3f} s: {whole:.3f} CPU s")
    print(f"        sums by a plain loop {looping:.3f} s: {looping / summing:.0f} x; the same counts: {same}")


def routes(number: int, systems: int, rng: np.random.Generator) -> None:
    from scipy.sparse import csr_array  # type: ignore[import-untyped]
    from scipy.sparse.csgraph import breadth_first_order  # type: ignore[import-untyped]

    asset, on = np.arange(number), rng.integers(0, systems, number)
    holds = csr_array((rng.uniform(0.01, 1, number), (asset, on)), shape=(number, systems))
    rates = rng.lognormal(-4, 2, number)
    source, target = rng.integers(0, systems, 4 * systems), rng.integers(0, systems, 4 * systems)
    chain = hazard.evenly(systems, source, target, 0.2)
    entries = rng.random(systems) < 0.1
    fixes = [rng.choice(20_000, rng.integers(1, 12), replace=False) for _ in range(systems)]
    ends = list(range(5))
    begun, alike = timed(lambda: np.where(entries, holds.T.tocsr() @ rates, 0.0))

    def likely() -> list[Any]:
        return [paths.likeliest(begun, chain, paths.distances(chain, end), end, 8) for end in ends]

    ways, finding = timed(likely)
    cut, cutting = timed(lambda: paths.smallest_cut(chain, entries, ends, fixes))
    _, walking = timed(lambda: breadth_first_order(chain, int(np.flatnonzero(entries)[0])))
    print(f"paths   {number:,} assets as {systems:,} systems, {chain.nnz:,} steps, {int(entries.sum())} exposed")
    print(f"        assets alike {alike:.3f} s, {sum(map(len, ways))} likeliest paths to {len(ends)} {finding:.3f} s")
    print(f"        smallest cut {cutting:.3f} CPU s: {cut.size} fixes on systems, {cut.distinct} different, "
          f"at least {cut.least}; one walk over the graph {walking:.4f} s")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", type=int, default=100_000)
    parser.add_argument("--systems", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    rng = np.random.default_rng(given.seed)
    matrix(given.assets, rng)
    routes(given.assets, given.systems, rng)
    routes(given.assets, given.assets, rng)


if __name__ == "__main__":
    main()
