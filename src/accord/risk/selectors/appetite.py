"""Reads of the risk appetite: the curve in force, what waits for a key, and the loss held against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accord.core.twokey import TwoKeyState
from accord.risk.models import Appetite

Point = tuple[float, float]


def appetite_in_force() -> Appetite | None:
    """The appetite that both executives signed. One query."""
    return Appetite.objects.filter(state=TwoKeyState.IN_FORCE).order_by("-in_force_at").first()


def appetites(limit: int = 20) -> list[Appetite]:
    """The newest appetites with their signers, whatever their state. One query."""
    people = ("proposed_by", "cio_signer", "ciso_signer", "dissent_by")
    return list(Appetite.objects.select_related(*people).order_by("-created", "-pk")[:limit])


@dataclass(frozen=True, slots=True)
class Compared:
    """One point of the appetite: the highest accepted probability of losing more, and that of the present curve.

    `probability` is None where the curve does not reach, `above` None where therefore nothing can be said.
    """

    amount: float
    accepted: float
    probability: float | None
    above: bool | None


def compare(points: Sequence[Sequence[float]], curve: list[Point]) -> list[Compared]:
    """The loss against each point of an appetite.

    Beyond the end of the curve the probability is below its last one, which settles it where the appetite is above.
    """
    from accord.risk.selectors.results import exceeding

    rows = []
    for amount, accepted in points:
        found = exceeding(curve, amount)
        above: bool | None = None
        if found is not None:
            above = found > accepted
        elif curve and curve[-1][1] <= accepted:
            above = False
        rows.append(Compared(amount, accepted, found, above))
    return rows
