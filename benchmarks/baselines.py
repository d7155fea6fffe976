"""How often the watch over sources is wrong, and how late it is: `python -m benchmarks.baselines`.

Sources are drawn (negative binomial by hour, with a rhythm of the week), learned from for some weeks, and looked at for
four more. The reference is a fixed rule: silent after as long as the longest silence of the past, and less when an hour
is below a tenth of the mean of all hours.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from accord.engines import baseline

WEEK = baseline.CELLS
TEST = 4 * WEEK
AHEAD = 24 * 60
WEEKS = (2, 4, 8)
KINDS = {
    "steady": lambda day, hour: np.ones(len(day)),
    "office, a fifth at night, a tenth at weekends": lambda day, hour: np.where(
        (day < 5) & (hour >= 7) & (hour < 19), 1.0, np.where(day < 5, 0.2, 0.1)
    ),
    "office hours alone": lambda day, hour: ((day < 5) & (hour >= 7) & (hour < 19)) * 1.0,
    "once a night": lambda day, hour: (hour == 2) * 1.0,
}


@dataclass
class Told:
    """Sums over the sources of one kind."""

    hours: int = 0
    low: int = 0
    alarms: int = 0
    plain: int = 0
    gaps: int = 0
    wrong: int = 0
    plain_wrong: int = 0
    drops: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    plain_delays: list[float] = field(default_factory=list)
    unknown: int = 0
    seconds: float = 0.0


def look(kind: Any, most: float, weeks: int, rough: float, rng: np.random.Generator, told: Told) -> None:
    """One source."""
    hours = np.arange(weeks * WEEK + TEST)
    rates = most * kind(hours % WEEK // 24, hours % 24) * rng.gamma(1 / rough, rough, len(hours))
    counts = rng.poisson(rates)
    cut = weeks * WEEK
    start = time.process_time()
    past = baseline.learn(hours[:cut], hours[:cut] % WEEK, counts[:cut])
    told.seconds += time.process_time() - start
    mean = counts[:cut].mean()
    for at in range(cut + 1, len(hours)):
        ends = past.expected(at % WEEK)
        told.hours += 1
        told.low += ends is not None and counts[at] < ends[0]
        told.alarms += baseline.compare(past, hours[at - 1 : at + 1] % WEEK, counts[at - 1 : at + 1]) in (
            "less",
            "more",
        )
        told.plain += counts[at] < mean / 10
    silences(past, counts, cut, rng, told)
    for start_ in cut + rng.integers(24, TEST - 72, 5):
        changed = counts.copy()
        changed[start_:] = rng.poisson(rates[start_:] * 0.1)
        verdicts = (
            n for n in range(start_ + 1, len(hours))
            if baseline.compare(past, hours[n - 1 : n + 1] % WEEK, changed[n - 1 : n + 1]) == "less"
        )  # fmt: skip
        found = next(verdicts, None)
        told.drops.append(np.nan if found is None else found + 1 - start_)


def silences(past: Any, counts: Any, cut: int, rng: np.random.Generator, told: Told) -> None:
    """False alarms between events, and how late an outage is told that begins anywhere in an hour."""
    busy = np.flatnonzero(counts)
    if len(busy) < 2:
        return
    longest = int(np.diff(busy[busy < cut]).max(initial=1))
    test = busy[busy >= cut]
    for last, following in pairwise(test):
        after = past.silent_after((last + 1 + np.arange(AHEAD)) % WEEK)
        told.gaps += 1
        told.wrong += after is not None and following - last - 1 >= after
        told.plain_wrong += following - last > longest
    for start in cut + rng.integers(24, TEST - 24, 8) + rng.random(8):
        last = busy[busy < start][-1]
        after = past.silent_after((last + 1 + np.arange(AHEAD)) % WEEK)
        told.unknown += after is None
        told.delays.append(np.nan if after is None else last + 1 + after - start)
        told.plain_delays.append(last + 1 + longest - start)


def middle(values: list[float]) -> str:
    """Median and 90th percentile, in hours."""
    held = np.array(values)
    held = held[~np.isnan(held)]
    if not len(held):
        return "not told"
    return f"{np.median(held):.1f} / {np.quantile(held, 0.9):.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", type=int, default=20)
    parser.add_argument("--rough", type=float, default=0.3, help="variance of an hour's rate over its square")
    given = parser.parse_args()
    rng = np.random.default_rng(20261125)
    heads = (
        "source", "events an hour", "weeks", "hours below", "volume alarms a week", "silences wrong",
        "silence told after (h)", "nine tenths lost told after (h)", "fixed rule: alarms a week, wrong, after",
    )  # fmt: skip
    print(f"| {' | '.join(heads)} |")
    print("| --- " * 9 + "|")
    for name, kind in KINDS.items():
        for most in (5, 100, 10_000):
            for weeks in WEEKS:
                told = Told()
                for _ in range(given.sources):
                    look(kind, most, weeks, given.rough, rng, told)
                weeks_seen = told.hours / WEEK
                print(
                    f"| {name} | {most:,} | {weeks} | 1 in {told.hours / max(told.low, 1):,.0f} "
                    f"| {told.alarms / weeks_seen:.3f} | {told.wrong} of {told.gaps:,} | {middle(told.delays)}"
                    f"{f', {told.unknown} not told' if told.unknown else ''} | {middle(told.drops)} "
                    f"| {told.plain / weeks_seen:.1f}, {told.plain_wrong}, {middle(told.plain_delays)} |"
                )  # fmt: skip
    print(f"\nLearning one source of {WEEKS[-1]} weeks: {told.seconds / given.sources * 1000:.0f} ms of CPU.")


if __name__ == "__main__":
    main()
