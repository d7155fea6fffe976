"""Filling windows: greedy by what a job is worth beyond the prices of what it uses, then moves that gain."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from accord.engines.patching.placing import Placing
from accord.engines.patching.problem import Bools, Columns, Floats, Ints, Problem
from accord.engines.patching.relaxation import Prices, Relaxation

ROUNDS = 4
"""Rounds of improvement at most; each ends when no move gains."""


def greedy(placing: Placing, cols: Columns, jobs: Ints, key: Floats) -> None:
    """Place jobs in the order of `key` (of all jobs; highest first), each in the window in which it removes most."""
    for job, windows in _by_value(cols, jobs[np.argsort(-key[jobs], kind="stable")]):
        for window in windows:
            if placing.fits(job, window):
                placing.place(job, window)
                break


def priced(placing: Placing, relaxation: Relaxation, prices: Prices) -> None:
    """Place jobs where they are worth most beyond these prices, those with the most to lose first."""
    left = relaxation.reduced(prices)
    if not left.size:
        return
    order = np.argsort(-left, axis=1, kind="stable")
    ranked = np.take_along_axis(left, order, axis=1)
    # What a job would lose an hour if its best window were full: its second choice, or not being done at all.
    second = np.maximum(ranked[:, 1], 0.0) if left.shape[1] > 1 else np.zeros(len(left))
    regret = (np.maximum(ranked[:, 0], 0.0) - second) / relaxation.hours
    sequence = np.lexsort((-relaxation.density, -regret))
    worth = (ranked > -1e-9 * np.abs(np.where(np.isfinite(ranked), ranked, 0.0)).max(initial=1.0)).sum(axis=1)
    windows, jobs = order.tolist(), relaxation.index.tolist()
    counts = worth.tolist()
    for at in sequence.tolist():
        job = jobs[at]
        for window in windows[at][: counts[at]]:
            if placing.fits(job, window):
                placing.place(job, window)
                break


def improve(placing: Placing, cols: Columns, jobs: Ints, rate: Floats, hours: Floats) -> None:
    """Insert what is left out and move jobs to windows in which they remove more, until nothing gains.

    Both run by density (rate ÷ hours): an earlier window's room goes to those that gain most by it.
    """
    order = jobs[np.argsort(-(rate[jobs] / hours[jobs]), kind="stable")]
    walk = _by_value(cols, order)
    for _ in range(ROUNDS):
        moved = 0
        for job, windows in walk:
            now = placing.window[job]
            for window in windows:
                if window == now:
                    break
                if not placing.room(job, window):
                    continue
                if now >= 0:
                    placing.remove(job)
                if placing.lawful(job, window):
                    placing.place(job, window)
                    moved += 1
                    break
                if now >= 0:
                    placing.place(job, now)
        if not moved:
            break


def replace(placing: Placing, cols: Columns, jobs: Ints, problem: Problem) -> None:
    """Put a job that is left out in the place of one of less value in the same window and team, where that gains."""
    rate, hours = problem.jobs.rate, problem.jobs.hours
    out = [j for j in jobs[np.argsort(-rate[jobs], kind="stable")].tolist() if placing.window[j] < 0][:2000]
    inside: dict[tuple[int, int], list[tuple[float, int]]] = {}
    team = problem.jobs.team
    for job in jobs.tolist():
        if placing.window[job] >= 0:
            inside.setdefault((int(team[job]), placing.window[job]), []).append((float(rate[job]), job))
    for rows in inside.values():
        rows.sort()
    for job, windows in _by_value(cols, np.asarray(out, dtype=np.int64)):
        for window in windows:
            for other_rate, other in inside.get((int(team[job]), window), [])[:20]:
                if other_rate >= rate[job]:
                    break
                if placing.window[other] != window or hours[other] > 1.5 * hours[job]:
                    continue
                placing.remove(other)
                if placing.fits(job, window):
                    placing.place(job, window)
                    break
                placing.place(other, window)
            if placing.window[job] >= 0:
                break


def earliest(placing: Placing, usable: Bools, jobs: Ints, order: Iterable[Floats | Ints]) -> None:
    """Place jobs one after the other (by the keys of `order`, the last one first) in their first window with room."""
    keys = tuple(key[jobs] for key in order)
    for job in jobs[np.lexsort(keys)].tolist():
        for window in np.flatnonzero(usable[job]).tolist():
            if placing.fits(job, window):
                placing.place(job, window)
                break


def _by_value(cols: Columns, jobs: Ints) -> list[tuple[int, list[int]]]:
    """(job, its usable windows by what it removes there, most first, the earlier one where that is the same)."""
    if not jobs.size or not cols.value.shape[1]:
        return []
    masked = np.where(cols.usable[jobs], cols.value[jobs], -1.0)
    order = np.argsort(-masked, axis=1, kind="stable").tolist()
    counts = cols.usable[jobs].sum(axis=1).tolist()
    return [(job, row[:count]) for job, row, count in zip(jobs.tolist(), order, counts, strict=True)]
