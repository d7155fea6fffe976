"""The exact schedule by HiGHS, with every rule, for problems that are small enough; and the plain model of any size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from accord.engines.patching.problem import Bools, Columns, Ints, Problem
from accord.engines.patching.relaxation import Capacity

MOST_COLUMNS = 3000
"""Jobs × usable windows up to which the exact model is solved."""
SECONDS = 10.0


@dataclass(frozen=True)
class Exact:
    """`window` (n,) as HiGHS placed them, −1 = in none; `bound` on what any schedule removes; `proven` = optimal."""

    window: Ints
    value: float
    bound: float
    proven: bool


class _Rows:
    """Sparse rows of the model: Σ factor × column ≤ limit."""

    def __init__(self) -> None:
        self.row: list[Any] = []
        self.column: list[Any] = []
        self.factor: list[Any] = []
        self.limit: list[float] = []

    def add(self, column: Any, factor: Any, limit: float) -> None:
        column = np.asarray(column, dtype=np.int64)
        if column.size and np.isfinite(limit):
            self.row.append(np.full(column.size, len(self.limit)))
            self.column.append(column)
            self.factor.append(np.broadcast_to(np.asarray(factor, dtype=np.float64), column.shape))
            self.limit.append(limit)


def solve(
    problem: Problem, cols: Columns, chosen: Bools, capacity: Capacity, fixed: Ints, seconds: float = SECONDS,
    *, whole: bool = True,
) -> Exact | None:  # fmt: skip
    """Place the chosen jobs beside the `fixed` ones ((n,) windows, −1 = not fixed); None where HiGHS finds nothing.

    `capacity` is what the fixed ones leave. Not `whole`: the linear relaxation, whose value is its bound.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp  # type: ignore[import-untyped]
    from scipy.sparse import coo_array  # type: ignore[import-untyped]

    job, window = np.nonzero(cols.usable & chosen[:, None])
    number = len(job)
    if not number:
        return Exact(np.full(len(problem.jobs), -1), 0.0, 0.0, True)
    rows = _Rows()
    _capacity_rows(rows, problem, capacity, job, window, fixed)
    width = _rule_rows(rows, problem, job, window, fixed)
    values = np.zeros(width)
    values[:number] = -cols.value[job, window]
    place = coo_array(
        (np.concatenate(rows.factor), (np.concatenate(rows.row), np.concatenate(rows.column))),
        shape=(len(rows.limit), width),
    ).tocsr()
    found = milp(
        values, constraints=LinearConstraint(place, -np.inf, np.array(rows.limit)), bounds=Bounds(0, 1),
        integrality=np.full(width, int(whole)), options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )  # fmt: skip
    if found.x is None or (whole and found.mip_dual_bound is None) or not (whole or found.status == 0):
        return None
    bound = found.mip_dual_bound if whole else found.fun
    placed = np.full(len(problem.jobs), -1)
    taken = found.x[:number] > 0.5
    placed[job[taken]] = window[taken]
    return Exact(placed, -float(found.fun), -float(bound), bool(found.status == 0))


def _capacity_rows(rows: _Rows, problem: Problem, capacity: Capacity, job: Ints, window: Ints, fixed: Ints) -> None:
    jobs, number = problem.jobs, len(problem.windows)
    for members in _groups(job):
        rows.add(members, 1.0, 1.0)
    for members in _groups(jobs.team[job] * number + window):
        team, at = jobs.team[job[members[0]]], window[members[0]]
        rows.add(members, jobs.hours[job[members]], float(capacity.hours[team, at]))
    for members in _groups(window):
        at = window[members[0]]
        restart = members[jobs.restart[job[members]]]
        rows.add(restart, 1.0, float(capacity.restarts[at]))
        rows.add(members, jobs.downtime[job[members]], float(capacity.downtime[at]))
    held = np.flatnonzero(fixed >= 0)
    for members in _groups(jobs.system[job] * number + window):
        system, at = jobs.system[job[members[0]]], window[members[0]]
        same = held[(jobs.system[held] == system) & (fixed[held] == at)]
        left = float(problem.windows.hours[at] - jobs.downtime[same].sum())
        rows.add(members, jobs.downtime[job[members]], max(left, 0.0))


def _rule_rows(rows: _Rows, problem: Problem, job: Ints, window: Ints, fixed: Ints) -> int:
    """Rows of the rules; returns the number of columns with those that say "changed here" and "down here"."""
    jobs, rules, number = problem.jobs, problem.rules, len(problem.windows)
    ruled = {*rules.apart.ravel().tolist(), *rules.before.ravel().tolist()}
    limited = {int(s) for members, _ in rules.limits for s in members}
    system = jobs.system[job]
    width = len(job)
    touched: dict[tuple[int, int], int] = {}
    down: dict[tuple[int, int], int] = {}
    for names, wanted, needs in ((touched, ruled, None), (down, limited, jobs.downtime[job] > 0)):
        for at in np.flatnonzero(np.isin(system, list(wanted))).tolist() if wanted else ():
            if needs is not None and not needs[at]:
                continue
            cell = (int(system[at]), int(window[at]))
            if cell not in names:
                names[cell] = width
                width += 1
            rows.add([at, names[cell]], [1.0, -1.0], 0.0)
    now = {(int(jobs.system[j]), int(fixed[j])) for j in np.flatnonzero(fixed >= 0)}
    now_down = {(int(jobs.system[j]), int(fixed[j])) for j in np.flatnonzero((fixed >= 0) & (jobs.downtime > 0))}

    def never_both(first: tuple[int, int], second: tuple[int, int]) -> None:
        named = [touched[cell] for cell in (first, second) if cell in touched and cell not in now]
        held = sum(cell in now for cell in (first, second))
        rows.add(named, 1.0, 1.0 - held)

    for a, b in rules.apart.tolist():
        for at in range(number):
            never_both((a, at), (b, at))
    for a, b in rules.before.tolist():
        for at in range(number):
            for earlier in range(at):
                never_both((a, at), (b, earlier))
    for members, most in rules.limits:
        for at in range(number):
            cells = [(int(s), at) for s in members]
            held = sum(cell in now_down for cell in cells)
            rows.add([down[c] for c in cells if c in down and c not in now_down], 1.0, float(most - held))
    return width


def _groups(keys: Ints) -> Iterable[Ints]:
    """Positions with the same key, key by key."""
    order = np.argsort(keys, kind="stable")
    cuts = np.flatnonzero(np.diff(keys[order])) + 1
    return np.split(order, cuts) if keys.size else ()
