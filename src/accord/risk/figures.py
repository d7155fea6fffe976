"""From the inputs to the figures: which scenarios can be quantified, their annual loss, and on whom it falls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accord.risk.models import ScenarioLoss
from accord.risk.selectors.inputs import METHOD, Inputs, Interval, Reduction, ScenarioInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from accord.engines.loss import LossResult, Portfolio
    from accord.engines.loss.dependence import SharedLoss

    Year = LossResult | SharedLoss
    Floats = NDArray[np.floating[Any]]

FORMS = tuple(ScenarioLoss.Form.values)
LOW, MID, HIGH = 0, 1, 2
STEPS = 12
"""What the progress of a run counts: the year, the year without controls, eight inputs, the division."""
Tell = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Unquantified:
    """A scenario that is in no figure, why, and what to do."""

    key: str
    name: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Quantified:
    """The scenarios that have figures, as the loss engine takes them, and those that have none.

    `base` is without controls, `portfolio` with the operating controls at the middle of their effects; the order of
    both is that of `scenarios`.
    """

    scenarios: tuple[ScenarioInput, ...]
    base: Portfolio
    portfolio: Portfolio
    missing: tuple[Unquantified, ...]


def remaining(effects: Sequence[Reduction], side: str, end: int) -> float:
    """What is left of a scenario's frequency or magnitude: the product of 1 − share over the effects on that side.

    end: LOW, MID or HIGH of each effect's interval.
    """
    left = 1.0
    for effect in effects:
        interval: Interval | None = getattr(effect, side)
        if interval is not None:
            left *= 1.0 - interval[end]
    return left


def quantify(inputs: Inputs) -> Quantified:
    """Sort the scenarios into those with figures and those without. An unknown is never read as 0."""
    from accord.engines.loss import LossInputError, Portfolio

    kept: list[ScenarioInput] = []
    missing: list[Unquantified] = []
    for one in inputs.scenarios:
        if one.frequency is None:
            remedy = "Give 5 %, 50 % and 95 % in events a year."
            missing.append(Unquantified(one.key, one.name, "Its frequency is unknown.", remedy))
        elif not one.losses:
            remedy = "Give at least one form of loss per event."
            missing.append(Unquantified(one.key, one.name, "What an event costs is unknown.", remedy))
        else:
            try:
                Portfolio([one.key], [one.frequency], [_magnitudes(one)])
            except LossInputError as error:
                problem = error.problems[0]
                reason = f"{problem.field.capitalize()}: {problem.reason}."
                missing.append(Unquantified(one.key, one.name, reason, f"{problem.remedy}."))
            else:
                kept.append(one)
    base = Portfolio([s.key for s in kept], [s.frequency or () for s in kept], [_magnitudes(s) for s in kept])
    return Quantified(tuple(kept), base, base.with_factors(*_factors(kept, MID)), tuple(missing))


def _magnitudes(scenario: ScenarioInput) -> list[Interval]:
    unknown = (float("nan"),) * 3
    given = dict(scenario.losses)
    return [given.get(form, unknown) for form in FORMS]


def _factors(scenarios: Sequence[ScenarioInput], end: int) -> tuple[list[float], list[float]]:
    return (
        [remaining(s.controls, "frequency", end) for s in scenarios],
        [remaining(s.controls, "magnitude", end) for s in scenarios],
    )


def ends(found: Quantified) -> tuple[Floats, Floats]:
    """Expected annual loss of each scenario where all controls work as well, and as badly, as their intervals allow."""
    from accord.engines.loss import expected_loss

    most, least = (expected_loss(found.base, *_factors(found.scenarios, end)) for end in (LOW, HIGH))
    return least, most


def compute(inputs: Inputs, tell: Tell) -> dict[str, Any]:
    """The whole result of a loss run, as JSON. Money in the organization's currency.

    Raises ValueError where no scenario has figures, AccuracyError where a check of the engine fails.
    """
    from accord.engines.loss import annual_loss
    from accord.risk import causes, drivers

    found = quantify(inputs)
    if not found.scenarios:
        raise ValueError("No scenario has both a frequency and a loss per event yet.")
    shared = causes.sort_out(inputs, found.base)
    tell(0, STEPS, "Annual loss with today's controls")
    alone = annual_loss(found.portfolio)
    now = causes.year(found.portfolio, shared) if shared.used else alone
    tell(1, STEPS, "Annual loss without controls")
    before = causes.year(found.base, shared, coarse=True)
    tell(2, STEPS, "What drives it")

    def swung(done: int, total: int) -> None:
        tell(2 + done, STEPS, f"What drives it: input {done + 1} of {total}")

    driven = drivers.drivers_json(inputs, found, shared, swung)
    tell(STEPS - 1, STEPS, "Dividing it among systems, goals and units")
    least, most = ends(found)
    result = {
        "method": METHOD,
        "currency": inputs.currency,
        "mean": {"value": now.mean, "low": float(least.sum()), "high": float(most.sum())},
        "sd": now.sd,
        "no_loss": now.no_loss,
        "var": _levels(now, "var"),
        "tvar": _levels(now, "tvar"),
        "curve": _curve(now),
        "without_controls": {"mean": before.mean, "var": _levels(before, "var"), "curve": _curve(before)},
        "tail_level": now.allocation_level,
        "resolution": now.resolution,
        "resolved": now.target_met,
        "scenarios": _scenario_rows(found, now, before, least, most),
        "not_quantified": [{"key": m.key, "name": m.name, "reason": m.reason, "remedy": m.remedy}
                           for m in found.missing],
        "causes": causes.as_json(inputs, shared, now, alone),
        **driven,
        **_divided(inputs, found.scenarios, now),
    }  # fmt: skip
    tell(STEPS, STEPS, "Done")
    return result


def _levels(result: Year, what: str) -> list[dict[str, float]]:
    rows = zip(result.levels.tolist(), getattr(result, what).tolist(), strict=True)
    return [{"level": level, "lower": low, "value": mid, "upper": high} for level, (low, mid, high) in rows]


def _curve(result: Year) -> list[list[float]]:
    """(amount, probability of losing more), from the probability of any loss at 0 on."""
    points = [[0.0, 1.0 - result.no_loss], *result.curve[:, :2].tolist()]
    return [[float(f"{amount:.6g}"), float(f"{probability:.6g}")] for amount, probability in points]


def _scenario_rows(found: Quantified, now: Year, before: Year, least: Floats, most: Floats) -> list[dict[str, Any]]:
    rows = [
        {
            "key": one.key,
            "name": one.name,
            "threat": one.threat,
            "effect": one.effect,
            "mean": float(now.scenario_mean[i]),
            "low": float(least[i]),
            "high": float(most[i]),
            "without_controls": float(before.scenario_mean[i]),
            "tail": float(now.scenario_tail[i]),
            "frequency_left": remaining(one.controls, "frequency", MID),
            "magnitude_left": remaining(one.controls, "magnitude", MID),
            "controls": [control.key for control in one.controls],
        }
        for i, one in enumerate(found.scenarios)
    ]
    return sorted(rows, key=lambda row: (-row["mean"], row["key"]))


def _divided(inputs: Inputs, scenarios: Sequence[ScenarioInput], now: Year) -> dict[str, Any]:
    """Mean and tail by system, and through the systems by goal and unit, each with what no share assigns."""
    import numpy as np

    from accord.engines.loss import allocate

    systems = sorted({system for s in scenarios for system, _ in s.systems})
    shares = _matrix([dict(s.systems) for s in scenarios], systems)
    amounts = {what: allocate(getattr(now, f"scenario_{what}"), shares) for what in ("mean", "tail")}
    found: dict[str, Any] = {"systems": _rows(inputs.names["system"], systems, amounts)}
    for noun, plural, parts in (("goal", "goals", inputs.goals), ("unit", "units", inputs.units)):
        keys = sorted({key for system in systems for key, _ in parts.get(system, ())})
        through = _matrix([dict(parts.get(system, ())) for system in systems], keys)
        below = {}
        for what, (of_systems, rest) in amounts.items():
            assigned, lost = allocate(of_systems, np.minimum(through, 1.0))
            below[what] = (assigned, lost + rest)
        found[plural] = _rows(inputs.names[noun], keys, below)
    return found


def _matrix(rows: Sequence[dict[str, float]], columns: Sequence[str]) -> Floats:
    import numpy as np

    return np.array([[row.get(column, 0.0) for column in columns] for row in rows]).reshape(len(rows), len(columns))


def _rows(names: dict[str, str], keys: Sequence[str], amounts: dict[str, tuple[Floats, float]]) -> dict[str, Any]:
    rows: list[dict[str, Any]] = [
        {"key": key, "name": names.get(key, key), **{what: float(parts[i]) for what, (parts, _) in amounts.items()}}
        for i, key in enumerate(keys)
    ]
    rows.sort(key=lambda row: (-row["mean"], row["key"]))
    return {"rows": rows, "not_assigned": {what: max(rest, 0.0) for what, (_, rest) in amounts.items()}}
