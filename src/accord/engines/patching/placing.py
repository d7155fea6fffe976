"""The state of a schedule under construction: what fits where, kept so that trying one job costs next to nothing."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from accord.engines.patching.problem import Ints, Problem
from accord.engines.patching.relaxation import Capacity

SLACK = 1e-9
NO_WINDOW = 1 << 30


class Placing:
    """Places jobs in windows and takes them out again; every capacity and rule is kept at any time."""

    def __init__(self, problem: Problem) -> None:
        jobs, windows, rules = problem.jobs, problem.windows, problem.rules
        number = len(windows)
        self.window: list[int] = [-1] * len(jobs)
        self._hours: list[float] = jobs.hours.tolist()
        self._downtime: list[float] = jobs.downtime.tolist()
        self._restart: list[int] = jobs.restart.astype(int).tolist()
        self._team: list[int] = jobs.team.tolist()
        self._system: list[int] = jobs.system.tolist()
        self._left: list[list[float]] = windows.team_hours.tolist()
        self._restarts: list[float] = windows.restarts.tolist()
        self._down: list[float] = windows.downtime.tolist()
        self._system_down: dict[int, list[float]] = {}
        self._length: list[float] = windows.hours.tolist()
        self._count: dict[int, list[int]] = defaultdict(lambda: [0] * number)
        self._down_count: dict[int, list[int]] = defaultdict(lambda: [0] * number)
        self._apart: dict[int, list[int]] = defaultdict(list)
        self._after: dict[int, list[int]] = defaultdict(list)
        self._before: dict[int, list[int]] = defaultdict(list)
        for a, b in rules.apart.tolist():
            self._apart[a].append(b)
            self._apart[b].append(a)
        for a, b in rules.before.tolist():
            self._after[a].append(b)
            self._before[b].append(a)
        self._groups: dict[int, list[int]] = defaultdict(list)
        self._most = [most for _, most in rules.limits]
        self._in_group = [[0] * number for _ in rules.limits]
        for at, (members, _) in enumerate(rules.limits):
            for system in members.tolist():
                self._groups[system].append(at)
        self._ruled = {*self._apart, *self._after, *self._before, *self._groups}

    def room(self, job: int, window: int) -> bool:
        """Whether the capacities of a window can take a job."""
        if self._left[self._team[job]][window] < self._hours[job] - SLACK:
            return False
        if self._restart[job] and self._restarts[window] < 1:
            return False
        downtime = self._downtime[job]
        if downtime:
            if self._down[window] < downtime - SLACK:
                return False
            held = self._system_down.get(self._system[job])
            if held is not None and held[window] + downtime > self._length[window] + SLACK:
                return False
        return True

    def lawful(self, job: int, window: int) -> bool:
        """Whether the rules between systems allow a job in a window, as the others stand."""
        system = self._system[job]
        if system not in self._ruled:
            return True
        for other in self._apart.get(system, ()):
            if self._count[other][window]:
                return False
        for other in self._after.get(system, ()):
            if any(self._count[other][:window]):
                return False
        for other in self._before.get(system, ()):
            if any(self._count[other][window + 1 :]):
                return False
        if self._downtime[job] and not self._down_count[system][window]:
            for group in self._groups.get(system, ()):
                if self._in_group[group][window] >= self._most[group]:
                    return False
        return True

    def fits(self, job: int, window: int) -> bool:
        return self.room(job, window) and self.lawful(job, window)

    def place(self, job: int, window: int) -> None:
        self._move(job, window, 1)
        self.window[job] = window

    def remove(self, job: int) -> None:
        self._move(job, self.window[job], -1)
        self.window[job] = -1

    def _move(self, job: int, window: int, sign: int) -> None:
        system = self._system[job]
        self._left[self._team[job]][window] -= sign * self._hours[job]
        if self._restart[job]:
            self._restarts[window] -= sign
        downtime = self._downtime[job]
        ruled = system in self._ruled
        if downtime:
            self._down[window] -= sign * downtime
            held = self._system_down.get(system)
            if held is None:
                held = self._system_down[system] = [0.0] * len(self._length)
            held[window] += sign * downtime
        if not ruled:
            return
        self._count[system][window] += sign
        if downtime:
            before = self._down_count[system][window]
            self._down_count[system][window] = before + sign
            if (before == 0) != (before + sign == 0):
                for group in self._groups.get(system, ()):
                    self._in_group[group][window] += sign

    def capacity(self) -> Capacity:
        """What is left, never below zero."""
        return Capacity(
            np.maximum(np.asarray(self._left, dtype=np.float64).reshape(len(self._left), len(self._length)), 0.0),
            np.maximum(np.asarray(self._restarts, dtype=np.float64), 0.0),
            np.maximum(np.asarray(self._down, dtype=np.float64), 0.0),
        )

    def result(self) -> Ints:
        return np.asarray(self.window, dtype=np.int64)
