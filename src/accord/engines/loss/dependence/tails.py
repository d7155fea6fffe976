"""Who carries the tail where causes are shared: scenarios by their own events, and by each cause."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from accord.engines.loss.dependence.lattice import Complex, Lattice, count_slope, forms_of, log_count
from accord.engines.loss.dependence.year import Year, rising
from accord.engines.loss.errors import AccuracyError

Floats = NDArray[np.floating[Any]]

TAIL_POINTS = 2**13


def tail_parts(year: Year, reach: float, level: float, whole: float) -> tuple[Floats, Floats]:
    """Parts of TVaR: (n,) of the scenarios' own events and (c, n) of the causes by way of scenarios; they sum to it.

    E[S_i | S beyond VaR] (Euler's principle; Tasche 2007) by the derivative of the year's transform. AccuracyError if
    the parts miss the whole by over 1 % before they are scaled to it.
    """
    lattice = Lattice(reach / TAIL_POINTS, TAIL_POINTS)
    money = lattice.step * np.arange(lattice.n)
    events, weighted = [], []
    for i in range(year.own.size):
        event, derivative = _event(lattice, money, forms_of(year.law, i))
        events.append(event)
        weighted.append(derivative)
    hits = [_hits(year, events, c) for c in range(year.rate.size)]
    log_year = np.zeros(lattice.n // 2 + 1, complex)
    for i, event in enumerate(events):
        log_year += log_count(event, float(year.own[i]), float(year.own_variance[i]))
    for c, hit in enumerate(hits):
        log_year += log_count(hit, float(year.rate[c]), float(year.variance[c]))
    whole_year = np.exp(log_year)
    below = _below(lattice.back(whole_year), level)
    own, cause = np.zeros(year.own.size), np.zeros((year.rate.size, year.own.size))
    for i, event in enumerate(events):
        slope = count_slope(event, float(year.own[i]), float(year.own_variance[i]))
        mean = year.own[i] * year.event_mean[i]
        own[i] = mean - float(below @ lattice.back(whole_year * slope * weighted[i]))
        for c in map(int, np.flatnonzero(year.probability[:, i])):
            p = year.probability[c, i]
            others = _hits(year, events, c, without=i)
            slope = count_slope(hits[c], float(year.rate[c]), float(year.variance[c])) * others * p
            mean = year.rate[c] * p * year.event_mean[i]
            cause[c, i] = mean - float(below @ lattice.back(whole_year * slope * weighted[i]))
    own, cause = np.maximum(own, 0.0), np.maximum(cause, 0.0)
    total = (own.sum() + cause.sum()) / (1.0 - level)
    if not abs(total / whole - 1.0) < 0.01:
        raise AccuracyError(f"the parts of the tail at {level:.2%} sum to {total:g}, the tail is {whole:g}")
    scale = whole / (own.sum() + cause.sum())
    return own * scale, cause * scale


def _event(lattice: Lattice, money: Floats, forms: list[tuple[float, float, float]]) -> tuple[Complex, Complex]:
    """Transform of one event, and of its probability times its money."""
    size = lattice.n // 2 + 1
    event, derivative = np.ones(size, complex), np.zeros(size, complex)
    for form in forms:
        _, dispersed = lattice.masses(*form)
        one, its = lattice.transform(dispersed), lattice.transform(dispersed * money)
        derivative = derivative * one + event * its
        event = event * one
    return event, derivative


def _hits(year: Year, events: list[Complex], cause: int, without: int = -1) -> Complex:
    product = np.ones_like(events[0])
    for i in np.flatnonzero(year.probability[cause]):
        if i != without:
            p = year.probability[cause, i]
            product = product * (1.0 - p + p * events[i])
    return product


def _below(mass: Floats, level: float) -> Floats:
    """(n,) 1 below VaR, 0 above, at VaR the part that makes the probability exactly `level`."""
    cdf = np.cumsum(mass)
    at = min(int(np.searchsorted(rising(cdf), level)), mass.size - 1)
    weight = (np.arange(mass.size) < at).astype(float)
    before = float(cdf[at - 1]) if at else 0.0
    weight[at] = min(max((level - before) / mass[at], 0.0), 1.0) if mass[at] > 0 else 0.0
    return weight
