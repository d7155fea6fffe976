"""Insurance by layers: what each layer is expected to pay, and the year's loss that is left with and without it.

A layer pays what exceeds its attachment, up to its limit, of each event or of the year. Layers of an event apply
first; layers of the year apply to what these leave. Layers of one kind must not overlap, so that what is left never
falls as the loss rises: then the layers and the rest are comonotone, quantiles and TVaR add up over them (Dhaene et
al., Insurance: Mathematics and Economics 31, 2002), and every figure is an integral of the year's tail,

    E min(max(S - a, 0), l) = integral of P(S > x) over (a, a + l),
    TVaR_p of that layer    = layer(q) + integral of P(S > x) over (max(a, q), max(a + l, q)) / (1 - p),  q = VaR_p(S),

taken between steps that enclose the tail. Without layers of an event the tail is that of `annual_loss`; with such
layers it is that of a lattice (amounts rounded up for the upper bound and down for the lower one).
Shared causes come in by the curve of `dependence.shared_loss`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from accord.engines.loss.annual import LossResult, annual_loss
from accord.engines.loss.dependence import SharedCause, SharedLoss, shared_loss
from accord.engines.loss.errors import LossInputError, Problem
from accord.engines.loss.event import Lattice, event_lattice
from accord.engines.loss.portfolio import Portfolio

Floats = NDArray[np.floating[Any]]
Bounds = tuple[float, float, float]
"""Lower bound, estimate, upper bound."""

MOST_LAYERS = 4
LEVELS = (0.95, 0.99)
_POINTS = 20_000
_CURVE_POINTS = 4_000
_CELLS = 2**17
_DAMPING = 12.0
"""Weight exp(-12) of one period of the lattice on the next: aliasing and arithmetic both stay below 1e-10."""
_NUMERIC = 1e-9


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer on offer. Money in the unit of the portfolio; `premium` a year, None where it is not known."""

    name: str
    attachment: float
    limit: float
    premium: float | None = None
    per: Literal["event", "year"] = "year"


@dataclass(frozen=True, slots=True)
class Recovery:
    """What one layer alone pays in a year: `expected`, and P(it pays at all) and P(it pays in full) where per year.

    loading     premium / expected recovery: above 1 it costs more than it pays on average; None where unknown
    """

    layer: Layer
    expected: Bounds
    touched: Bounds | None
    exhausted: Bounds | None
    loading: float | None


@dataclass(frozen=True, slots=True)
class Option:
    """A set of layers bought: loss that is left in a year, and what it costs together with the premium.

    bought      which layers, by their place
    premium     of all of them; None where one is unknown
    mean        expected loss left; var and tvar by level
    """

    bought: tuple[int, ...]
    premium: float | None
    mean: Bounds
    recovery: Bounds
    var: dict[float, Bounds]
    tvar: dict[float, Bounds]


@dataclass(frozen=True, slots=True)
class Insured:
    """Every layer alone, and every set of layers (none first); `shared`: whether shared causes are in the figures."""

    recoveries: tuple[Recovery, ...]
    options: tuple[Option, ...]
    shared: bool = False


def insure(
    portfolio: Portfolio,
    layers: Sequence[Layer],
    levels: tuple[float, ...] = LEVELS,
    causes: Sequence[SharedCause] = (),
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Insured:
    """All sets of 1 to 4 layers. LossInputError names each layer that is none, and each pair that overlaps.

    causes    what strikes several scenarios at once; it counts where no layer is of an event, else the scenarios are
              taken to be independent in every option, and `Insured.shared` says so
    tell      is told before each option how many of how many are done; what it raises ends the computation
    """
    check_layers(layers)
    furthest = max((one.attachment + one.limit for one in layers if one.per == "year"), default=0.0)
    shared = bool(causes) and all(one.per == "year" for one in layers)
    whole: LossResult | SharedLoss
    if shared:
        whole = shared_loss(portfolio, causes, levels, curve_points=_CURVE_POINTS, points=_CELLS)
        gross = _Year.of_curve(whole, furthest, levels)
    else:
        whole = annual_loss(portfolio, tuple(sorted({*levels, 0.95, 0.99})))
        gross = _Year.of(whole, furthest, levels)
    of_event = [n for n, one in enumerate(layers) if one.per == "event"]
    of_year = [n for n, one in enumerate(layers) if one.per == "year"]
    events = _Events.of(portfolio, whole) if of_event and isinstance(whole, LossResult) else None
    years: dict[tuple[int, ...], _Year] = {(): gross}
    options = []
    for bits in range(2 ** len(layers)):
        tell(bits, 2 ** len(layers))
        bought = tuple(n for n in range(len(layers)) if bits >> n & 1)
        kept = tuple(n for n in bought if n in of_event)
        if kept not in years:
            assert events is not None
            years[kept] = events.year([layers[n] for n in kept], levels)
        options.append(_option(layers, bought, years[kept], [layers[n] for n in bought if n in of_year], gross))
    recoveries = tuple(_recovery(one, gross, events) for one in layers)
    return Insured(recoveries, tuple(sorted(options, key=lambda one: (len(one.bought), one.bought))), shared)


def check_layers(layers: Sequence[Layer]) -> None:
    """LossInputError where a layer is none or two of one kind overlap."""
    problems = []
    if not 1 <= len(layers) <= MOST_LAYERS:
        problems.append(Problem("(all)", "layers", f"{len(layers)} layers", f"Give 1 to {MOST_LAYERS}"))
    for one in layers:
        if not (np.isfinite(one.attachment) and one.attachment >= 0):
            problems.append(Problem(one.name, "attachment", f"{one.attachment:g} is no amount", "Give 0 or more"))
        if not (np.isfinite(one.limit) and one.limit > 0):
            problems.append(Problem(one.name, "limit", f"{one.limit:g} is no amount", "Give an amount above 0"))
        if one.premium is not None and not (np.isfinite(one.premium) and one.premium >= 0):
            problems.append(Problem(one.name, "premium", f"{one.premium:g} is no amount", "Give 0 or more"))
    for per in ("event", "year"):
        same = sorted((one for one in layers if one.per == per), key=lambda one: one.attachment)
        for lower, upper in pairwise(same):
            if lower.attachment + lower.limit > upper.attachment:
                reason = f"it begins at {upper.attachment:,.0f}, inside of {lower.name}"
                remedy = f"Begin at {lower.attachment + lower.limit:,.0f} or above, or make the other's limit smaller"
                problems.append(Problem(upper.name, "attachment", reason, remedy))
    if problems:
        raise LossInputError(problems)


@dataclass(frozen=True)
class _Year:
    """The tail of a year's loss between steps: low <= P(S > x) <= high, both falling, on ascending amounts x.

    Between two amounts the tail lies between low of the right one and high of the left one. `whole` gives sharper
    integrals of it, where it is there.
    """

    x: Floats
    low: Floats
    high: Floats
    middle: Floats
    mean: Bounds
    var: dict[float, Bounds]
    tvar: dict[float, Bounds]
    whole: LossResult | None = None
    _sums: dict[str, Floats] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, whole: LossResult, furthest: float, levels: tuple[float, ...]) -> _Year:
        highest = max(furthest, 1.0)
        # Even steps for where layers begin and end, steps in proportion for where most years lie.
        x = np.union1d(np.linspace(0.0, highest, _POINTS + 1), np.geomspace(highest * 1e-7, highest, _POINTS))
        found = whole.exceedance(x)
        middle = np.where(np.isnan(found[:, 1]), (found[:, 0] + found[:, 2]) / 2.0, found[:, 1])
        at = {level: whole.at(level) for level in levels}
        return cls(
            x, np.minimum.accumulate(found[:, 0]), np.minimum.accumulate(found[:, 2]), middle,
            (whole.mean, whole.mean, whole.mean),
            {level: _bounds(whole.var[row]) for level, row in at.items()},
            {level: _bounds(whole.tvar[row]) for level, row in at.items()}, whole,
        )  # fmt: skip

    @classmethod
    def of_curve(cls, whole: SharedLoss, furthest: float, levels: tuple[float, ...]) -> _Year:
        """From the exceedance curve with its bounds; beyond its end the tail is between 0 and its last point."""
        some = 1.0 - whole.no_loss
        start = np.array([[0.0, some, some, some]])
        end = max(furthest, float(whole.curve[-1, 0])) * 2.0
        last = np.array([[end, 0.0, 0.0, float(whole.curve[-1, 3])]])
        x, middle, low, high = np.concatenate([start, whole.curve, last]).T
        places = {level: int(np.flatnonzero(np.isclose(whole.levels, level))[0]) for level in levels}
        return cls(
            x, np.minimum.accumulate(low), np.minimum.accumulate(high), np.minimum.accumulate(middle),
            (whole.mean, whole.mean, whole.mean),
            {level: _bounds(whole.var[row]) for level, row in places.items()},
            {level: _bounds(whole.tvar[row]) for level, row in places.items()},
        )  # fmt: skip

    def integral(self, start: float, end: float) -> Bounds:
        """The integral of the tail from start to end (money), within the amounts."""
        if end <= start:
            return 0.0, 0.0, 0.0
        if not self._sums:
            steps = np.diff(self.x)
            parts = {
                "low": self.low[1:] * steps,
                "high": self.high[:-1] * steps,
                "middle": (self.middle[1:] + self.middle[:-1]) / 2.0 * steps,
            }
            self._sums.update({name: np.concatenate([[0.0], np.cumsum(part)]) for name, part in parts.items()})
        found = {name: float(np.diff(np.interp([start, end], self.x, sums))[0]) for name, sums in self._sums.items()}
        low, middle, high = found["low"], found["middle"], found["high"]
        if self.whole is not None:
            (low0, middle0, high0), (low1, middle1, high1) = self.whole.stop_loss(np.array([start, end])).tolist()
            low, high = max(low, low0 - high1), min(high, high0 - low1)
            exact = middle0 - middle1
            middle = middle if np.isnan(exact) else exact
        return low, min(max(middle, low), high), high

    def exceed(self, amount: float) -> Bounds:
        """P(S > amount)."""
        at = int(np.searchsorted(self.x, amount, side="right")) - 1
        after = min(at if self.x[at] == amount else at + 1, self.x.size - 1)
        middle = float(np.interp(amount, self.x, self.middle))
        return float(self.low[after]), middle, float(self.high[at])

    def layer_tail(self, layer: Layer, level: float) -> Bounds:
        """TVaR at a level of what the layer pays."""
        lower, middle, upper = self.var[level]
        start, end = layer.attachment, layer.attachment + layer.limit
        beyond = 1.0 - level
        parts = self.integral(max(start, middle), max(end, middle))
        found = [_layer(layer, middle) + part / beyond for part in parts]
        # The expression is least at the true quantile, so any other point is above it by no more than `off`.
        reach = max(min(end, upper) - max(start, lower), 0.0)
        slope = max(abs(1.0 - self.exceed(upper)[0] / beyond), abs(self.exceed(lower)[2] / beyond - 1.0))
        return max(found[0] - reach * slope, 0.0), min(found[1], layer.limit), min(found[2], layer.limit)


def _layer(layer: Layer, amount: float) -> float:
    return min(max(amount - layer.attachment, 0.0), layer.limit)


def _left(layers: Sequence[Layer], amount: float) -> float:
    return amount - sum(_layer(one, amount) for one in layers)


def _bounds(row: Floats) -> Bounds:
    low, middle, high = row.tolist()
    return low, middle, high


def _minus(whole: Bounds, parts: Sequence[Bounds]) -> Bounds:
    low = max(whole[0] - sum(part[2] for part in parts), 0.0)
    return low, max(whole[1] - sum(part[1] for part in parts), 0.0), whole[2] - sum(part[0] for part in parts)


def _option(
    layers: Sequence[Layer], bought: tuple[int, ...], year: _Year, of_year: Sequence[Layer], gross: _Year
) -> Option:
    paid = [year.integral(one.attachment, one.attachment + one.limit) for one in of_year]
    mean = _minus(year.mean, paid)
    premiums = [layers[n].premium for n in bought]
    known = [premium for premium in premiums if premium is not None]
    return Option(
        bought,
        sum(known) if len(known) == len(premiums) else None,
        mean,
        (gross.mean[0] - mean[2], gross.mean[1] - mean[1], gross.mean[2] - mean[0]),
        {level: (_left(of_year, v[0]), _left(of_year, v[1]), _left(of_year, v[2])) for level, v in year.var.items()},
        {level: _minus(v, [year.layer_tail(one, level) for one in of_year]) for level, v in year.tvar.items()},
    )


def _recovery(layer: Layer, gross: _Year, events: _Events | None) -> Recovery:
    touched = exhausted = None
    if layer.per == "year":
        expected = gross.integral(layer.attachment, layer.attachment + layer.limit)
        touched, exhausted = gross.exceed(layer.attachment), gross.exceed(layer.attachment + layer.limit)
    else:
        assert events is not None
        expected = events.expected(layer)
    loading = None if layer.premium is None or expected[1] <= 0 else layer.premium / expected[1]
    return Recovery(layer, expected, touched, exhausted, loading)


@dataclass(frozen=True)
class _Events:
    """Each scenario's events on one lattice, to compound them again with layers of an event taken off."""

    rate: Floats
    variance: Floats
    lattices: tuple[Lattice, ...]
    mean: float

    @classmethod
    def of(cls, portfolio: Portfolio, whole: LossResult) -> _Events:
        end = float(whole.curve[-1, 0])
        rates, variances = portfolio.rate()
        rows = [n for n in range(len(portfolio)) if rates[n] > 0 and portfolio.magnitude_factor[n] > 0]
        quantiles = portfolio.magnitude * portfolio.magnitude_factor[:, None, None]
        known = [quantiles[n][~np.isnan(quantiles[n]).all(axis=1)] for n in rows]
        lattices = tuple(event_lattice(forms, 1.25 * end, _CELLS) for forms in known)
        return cls(rates[rows], variances[rows], lattices, whole.mean)

    def expected(self, layer: Layer) -> Bounds:
        """Expected recovery of a layer of an event in a year: rate times the layer's mean, over the scenarios."""
        parts = np.array([one.layer_mean(layer.attachment, layer.limit) for one in self.lattices]).reshape(-1, 3)
        return _bounds(self.rate @ parts)

    def year(self, layers: Sequence[Layer], levels: tuple[float, ...]) -> _Year:
        """The year's loss when each event is covered by these layers."""
        up, down = self._compound(layers, 0), self._compound(layers, 1)
        step = self.lattices[0].step
        x = step * np.arange(up.size)
        high = np.minimum.accumulate(np.clip(1.0 - up + _NUMERIC, 0.0, 1.0))
        low = np.minimum.accumulate(np.clip(1.0 - down - _NUMERIC, 0.0, 1.0))
        mean = _minus((self.mean,) * 3, [self.expected(one) for one in layers])
        var, tvar = {}, {}
        rough = _Year(x, low, high, (low + high) / 2.0, mean, {}, {})
        for level in levels:
            first, last = (int(np.argmax(tail <= 1.0 - level)) for tail in (low, high))
            var[level] = (float(x[first]), float((x[first] + x[last]) / 2.0), float(x[last]))
            tvar[level] = _mean_beyond(rough, level, var[level], mean)
        return _Year(x, low, high, (low + high) / 2.0, mean, var, tvar)

    def _compound(self, layers: Sequence[Layer], down: int) -> Floats:
        """P(S rounded up, or down, <= k steps): negative binomial or Poisson events, scenarios independent."""
        step, size = self.lattices[0].step, self.lattices[0].below.size
        length = 1 << int(2 * size - 1).bit_length()
        tilt = np.exp(-_DAMPING / length * np.arange(size))
        log_year: Any = np.zeros(length // 2 + 1, complex)
        for rate, variance, lattice in zip(self.rate, self.variance, self.lattices, strict=True):
            whole = lattice.masses
            amounts = step * np.maximum(np.arange(whole.size) - lattice.forms * down, 0)
            left = np.array(amounts)
            for one in layers:
                left -= np.minimum(np.maximum(amounts - one.attachment, 0.0), one.limit)
            cells = np.floor(left / step + 1e-9) if down else np.ceil(left / step - 1e-9)
            mass = np.bincount(cells.astype(int), weights=whole, minlength=size)[:size]
            away = 1.0 - np.fft.rfft(mass * tilt, length)
            spread = variance / rate
            log_year += -rate * away if variance == 0 else -(rate / spread) * np.log(1.0 + spread * away)
        year: Floats = np.fft.irfft(np.exp(log_year), length)[:size] / tilt
        return np.cumsum(np.maximum(year, 0.0))


def _mean_beyond(year: _Year, level: float, var: Bounds, mean: Bounds) -> Bounds:
    """TVaR = q + E[(S - q)+] / (1 - p), least at the quantile: the same bound as for a layer."""
    beyond = 1.0 - level
    lower, middle, upper = var
    before = year.integral(0.0, middle)
    excess = mean[0] - before[2], mean[1] - before[1], mean[2] - before[0]
    slope = max(abs(1.0 - year.exceed(upper)[0] / beyond), abs(year.exceed(lower)[2] / beyond - 1.0))
    found = [middle + max(part, 0.0) / beyond for part in excess]
    return max(found[0] - (upper - lower) * slope, lower), found[1], found[2]
