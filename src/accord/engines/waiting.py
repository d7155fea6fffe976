"""Patch or wait: what patching now, later, or after a mitigation costs, from the same few uncertain inputs.

    W(t) = rate · G(t),  G(t) = t + (increase − 1) · (t − (1 − e^(−emergence·t)) / emergence)

is the expected loss of t days with the weakness open: `rate` a day now, and `increase` times as much from the moment
when exploitation becomes known, which comes at a constant hazard `emergence` a day (exponential waiting time). An
option that patches on day d costs

    C = W(s) + residual · (W(d) − W(s))                 waiting; a mitigation holds from day s on
      + per_hour · hours · share                        downtime, in a window a share of the hourly loss
      + probability · (per_hour · (rollback + hours · share) + residual · (W(d + retry) − W(d)))     the patch fails
      + once + a_day · (d − s)                          the mitigation

The second attempt is taken to work. C is of the first degree in every input but `emergence` and rises with every one,
so the hull of the inputs' intervals is met at their ends: three passes give it. Money is not discounted.

Probabilities that one option costs less than another take the inputs as independent: half of the weight lies evenly
between low and middle, half between middle and high, there evenly in the logarithm, as what cannot be negative and is
known within a factor spreads upward. As C is a line in `rate`, that one is integrated exactly; the others by
the points of a Sobol' sequence (I. M. Sobol', 1967; directions of S. Joe and F. Y. Kuo, 2008), a fixed rule without
random numbers, whose error is told as the difference between the first half of the points and all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Values = Mapping[str, Floats]

Interval = tuple[float, float, float]
NONE: Interval = (0.0, 0.0, 0.0)
SAME: Interval = (1.0, 1.0, 1.0)
POINTS = 1 << 13
LONGEST = 36525.0
"""Days; a break-even that lies further away is infinite."""


class WaitingInputError(ValueError):
    """An input that is out of order or out of its range, with its name."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Each (low, middle, high). One that is not known is for the caller to leave out or to widen, never to guess.

    rate: money a day of the open weakness today. increase: factor on it, at least 1, once exploitation is known.
    emergence: hazard a day that it becomes known. hours: downtime of the patch. per_hour: money an hour of downtime.
    window_share: share of `per_hour` that an hour in a window costs. probability: that the patch fails. rollback:
    hours that a failure costs beside the patch's own, work to be done again included. retry: days until the second
    attempt. residual: share of the rate that a mitigation leaves. once: money that it costs, a_day: money a day.
    """

    rate: Interval
    per_hour: Interval
    hours: Interval
    window_share: Interval = SAME
    increase: Interval = SAME
    emergence: Interval = NONE
    probability: Interval = NONE
    rollback: Interval = NONE
    residual: Interval = SAME
    once: Interval = NONE
    a_day: Interval = NONE
    retry: float = 0.0

    def __post_init__(self) -> None:
        for name in INTERVALS:
            low, mid, high = getattr(self, name)
            least = 1.0 if name == "increase" else 0.0
            most = 1.0 if name in ("window_share", "probability", "residual") else np.inf
            if not (np.isfinite([low, mid, high]).all() and least <= low <= mid <= high <= most):
                raise WaitingInputError(f"{name}: {low:g}, {mid:g}, {high:g} are out of order or out of range")
        if not 0 <= self.retry < np.inf:
            raise WaitingInputError(f"retry: {self.retry:g} days")


INTERVALS = tuple(field.name for field in fields(Inputs) if field.name != "retry")


@dataclass(frozen=True, slots=True)
class Option:
    """One way: patched on `day` (days from now), or never by us where `patched` is False.

    in_window: its downtime costs `window_share` of the usual. mitigated: `residual` holds from day `since` on.
    """

    key: str
    day: float
    in_window: bool = False
    mitigated: bool = False
    since: float = 0.0
    patched: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.since <= self.day < np.inf:
            raise WaitingInputError(f"{self.key}: day {self.day:g}, mitigated since {self.since:g}")


@dataclass(frozen=True, slots=True)
class Cost:
    """(low, middle, high) in money: the whole and its parts, which add up to it at each end."""

    whole: Interval
    waiting: Interval
    downtime: Interval
    failure: Interval
    mitigation: Interval


@dataclass(frozen=True, slots=True)
class Chances:
    """less[i, j]: chance that option i costs less than j (a tie counts half). cheapest[i]: that it costs least.

    error: the greatest difference between what half of the points and all of them say.
    """

    less: Floats
    cheapest: Floats
    error: float


def days_at_rate(days: ArrayLike, increase: ArrayLike, emergence: ArrayLike) -> Floats:
    """G(t): days of today's rate that cost as much as `days` with the increase. Arrays broadcast."""
    t, factor, hazard = (np.asarray(value, dtype=np.float64) for value in (days, increase, emergence))
    x = hazard * t
    small = x < 1e-4
    safe = np.where(small, 1.0, x)
    # 1 - (1 - e^-x) / x, by its series where the difference would cancel
    part = np.where(small, x / 2 - x * x / 6, 1.0 + np.expm1(-safe) / safe)
    found: Floats = t * (1.0 + (factor - 1.0) * part)
    return found


def cost(inputs: Inputs, option: Option) -> Cost:
    """What an option costs, as the hull of its inputs."""
    x = _ends(inputs)
    slope, rest = _waiting(x, option), _rest(x, option, inputs.retry)
    parts = (x["rate"] * slope, rest["downtime"], rest["failure"] + x["rate"] * rest["again"], rest["mitigation"])
    whole = sum(parts[1:], parts[0])
    return Cost(*(_interval(part) for part in (whole, *parts)))


def path(inputs: Inputs, option: Option, days: ArrayLike) -> Floats:
    """What an option has cost by each of `days`, (3, n): what patching and failing cost falls on its day at once."""
    t = np.asarray(days, dtype=np.float64)
    x = {name: values[:, None] for name, values in _ends(inputs).items()}
    until = np.minimum(t, option.day)
    since = np.minimum(until, option.since)
    found = x["rate"] * _through(x, until, since, option.mitigated)
    rest = _rest(x, option, inputs.retry)
    if option.mitigated:
        found = found + (t >= option.since) * x["once"] + x["a_day"] * (until - since)
    lump = rest["downtime"] + rest["failure"] + x["rate"] * rest["again"]
    return np.asarray(found + (t >= option.day) * lump, dtype=np.float64)


def break_even(inputs: Inputs, money: Interval) -> Interval:
    """After how many days the waiting itself, W(t), has cost as much as `money`: (least, middle, most) days.

    Least: all that makes waiting dear at its high end and `money` at its low. Infinite where it never does.
    """
    ends = _ends(inputs)
    x = {name: ends[name][::-1] for name in ("rate", "increase", "emergence")}

    def dearer(days: Floats) -> Floats:
        return np.asarray(x["rate"] * days_at_rate(days, x["increase"], x["emergence"]) - np.asarray(money))

    return _root(dearer)


def worth_waiting(inputs: Inputs) -> Interval:
    """Until which day waiting for a window costs less than patching now: (least, middle, most) days.

    The difference rises with the day, rate, increase, emergence and share, falls with hours and money an hour, and is
    a line in the probability of failing, of which the worse and the better end are taken.
    """
    ends = _ends(inputs)
    up = ("rate", "increase", "emergence", "window_share")
    x = {name: ends[name][::-1] if name in up else ends[name] for name in INTERVALS}

    def dearer(days: Floats) -> Floats:
        by_end = []
        for chance in (inputs.probability, inputs.probability[::-1]):
            q = np.asarray(chance)
            later = _grown(x, days) * (1 - q) + q * _grown(x, days + inputs.retry)
            now = q * _grown(x, np.full(3, inputs.retry))
            saved = x["per_hour"] * x["hours"] * (1 - x["window_share"]) * (1 + q)
            by_end.append(x["rate"] * (later - now) - saved)
        most, least = np.maximum(*by_end), np.minimum(*by_end)
        return np.array([most[0], by_end[0][1], least[2]])

    return _root(dearer)


def chances(inputs: Inputs, options: Sequence[Option], points: int = POINTS) -> Chances:
    """How likely each option costs less than each other and than all; `points` is a power of two, at least 2."""
    whole = _conditional(inputs, options, points)
    less, cheapest = whole.less.mean(axis=-1), whole.cheapest.mean(axis=-1)
    half = points // 2
    first = np.concatenate([
        (whole.less[..., :half].mean(axis=-1) - less).ravel(), whole.cheapest[:, :half].mean(axis=-1) - cheapest,
    ])  # fmt: skip
    return Chances(less, cheapest, float(np.abs(first).max(initial=0.0)))


@dataclass(frozen=True, slots=True)
class _Conditional:
    less: Floats
    cheapest: Floats


def _conditional(inputs: Inputs, options: Sequence[Option], points: int) -> _Conditional:
    """The chances given all inputs but the rate, at each point: (m, m, points) and (m, points)."""
    x = _spread(inputs, points)
    slopes, rests = [], []
    for option in options:
        rest = _rest(x, option, inputs.retry)
        slopes.append(np.broadcast_to(_waiting(x, option) + rest["again"], (points,)))
        rests.append(np.broadcast_to(rest["downtime"] + rest["failure"] + rest["mitigation"], (points,)))
    a, b = np.stack(slopes), np.stack(rests)
    m = len(options)
    less, cheapest = np.full((m, m, points), 0.5), np.zeros((m, points))
    for i in range(m):
        above, below, possible = np.full(points, -np.inf), np.full(points, np.inf), np.ones(points, dtype=bool)
        for j in range(m):
            if i == j:
                continue
            da, db = a[i] - a[j], b[i] - b[j]
            flat = da == 0
            with np.errstate(over="ignore"):  # further than any number is infinite
                at = -db / np.where(flat, 1.0, da)
            below = np.where(~flat & (da > 0), np.minimum(below, at), below)
            above = np.where(~flat & (da < 0), np.maximum(above, at), above)
            possible &= ~(flat & ((db > 0) | ((db == 0) & (j < i))))  # of equal options the first is the cheapest
            share = _share_below(inputs.rate, at)
            tied = np.where(db < 0, 1.0, np.where(db > 0, 0.0, 0.5))
            less[i, j] = np.where(flat, tied, np.where(da > 0, share, 1.0 - share))
        found = _share_below(inputs.rate, below) - _share_below(inputs.rate, above)
        cheapest[i] = np.where(possible, np.maximum(found, 0.0), 0.0)
    return _Conditional(less, cheapest)


def _spread(inputs: Inputs, points: int) -> Values:
    """All inputs but the rate at `points` points of equal weight; one that is certain is a single number."""
    from scipy.stats import qmc  # type: ignore[import-untyped]

    unsure = [n for n in INTERVALS if n != "rate" and getattr(inputs, n)[0] < getattr(inputs, n)[2]]
    x: dict[str, Floats] = {
        name: np.asarray(getattr(inputs, name)[1]) for name in INTERVALS if name not in unsure
    }  # fmt: skip
    if unsure:
        size = points.bit_length() - 1
        at = qmc.Sobol(len(unsure), scramble=False).random_base2(size) + 0.5 / points
        for name, u in zip(unsure, at.T, strict=True):
            low, mid, high = getattr(inputs, name)
            x[name] = np.where(u < 0.5, low + 2 * u * (mid - low), _above(mid, high, 2 * u - 1))
    return x


def _above(mid: float, high: float, share: Floats) -> Floats:
    """The value with so much of the upper half below it: evenly in the logarithm, plainly where the middle is 0."""
    if mid > 0:
        return np.asarray(np.exp(np.log(mid) + share * (np.log(high) - np.log(mid))))
    return mid + share * (high - mid)


def _share_below(interval: Interval, value: Floats) -> Floats:
    """Weight of an input below a value; on a point, half of it."""
    low, mid, high = interval
    on_point = np.where(value > mid, 1.0, np.where(value < mid, 0.0, 0.5))
    lower = np.clip((value - low) / (mid - low), 0.0, 1.0) if mid > low else on_point
    if mid > 0:
        width = np.log(high) - np.log(mid)
        upper = (np.log(np.clip(value, mid, high)) - np.log(mid)) / width if width > 0 else on_point
    else:
        upper = np.clip(value / high, 0.0, 1.0) if high > 0 else on_point
    return np.asarray(0.5 * lower + 0.5 * upper)


def _ends(inputs: Inputs) -> dict[str, Floats]:
    return {name: np.asarray(getattr(inputs, name), dtype=np.float64) for name in INTERVALS}


def _grown(x: Values, days: ArrayLike) -> Floats:
    return days_at_rate(days, x["increase"], x["emergence"])


def _through(x: Values, until: ArrayLike, since: ArrayLike, mitigated: bool) -> Floats:
    """Days at today's rate that the time until a day costs, a mitigation holding since another."""
    if not mitigated:
        return _grown(x, until)
    bare = _grown(x, since)
    return np.asarray(bare + x["residual"] * (_grown(x, until) - bare))


def _waiting(x: Values, option: Option) -> Floats:
    return _through(x, option.day, option.since, option.mitigated)


def _rest(x: Values, option: Option, retry: float) -> Values:
    """What does not hang on the rate, and `again`: days at today's rate that a failed patch adds on average."""
    zero = np.zeros(())
    share = x["window_share"] if option.in_window else np.ones(())
    held = x["residual"] if option.mitigated else np.ones(())
    downtime = x["per_hour"] * x["hours"] * share if option.patched else zero
    chance = x["probability"] if option.patched else zero
    return {
        "downtime": np.asarray(downtime),
        "failure": np.asarray(chance * (x["per_hour"] * x["rollback"] + downtime)),
        "again": np.asarray(chance * held * (_grown(x, option.day + retry) - _grown(x, option.day))),
        "mitigation": np.asarray(x["once"] + x["a_day"] * (option.day - option.since)) if option.mitigated else zero,
    }


def _root(dearer: Callable[[Floats], Floats]) -> Interval:
    """Where three rising functions of the day pass zero, by bisection."""
    low, high = np.zeros(3), np.full(3, LONGEST)
    never = dearer(high) < 0
    for _ in range(80):
        middle = (low + high) / 2
        over = dearer(middle) >= 0
        high, low = np.where(over, middle, high), np.where(over, low, middle)
    first, second, third = np.where(never, np.inf, high)
    return float(first), float(second), float(third)


def _interval(values: Floats) -> Interval:
    low, mid, high = np.broadcast_to(values, (3,))
    return float(low), float(mid), float(high)
