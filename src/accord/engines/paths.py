"""Paths of an intruder from exposed systems to what carries the goals, and the fixes that cut them.

    to = paths.distances(chain, target)
    found = paths.likeliest(rates, chain, to, target, 10)
    cut = paths.smallest_cut(chain, entries, targets, fixes)

The numbers are those of `engines.hazard`: `rates` are the footholds a year that begin in each system, `chain` is P, the
probability that an intruder goes on. A path's rate is the rate at its start times P along it. The sum over all walks to
a system is the hazard's own rate there (Kemeny and Snell, Finite Markov Chains, chapter III), so one path's share of it
can be told. The likeliest path is a shortest one in −ln P (Dijkstra 1959).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from scipy.sparse import csr_array  # type: ignore[import-untyped]

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]

SHARES = 2520
"""A fix is split into so many parts for the lower bound: among up to ten systems without rounding."""
MOST_FIXES = 800_000
"""So many fixes on systems keep the capacities of the flow within 32 bits."""


@dataclass(frozen=True, slots=True)
class Path:
    """Systems from where a foothold begins to the target; `rate`: intruders a year that take exactly this path."""

    systems: tuple[int, ...]
    rate: float


@dataclass(frozen=True, slots=True)
class Cut:
    """Which fixes on which systems leave no path. `fixes`: pairs of (system, fix).

    `size` of them is the least possible (max-flow min-cut: Ford and Fulkerson 1956). A fix on two systems counts
    twice there; counted once each, the fixes here are `distinct`, and no set that cuts has fewer than `least`.
    `reached`: targets that some path reached before.
    """

    systems: tuple[int, ...]
    fixes: tuple[tuple[int, int], ...]
    size: int
    distinct: int
    least: int
    reached: tuple[int, ...]


def distances(chain: csr_array, target: int) -> Floats:
    """−ln of the greatest product of probabilities on any way from each system to the target, (n,); inf = no way."""
    import rustworkx as rx

    number = chain.shape[0]
    graph = rx.PyDiGraph(multigraph=False)
    graph.add_nodes_from(range(number))
    edges = chain.tocoo()
    keep = edges.data > 0
    weight = np.maximum(-np.log(edges.data[keep]), 0.0)
    graph.add_edges_from(list(zip(edges.col[keep].tolist(), edges.row[keep].tolist(), weight.tolist(), strict=True)))
    found = np.full(number, np.inf)
    for node, length in rx.dijkstra_shortest_path_lengths(graph, target, float).items():
        found[node] = length
    found[target] = 0.0
    return found


def likeliest(rates: ArrayLike, chain: csr_array, to: Floats, target: int, top: int) -> list[Path]:
    """For each of the `top` systems from which most intruders arrive by their best way: that way, the most first.

    rates: (n,) footholds a year that begin in each system (0: none does). to: `distances` to the target.
    """
    begun = np.asarray(rates, dtype=np.float64)
    arriving = np.where(begun > 0, begun * np.exp(-to), 0.0)
    order = np.lexsort((np.arange(len(begun)), -arriving))[:top]
    return [Path(_way(chain, to, int(at), target), float(arriving[at])) for at in order if arriving[at] > 0]


def _way(chain: csr_array, to: Floats, start: int, target: int) -> tuple[int, ...]:
    """The systems of a best way, by the distances that are known."""
    way, seen = [start], {start}
    while way[-1] != target:
        row = slice(chain.indptr[way[-1]], chain.indptr[way[-1] + 1])
        nexts, chances = chain.indices[row], chain.data[row]
        fits = [
            (to[node] - np.log(chance), int(node))
            for node, chance in zip(nexts.tolist(), chances.tolist(), strict=True)
            if chance > 0 and node not in seen
        ]
        way.append(min(fits)[1])
        seen.add(way[-1])
    return tuple(way)


def smallest_cut(chain: csr_array, entries: ArrayLike, targets: Sequence[int], fixes: Sequence[ArrayLike]) -> Cut:
    """The smallest set of fixes on systems after which no path of weaknesses leads from an entry to a target.

    entries: (n,) whether intruders begin there. fixes: per system the numbers of the fixes that together close all
    weaknesses by which it is entered; a system without any is not passable. A path begins in a passable entry and goes
    on to passable systems where `chain` is above 0; it is cut by closing all weaknesses of one system on it. So the
    least cut is a vertex cut with the number of fixes as weight, which a maximum flow finds exactly (Dinitz 1970).
    """
    held = [np.unique(np.asarray(of, dtype=np.int64)) for of in fixes]
    sizes = np.array([len(of) for of in held], dtype=np.int64)
    if sizes.sum() > MOST_FIXES:
        raise ValueError(f"{sizes.sum()} fixes on systems are more than {MOST_FIXES}")
    passable = sizes > 0
    begun = np.asarray(entries, dtype=bool) & passable
    ends = [at for at in dict.fromkeys(targets) if passable[at]]
    reached = _reached(chain, begun, passable, ends)
    chosen, size = _vertex_cut(chain, begun, passable, reached, sizes)
    on = np.bincount(np.concatenate(held), minlength=1) if sizes.sum() else np.zeros(1, dtype=np.int64)
    parts = np.array([int((SHARES // on[of]).sum()) for of in held], dtype=np.int64)
    _, shared = _vertex_cut(chain, begun, passable, reached, parts)
    pairs = tuple((at, int(fix)) for at in chosen for fix in held[at])
    return Cut(chosen, pairs, size, len({fix for _, fix in pairs}), -(-shared // SHARES), tuple(reached))


def _reached(chain: csr_array, begun: Bools, passable: Bools, ends: Sequence[int]) -> list[int]:
    """The targets that a path reaches, by levels from all entries at once."""
    back = (chain > 0).T.tocsr()
    seen = begun.copy()
    fresh = begun.copy()
    while fresh.any():
        fresh = (back @ fresh.astype(np.float64) > 0) & passable & ~seen
        seen |= fresh
    return [at for at in ends if seen[at]]


def _vertex_cut(
    chain: csr_array, begun: Bools, passable: Bools, targets: Sequence[int], weight: NDArray[np.int64]
) -> tuple[tuple[int, ...], int]:
    """The systems of a least vertex cut and its weight: each system is an edge from its way in to its way out."""
    from scipy.sparse import csr_array as matrix
    from scipy.sparse.csgraph import breadth_first_order, maximum_flow  # type: ignore[import-untyped]

    if not targets:
        return (), 0
    number = chain.shape[0]
    source, sink, endless = 2 * number, 2 * number + 1, int(weight.sum()) + 1
    steps = chain.tocoo()
    keep = (steps.data > 0) & passable[steps.row] & passable[steps.col]
    inside, first, last = np.flatnonzero(passable), np.flatnonzero(begun), np.asarray(targets, dtype=np.int64)
    rows = np.concatenate([inside, number + steps.row[keep], np.full(len(first), source), number + last])
    columns = np.concatenate([number + inside, steps.col[keep], first, np.full(len(last), sink)])
    free = np.full(len(rows) - len(inside), endless, dtype=np.int64)
    capacity = np.concatenate([weight[inside], free]).astype(np.int32)
    network = matrix((capacity, (rows, columns)), shape=(sink + 1, sink + 1), dtype=np.int32)
    flow = maximum_flow(network, source, sink)
    left = network - flow.flow
    left.data[left.data < 0] = 0
    left.eliminate_zeros()
    open_ = np.zeros(sink + 1, dtype=bool)
    open_[breadth_first_order(left, source, return_predecessors=False)] = True
    chosen = tuple(int(at) for at in inside if open_[at] and not open_[number + at])
    return chosen, int(flow.flow_value)
