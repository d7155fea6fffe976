"""The figures of one year's loss, and what can still be asked of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accord.engines.loss.inversion import Tail

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Bracket:
    """Three tails of one run: with amounts rounded down, as they are, and rounded up; all the same where none is."""

    down: Tail
    middle: Tail
    up: Tail

    @property
    def end(self) -> float:
        """The largest amount (money) of which the tail is known."""
        return self.middle.reach - self.middle.width - self.middle.step

    def quantiles(self, levels: Floats) -> Floats:
        """Lower bound, estimate and upper bound (k, 3) of the quantiles (money)."""
        return self._of(lambda tail: tail.quantiles(levels).T)

    def tail_means(self, levels: Floats) -> Floats:
        """Lower bound, estimate and upper bound (k, 3) of TVaR (money)."""
        return self._of(lambda tail: tail.tail_means(levels).T)

    def exceedance(self, x: Floats) -> Floats:
        """Lower bound, estimate and upper bound (k, 3) of P(S > x)."""
        return self._of(lambda tail: tail.exceedance(x))

    def stop_loss(self, x: Floats) -> Floats:
        """Lower bound, estimate and upper bound (k, 3) of E(S - x)+ (money)."""
        return self._of(lambda tail: tail.stop_loss(x))

    def _of(self, ask: Callable[[Tail], Sequence[Floats] | Floats]) -> Floats:
        lower, middle, upper = ask(self.middle)
        if self.down is not self.middle:
            lower, upper = ask(self.down)[0], ask(self.up)[2]
            middle = np.clip(middle, lower, upper)
        return np.stack([lower, middle, upper], axis=1)


@dataclass(frozen=True, slots=True)
class Tails:
    """The fine tail up to the highest level asked for, and a coarse one beyond."""

    main: Bracket
    far: Bracket

    def tail_means(self, levels: Floats, mean: float) -> Floats:
        """Lower bound, estimate and upper bound of TVaR (k, 3)."""
        found = np.repeat((mean / (1.0 - levels))[:, None], 3, axis=1)
        some = levels > self.main.middle.no_loss
        if some.any():
            found[some] = self.main.tail_means(levels[some])
        return found

    def curve(self, end: float, points: int) -> Floats:
        """Amounts log-spaced up to the one that is exceeded with `end`: see LossResult.curve."""
        last = self.far.middle.quantile(1.0 - end)[1]
        width = self.main.middle.width
        amounts = np.geomspace(max(last / 3000.0, min(4.0 * width, last / 10.0)), last, points)
        lower, middle, upper = self.exceedance(amounts).T
        return np.column_stack([amounts, middle, lower, upper])

    def exceedance(self, x: Floats) -> Floats:
        """P(loss > x): (k, 3) lower bound, estimate, upper bound."""
        return self._within(x, 1.0, lambda bracket, at: bracket.exceedance(at))

    def stop_loss(self, x: Floats) -> Floats:
        """E(S - x)+: (k, 3) lower bound, estimate, upper bound (money)."""
        return self._within(x, np.inf, lambda bracket, at: bracket.stop_loss(at))

    def _within(self, x: Floats, most: float, ask: Callable[[Bracket, Floats], Floats]) -> Floats:
        found = np.zeros((x.size, 3))
        found[:, 1:] = np.nan, most
        for bracket in (self.far, self.main):
            reached = x <= bracket.end
            if not reached.all():
                found[~reached, 2] = np.minimum(found[~reached, 2], ask(bracket, np.array([bracket.end]))[0, 2])
            if reached.any():
                found[reached] = ask(bracket, x[reached])
        return found


@dataclass(frozen=True, slots=True)
class LossResult:
    """One year's loss. Money in the unit of the portfolio; every bound is proven, every estimate lies within it.

    mean, sd            closed form
    no_loss             P(no event in the year), closed form
    levels              (L,) probabilities
    var, tvar           (L, 3) lower bound, estimate, upper bound of VaR and TVaR at each level
    curve               (k, 4) amount, P(loss > amount): estimate, lower bound, upper bound; amounts log-spaced
    scenario_mean       (n,) expected annual loss of each scenario, sums to the mean; also d mean / d ln rate
    allocation_level    the level of scenario_tail and rate_gradient
    scenario_tail       (n,) part of each scenario in TVaR at that level, sums to the estimate of TVaR
    rate_gradient       (n,) d TVaR at that level / d ln of each scenario's rate
    resolution          (upper - lower) / estimate of VaR at target_level; 0 where VaR is 0
    target_met          whether that is within the width asked for
    """

    keys: tuple[str, ...]
    mean: float
    sd: float
    no_loss: float
    levels: Floats
    var: Floats
    tvar: Floats
    curve: Floats
    scenario_mean: Floats
    allocation_level: float
    scenario_tail: Floats
    rate_gradient: Floats
    target_level: float
    resolution: float
    target_met: bool
    frequencies: int
    _tails: Tails | None = field(repr=False, compare=False)

    def exceedance(self, amounts: ArrayLike) -> Floats:
        """P(loss > amount): (k, 3) lower bound, estimate, upper bound, for amounts (k,) >= 0.

        Beyond the amounts that were computed the estimate is NaN between the bounds 0 and the last one known.
        """
        x = np.atleast_1d(np.asarray(amounts, float))
        return np.zeros((x.size, 3)) if self._tails is None else self._tails.exceedance(x)

    def stop_loss(self, amounts: ArrayLike) -> Floats:
        """E(loss - amount)+ (money): (k, 3) lower bound, estimate, upper bound, for amounts (k,) >= 0.

        Beyond the amounts that were computed the estimate is NaN between the bounds 0 and the last one known.
        """
        x = np.atleast_1d(np.asarray(amounts, float))
        if not (np.isfinite(x) & (x >= 0)).all():
            raise ValueError("an amount is a number of at least 0")
        return np.zeros((x.size, 3)) if self._tails is None else self._tails.stop_loss(x)

    def layer_mean(self, attachment: float, limit: float) -> tuple[float, float, float]:
        """E min((loss - attachment)+, limit) of the year (money): lower bound, estimate, upper bound.

        What a cover on the whole year's loss pays on average. limit may be inf.
        """
        if not (np.isfinite(attachment) and attachment >= 0 and limit >= 0):
            raise ValueError("a layer has an attachment and a limit of at least 0")
        if not np.isfinite(limit):
            whole = self.stop_loss([attachment])[0]
            return float(whole[0]), float(whole[1]), float(whole[2])
        below, above = self.stop_loss([attachment, attachment + limit])
        # Also at the most the limit times the chance that the loss gets into the layer at all.
        chance = self.exceedance([attachment, attachment + limit])
        upper = min(below[2] - above[0], limit * chance[0, 2])
        lower = max(below[0] - above[2] if np.isfinite(above[2]) else 0.0, limit * chance[1, 0], 0.0)
        return float(lower), float(np.clip(below[1] - above[1], lower, upper)), float(upper)

    def at(self, level: float) -> int:
        """The row of `levels` that holds this level; KeyError if it was not asked for."""
        rows = np.flatnonzero(np.isclose(self.levels, level, rtol=0, atol=1e-12))
        if not rows.size:
            raise KeyError(f"level {level} was not computed; computed are {self.levels.tolist()}")
        return int(rows[0])
