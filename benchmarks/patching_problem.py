"""An invented patch plan of any size, with the spread that real ones have."""

from __future__ import annotations

import numpy as np

from accord.engines.patching import Freeze, Jobs, Problem, Rules, Windows

WEEK = 7.0


def made(jobs: int, windows: int, seed: int = 1, load: float = 1.5) -> Problem:
    """`jobs` fixes on jobs ÷ 20 systems of ten teams, in weekly windows of six hours.

    Rates a day: lognormal (σ = 1.8: the first 1 % carry about a third), hours of work: lognormal about 0.8 h (σ = 0.7),
    40 % restart, downtime a quarter of an hour to two hours, 5 % have no price. Deadlines: 3 % within 3 days, 15 % 14
    days, 50 % 60 days, the others none. All work together takes `load` × the hours of all teams; restarts and downtime
    are limited to 90 % of what that share of the jobs needs. A third of the systems has every second window, a freeze
    closes two windows to a fifth of them; there are pairs kept apart, pairs in order, and groups few of which may be
    down.
    """
    draw = np.random.default_rng(seed)
    systems, teams = max(jobs // 20, 4), min(10, max(jobs // 10, 2))
    rate = np.exp(draw.normal(0.0, 1.8, jobs)) * 5.0
    rate[draw.random(jobs) < 0.05] = np.nan
    hours = np.clip(np.exp(draw.normal(-0.2, 0.7, jobs)), 0.1, 6.0)
    restart = draw.random(jobs) < 0.4
    downtime = np.where(restart, draw.uniform(0.25, 2.0, jobs), np.where(draw.random(jobs) < 0.3, 0.25, 0.0))
    weight = draw.gamma(0.7, size=systems) + 0.05
    system = draw.choice(systems, jobs, p=weight / weight.sum())
    team = draw.integers(0, teams, systems)[system]
    start = 2.0 + WEEK * np.arange(windows)
    need = np.bincount(team, weights=hours, minlength=teams)
    spread = draw.uniform(0.6, 1.4, (teams, windows))
    team_hours = np.maximum(spread * (need / load / windows)[:, None], 6.0)
    share = 0.9 / load / windows
    opened = np.ones((systems, windows), dtype=bool)
    alternate = draw.random(systems) < 1 / 3
    opened[np.ix_(alternate, np.arange(windows) % 2 == 1)] = False
    frozen = np.zeros((systems, windows), dtype=bool)
    frozen[np.ix_(draw.random(systems) < 0.2, np.isin(np.arange(windows), (windows // 3, windows // 3 + 1)))] = True
    everything = np.zeros((systems, windows), dtype=bool)
    everything[:, windows * 2 // 3] = True
    pairs = draw.permutation(systems)
    k = systems // 20
    return Problem(
        Jobs(
            rate, hours, downtime, restart, team, system, np.zeros(jobs),
            draw.choice([3.0, 14.0, 60.0, np.inf], jobs, p=[0.03, 0.15, 0.5, 0.32]), np.full(jobs, -1),
            draw.choice(np.arange(1, 5), jobs, p=[0.05, 0.2, 0.5, 0.25]),
        ),
        Windows(
            start, start + 0.25, np.full(windows, 6.0), team_hours,
            np.full(windows, np.ceil(restart.sum() * share)), np.full(windows, downtime.sum() * share), opened,
        ),
        2.0 + WEEK * windows,
        [Freeze("close of the quarter", frozen), Freeze("holiday", everything)],
        Rules(
            np.column_stack([pairs[:k], pairs[k : 2 * k]]),
            np.column_stack([pairs[2 * k : 3 * k], pairs[3 * k : 4 * k]]),
            [(pairs[n * 20 : n * 20 + 20], 5) for n in range(systems // 100)],
        ),
    )  # fmt: skip
