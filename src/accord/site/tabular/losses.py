"""From a file of scenarios to one year's loss: engine input, JSON, lines for a person, and the curve as a file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accord.intake.scenarios import Fault, LossForm, ScenarioError, ScenarioFile, StatedScenario
from accord.intake.scenarios.laws import Z95

if TYPE_CHECKING:
    from accord.engines import loss
    from accord.intake.scenarios import Law

SCHEMA = "accord.loss/1"
LEVELS = (0.5, 0.9, 0.95, 0.99, 0.995)
TAIL_LEVEL = 0.99
ENDINGS = (".csv", ".svg")
WIDEST = 0.99e5
"""Of an end of an interval over its middle (the engine takes wider ones for mixed-up units)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A file's scenarios and their year."""

    file: ScenarioFile
    result: loss.LossResult

    @property
    def order(self) -> list[int]:
        """Positions of the scenarios, the most expensive first."""
        return sorted(range(len(self.file.scenarios)), key=lambda i: -float(self.result.scenario_mean[i]))


def compute(file: ScenarioFile, levels: Sequence[float] = LEVELS) -> Answer:
    """One year's loss of all scenarios of a file. ScenarioError where the engine refuses one, with its key."""
    from accord.engines import loss

    try:
        scenarios: Any = _ranges(file)
        if scenarios is None:
            scenarios = [_scenario(one) for one in file.scenarios]
        result = loss.annual_loss(scenarios, tuple(levels), target_level=TAIL_LEVEL, allocation_level=TAIL_LEVEL)
    except loss.LossInputError as error:
        faults = [
            Fault(file.file, f"scenario {p.key}", p.field, p.reason.rstrip("."), p.remedy.rstrip("."))
            for p in error.problems
        ]
        raise ScenarioError(faults) from None
    return Answer(file, result)


def _ranges(file: ScenarioFile) -> loss.Portfolio | None:
    """All scenarios as arrays, where each is stated by laws that three quantiles hold exactly; else None."""
    from accord.engines.loss import Portfolio

    most = max(len(one.forms) for one in file.scenarios)
    unknown = (math.nan,) * 3
    frequency, magnitude = [], []
    for one in file.scenarios:
        rate = _rate_quantiles(one.frequency)
        amounts = [
            quantiles
            for form in one.forms
            if form.probability == 1.0 and not form.deductible and form.limit is None
            if (quantiles := _quantiles(form.law)) is not None
        ]
        if rate is None or len(amounts) < len(one.forms):
            return None
        frequency.append(rate)
        magnitude.append([*amounts, *[unknown] * (most - len(amounts))])
    return Portfolio([one.key for one in file.scenarios], frequency, magnitude)


def _quantiles(law: Law) -> tuple[float, float, float] | None:
    """5, 50 and 95 % of a law that is two-piece lognormal through them."""
    number = law.number
    match law.name:
        case "range":
            return number("low"), number("mid"), number("high")
        case "constant":
            return number("amount"), number("amount"), number("amount")
        case "lognormal":
            return _lognormal(number("mu"), number("sigma"))
    return None


def _rate_quantiles(law: Law) -> tuple[float, float, float] | None:
    """5, 50 and 95 % of a rate whose mixed Poisson count has the law.

    Of a rate the engine uses mean and variance alone, so a negative binomial count is that of any law of the rate
    with mean m and variance v − m; here the lognormal one.
    """
    number = law.number
    match law.name:
        case "range":
            return number("low"), number("mid"), number("high")
        case "poisson":
            return number("mean"), number("mean"), number("mean")
        case "negative_binomial":
            mean, variance = number("mean"), number("variance") - number("mean")
            square = math.log1p(variance / (mean * mean))
            return _lognormal(math.log(mean) - square / 2.0, math.sqrt(square))
    return None


def _lognormal(mu: float, sigma: float) -> tuple[float, float, float] | None:
    """5, 50 and 95 % of a lognormal law; None where they lie too far apart for an interval."""
    spread = math.exp(Z95 * sigma)
    median = math.exp(mu)
    return (median / spread, median, median * spread) if spread < WIDEST else None


def _laws() -> Any:
    """The engine with its laws, by their names."""
    return import_module("accord.engines.loss")


def _scenario(one: StatedScenario) -> Any:
    """A scenario as the engine takes it."""
    from accord.engines import loss

    try:
        return _laws().Scenario(one.key, _frequency(one.frequency), tuple(_form(form) for form in one.forms))
    except loss.LossInputError:
        raise
    except ValueError as error:
        raise loss.LossInputError([loss.Problem(one.key, "law", str(error), "Correct its numbers")]) from None


def _frequency(law: Law) -> Any:
    """The engine's law of the number of events in a year."""
    loss, number = _laws(), law.number
    match law.name:
        case "poisson":
            return loss.Poisson(number("mean"))
        case "negative_binomial":
            return loss.NegativeBinomial(number("mean"), number("variance"))
        case "bernoulli":
            return loss.Bernoulli(number("probability"))
        case "binomial":
            return loss.Binomial(int(number("trials")), number("probability"))
    rate = loss.TwoPiece(number("low"), number("mid"), number("high"))
    mean, variance = float(rate.mean()), float(rate.variance())
    if variance <= 1e-9 * max(mean, mean * mean):
        return loss.Poisson(mean)
    return loss.NegativeBinomial(mean, mean + variance)


def _form(form: LossForm) -> Any:
    """The engine's law of one form's amount, with its layer and the chance that an event has it."""
    loss = _laws()
    law = _amount(form.law)
    if form.deductible or form.limit is not None:
        law = loss.Layer(law, form.deductible, math.inf if form.limit is None else form.limit)
    return law if form.probability == 1.0 else loss.Thinned(law, form.probability)


def _amount(law: Law) -> Any:
    """The engine's law of an amount."""
    loss, number, parameters = _laws(), law.number, law.parameters
    match law.name:
        case "range":
            return loss.TwoPiece(number("low"), number("mid"), number("high"))
        case "lognormal":
            return loss.Lognormal(number("mu"), number("sigma"))
        case "pert":
            return loss.Pert(number("low"), number("mid"), number("high"), number("shape"))
        case "gamma":
            return loss.Gamma(number("shape"), number("scale"))
        case "pareto":
            return loss.Pareto(number("minimum"), number("alpha"))
        case "tailed":
            body = loss.TwoPiece(number("low"), number("mid"), number("high"))
            return loss.Tailed(body, number("threshold"), number("alpha"))
        case "metalog":
            pairs: Any = parameters["quantiles"]
            upper = number("upper") if "upper" in parameters else None
            return loss.Metalog(tuple(p for p, _ in pairs), tuple(x for _, x in pairs), number("lower"), upper)
        case "empirical":
            amounts: Any = parameters["amounts"]
            return loss.Empirical(tuple(amounts))
    return loss.TwoPiece(number("amount"), number("amount"), number("amount"))


def as_json(answer: Answer) -> dict[str, Any]:
    """The answer as plain data; docs/command-line.md describes it."""
    file, result = answer.file, answer.result

    def bounds(row: Any) -> dict[str, float]:
        return dict(zip(("lower", "estimate", "upper"), map(float, row), strict=True))

    levels = [
        {"level": float(level), "var": bounds(var), "tvar": bounds(tvar)}
        for level, var, tvar in zip(result.levels, result.var, result.tvar, strict=True)
    ]
    scenarios = [
        {
            "key": file.scenarios[i].key,
            "name": file.scenarios[i].name,
            "mean": float(result.scenario_mean[i]),
            "tail": float(result.scenario_tail[i]),
        }
        for i in answer.order
    ]
    return {
        "schema": SCHEMA,
        "file": file.file,
        "format": file.format,
        "currency": file.currency or None,
        "mean": result.mean,
        "sd": result.sd if math.isfinite(result.sd) else None,
        "no_loss": result.no_loss,
        "levels": levels,
        "tail_level": result.allocation_level,
        "resolution": result.resolution,
        "scenarios": scenarios,
        "curve": [dict(zip(CURVE, map(float, row), strict=True)) for row in result.curve],
        "notes": list(file.notes),
    }


CURVE = ("amount", "probability", "lower", "upper")


def lines(answer: Answer) -> list[str]:
    """The answer for a person: figures with bounds by level, then who carries them."""
    file, result = answer.file, answer.result
    money = f" {file.currency}" if file.currency else ""
    sd = f"{result.sd:,.0f}{money}" if math.isfinite(result.sd) else "does not exist"
    found = [
        f"{file.file}: {len(file.scenarios):,} scenario{'s' if len(file.scenarios) != 1 else ''}, one year",
        "",
        f"Expected loss          {result.mean:,.0f}{money}",
        f"Standard deviation     {sd}",
        f"Year without any loss  {result.no_loss:.2%}",
        "",
    ]
    head = ("level", "VaR at least", "VaR", "VaR at most", "TVaR at least", "TVaR", "TVaR at most")
    rows = [
        (f"{float(level):.5g}", *(f"{float(x):,.0f}" for x in (*var, *tvar)))
        for level, var, tvar in zip(result.levels, result.var, result.tvar, strict=True)
    ]
    found += [*columns(head, rows), ""]
    tail = f"part of TVaR {result.allocation_level:g}"
    whole = result.mean or 1.0
    shown = [
        (
            file.scenarios[i].key,
            f"{float(result.scenario_mean[i]):,.0f}",
            f"{float(result.scenario_mean[i]) / whole:.1%}",
            f"{float(result.scenario_tail[i]):,.0f}",
        )
        for i in answer.order
    ]
    found += columns(("scenario", "expected loss", "share", tail), shown)
    if not result.target_met:
        found += ["", f"The bounds of VaR {result.target_level:g} are {result.resolution:.2g} of it apart."]
    return [*found, *([""] if file.notes else []), *file.notes]


def columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table: the first column to the left, figures to the right."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        first = cells[0].ljust(widths[0])
        rest = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
        return "  ".join([first, *rest]).rstrip()

    return [line(head), *(line(row) for row in rows)]


def write(answer: Answer, path: Path) -> None:
    """The exceedance curve as CSV (amount, probability, lower, upper) or as a picture (.svg)."""
    if path.suffix.lower() == ".svg":
        path.write_text(_picture(answer), encoding="utf-8")
        return
    from accord.outlet.tables import stream_csv

    rows = [[f"{float(x):.10g}" for x in row] for row in answer.result.curve]
    path.write_bytes(b"".join(stream_csv(CURVE, rows)))


def _picture(answer: Answer) -> str:
    from accord.ui.charts import Curve, exceedance_curve, to_svg

    points = [(float(row[0]), float(row[1])) for row in answer.result.curve]
    spec = exceedance_curve([Curve("Loss in a year", points)], currency=answer.file.currency or " ")
    return to_svg(spec)
