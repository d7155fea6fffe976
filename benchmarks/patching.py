"""How good a patch plan, how well proved, and how soon: 50,000 jobs in 12 windows beside greedy and HiGHS alone.

    .venv/bin/python -m benchmarks.patching                        # some seven minutes, most of them HiGHS's own
    .venv/bin/python -m benchmarks.patching --quick                # without HiGHS
    .venv/bin/python -m benchmarks.patching --jobs 5000 --windows 8 --seconds 60

The problems are invented (`benchmarks/patching_problem.py` says how), three draws with work for 1.2, 1.5 and 2.5 times
the hours that there are. In the same run: the engine; the plain greedy (by rate ÷ hours, each job in the first
window that takes it, the same rules and order of the unpriced); HiGHS on the plain model (all columns, without the
rules between systems, which makes it easier) with a limit of time: whole numbers, and the relaxation. A gap is what is
not ruled out against the best bound of that method alone; for greedy, against the engine's bound. CPU seconds; wall
clock beside them.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import Process, Queue
from queue import Empty
from typing import Any

import numpy as np
from benchmarks.patching_problem import made

from accord.engines.patching import Problem, Rules, Schedule, columns, cost_of_freeze, exact, one_more_window, solve
from accord.engines.patching.filling import earliest, greedy
from accord.engines.patching.placing import Placing

DRAWS = ((1, 1.5), (2, 1.2), (3, 2.5))


def timed(function: Callable[..., Any], *arguments: Any, **named: Any) -> tuple[Any, float, float]:
    """The result, CPU seconds and seconds of wall clock."""
    cpu, wall = time.process_time(), time.perf_counter()
    return function(*arguments, **named), time.process_time() - cpu, time.perf_counter() - wall


def told(name: str, value: float, gap: float | None, cpu: float, wall: float, note: str = "") -> None:
    share = "no bound" if gap is None else f"{100 * gap:6.2f} %"
    print(
        f"  {name:34} removed {value:14,.0f}   gap {share}   CPU {cpu:7.2f} s   wall {wall:7.2f} s  {note}", flush=True
    )


def by_greedy(problem: Problem) -> float:
    """The plain greedy: first what is urgent and not priced, then by density, each in the first window."""
    cols, jobs = columns(problem), problem.jobs
    placing = Placing(problem)
    urgent = np.flatnonzero(np.isnan(jobs.rate) & (jobs.urgency <= problem.first))
    earliest(placing, cols.usable, urgent, (jobs.deadline, jobs.urgency))
    greedy(placing, cols, np.flatnonzero(~np.isnan(jobs.rate)), jobs.rate / jobs.hours)
    window = placing.result()
    placed = np.flatnonzero((window >= 0) & ~np.isnan(jobs.rate))
    return float(cols.value[placed, window[placed]].sum())


def _alone(problem: Problem, fixed: Any, seconds: float, whole: bool, out: Any) -> None:
    jobs, placing = problem.jobs, Placing(problem)
    for job in np.flatnonzero(fixed >= 0).tolist():
        placing.place(job, int(fixed[job]))
    cpu = time.process_time()
    found = exact.solve(
        problem, columns(problem), ~np.isnan(jobs.rate), placing.capacity(), fixed, seconds, whole=whole
    )
    out.put((None if found is None else (found.value, found.bound), time.process_time() - cpu))


def by_highs(problem: Problem, found: Schedule, seconds: float) -> None:
    """HiGHS alone on the plain model without the rules between systems: whole numbers, then the relaxation.

    It does not always end at its limit of time: twice that is the end.
    """
    jobs, plain = problem.jobs, replace(problem, rules=Rules())
    fixed = np.where(np.isnan(jobs.rate) & (jobs.urgency <= problem.first), found.window, -1)
    for name, whole in (("HiGHS alone, whole numbers", True), ("HiGHS alone, linear relaxation", False)):
        start, out = time.perf_counter(), Queue()  # type: ignore[var-annotated]
        child = Process(target=_alone, args=(plain, fixed, seconds, whole, out))
        child.start()
        try:
            answer, cpu = out.get(timeout=2 * seconds)
        except Empty:
            answer, cpu = None, math.nan
            child.kill()
        child.join()
        wall = time.perf_counter() - start
        if answer is None:
            print(f"  {name:34} nothing after {wall:.0f} s (limit {seconds:.0f} s)", flush=True)
        else:
            value, bound = answer
            gap = 1 - value / bound if whole else None
            note = "" if whole else f"bound {bound:,.0f}, ours is {100 * (found.bound / bound - 1):+.2f} % of it"
            told(name, value if whole else 0.0, gap, cpu, wall, note)


def main(arguments: list[str]) -> int:
    reader = argparse.ArgumentParser(prog="benchmarks.patching", description=__doc__.splitlines()[0])
    reader.add_argument("--jobs", type=int, default=50_000)
    reader.add_argument("--windows", type=int, default=12)
    reader.add_argument("--seconds", type=float, default=120.0, help="limit of time for HiGHS alone")
    reader.add_argument("--quick", action="store_true", help="without HiGHS alone")
    chosen = reader.parse_args(arguments)
    for seed, load in DRAWS:
        problem = made(chosen.jobs, chosen.windows, seed, load)
        print(f"{chosen.jobs:,} jobs, {chosen.windows} windows, work for {load} × the hours (draw {seed})", flush=True)
        found, cpu, wall = timed(solve, problem)
        told("Accord", found.value, found.gap, cpu, wall, f"at least {100 * found.share:.2f} % of the best")
        value, cpu, wall = timed(by_greedy, problem)
        told("greedy", value, 1 - value / found.bound, cpu, wall, f"{100 * (value / found.value - 1):+.2f} % of ours")
        if seed == DRAWS[0][0]:
            cost, cpu, wall = timed(cost_of_freeze, problem, found, 0)
            print(f"  a freeze costs {cost.estimate:,.0f} ({cost.low:,.0f} to {cost.high:,.0f}), CPU {cpu:.2f} s")
            more, cpu, wall = timed(one_more_window, problem, found)
            if more is not None:
                at, worth = more
                print(f"  one more window {at}: {worth.estimate:,.0f} ({worth.low:,.0f} to {worth.high:,.0f}), "
                      f"CPU {cpu:.2f} s")  # fmt: skip
            if not chosen.quick:
                by_highs(problem, found, chosen.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
