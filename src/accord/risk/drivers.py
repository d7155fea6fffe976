"""What drives the loss: tornado, Sobol' indices, and what to find out next with what it is worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accord.risk.causes import Causes, tail_mean
from accord.risk.models import ScenarioLoss
from accord.risk.selectors.inputs import Inputs, Interval, OptionInput, Reduction, ScenarioInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from accord.engines.loss import Portfolio
    from accord.engines.loss.information import Option, Worth
    from accord.engines.loss.sensitivity import Input, Term
    from accord.risk.figures import Quantified

    Floats = NDArray[np.floating[Any]]

YEARS = 3
"""For how many years cost and loss count where options are compared."""
KEPT = 20
"""Inputs that a run keeps of each list, the greatest first."""
TAILS = 8
"""Of these the swing of the tail is computed too: each costs two years' distributions."""
TAIL_LEVEL = 0.99
TODAY = ""
"""The key of the option to leave everything as it is."""
FORM_NAMES = dict(ScenarioLoss.Form.choices)
MID = 1


@dataclass(frozen=True, slots=True)
class Known:
    """What an input is: the scenario, its name in words, its noun's address, and how to set it in a portfolio."""

    scenario: str
    label: str
    part: str
    set_to: Callable[[Portfolio, float], Portfolio] | None = None


@dataclass(frozen=True, slots=True)
class Drivers:
    """The terms of the expected annual loss in the order of the scenarios, and what each of their inputs is."""

    terms: tuple[Term, ...]
    inputs: dict[str, Known]


def drivers_of(found: Quantified) -> Drivers:
    """Each scenario's expected loss as rate × what each control leaves × sum of its forms of loss."""
    from accord.engines.loss import TwoPiece
    from accord.engines.loss.sensitivity import Input, Term

    terms, known = [], {}
    for i, one in enumerate(found.scenarios):
        low, mid, high = one.frequency or (0.0, 0.0, 0.0)
        rate = Input(f"{one.key}|frequency", TwoPiece(low, mid, high))
        known[rate.key] = Known(one.key, f"{one.name}: frequency", "frequency", _rate_setter(i))
        factors: list[tuple[Input, ...]] = [(rate,)]
        for effect in one.controls:
            factors += [(left,) for left in _left(effect, one, known, i)]
        amounts = []
        for form, ends in one.losses:
            amount = Input(f"{one.key}|{form}", TwoPiece(*ends))
            label = f"{one.name}: {FORM_NAMES[form].lower()}"
            known[amount.key] = Known(one.key, label, "magnitude", _amount_setter(i, form, amount))
            amounts.append(amount)
        terms.append(Term(one.key, (*factors, tuple(amounts))))
    return Drivers(tuple(terms), known)


def _left(effect: Reduction, scenario: ScenarioInput, known: dict[str, Known], row: int) -> list[Input]:
    """What a control leaves of a scenario's frequency and magnitude, as inputs."""
    from accord.engines.loss.sensitivity import Input

    found = []
    for side in ("frequency", "magnitude"):
        interval: Interval | None = getattr(effect, side)
        if interval is None:
            continue
        key = f"{scenario.key}|{effect.key}|{side}"
        one = Input(key, left_law(interval), 1.0 - interval[MID])
        label = f"{scenario.name}: {effect.name} on {side}"
        known[key] = Known(scenario.key, label, "control", _factor_setter(row, side, one.at))
        found.append(one)
    return found


def left_law(interval: Interval) -> Any:
    """The law of 1 − share for a share given at 5, 50 and 95 %; a share below 0 adds risk."""
    from accord.engines.loss.expert import LinearLaw

    low, mid, high = interval
    return LinearLaw(1.0 - high, 1.0 - mid, 1.0 - low, 0.0, 1.0 if low >= 0 else float("inf"))


def _rate_setter(row: int) -> Callable[[Portfolio, float], Portfolio]:
    def set_to(portfolio: Portfolio, value: float) -> Portfolio:
        frequency = portfolio.frequency.copy()
        frequency[row] = value
        return _rebuilt(portfolio, frequency=frequency)

    return set_to


def _amount_setter(row: int, form: str, amount: Input) -> Callable[[Portfolio, float], Portfolio]:
    column, mean = list(ScenarioLoss.Form.values).index(form), amount.at

    def set_to(portfolio: Portfolio, value: float) -> Portfolio:
        magnitude = portfolio.magnitude.copy()
        magnitude[row, column] *= value / mean
        return _rebuilt(portfolio, magnitude=magnitude)

    return set_to


def _factor_setter(row: int, side: str, now: float) -> Callable[[Portfolio, float], Portfolio]:
    def set_to(portfolio: Portfolio, value: float) -> Portfolio:
        factors = {"frequency": portfolio.frequency_factor.copy(), "magnitude": portfolio.magnitude_factor.copy()}
        if now > 0:
            factors[side][row] *= value / now
        return portfolio.with_factors(factors["frequency"], factors["magnitude"])

    return set_to


def _rebuilt(portfolio: Portfolio, **changed: Floats) -> Portfolio:
    from accord.engines.loss import Portfolio as Built

    return Built(
        portfolio.keys,
        changed.get("frequency", portfolio.frequency),
        changed.get("magnitude", portfolio.magnitude),
        portfolio.frequency_factor,
        portfolio.magnitude_factor,
    )


def swings_json(drivers: Drivers, found: Quantified, causes: Causes, tell: Callable[[int, int], None]) -> list[Any]:
    """The widest swings of the expected loss, the first of them with that of TVaR (None = it cannot be computed)."""
    from accord.engines.loss.sensitivity import swings

    rows = []
    widest = [swing for swing in swings(drivers.terms) if swing.width > 0][:KEPT]
    laws = {one.key: one for term in drivers.terms for factor in term.factors for one in factor}
    for n, swing in enumerate(widest):
        row = {"key": swing.key, **_named(drivers, swing.key), "low": swing.low, "value": swing.value}
        row |= {"high": swing.high, "tail_low": None, "tail_high": None}
        if n < TAILS:
            tell(n, min(TAILS, len(widest)))
            set_to = drivers.inputs[swing.key].set_to
            for end, p in (("tail_low", 0.05), ("tail_high", 0.95)):
                if set_to is not None:
                    row[end] = _tail(set_to, found.portfolio, float(laws[swing.key].law.quantile(p)), causes)
        rows.append(row)
    return rows


def _tail(
    set_to: Callable[[Portfolio, float], Portfolio], portfolio: Portfolio, value: float, causes: Causes
) -> float | None:
    """TVaR with an input at a value; None where the shared causes explain more than the scenario then has."""
    from accord.engines.loss import AccuracyError, LossInputError

    try:
        return tail_mean(set_to(portfolio, value), causes, TAIL_LEVEL)
    except (LossInputError, AccuracyError):
        return None


def indices_json(drivers: Drivers, also: set[str]) -> dict[str, Any]:
    """Sobol' indices of the expected annual loss, closed form, the greatest totals first, and those of `also`."""
    from accord.engines.loss.sensitivity import mean_and_variance, sobol_indices

    mean, variance = mean_and_variance(drivers.terms)
    rows = [
        {"key": index.key, **_named(drivers, index.key), "first": index.first, "total": index.total}
        for n, index in enumerate(sobol_indices(drivers.terms))
        if index.total > 0 and (n < KEPT or index.key in also)
    ]
    return {"mean": mean, "sd": variance**0.5, "rows": rows}


def information_json(inputs: Inputs, drivers: Drivers) -> dict[str, Any]:
    """What to find out next: the choice between today and each initiative by cost and loss over three years."""
    from accord.engines.loss.information import Option, perfect_information

    options, left_out = [Option(TODAY, 0.0)], []
    labels: dict[str, dict[str, str]] = {}
    names = {TODAY: "Leave it as it is"}
    quantified = {term.key: next(s.name for s in inputs.scenarios if s.key == term.key) for term in drivers.terms}
    for one in inputs.options:
        cost = three_years(one)
        option = _option(one, cost, quantified, labels)
        if option is not None and cost is not None:
            options.append(option)
            names[one.key] = one.name
        else:
            reason = "Its cost is unknown." if cost is None else "It changes no scenario that has figures."
            left_out.append({"key": one.key, "name": one.name, "reason": reason})
    found = perfect_information(drivers.terms, options, float(YEARS))

    def told(worth: Worth) -> dict[str, Any]:
        named = labels.get(worth.key) or _named(drivers, worth.key)
        changes = [{"key": key, "name": names[key]} for key in worth.changes]
        return {"key": worth.key, **named, "value": worth.value, "changes": changes}

    return {
        "years": YEARS,
        "best": {"key": found.best, "name": names[found.best]},
        "evpi": {"value": found.evpi, "error": found.evpi_error},
        "options": [
            {"key": key, "name": names[key], "expected": value}
            for key, value in sorted(found.expected.items(), key=lambda item: item[1])
        ],
        "inputs": [told(worth) for worth in found.inputs if worth.value > 0][:KEPT],
        "worthless": sum(1 for worth in found.inputs if not worth.value > 0),
        "left_out": left_out,
    }


def three_years(one: OptionInput) -> float | None:
    """Capital, and running cost of three years (a year that is not stated runs on as the last one); None = unknown."""
    if not one.costs or any(capital is None or running is None for _, capital, running in one.costs):
        return None
    running = [float(cost or 0.0) for _, _, cost in one.costs][:YEARS]
    running += [running[-1]] * (YEARS - len(running))
    return sum(float(capital or 0.0) for _, capital, _ in one.costs) + sum(running)


def _option(
    one: OptionInput, cost: float | None, quantified: dict[str, str], labels: dict[str, dict[str, str]]
) -> Option | None:
    from accord.engines.loss.information import Option
    from accord.engines.loss.sensitivity import Input

    leaves: dict[str, tuple[Input, ...]] = {}
    for effect in one.effects:
        if effect.scenario not in quantified:
            continue
        inputs = []
        for side in ("frequency", "magnitude"):
            interval: Interval | None = getattr(effect, side)
            if interval is not None:
                key = f"{one.key}|{effect.scenario}|{side}"
                label = f"{one.name}: effect on {side} of {quantified[effect.scenario]}"
                labels[key] = {"label": label, "scenario": effect.scenario, "part": "initiative"}
                inputs.append(Input(key, left_law(interval)))
        if inputs:
            leaves[effect.scenario] = tuple(inputs)
    return Option(one.key, cost or 0.0, leaves) if leaves else None


def _named(drivers: Drivers, key: str) -> dict[str, str]:
    known = drivers.inputs[key]
    return {"label": known.label, "scenario": known.scenario, "part": known.part}


def drivers_json(inputs: Inputs, found: Quantified, causes: Causes, tell: Callable[[int, int], None]) -> dict[str, Any]:
    """All that a run keeps of what drives it."""
    drivers = drivers_of(found)
    swings = swings_json(drivers, found, causes, tell)
    return {
        "swings": swings,
        "indices": indices_json(drivers, {row["key"] for row in swings}),
        "information": information_json(inputs, drivers),
    }


__all__ = ["Drivers", "drivers_json", "drivers_of", "information_json", "three_years"]
