"""The tree of FAIR's factors, reduced to what a year's loss needs: a law of the events, and forms of loss.

    loss event frequency = threat event frequency × vulnerability
    threat event frequency = contact frequency × probability of action
    vulnerability = P(threat capability > control strength)
    loss magnitude = primary loss + secondary loss (which an event has with probability SLEF)

Source: The Open Group, Open FAIR Risk Taxonomy (O-RT) 3.0.1, chapters 3 and 4. An uncertain rate with mean m and
variance v becomes a negative binomial count of mean m and variance m + v (the gamma-mixed Poisson of these
moments): mean and variance of the count are those of the Poisson count with that rate.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from accord.intake.scenarios.laws import LARGEST, MOST_EVENTS
from accord.intake.scenarios.records import Faults, Law, LossForm, StatedScenario

LEF, TEF, V, C, A, TC, CS = "LEF", "TEF", "V", "C", "A", "TC", "CS"
LM, PL, SL, SLEF, SLEM = "LM", "PL", "SL", "SLEF", "SLEM"
SHARES = (V, A, TC, CS, SLEF)
STEPS = 2000


@dataclass(slots=True)
class Factor:
    """A factor as stated: `values` of low, mode, high, gamma; or mean, stdev; or constant; or `raw` draws.

    `label` is the column or name at which a fault of the whole factor is told. `classic` = the beta law has the
    variance ((high − low) / (gamma + 2))², as in pyfair, not Vose's.
    """

    values: dict[str, float]
    label: str
    raw: tuple[float, ...] = ()
    classic: bool = False
    broken: bool = False

    @property
    def kind(self) -> str:
        if self.raw:
            return "raw"
        if self.values.keys() & {"low", "mode", "high"}:
            return "pert"
        return "normal" if self.values.keys() & {"mean", "stdev"} else "constant"


class Notes:
    """What was read how, each said once."""

    def __init__(self) -> None:
        self._texts: dict[str, None] = {}

    def add(self, text: str) -> None:
        self._texts[text] = None

    def all(self) -> tuple[str, ...]:
        return tuple(self._texts)


def checked(factor: Factor, name: str, row: int | str, faults: Faults) -> bool:
    """Whether a factor holds a law that can be used; faults are added where not."""
    if factor.broken:
        return False
    wanted = {"pert": ("low", "mode", "high"), "normal": ("mean", "stdev"), "constant": ("constant",), "raw": ()}
    before = len(faults)
    needed = wanted[factor.kind]
    for part in needed:
        if part not in factor.values:
            faults.add(row, factor.label, f"the {part} of {name} is missing", f"State {', '.join(needed)}")
    extra = sorted(factor.values.keys() - {*needed, *(("gamma",) if factor.kind == "pert" else ())})
    if extra:
        faults.add(row, factor.label, f"{name} is given in two ways at once", f"State {', '.join(needed)} alone")
    numbers = [*factor.values.values(), *factor.raw]
    if any(not math.isfinite(value) or not 0 <= value <= LARGEST for value in numbers):
        faults.add(row, factor.label, f"{name} has a number below 0 or out of range", "Use numbers from 0 up")
    elif name in SHARES and any(value > 1 for key, value in factor.values.items() if key != "gamma"):
        faults.add(row, factor.label, f"{name} is over 1", "Write it as a share between 0 and 1: 30 % is 0.3")
    elif name in SHARES and any(value > 1 for value in factor.raw):
        faults.add(row, factor.label, f"{name} is over 1", "Write it as shares between 0 and 1")
    if len(faults) == before and factor.kind == "pert":
        low, mode, high = (factor.values[part] for part in ("low", "mode", "high"))
        if not low <= mode <= high:
            reason = f"the interval of {name} is the wrong way round: {low:g}, {mode:g}, {high:g}"
            faults.add(row, factor.label, reason, "Order smallest, most likely, largest upward")
        elif factor.values.get("gamma", 4.0) <= 0:
            faults.add(row, factor.label, f"the confidence of {name} is not above 0", "Use 4, or leave it out")
    return len(faults) == before


def moments(factor: Factor, share: bool = False) -> tuple[float, float]:
    """Mean and mean square of a checked factor; a normal law is cut at 0 as pyfair cuts it."""
    values = factor.values
    if factor.kind == "raw":
        count = len(factor.raw)
        return sum(factor.raw) / count, sum(x * x for x in factor.raw) / count
    if factor.kind == "constant":
        return values["constant"], values["constant"] ** 2
    if factor.kind == "normal":
        return _cut_normal(values["mean"], values["stdev"], share)
    place, spread = _pert(factor)
    width = values["high"] - values["low"]
    mean = values["low"] + place * width
    return mean, spread * width * width + mean * mean


def _pert(factor: Factor) -> tuple[float, float]:
    """Mean and variance of a beta-PERT factor on the scale on which low is 0 and high is 1."""
    low, mode, high = (factor.values[part] for part in ("low", "mode", "high"))
    shape = factor.values.get("gamma", 4.0)
    peak = (mode - low) / (high - low) if high > low else 0.5
    place = (shape * peak + 1.0) / (shape + 2.0)
    if factor.classic:
        return place, 1.0 / ((shape + 2.0) * (shape + 2.0))
    return place, place * (1.0 - place) / (shape + 3.0)


def _cut_normal(mean: float, sd: float, share: bool) -> tuple[float, float]:
    """Moments of min(max(X, 0), top) with X normal; top = 1 for a share, else none."""
    if sd == 0:
        return mean, mean * mean

    def below(x: float) -> float:
        return 0.5 * math.erfc(-(x - mean) / (sd * math.sqrt(2.0)))

    def density(x: float) -> float:
        z = (x - mean) / sd
        return math.exp(-0.5 * z * z) / (sd * math.sqrt(2.0 * math.pi))

    top = 1.0 if share else math.inf
    inside = (1.0 if math.isinf(top) else below(top)) - below(0.0)
    edge = 0.0 if math.isinf(top) else density(top)
    first = mean * inside + sd * sd * (density(0.0) - edge)
    second = (mean * mean + sd * sd) * inside + sd * sd * (
        mean * density(0.0) - (0.0 if not edge else (mean + top) * edge)
    )
    beyond = 0.0 if math.isinf(top) else 1.0 - below(top)
    return first + beyond, second + beyond


def exceeds(capability: Factor, strength: Factor) -> float:
    """P(capability > strength), both independent: the midpoint rule over quantiles of the one."""
    levels = [(k + 0.5) / STEPS for k in range(STEPS)]
    return sum(_below(strength, x) for x in _quantiles(capability, levels)) / STEPS


def _beta(factor: Factor) -> tuple[float, float, float, float]:
    """Low, width and the two shapes of a beta-PERT factor."""
    low, high = factor.values["low"], factor.values["high"]
    place, spread = _pert(factor)
    total = place * (1.0 - place) / spread - 1.0
    return low, high - low, place * total, (1.0 - place) * total


def _fixed(factor: Factor) -> float | None:
    mean, square = moments(factor)
    return mean if factor.kind == "constant" or square - mean * mean <= 1e-15 * max(square, 1e-300) else None


def _quantiles(factor: Factor, levels: list[float]) -> list[float]:
    import numpy as np
    from scipy.special import betaincinv, ndtri  # type: ignore[import-untyped]

    if (fixed := _fixed(factor)) is not None:
        return [fixed] * len(levels)
    if factor.kind == "raw":
        return [float(x) for x in np.quantile(np.array(factor.raw), levels)]
    if factor.kind == "normal":
        values = factor.values["mean"] + factor.values["stdev"] * ndtri(np.array(levels))
        return [float(x) for x in np.clip(values, 0.0, 1.0)]
    low, width, a, b = _beta(factor)
    return [float(x) for x in low + width * betaincinv(a, b, np.array(levels))]


def _below(factor: Factor, x: float) -> float:
    """P(factor < x)."""
    from scipy.special import betainc, ndtr

    if (fixed := _fixed(factor)) is not None:
        return float(fixed < x)
    if factor.kind == "raw":
        return sum(value < x for value in factor.raw) / len(factor.raw)
    if factor.kind == "normal":
        return 0.0 if x <= 0 else float(ndtr((x - factor.values["mean"]) / factor.values["stdev"]))
    low, width, a, b = _beta(factor)
    return float(betainc(a, b, min(max((x - low) / width, 0.0), 1.0)))


def scenario(
    key: str, name: str, factors: Mapping[str, Factor], row: int | str, faults: Faults, notes: Notes
) -> StatedScenario | None:
    """A scenario from its factors; None, with faults, where they do not suffice."""
    before = len(faults)
    for label, factor in factors.items():
        checked(factor, label, row, faults)
    if len(faults) > before or any(factor.broken for factor in factors.values()):
        return None
    rate = _node(LEF, factors, row, faults)
    forms = _forms(factors, row, faults, notes)
    if rate is None or not forms or len(faults) > before:
        return None
    mean, variance = rate[0], max(rate[1] - rate[0] ** 2, 0.0)
    if mean > MOST_EVENTS:
        reason = f"{mean:g} loss events a year are more than {MOST_EVENTS:,.0f}"
        faults.add(row, "", reason, "Check the units of its factors")
        return None
    if variance <= 1e-9 * max(mean, mean * mean):
        return StatedScenario(key, name, Law("poisson", {"mean": mean}), forms)
    notes.add("An uncertain rate becomes a negative binomial count of that rate's mean and variance.")
    return StatedScenario(key, name, Law("negative_binomial", {"mean": mean, "variance": mean + variance}), forms)


PARTS: dict[str, tuple[str, str]] = {LEF: (TEF, V), TEF: (C, A)}


def _node(name: str, factors: Mapping[str, Factor], row: int | str, faults: Faults) -> tuple[float, float] | None:
    """Mean and mean square of a factor, stated or computed from those below it."""
    below = PARTS.get(name, (TC, CS) if name == V else ())
    under = _under(name)
    stated = factors.get(name)
    if stated is not None:
        for other in under:
            if other in factors:
                reason = f"{name} is stated, and also {other}, from which it is computed"
                faults.add(row, factors[other].label, reason, "Keep one of the two")
        return moments(stated, name in SHARES)
    if not below or not any(other in factors for other in under):
        faults.add(
            row, "", f"{name} is missing{f', and so are {below[0]} and {below[1]}' if below else ''}", "State it"
        )
        return None
    if name == V:
        for other in below:
            if other not in factors:
                faults.add(row, "", f"{other} is missing, without which V is unknown", "State it, or state V")
                return None
        chance = exceeds(factors[TC], factors[CS])
        return chance, chance * chance
    first, second = (_node(part, factors, row, faults) for part in below)
    return None if first is None or second is None else (first[0] * second[0], first[1] * second[1])


def _under(name: str) -> tuple[str, ...]:
    return {LEF: (TEF, V, C, A, TC, CS), TEF: (C, A), V: (TC, CS)}.get(name, ())


def _forms(factors: Mapping[str, Factor], row: int | str, faults: Faults, notes: Notes) -> tuple[LossForm, ...]:
    sides = {name: factor for name, factor in factors.items() if name.startswith(("primary ", "secondary "))}
    if LM in factors:
        for other in (PL, SL, SLEF, SLEM, *sides):
            if other in factors:
                reason = f"the loss magnitude is stated, and also {other}, which is a part of it"
                faults.add(row, factors[other].label, reason, "Keep one of the two")
        amount = _amount(factors[LM], "LM", row, faults, notes)
        return (LossForm("loss", amount),) if amount else ()
    stated = [("primary", factors[PL])] if PL in factors else []
    stated += [(name, factor) for name, factor in sides.items() if name.startswith("primary ")]
    forms = [
        LossForm(name, amount)
        for name, factor in stated
        if (amount := _amount(factor, name, row, faults, notes)) is not None
    ]
    forms += _secondary(factors, sides, row, faults, notes)
    if not stated and not len(faults):
        faults.add(row, "", "neither the loss magnitude nor a primary loss is stated", "State one of them")
    return tuple(forms)


def _secondary(
    factors: Mapping[str, Factor], sides: Mapping[str, Factor], row: int | str, faults: Faults, notes: Notes
) -> list[LossForm]:
    parts = [(name, factor) for name, factor in sides.items() if name.startswith("secondary ")]
    if SLEM in factors:
        parts.append(("secondary", factors[SLEM]))
    if SL in factors:
        if parts or SLEF in factors:
            faults.add(row, factors[SL].label, "the secondary loss is stated in two ways", "Keep one of the two")
            return []
        amount = _amount(factors[SL], "SL", row, faults, notes)
        return [LossForm("secondary", amount)] if amount else []
    if not parts:
        if SLEF in factors:
            faults.add(row, factors[SLEF].label, "the secondary loss has a frequency but no magnitude", "State SLEM")
        return []
    if SLEF not in factors:
        faults.add(row, parts[0][1].label, "the secondary loss has a magnitude but no frequency", "State SLEF")
        return []
    chance = min(moments(factors[SLEF], True)[0], 1.0)
    if len(parts) > 1:
        notes.add("Of one event, each form of secondary loss happens or not by itself, with the mean of SLEF.")
    else:
        notes.add("An event has the secondary loss with the mean of SLEF as its probability.")
    if chance <= 0:
        return []
    amounts = [(name, _amount(factor, name, row, faults, notes)) for name, factor in parts]
    return [LossForm(name, amount, chance) for name, amount in amounts if amount is not None]


def _amount(factor: Factor, name: str, row: int | str, faults: Faults, notes: Notes) -> Law | None:
    if factor.kind == "raw":
        return Law("empirical", {"amounts": factor.raw})
    if factor.kind == "normal":
        reason = f"{name} is a normal law, which gives amounts below 0"
        faults.add(row, factor.label, reason, "State smallest, most likely and largest instead, or one constant")
        return None
    if factor.kind == "constant" or factor.values["low"] == factor.values["high"]:
        return Law("constant", {"amount": factor.values.get("constant", factor.values.get("high", 0.0))})
    low, mode, high = factor.values["low"], factor.values["mode"], factor.values["high"]
    shape = factor.values.get("gamma", 4.0)
    if factor.classic:
        _, width, a, b = _beta(factor)
        if a > 1 and b > 1:
            shape = a + b - 2.0
            mode = low + width * (a - 1.0) / shape
        else:
            notes.add(
                "Where pyfair's beta law has no peak inside the interval, the PERT law of the same numbers is used."
            )
    return Law("pert", {"low": low, "mid": mode, "high": high, "shape": shape})
