"""Estates for the tests of the hazard engine, and a dense computation of its own to hold it against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array, random_array

from accord.engines import hazard


@dataclass(frozen=True)
class Case:
    estate: hazard.Estate
    scenarios: hazard.Scenarios
    place: Any
    definition: Any
    copies: Any
    rate: Any


def interval(rng: np.random.Generator, middle: Any, spread: float = 0.6) -> Any:
    """(3, n) around the middle."""
    size = np.shape(middle)
    return np.stack([middle * (1 - spread * rng.random(size)), middle, middle * (1 + spread * rng.random(size))])


def random_case(
    seed: int, systems: int = 12, places: int = 20, scenarios: int = 4, findings: int = 60, go_on: float = 0.5
) -> Case:
    """Loops, findings of one definition twice on a place, systems without places, a scenario without an attacker."""
    rng = np.random.default_rng(seed)
    edges = rng.integers(0, systems, (systems * 2, 2))
    edges = edges[edges[:, 0] != edges[:, 1]]
    goes = np.array([0.5, 1.0, 1.3]) * go_on * 0.7
    chains = tuple(hazard.evenly(systems, edges[:, 0], edges[:, 1], end) for end in goes)
    holds = csr_array(random_array((places, systems), density=0.15, rng=rng, data_sampler=rng.random))
    place = rng.integers(0, places, findings)
    definition = rng.integers(0, max(findings // 3, 1), findings)
    weights = rng.random((scenarios, systems))
    weights *= rng.random((scenarios, systems)) < 0.6
    sums = weights.sum(axis=1, keepdims=True)
    shares = csr_array(weights / np.where(sums > 0, sums, 1.0) * rng.uniform(0.5, 1.0, (scenarios, 1)))
    explained = np.repeat(np.array([[0.1], [0.3], [0.6]]), scenarios, axis=1)
    explained[:, -1] = 0.0
    return Case(
        hazard.Estate(
            tuple(f"s{at}" for at in range(systems)), holds, interval(rng, rng.random(systems)),
            interval(rng, 0.1 * rng.random(systems)), (chains[0], chains[1], chains[2]),
        ),
        hazard.Scenarios(
            tuple(f"k{at}" for at in range(scenarios)), shares, interval(rng, rng.random(scenarios)),
            interval(rng, 1e5 * np.exp(rng.normal(0, 1, scenarios))), explained,
        ),
        place, definition, hazard.copies_of(place, definition),
        interval(rng, hazard.yearly_rate(rng.random(findings) ** 3 * 0.9)),
    )  # fmt: skip


def computed(case: Case, rate: Any | None = None, fixed: Any | None = None) -> tuple[Any, Any, Any]:
    """Footholds, anchor and prices of a case; `fixed`: an anchor of before."""
    rates = case.rate if rate is None else rate
    of_places = hazard.place_rates(case.place, rates, case.estate.holds.shape[0], case.copies)
    found = hazard.footholds(case.estate, of_places, case.scenarios)
    anchored = hazard.anchor(case.scenarios, found.by_scenario) if fixed is None else fixed
    return found, anchored, hazard.price(case.estate, found, case.scenarios, anchored)


def dense_loss(case: Case, rate: Any, anchored: Any, end: int) -> float:
    """The same loss by dense matrices and plain loops."""
    estate, scenarios = case.estate, case.scenarios
    seen: dict[tuple[int, int], list[float]] = {}
    for at, what, of in zip(case.place, case.definition, rate[end], strict=True):
        seen.setdefault((int(at), int(what)), []).append(float(of))
    places = np.zeros(estate.holds.shape[0])
    for (at, _), rates in seen.items():
        places[at] += sum(rates) / len(rates)
    direct = (estate.holds.toarray().T @ places) * estate.factor[end] + estate.base[end]
    total = np.linalg.solve(np.eye(len(direct)) - estate.chains[end].toarray().T, direct)
    events = anchored.base[end] + anchored.scale[end] * (scenarios.shares.toarray() @ total)
    return float(events @ scenarios.amount[end])
