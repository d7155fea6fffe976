"""When the clock of a finding starts and when its deadline ends.

* A finding that is new, or back, starts its clock when it was seen.
* A worse class starts its clock when the fact arrived, not when the finding was first seen: nobody can be late for what
  nobody knew. Its end is never later than the one that was there.
* A milder class keeps the clock, and never shortens the time that is left: its end is the later of the two.
* The same class leaves both alone. A class without a deadline has no end.
* Other days in the policy count from the clock that runs.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from accord.engines.priority import Policy

Times = tuple[datetime | None, datetime | None]
"""Clock and due."""


def started(policy: Policy, worst: int, at: datetime) -> Times:
    """Of a finding whose clock starts now."""
    days = policy.days(worst)
    return at, None if days is None else at + timedelta(days=days)


def moved(policy: Policy, was: int, worst: int, times: Times, at: datetime) -> Times:
    """After its class changed from `was` to `worst` at a moment (lower = more urgent)."""
    clock, due = times
    if clock is None:
        return started(policy, worst, at)
    if was == worst:
        return times
    days = policy.days(worst)
    if worst < was:
        begun, end = started(policy, worst, at)
        return begun, end if end is None or due is None else min(due, end)
    if days is None:
        return clock, None
    end = clock + timedelta(days=days)
    return clock, end if due is None else max(due, end)


def recounted(policy: Policy, worst: int, times: Times, seen: datetime) -> Times:
    """By another policy, the class staying as it is: its days count from the clock that runs, else from when seen."""
    return started(policy, worst, times[0] or seen)
