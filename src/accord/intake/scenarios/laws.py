"""The laws that a table can name, the columns that each takes, and what is refused.

A law is chosen by name; a blank name is `range`, the three numbers of an expert (5 %, 50 %, 95 %). Some laws
can be given in several ways; the first way of which any number is there is the one that must be complete.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from accord.intake.scenarios.records import Law, Value

Z95 = 1.6448536269514722
LARGEST = 1e18
MOST_ITEMS = 10_000
MOST_EVENTS = 1e6
"""A year; beyond it a unit is taken to be mixed up."""
RANGE = "range"

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_PAIR = re.compile(r"([0-9.]+(?:[eE]-?[0-9]{1,3})?)\s*(%?)\s*[:=]\s*(\S+)")


class Wrong(Exception):
    """What is wrong with one column of a law, and the remedy."""

    def __init__(self, column: str, reason: str, remedy: str) -> None:
        super().__init__(column, reason, remedy)
        self.column, self.reason, self.remedy = column, reason, remedy


@dataclass(frozen=True, slots=True)
class Kind:
    """A law: its ways of being given (each a tuple of columns), optional columns, and its check."""

    name: str
    meaning: str
    ways: tuple[tuple[str, ...], ...]
    make: Callable[[str, Mapping[str, Value]], dict[str, Value]]
    optional: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([column for way in self.ways for column in way] + list(self.optional)))


def number(column: str, text: str) -> float:
    """A plain decimal number. Wrong for anything else, also for separators between thousands."""
    if len(text) > 60 or not _NUMBER.fullmatch(text):
        shown = text if len(text) <= 40 else text[:40] + "…"
        remedy = "Write it as a plain number such as 1250000.50, without separators, unit or currency"
        if text.endswith("%"):
            remedy = "Write 5 % as 0.05"
        raise Wrong(column, f"“{shown}” is not a number", remedy)
    value = float(text)
    if abs(value) > LARGEST:
        raise Wrong(column, f"{value:g} is out of range", f"Use a number of at most {LARGEST:g}")
    return value


def share(column: str, value: float) -> float:
    """A number between 0 and 1."""
    if value > 1:
        raise Wrong(
            column, f"{value:g} is over 1", f"Write it as a share between 0 and 1: {value:g} % is {value / 100:g}"
        )
    if value < 0:
        raise Wrong(column, f"{value:g} is below 0", "Write it as a share between 0 and 1")
    return value


def listed(column: str, text: str) -> tuple[float, ...]:
    """Numbers with semicolons between them."""
    parts = [part.strip() for part in text.split(";") if part.strip()]
    if not parts or len(parts) > MOST_ITEMS:
        raise Wrong(column, f"{len(parts)} amounts", f"Give 1 to {MOST_ITEMS:,} numbers with semicolons between them")
    return tuple(number(column, part) for part in parts)


def quantiles(column: str, text: str) -> tuple[tuple[float, float], ...]:
    """Probabilities with their quantiles, such as "5 % = 1000; 50 % = 8000; 95 % = 90000"."""
    found = []
    for part in (part.strip() for part in text.split(";")):
        match = _PAIR.fullmatch(part)
        if match is None:
            raise Wrong(column, f"“{part[:40]}” is no quantile", "Write them as 5 % = 1000; 50 % = 8000; 95 % = 90000")
        probability = number(column, match[1]) / (100.0 if match[2] else 1.0)
        if not 0 < probability < 1:
            raise Wrong(column, f"“{part[:40]}” is not between 0 % and 100 %", "Write the probability as 5 % or 0.05")
        found.append((probability, number(column, match[3])))
    if not 2 <= len(found) <= 30:
        raise Wrong(column, f"{len(found)} quantiles", "Give 2 to 30 of them")
    if any(b[0] <= a[0] or b[1] <= a[1] for a, b in pairwise(found)):
        raise Wrong(column, "probabilities and amounts do not both rise", "Order them upward, each once")
    return tuple(found)


SPECIAL: dict[str, Callable[[str, str], Value]] = {"amounts": listed, "quantiles": quantiles}


def law(kinds: Mapping[str, Kind], name: str, given: Mapping[str, str], prefix: str = "") -> Law:
    """The law of that name from the texts of its columns. Wrong names the column at fault, with its prefix."""
    kind = kinds.get(name or RANGE)
    if kind is None:
        raise Wrong(f"{prefix}law", f"“{name[:40]}” is no law that is known", f"Use one of {', '.join(kinds)}")
    allowed = kind.columns
    for column in given:
        if column not in allowed:
            raise Wrong(
                prefix + column, f"the law {kind.name} does not use this column",
                f"Clear the cell, or name the law that is meant; {kind.name} takes {_words(kind)}",
            )  # fmt: skip
    way = next((way for way in kind.ways if any(column in given for column in way)), kind.ways[0])
    for candidate in kind.ways:
        if all(column in given for column in candidate):
            way = candidate
            break
    for column in way:
        if column not in given:
            remedy = f"Fill it in; {kind.name} takes {_words(kind)}. What is unknown cannot be computed with"
            raise Wrong(prefix + column, "the number is missing", remedy)
    extra = [column for column in given if column not in way and column not in kind.optional]
    if extra:
        raise Wrong(prefix + extra[0], f"{kind.name} is given in two ways at once", f"Give {_words(kind)}")
    values: dict[str, Value] = {}
    for column, text in given.items():
        values[column] = SPECIAL.get(column, number)(prefix + column, text)
    return Law(kind.name, kind.make(prefix, values))


def _words(kind: Kind) -> str:
    ways = ", or ".join(" and ".join(way) for way in kind.ways)
    return ways + (f" (if wanted also {', '.join(kind.optional)})" if kind.optional else "")


def _n(values: Mapping[str, Value], name: str) -> float:
    value = values[name]
    assert not isinstance(value, tuple)
    return float(value)


def _at_least(prefix: str, values: Mapping[str, Value], name: str, low: float, *, above: bool = False) -> float:
    value = _n(values, name)
    if value < low or (above and value == low):
        bound = f"above {low:g}" if above else f"of at least {low:g}"
        raise Wrong(prefix + name, f"{value:g} is too small", f"Use a number {bound}")
    return value


def _ordered(prefix: str, values: Mapping[str, Value], *names: str) -> list[float]:
    found = [_at_least(prefix, values, name, 0.0) for name in names]
    for (one, a), (other, b) in zip(
        zip(names, found, strict=True), zip(names[1:], found[1:], strict=True), strict=False
    ):
        if b < a:
            reason = f"the interval is the wrong way round: {one} {a:g} is above {other} {b:g}"
            raise Wrong(prefix + other, reason, f"Order the numbers upward: {', '.join(names)}")
    return found


def _range(prefix: str, values: Mapping[str, Value]) -> dict[str, Value]:
    low, mid, high = _ordered(prefix, values, "low", "mid", "high")
    if low == 0 and high > 0:
        remedy = "Give the smallest number that would still not surprise you, or 0 in all three"
        raise Wrong(prefix + "low", "the 5 % bound is 0 but the 95 % bound is not", remedy)
    if low > 0 and max(mid / low, high / mid) > 1e5:
        remedy = "Check the unit of the three numbers, or split the scenario"
        raise Wrong(prefix + "high", "one bound is more than 100,000 times the other", remedy)
    return dict(values)


def _rate(prefix: str, values: Mapping[str, Value]) -> dict[str, Value]:
    checked = _range(prefix, values)
    _not_too_often(prefix, values, "high")
    return checked


def _not_too_often(prefix: str, values: Mapping[str, Value], name: str) -> None:
    if _n(values, name) > MOST_EVENTS:
        reason = f"{_n(values, name):g} events a year are more than {MOST_EVENTS:,.0f}"
        raise Wrong(prefix + name, reason, "Check the unit, or take many small events as one a day or week")


def _poisson(prefix: str, values: Mapping[str, Value]) -> dict[str, Value]:
    _at_least(prefix, values, "mean", 0.0)
    _not_too_often(prefix, values, "mean")
    return dict(values)


def _negative_binomial(prefix: str, values: Mapping[str, Value]) -> dict[str, Value]:
    mean = _at_least(prefix, values, "mean", 0.0, above=True)
    _not_too_often(prefix, values, "mean")
    variance = _n(values, "variance")
    if variance <= mean:
        reason = f"a variance of {variance:g} is not above the mean of {mean:g}"
        raise Wrong(prefix + "variance", reason, "Use poisson where they are equal, binomial where it is below")
    return dict(values)


def _bernoulli(prefix: str, values: Mapping[str, Value]) -> dict[str, Value]:
    share(prefix + "probability", _n(values, "probability"))
    return dict(values)


def _binomial(prefix: str, values: Mapping[str, Value]) -> dict[str, Value]:
    trials = _at_least(prefix, values, "trials", 1.0)
    if trials != int(trials) or trials > 1e6:
        raise Wrong(prefix + "trials", f"{trials:g} is no number of trials", "Use a whole number up to 1,000,000")
    return _bernoulli(prefix, values)


def _lognormal(prefix: str, values: Mapping[str, Value]) -> dict[str, Value]:
    if "mean" in values:
        mean = _at_least(prefix, values, "mean", 0.0, above=True)
        ratio = _at_least(prefix, values, "sd", 0.0, above=True) / mean
        sigma = math.sqrt(math.log1p(ratio * ratio))
        mu, named = math.log(mean) - sigma * sigma / 2.0, ("mean", "sd")
    elif "low" in values:
        low, high = _ordered(prefix, values, "low", "high")
        _at_least(prefix, values, "low", 0.0, above=True)
        if low == high:
            raise Wrong(prefix + "high", "both ends are the same", "Use the law constant, or widen the interval")
        mu, sigma = (math.log(low) + math.log(high)) / 2.0, (math.log(high) - math.log(low)) / (2.0 * Z95)
        named = ("low", "low")
    else:
        mu, sigma = _n(values, "mu"), _at_least(prefix, values, "sigma", 0.0, above=True)
        named = ("mu", "sigma")
    if not (abs(mu) <= 40 and sigma <= 10):
        reason = f"mu {mu:g} and sigma {sigma:g} of the natural logarithm of money are out of range"
        raise Wrong(prefix + named[sigma > 10], reason, "Check the unit: mu from −40 to 40, sigma up to 10 are taken")
    return {"mu": mu, "sigma": sigma}


def _pert(prefix: str, values: Mapping[str, Value]) -> dict[str, Value]:
    low, _, high = _ordered(prefix, values, "low", "mid", "high")
    if low == high:
        raise Wrong(prefix + "high", "smallest and largest are the same", "Use the law constant, or widen the interval")
    shape = _at_least(prefix, values, "shape", 0.0, above=True) if "shape" in values else 4.0
    return {**values, "shape": shape}


def _gamma(prefix: str, values: Mapping[str, Value]) -> dict[str, Value]:
    if "mean" in values:
        mean = _at_least(prefix, values, "mean", 0.0, above=True)
        sd = _at_least(prefix, values, "sd", 0.0, above=True)
        return {"shape": (mean / sd) ** 2, "scale": sd * sd / mean}
    for name in ("shape", "scale"):
        _at_least(prefix, values, name, 0.0, above=True)
    return dict(values)


def _pareto(prefix: str, values: Mapping[str, Value]) -> dict[str, Value]:
    _at_least(prefix, values, "minimum", 0.0, above=True)
    _at_least(prefix, values, "alpha", 0.0, above=True)
    return dict(values)


def _tailed(prefix: str, values: Mapping[str, Value]) -> dict[str, Value]:
    checked = _range(prefix, values)
    _at_least(prefix, values, "threshold", _n(values, "low"), above=True)
    _at_least(prefix, values, "alpha", 0.0, above=True)
    return checked


def _metalog(prefix: str, values: Mapping[str, Value]) -> dict[str, Value]:
    pairs = values["quantiles"]
    assert isinstance(pairs, tuple)
    amounts = [pair[1] for pair in pairs if isinstance(pair, tuple)]
    lower = _at_least(prefix, values, "lower", 0.0) if "lower" in values else 0.0
    if amounts[0] <= lower:
        raise Wrong(prefix + "quantiles", f"{amounts[0]:g} is not above the lower bound {lower:g}", "Correct either")
    if "upper" in values and _n(values, "upper") <= amounts[-1]:
        raise Wrong(prefix + "upper", "it is not above the largest quantile", "Correct either")
    return {**values, "lower": lower}


def _empirical(prefix: str, values: Mapping[str, Value]) -> dict[str, Value]:
    amounts = values["amounts"]
    assert isinstance(amounts, tuple)
    if any(amount < 0 for amount in amounts if not isinstance(amount, tuple)):
        raise Wrong(prefix + "amounts", "an amount is below 0", "Use amounts of at least 0")
    return dict(values)


def _constant(prefix: str, values: Mapping[str, Value]) -> dict[str, Value]:
    _at_least(prefix, values, "amount", 0.0)
    return dict(values)


def _kinds(*kinds: Kind) -> dict[str, Kind]:
    return {kind.name: kind for kind in kinds}


INTERVAL = ("low", "mid", "high")
FREQUENCIES = _kinds(
    Kind(RANGE, "An uncertain yearly rate by three numbers: 5 %, 50 % and 95 %.", (INTERVAL,), _rate),
    Kind("poisson", "Independent events with a known yearly rate.", (("mean",),), _poisson),
    Kind("negative_binomial", "Events whose rate is uncertain; the variance is above the mean.",
         (("mean", "variance"),), _negative_binomial),
    Kind("bernoulli", "At most one event a year.", (("probability",),), _bernoulli),
    Kind("binomial", "So many trials a year, each with that probability.", (("trials", "probability"),), _binomial),
)  # fmt: skip
AMOUNTS = _kinds(
    Kind(RANGE, "Two-piece lognormal through three numbers: 5 %, 50 % and 95 %.", (INTERVAL,), _range),
    Kind("lognormal", "mu and sigma of the natural logarithm; or mean and standard deviation; or 5 % and 95 %.",
         (("mu", "sigma"), ("mean", "sd"), ("low", "high")), _lognormal),
    Kind("pert", "Smallest, most likely and largest amount (beta-PERT; shape 4 if not stated).",
         (INTERVAL,), _pert, ("shape",)),
    Kind("gamma", "Shape and scale (money), or mean and standard deviation.",
         (("shape", "scale"), ("mean", "sd")), _gamma),
    Kind("pareto", "P(X > x) = (minimum / x)^alpha.", (("minimum", "alpha"),), _pareto),
    Kind("tailed", "A range whose tail above the threshold is Pareto with this alpha.",
         ((*INTERVAL, "threshold", "alpha"),), _tailed),
    Kind("metalog", "Through two or more quantiles, such as `5 % = 1000; 50 % = 8000; 95 % = 90000`.",
         (("quantiles",),), _metalog, ("lower", "upper")),
    Kind("empirical", "Amounts that were seen, each as likely as the other: `1200; 8000; 450`.",
         (("amounts",),), _empirical),
    Kind("constant", "Always this amount.", (("amount",),), _constant),
)  # fmt: skip
FREQUENCY_COLUMNS = tuple(dict.fromkeys(column for kind in FREQUENCIES.values() for column in kind.columns))
AMOUNT_COLUMNS = tuple(dict.fromkeys(column for kind in AMOUNTS.values() for column in kind.columns))


def mean_exists(one: Law, limit: float | None) -> bool:
    """Whether the expected amount is finite: a Pareto tail with alpha of at most 1 has no mean without a limit."""
    return limit is not None or one.name not in ("pareto", "tailed") or one.number("alpha") > 1.0
