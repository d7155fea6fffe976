"""Plans that were met: those of which none is both less valuable and more lossy than another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from accord.engines.portfolio.compiled import Ints


class Collector(Protocol):
    """Is told of every plan that the search meets."""

    def offer(self, value: float, loss: float, starts: Ints) -> bool: ...


@dataclass(slots=True)
class Archive:
    """Plans of which none is both less valuable and more lossy than another.

    `vet` is asked before a plan is taken in: a plan that it refuses never comes out of here.
    """

    vet: Callable[[Ints], bool] = lambda starts: True
    values: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    plans: list[Ints] = field(default_factory=list)

    def offer(self, value: float, loss: float, starts: Ints) -> bool:
        """Keep the plan if nothing here is as good in both; what it beats goes."""
        if any(v >= value and x <= loss for v, x in zip(self.values, self.losses, strict=True)):
            return False
        if not self.vet(starts):
            return False
        kept = [n for n, v in enumerate(self.values) if not (v <= value and self.losses[n] >= loss)]
        self.values = [*(self.values[n] for n in kept), value]
        self.losses = [*(self.losses[n] for n in kept), loss]
        self.plans = [*(self.plans[n] for n in kept), starts.copy()]
        return True

    def best(self, score: Callable[[float, float], float | None]) -> int | None:
        """The position with the highest score; a score of None leaves a plan out."""
        rated = [(s, n) for n, (v, x) in enumerate(zip(self.values, self.losses, strict=True))
                 if (s := score(v, x)) is not None]  # fmt: skip
        return max(rated)[1] if rated else None
