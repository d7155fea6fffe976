"""Shared causes in the loss run: which of them count, the year with them, and what the run keeps of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accord.risk.selectors.inputs import CauseInput, Inputs

if TYPE_CHECKING:
    from accord.engines.loss import LossResult, Portfolio
    from accord.engines.loss.dependence import SharedCause, SharedLoss

FINE, COARSE = 1e-4, 2e-3
"""Relative width of VaR 99 % of independent scenarios: of the figures, and where the curve is only looked at."""
POINTS, COARSE_POINTS, TAIL_POINTS = 2**17, 2**15, 2**13
"""Of the lattice: of the figures, where the curve is only looked at, and where only the estimate is read."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A cause that is in no figure, why, and what to do."""

    key: str
    name: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Causes:
    """The causes as the engine takes them, and those that count for nothing, with the reason."""

    used: tuple[SharedCause, ...]
    left_out: tuple[LeftOut, ...]


def sort_out(inputs: Inputs, base: Portfolio) -> Causes:
    """The causes whose rate is known and whose strikes fit the scenarios' own frequencies, taken in order of key.

    Strikes on scenarios without figures count for nothing: these scenarios are in no figure either.
    """
    from accord.engines.loss import LossInputError
    from accord.engines.loss.dependence import explained

    used: list[SharedCause] = []
    left_out: list[LeftOut] = []
    for one in inputs.causes:
        cause = _cause(one, base)
        if isinstance(cause, LeftOut):
            left_out.append(cause)
            continue
        try:
            explained(base, [*used, cause])
        except LossInputError as error:
            problem = error.problems[0]
            reason = f"{problem.key}: {problem.reason}."
            left_out.append(LeftOut(one.key, one.name, reason, f"{problem.remedy}."))
        else:
            used.append(cause)
    return Causes(tuple(used), tuple(left_out))


def _cause(one: CauseInput, base: Portfolio) -> SharedCause | LeftOut:
    from accord.engines.loss.dependence import SharedCause

    if one.rate is None:
        remedy = "Give 5 %, 50 % and 95 % in times a year."
        return LeftOut(one.key, one.name, "How often it strikes is unknown.", remedy)
    known = set(base.keys)
    strikes = {scenario: p for scenario, p in one.strikes if scenario in known and p > 0}
    if not strikes:
        remedy = "Link it to scenarios that have a frequency and a loss."
        return LeftOut(one.key, one.name, "It strikes no scenario that has figures.", remedy)
    return SharedCause(one.key, one.rate, strikes)


def year(portfolio: Portfolio, causes: Causes, *, coarse: bool = False) -> LossResult | SharedLoss:
    """The annual loss: with the causes where there are some, else of independent scenarios.

    coarse: where the curve is only looked at.
    """
    from accord.engines.loss import annual_loss
    from accord.engines.loss.dependence import shared_loss

    if causes.used:
        return shared_loss(portfolio, causes.used, points=COARSE_POINTS if coarse else POINTS)
    return annual_loss(portfolio, target_width=COARSE if coarse else FINE)


def tail_mean(portfolio: Portfolio, causes: Causes, level: float) -> float:
    """The estimate of TVaR at a level, to a few parts in a million, without tight bounds: quick."""
    from accord.engines.loss.dependence import shared_loss

    found = shared_loss(portfolio, causes.used, (level,), allocation_level=level, points=TAIL_POINTS)
    return float(found.tvar[0, 1])


def as_json(inputs: Inputs, causes: Causes, now: LossResult | SharedLoss, alone: LossResult) -> dict[str, Any]:
    """What the run keeps: each cause with its part of mean and tail, those left out, and VaR and TVaR without any."""
    from accord.engines.loss.dependence import SharedLoss

    told: dict[str, Any] = {
        "left_out": [{"key": o.key, "name": o.name, "reason": o.reason, "remedy": o.remedy} for o in causes.left_out],
        "rows": [],
    }
    if not isinstance(now, SharedLoss):
        return told
    names = {one.key: one for one in inputs.causes}
    scenarios = {one.key: one.name for one in inputs.scenarios}
    for c, cause in enumerate(causes.used):
        struck = [i for i, key in enumerate(now.keys) if key in cause.probabilities]
        told["rows"].append(
            {
                "key": cause.key,
                "name": names[cause.key].name,
                "rate": list(cause.rate),
                "mean": float(now.cause_mean[c].sum()),
                "tail": float(now.cause_tail[c].sum()),
                "scenarios": [
                    {
                        "key": now.keys[i],
                        "name": scenarios[now.keys[i]],
                        "probability": float(cause.probabilities[now.keys[i]]),
                        "mean": float(now.cause_mean[c, i]),
                        "tail": float(now.cause_tail[c, i]),
                    }
                    for i in sorted(struck, key=lambda i: -float(now.cause_mean[c, i]))
                ],
            }
        )
    told["rows"].sort(key=lambda row: (-row["tail"], row["key"]))
    told["without"] = {what: _levels(alone, what) for what in ("var", "tvar")}
    return told


def _levels(result: LossResult, what: str) -> list[dict[str, float]]:
    rows = zip(result.levels.tolist(), getattr(result, what).tolist(), strict=True)
    return [{"level": level, "lower": low, "value": mid, "upper": high} for level, (low, mid, high) in rows]
