"""How much an alert matters, and how much risk has gathered on a host, a user or an address.

Score of an alert::

    score = weight of the level × (1 + r) × (1 + goals) × (1 + loss)

    weight   informational 1, low 4, medium 16, high 64, critical 256
    r        R ÷ (R + 100), where R is the risk that has gathered on its entity: 0 to 1
    goals    the share of the weight of all goals that its asset carries: 0 to 1
    loss     the loss at stake on its asset, over the greatest stake of any system: 0 to 1

Each level weighs four times the one below, so that two of the three factors at their most never lift an alert above
one of the next level with nothing at stake. What is not known counts from 0 to 1: the score is then an interval, and a
queue takes its upper end. A level that is not told counts from low to high.

Risk of an entity, at a time::

    R = Σ over rules of weight × ½^(age ÷ 2 days) × (1 + ¼ × (tactics − 1))

over the distinct rules that fired on it within seven days before, each once at its newest hit, and the distinct ATT&CK
tactics of these rules. A rule whose level is not told weighs as medium there, the geometric middle of low and high.
The idea is known as risk-based alerting: several weak signs on one entity are one strong sign. Pure: no clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

WEIGHTS = {"informational": 1.0, "low": 4.0, "medium": 16.0, "high": 64.0, "critical": 256.0}
UNTOLD = (4.0, 64.0)
THRESHOLD = 100.0
"""Risk from which an entity is an alert by itself, if two or more rules fired on it: two of level high, say."""
CRITICAL = 4 * THRESHOLD
WINDOW = 7 * 86_400.0
HALF = 2 * 86_400.0
PER_TACTIC = 0.25
FEWEST_RULES = 2


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that fired: its level, the time of its newest hit (seconds) and its tactics."""

    level: str
    time: float
    tactics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Risk:
    """The risk of an entity at a time: `value`, of how many rules and tactics, and what each rule gives (in order)."""

    value: float
    rules: int
    tactics: int
    parts: tuple[float, ...] = ()

    @property
    def alerts(self) -> bool:
        """Whether it is an alert by itself."""
        return self.value >= THRESHOLD and self.rules >= FEWEST_RULES

    @property
    def level(self) -> str:
        """Of the alert: critical from four times the threshold on, else high."""
        return "critical" if self.value >= CRITICAL else "high"


def score(
    level: str, risk: float | None, goal_share: float | None, loss: float | None, largest: float | None
) -> tuple[float, float]:
    """The score's lower and upper end, equal where all is known.

    `loss` is the stake on the asset at its middle and `largest` the greatest stake of any system, both money a year;
    None is not known. ValueError for what is negative.
    """
    known = [one for one in (risk, goal_share, loss, largest) if one is not None]
    if any(not one >= 0 for one in known):
        raise ValueError("Risk, goal share and loss are not negative.")
    low, high = (WEIGHTS[level],) * 2 if level in WEIGHTS else UNTOLD
    share = None if loss is None or largest is None or largest <= 0 else min(1.0, loss / largest)
    factors = (None if risk is None else risk / (risk + THRESHOLD), None if goal_share is None else goal_share, share)
    for one in factors:
        low *= 1.0 + (0.0 if one is None else min(1.0, one))
        high *= 1.0 + (1.0 if one is None else min(1.0, one))
    return round(low, 2), round(high, 2)


def risk(fired: Iterable[Fired], now: float) -> Risk:
    """The risk that these rules leave at a time (seconds); hits after it count as of now."""
    parts: list[float] = []
    rules, tactics = 0, set[str]()
    for one in fired:
        age = max(0.0, now - one.time)
        if age > WINDOW:
            parts.append(0.0)
            continue
        rules += 1
        tactics.update(one.tactics)
        parts.append(_weight(one.level) * 0.5 ** (age / HALF))
    factor = 1.0 + PER_TACTIC * max(0, len(tactics) - 1)
    return Risk(sum(parts) * factor, rules, len(tactics), tuple(part * factor for part in parts))


def _weight(level: str) -> float:
    return WEIGHTS[level] if level in WEIGHTS else (UNTOLD[0] * UNTOLD[1]) ** 0.5
