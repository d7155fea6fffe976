"""Likeliest paths and smallest cuts against every path and every set of small graphs, and against the hazard."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from accord.engines import hazard, paths
from accord.engines.hazard import spread


def _graph(rng: np.random.Generator, number: int) -> csr_array:
    chance = np.where(rng.random((number, number)) < 0.4, rng.uniform(0.05, 1.0, (number, number)), 0.0)
    np.fill_diagonal(chance, 0.0)
    return csr_array(chance * 0.9 / np.maximum(chance.sum(axis=1, keepdims=True), 1.0))


def _simple(chain: np.ndarray, start: int, target: int) -> list[tuple[int, ...]]:
    found, stack = [], [(start,)]
    while stack:
        way = stack.pop()
        if way[-1] == target:
            found.append(way)
            continue
        stack += [(*way, int(n)) for n in np.flatnonzero(chain[way[-1]] > 0) if n not in way]
    return found


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 6))
def test_likeliest_against_every_path(seed: int, number: int) -> None:
    rng = np.random.default_rng(seed)
    chain = _graph(rng, number)
    full = chain.toarray()
    rates = np.where(rng.random(number) < 0.6, rng.uniform(0.01, 5, number), 0.0)
    target = int(rng.integers(number))
    best = {}
    for start in range(number):
        ways = _simple(full, start, target)
        if rates[start] and ways:
            best[start] = max(rates[start] * np.prod([full[a, b] for a, b in pairwise(w)]) for w in ways)
    found = paths.likeliest(rates, chain, paths.distances(chain, target), target, number)
    assert {path.systems[0]: pytest.approx(path.rate) for path in found} == best
    assert [path.rate for path in found] == sorted((path.rate for path in found), reverse=True)
    for path in found:
        steps = zip(path.systems, path.systems[1:], strict=False)
        assert path.rate == pytest.approx(rates[path.systems[0]] * np.prod([full[a, b] for a, b in steps]))


def test_all_walks_together_are_the_rate_of_the_hazard() -> None:
    chain = csr_array(np.array([[0, 0.3, 0.2], [0, 0, 0.5], [0, 0, 0]]))
    rates = np.array([2.0, 1.0, 0.0])
    arriving = spread.solve(chain, rates, forward=True)[2]
    found = paths.likeliest(rates, chain, paths.distances(chain, 2), 2, 5)
    assert [path.systems for path in found] == [(1, 2), (0, 2)]
    assert sum(path.rate for path in found) + 2.0 * 0.3 * 0.5 == pytest.approx(arriving)


def test_certain_steps_in_a_circle_end() -> None:
    chain = csr_array(np.array([[0, 1.0, 0], [1.0, 0, 0], [0, 0, 0]]) * 1.0)
    chain = csr_array(chain.toarray() + np.array([[0, 0, 0], [0, 0, 0.5], [0, 0, 0]]))
    found = paths.likeliest([1.0, 0, 0], chain, paths.distances(chain, 2), 2, 1)
    assert found[0].systems == (0, 1, 2)


def _cuts(chain: np.ndarray, entries: np.ndarray, targets: list[int], held: list[list[int]], done: set) -> bool:
    """Whether closing these (system, fix) leaves no path: a plain walk."""
    still = [any((at, fix) not in done for fix in of) for at, of in enumerate(held)]
    seen = {at for at in range(len(held)) if entries[at] and still[at]}
    todo = list(seen)
    while todo:
        at = todo.pop()
        for node in np.flatnonzero(chain[at] > 0).tolist():
            if still[node] and node not in seen:
                seen.add(node)
                todo.append(node)
    return not seen & set(targets)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 6))
def test_smallest_cut_against_every_set(seed: int, number: int) -> None:
    rng = np.random.default_rng(seed)
    chain = _graph(rng, number)
    full = chain.toarray()
    entries = rng.random(number) < 0.5
    targets = sorted({int(t) for t in rng.integers(number, size=2)})
    held = [sorted(set(rng.integers(0, 5, rng.integers(0, 3)).tolist())) for _ in range(number)]
    cut = paths.smallest_cut(chain, entries, targets, held)
    assert _cuts(full, entries, targets, held, set(cut.fixes))
    assert cut.size == len(cut.fixes)
    jobs = [(at, fix) for at, of in enumerate(held) for fix in of]
    least = next(
        k for k in range(len(jobs) + 1)
        if any(_cuts(full, entries, targets, held, set(chosen)) for chosen in combinations(jobs, k))
    )  # fmt: skip
    assert cut.size == least
    fixes = sorted({fix for _, fix in jobs})
    distinct = next(
        k for k in range(len(fixes) + 1)
        if any(
            _cuts(full, entries, targets, held, {(at, fix) for at, fix in jobs if fix in chosen})
            for chosen in combinations(fixes, k)
        )
    )  # fmt: skip
    assert cut.least <= distinct <= cut.distinct
    assert bool(cut.reached) == (least > 0)


def test_a_narrow_place_is_cheaper_than_the_entries() -> None:
    chain = csr_array((np.ones(5) * 0.2, ([0, 1, 2, 3, 3], [3, 3, 3, 4, 0])), shape=(5, 5))
    cut = paths.smallest_cut(chain, [True, True, True, False, False], [4], [[1, 2], [3, 4], [5], [6], [7, 8, 9]])
    assert (cut.systems, cut.fixes, cut.size, cut.reached) == ((3,), ((3, 6),), 1, (4,))


def test_one_fix_on_many_systems_counts_once_in_the_bound() -> None:
    chain = csr_array((np.ones(3) * 0.2, ([0, 1, 2], [3, 3, 3])), shape=(4, 4))
    cut = paths.smallest_cut(chain, [True] * 3 + [False], [3], [[1], [1], [1], [4, 5, 6, 7]])
    assert (cut.size, cut.distinct, cut.least) == (3, 1, 1)


def test_nothing_to_cut() -> None:
    chain = csr_array((2, 2))
    cut = paths.smallest_cut(chain, [True, False], [1], [[1], [2]])
    assert cut == paths.Cut((), (), 0, 0, 0, ())


def test_what_the_cut_closes_no_longer_begins() -> None:
    """A foothold in a cut system is no more: the hazard's rate at the target falls by what came through there alone."""
    chain = hazard.evenly(3, [0, 1], [1, 2], 0.3)
    rates = np.array([1.0, 0.5, 0.0])
    cut = paths.smallest_cut(chain, [True, True, False], [2], [[1], [2], [3, 4, 5]])
    assert cut.systems == (1,)
    before = spread.solve(chain, rates, forward=True)
    after = spread.solve(chain, np.where(np.isin(np.arange(3), cut.systems), 0.0, rates), forward=True)
    assert before[2] - after[2] == pytest.approx(0.5 * 0.3)
