"""Good plans fast: greedy insertion, shifting and ruin-and-recreate over start times.

Every state it visits is feasible. It proves nothing; the relaxation and the branching do. The marginal effect
of all starts of all initiatives comes from one matrix product, so a step costs microseconds.
(Ruin and recreate: Schrimpf et al. 2000; the acceptance rule is simulated annealing.)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Literal

import numpy as np

from accord.engines.portfolio.archive import Collector
from accord.engines.portfolio.compiled import FLOAT_NOISE, Bools, Compiled, Floats, Ints

START_TEMPERATURE = 4e-3
"""Share of the objective by which a worse state is still accepted at the beginning."""
MOST_RUINED = 5
LINES = 3
"""From so many of the best beginnings it goes on."""
MOST_BEGINNINGS = 60
PATIENCE = 15
"""A line ends after so many steps without a better plan, times the number of initiatives, plus 50."""


State = tuple[float, Ints, Floats, Floats]
"""Objective, starts, logarithms of the residuals, room left in each resource."""


class Search:
    """Minimizes Σ weights × residual over plans; everything non-dominated that it meets goes to `archive`."""

    def __init__(self, compiled: Compiled, archive: Collector, seed: int = 0) -> None:
        self.c, self.archive = compiled, archive
        self.random = np.random.default_rng(seed)
        quarter = np.arange(compiled.horizon)
        able = (quarter >= compiled.first[:, None]) & (quarter <= compiled.last[:, None])
        self.window: Bools = able & ~compiled.banned[:, None]
        self.finish = np.minimum(quarter + compiled.duration[:, None], compiled.horizon + 1)
        self.change = np.diff(np.exp(np.cumsum(compiled.phases, axis=0)), axis=0, prepend=1.0)
        self.slopes = [np.ascontiguousarray(self.change[k][:, who]) for k, who in enumerate(compiled.growing)]
        self.own_logs = np.ascontiguousarray(compiled.phases.transpose(2, 0, 1))
        self.own_change = np.ascontiguousarray(self.change.transpose(2, 0, 1))
        self.lengths = [int(np.flatnonzero(x)[-1]) + 1 if x.any() else 0 for x in (compiled.phases != 0).any(axis=1).T]
        self.must = np.flatnonzero(compiled.must)
        self.used = [np.flatnonzero((own > 0.0).any(axis=0)) for own in compiled.usage]
        relations = zip(compiled.requires, compiled.required_by, compiled.excludes, strict=True)
        self.tied = np.array([any(map(len, parts)) for parts in relations], dtype=bool)
        self.weights = compiled.by_quarter(compiled.price)
        self.value_resources(np.zeros(len(compiled.limits)))
        self.clear()

    def value_resources(self, prices: Floats) -> None:
        """Say what a unit of each resource is worth (≥ 0, in any unit); it guides the thrifty insertion."""
        share = 1.0 / np.maximum(self.c.limits, 1e-9)
        worth = prices / max(float((prices / share).sum()), 1e-300) if len(prices) else prices
        uniform = share / max(len(share), 1)
        cost = self.c.usage @ (0.9 * worth + 0.1 * uniform)
        self.cost: Floats = np.maximum(cost, 1e-3 * max(float(cost.max(initial=0.0)), 1e-12))

    def clear(self) -> None:
        c = self.c
        self.starts: Ints = np.full(c.size, -1, dtype=np.int64)
        self.logs: Floats = np.zeros((c.horizon + 1, len(c.price)))
        self.room: Floats = c.limits + FLOAT_NOISE * np.maximum(c.limits, 1e-3)

    def put(self, i: int, t: int) -> None:
        self.starts[i] = t
        self._grow(i, t, 1.0)
        self.room = self.room - self.c.usage[i, t]

    def take(self, i: int) -> None:
        t = int(self.starts[i])
        self.starts[i] = -1
        self._grow(i, t, -1.0)
        self.room = self.room + self.c.usage[i, t]

    def _grow(self, i: int, t: int, sign: float) -> None:
        finish = int(self.finish[i, t])
        for k in range(self.lengths[i]):
            self.logs[finish + k :] += sign * self.own_logs[i, k]

    def load(self, starts: Ints) -> None:
        """Begin from a plan."""
        self.clear()
        for i in np.flatnonzero(starts >= 0).tolist():
            self.put(i, int(starts[i]))

    def score(self) -> float:
        return float((np.exp(self.logs) * self.weights).sum())

    def gains(self) -> Floats:
        """[n, T]: change of the objective if initiative i, which is not in the plan, started in t."""
        c, left = self.c, np.exp(self.logs) * self.weights
        found = np.zeros((c.size, c.horizon))
        for k, who in enumerate(c.growing):
            tail = np.zeros((c.horizon + 2, len(who)))
            tail[:-1] = np.cumsum((left @ self.slopes[k])[::-1], axis=0)[::-1]
            found[who] += np.take_along_axis(tail.T, np.minimum(self.finish[who] + k, c.horizon + 1), axis=1)
        return found

    def possible(self, who: Ints) -> Bools:
        """[len(who), T]: starts of initiatives that are not in the plan which break nothing beside it."""
        c = self.c
        open_: Bools = self.window[who] & (c.usage[who] <= self.room).all(axis=2)
        for row in np.flatnonzero(self.tied[who]).tolist():
            self._related(int(who[row]), open_[row])
        return open_

    def _open(self, i: int) -> Bools:
        """One row of `possible`."""
        c, used = self.c, self.used[i]
        open_: Bools = self.window[i] & (c.usage[i][:, used] <= self.room[used]).all(axis=1)
        return self._related(i, open_)

    def _related(self, i: int, open_: Bools) -> Bools:
        """The same without the starts that relations to what is in the plan forbid."""
        c = self.c
        if any(self.starts[k] >= 0 for k in c.excludes[i]):
            open_[:] = False
            return open_
        for any_of in c.requires[i]:
            ready = [int(self.starts[k] + c.duration[k]) for k in any_of if self.starts[k] >= 0]
            open_[: min(ready, default=c.horizon)] = False
        for k in c.required_by[i]:
            if self.starts[k] >= 0:
                open_[max(0, int(self.starts[k] - c.duration[i]) + 1) :] = False
        return open_

    def place_must(self, spread: bool = False) -> bool:
        """Put in everything that every plan must hold, with what it requires; False when it does not fit.

        Each at its last possible start, so that it is least in the way, or with `spread` at any of them.
        """
        for i in self.must.tolist():
            if self.starts[i] < 0 and not self._with_prerequisites(i, "any" if spread else "last"):
                return False
        return True

    def adopt(self, starts: Ints) -> bool:
        """Bring in a plan that may break rules: what must be in comes first, each at the nearest start that fits.

        False when what must be in does not fit that way.
        """
        self.clear()
        wanted = np.flatnonzero((starts >= 0) & ~self.c.banned)
        first = self._must_and_required()
        for i in sorted(wanted.tolist(), key=lambda i: (i not in first, starts[i])):
            quarters = np.flatnonzero(self._open(i))
            if len(quarters):
                self.put(i, int(quarters[np.argmin(np.abs(quarters - starts[i]))]))
        if self.place_must():
            return True
        self.clear()
        return self.place_must()

    def _must_and_required(self) -> set[int]:
        found: set[int] = set()
        open_ = self.must.tolist()
        while open_:
            if (i := open_.pop()) not in found:
                found.add(i)
                open_ += [k for any_of in self.c.requires[i] for k in any_of]
        return found

    def _with_prerequisites(self, i: int, where: Literal["first", "last", "any"]) -> bool:
        for any_of in self.c.requires[i]:
            if not any(self.starts[k] >= 0 or self._with_prerequisites(k, "first") for k in self._in_turn(any_of)):
                return False
        quarters = np.flatnonzero(self._open(i))
        if not len(quarters):
            return False
        at = {"first": 0, "last": -1, "any": int(self.random.integers(len(quarters)))}[where]
        self.put(i, int(quarters[at]))
        return True

    def _in_turn(self, any_of: tuple[int, ...]) -> list[int]:
        """What is in the plan already, then the others in any order."""
        if len(any_of) == 1:
            return list(any_of)
        mixed = self.random.permutation(any_of).tolist()
        return sorted(mixed, key=lambda k: self.starts[k] < 0)

    def insert(self, i: int) -> bool:
        """Put in one initiative, with what it requires, at its first possible start; undone when it does not fit."""
        held = self._held()
        if self._with_prerequisites(i, "first"):
            return True
        self._restore(held)
        return False

    def fill(self, thrift: float = 0.0, noise: float = 0.0, banned: Bools | None = None) -> None:
        """Insert the start with the best rating, until none helps.

        The rating is gain / cost^thrift, cost being the worth of the resources that the start takes: with 0
        the largest gain comes first, with 1 the largest gain per unit of what is scarce.
        """
        while True:
            out = self.starts < 0 if banned is None else (self.starts < 0) & ~banned
            who = np.flatnonzero(out)
            if not len(who):
                return
            gains = self.gains()[who]
            open_ = self.possible(who) & (gains < 0)
            if not open_.any():
                return
            if thrift:
                gains = gains / self.cost[who] ** thrift
            if noise:
                gains = gains * np.exp(noise * self.random.normal(size=(len(who), 1)))
            row, t = divmod(int(np.argmin(np.where(open_, gains, np.inf))), self.c.horizon)
            self.put(int(who[row]), t)

    def _gains_of(self, i: int) -> Floats:
        """One row of `gains`."""
        left, found = np.exp(self.logs) * self.weights, np.zeros(self.c.horizon)
        for k in range(self.lengths[i]):
            tail = np.append(np.cumsum((left @ self.own_change[i, k])[::-1])[::-1], 0.0)
            found += tail[np.minimum(self.finish[i] + k, self.c.horizon + 1)]
        return found

    def shift(self) -> None:
        """Move each initiative to its best start beside the others, or out if it harms, until none moves."""
        moved = True
        while moved:
            moved = False
            for i in self.random.permutation(np.flatnonzero(self.starts >= 0)).tolist():
                old = int(self.starts[i])
                self.take(i)
                gains, open_ = self._gains_of(i), self._open(i)
                open_[old] = True
                best = int(np.argmin(np.where(open_, gains, np.inf)))
                if gains[best] > 0 and not self.c.must[i] and not self._needed(i):
                    moved = True
                    continue
                better = gains[best] < gains[old] - 1e-12
                self.put(i, best if better else old)
                moved = moved or bool(better)

    def _needed(self, i: int) -> bool:
        return any(self.starts[k] >= 0 for k in self.c.required_by[i])

    def _remove(self, i: int) -> None:
        for k in self.c.required_by[i]:
            if self.starts[k] >= 0:
                self._remove(k)
        if self.starts[i] >= 0:
            self.take(i)

    def bundle(self) -> None:
        """Try each initiative that waits for a prerequisite: put the prerequisites and it in, keep what helps."""
        for i in np.flatnonzero((self.starts < 0) & ~self.c.banned).tolist():
            waits = any(all(self.starts[k] < 0 for k in any_of) for any_of in self.c.requires[i])
            if self.starts[i] >= 0 or not waits:
                continue
            kept = self._held()
            if not self._with_prerequisites(i, "first") or self.score() >= kept[0]:
                self._restore(kept)

    def _held(self) -> State:
        return self.score(), self.starts.copy(), self.logs.copy(), self.room.copy()

    def _restore(self, held: State) -> None:
        self.starts, self.logs, self.room = held[1].copy(), held[2].copy(), held[3].copy()

    def _tell(self) -> None:
        left, g = np.exp(self.logs[:-1]), self.c.goals
        value = float(((1.0 - left[:, :g]) @ self.c.price[:g]).sum())
        self.archive.offer(value, float((left[:, g:] @ self.c.price[g:]).sum()), self.starts)

    def improve(self) -> None:
        """Fill, shift and bundle up to a local optimum."""
        self.fill()
        self.shift()
        self.bundle()
        self.fill()

    def run(
        self,
        weights: Floats,
        seconds: float,
        begin: Iterable[Ints] = (),
        stop: Callable[[], bool] = lambda: False,
        beginnings: int = 4,
    ) -> Ints | None:
        """The best plan found in `seconds`; None when not even the mandatory initiatives were placed.

        `begin` are plans to start from. A third of the time goes to many different beginnings, at least
        `beginnings` of them (none at all for 0), the rest to changing the best ones.
        """
        self.weights = self.c.by_quarter(weights)
        begun = time.monotonic()
        pool: list[State] = []
        for plan in begin:
            self.load(plan)
            self._keep(pool)
        tries = 0
        most = MOST_BEGINNINGS if beginnings else 0
        while tries < (1 if pool and time.monotonic() > begun + seconds / 2 else beginnings) or (
            tries < most and time.monotonic() < begun + seconds / 3 and not stop()
        ):
            self.clear()
            tries += 1
            if self.place_must(spread=tries > 2):
                self.fill(thrift=(tries % 3) / 2, noise=0.0 if tries < 4 else 0.5)
                self._keep(pool)
            elif tries > 50 and not pool:
                return None
        if not pool:
            return None
        pool.sort(key=lambda state: state[0])
        rounds = pool[:LINES]
        for n, state in enumerate(rounds):
            left = begun + seconds - time.monotonic()
            self._anneal(pool, state, left / (len(rounds) - n), stop)
        best = min(pool, key=lambda state: state[0])
        self._restore(best)
        return best[1].copy()

    def _keep(self, pool: list[State]) -> None:
        self.improve()
        self._tell()
        pool.append(self._held())

    def _anneal(self, pool: list[State], state: State, seconds: float, stop: Callable[[], bool]) -> None:
        begun = time.monotonic()
        current = best = state
        idle = 0
        self._restore(current)
        while (used := time.monotonic() - begun) < seconds and idle < 50 + PATIENCE * self.c.size and not stop():
            idle += 1
            if not self._ruin_and_recreate():
                self._restore(current)
                continue
            self._tell()
            score = self.score()
            heat = START_TEMPERATURE * (1 - used / seconds) ** 2 * abs(best[0])
            if score < current[0] or self.random.random() < np.exp(-(score - current[0]) / max(heat, 1e-300)):
                current = self._held()
                if score < best[0] - 1e-12:
                    best, idle = current, 0
            else:
                self._restore(current)
        pool.append(best)

    def _ruin_and_recreate(self) -> bool:
        held = np.flatnonzero(self.starts >= 0)
        banned = np.zeros(self.c.size, dtype=bool)
        if len(held):
            count = min(int(self.random.integers(1, MOST_RUINED + 1)), len(held))
            if self.random.random() < 0.4:
                centre = self.random.integers(self.c.horizon)
                middle = self.starts[held] + self.c.duration[held] / 2
                near = np.abs(middle - centre) + 3 * self.random.random(len(held))
                out = held[np.argsort(near)[:count]]
            else:
                out = self.random.choice(held, count, replace=False)
            for i in out.tolist():
                self._remove(i)
            if self.random.random() < 0.4:
                banned[out[0]] = not self.c.must[out[0]]
        if not self.place_must(spread=self.random.random() < 0.5):
            return False
        thrift = 1.0 if self.random.random() < 0.5 else float(self.random.random())
        self.fill(thrift, 0.3 * float(self.random.random()) ** 2, banned)
        self.improve()
        return True
