"""Every law that a table can name, through `accord loss`: means in closed form, and a year drawn event by event."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from accord_intake import FILES
from scipy import integrate, stats
from typer.testing import CliRunner

from accord.engines.loss import TwoPieceLognormal
from accord.intake.scenarios import Law, LossForm, StatedScenario, read_scenarios
from accord.site.command_line import app, application
from accord.site.tabular import losses

application()
pytestmark = pytest.mark.slow
HERE = FILES / "scenarios"


def quantile(law: Law, p: np.ndarray) -> np.ndarray:
    """The law's own definition, computed beside the engine (SciPy; Keelin 2016 for the metalog)."""
    n = law.number
    match law.name:
        case "range":
            one = TwoPieceLognormal.from_quantiles(np.array([n("low"), n("mid"), n("high")]))
            return np.asarray(one.quantile(p))
        case "lognormal":
            return np.asarray(stats.lognorm(n("sigma"), scale=math.exp(n("mu"))).ppf(p))
        case "pert":
            low, mid, high, shape = n("low"), n("mid"), n("high"), n("shape")
            a, b = 1 + shape * (mid - low) / (high - low), 1 + shape * (high - mid) / (high - low)
            return np.asarray(stats.beta(a, b, low, high - low).ppf(p))
        case "gamma":
            return np.asarray(stats.gamma(n("shape"), scale=n("scale")).ppf(p))
        case "pareto":
            return n("minimum") * (1 - p) ** (-1 / n("alpha"))
        case "tailed":
            one = TwoPieceLognormal.from_quantiles(np.array([n("low"), n("mid"), n("high")]))
            at = float(one.cdf(n("threshold")))
            beyond = n("threshold") * ((1 - np.maximum(p, at)) / (1 - at)) ** (-1 / n("alpha"))
            return np.where(p <= at, one.quantile(np.minimum(p, at)), beyond)
        case "metalog":
            return metalog(law, p)
        case "empirical":
            amounts = np.sort(np.array(law.parameters["amounts"], float))
            return amounts[np.minimum((p * amounts.size).astype(int), amounts.size - 1)]
    return np.full_like(p, n("amount"))


def metalog(law: Law, p: np.ndarray) -> np.ndarray:
    pairs = np.array(law.parameters["quantiles"])
    low, high = law.number("lower"), law.number("upper")

    def basis(q: np.ndarray) -> np.ndarray:
        logit = np.log(q / (1 - q))
        return np.stack([np.ones_like(q), logit, (q - 0.5) * logit], axis=-1)

    inner = np.log((pairs[:, 1] - low) / (high - pairs[:, 1]))
    m = basis(p) @ np.linalg.solve(basis(pairs[:, 0]), inner)
    return low + (high - low) / (1 + np.exp(-m))


def mean_count(law: Law) -> float:
    n = law.number
    match law.name:
        case "bernoulli":
            return n("probability")
        case "binomial":
            return n("trials") * n("probability")
        case "range":
            return float(TwoPieceLognormal.from_quantiles(np.array([n("low"), n("mid"), n("high")])).mean())
    return n("mean")


def mean_amount(form: LossForm) -> float:
    """E min(max(X - deductible, 0), limit) times the chance, as an integral over quantiles in the tail's own scale."""
    limit = math.inf if form.limit is None else form.limit

    def counted(z: float) -> float:
        p = np.array([stats.norm.cdf(z) if z < 8 else 1 - stats.norm.sf(z)])
        x = float(quantile(form.law, np.clip(p, 1e-15, 1 - 1e-15))[0])
        return min(max(x - form.deductible, 0.0), limit) * float(stats.norm.pdf(z))

    value, _ = integrate.quad(counted, -7.5, 7.5, limit=2000, points=[-2, -1, 0, 1, 2, 3, 4, 5])
    return form.probability * float(value)


def drawn(one: StatedScenario, years: int, rng: np.random.Generator) -> np.ndarray:
    """The loss of many years, event by event."""
    n = one.frequency.number
    match one.frequency.name:
        case "poisson":
            counts = rng.poisson(n("mean"), years)
        case "bernoulli":
            counts = rng.binomial(1, n("probability"), years)
        case "binomial":
            counts = rng.binomial(int(n("trials")), n("probability"), years)
        case _:
            if one.frequency.name == "range":
                rate = TwoPieceLognormal.from_quantiles(np.array([n("low"), n("mid"), n("high")]))
                mean, extra = float(rate.mean()), float(rate.variance())
            else:
                mean, extra = n("mean"), n("variance") - n("mean")
            counts = rng.poisson(rng.gamma(mean * mean / extra, extra / mean, years))
    year = np.repeat(np.arange(years), counts)
    total = np.zeros(years)
    for form in one.forms:
        amounts = quantile(form.law, rng.uniform(1e-12, 1 - 1e-12, year.size))
        limit = math.inf if form.limit is None else form.limit
        kept = np.minimum(np.maximum(amounts - form.deductible, 0.0), limit) * (
            rng.random(year.size) < form.probability
        )
        total += np.bincount(year, kept, years)
    return total


@pytest.mark.parametrize("name", ["accord.csv", "wide.csv", "fair.csv", "fair-forms.csv", "riskquant.csv",
                                  "model.pyfair.json", "hypotheses.ciso-assistant.json"])  # fmt: skip
def test_means_are_those_of_the_laws(name: str) -> None:
    file = read_scenarios(HERE / name)
    answer = losses.compute(file)
    for one, mean in zip(file.scenarios, answer.result.scenario_mean, strict=True):
        expected = mean_count(one.frequency) * sum(map(mean_amount, one.forms))
        assert float(mean) == pytest.approx(expected, rel=2e-3 if one.key == "FIRE" else 1e-5), one.key


@pytest.mark.parametrize("name", ["accord.csv", "fair.csv", "hypotheses.ciso-assistant.json"])
def test_quantiles_are_those_of_drawn_years(name: str) -> None:
    """The chance to lose more than VaR, counted over drawn years, within four standard errors."""
    file, years = read_scenarios(HERE / name), 200_000
    answer = losses.compute(file, (0.5, 0.9, 0.99, 0.999))
    rng = np.random.default_rng(3)
    total = sum(drawn(one, years, rng) for one in file.scenarios)
    for level, (low, _, high) in zip(answer.result.levels, answer.result.var, strict=True):
        error = 4 * math.sqrt(level * (1 - level) / years)
        assert (total > low).mean() >= 1 - level - error
        assert (total > high).mean() <= 1 - level + error


def test_stages_and_other_formats_reach_the_command_line(tmp_path: Path) -> None:
    def told(name: str, *more: str) -> dict[str, object]:
        ran = CliRunner().invoke(app, ["loss", str(HERE / name), "--json", *more])
        assert ran.exit_code == 0, ran.stderr
        return dict(json.loads(ran.stdout))

    current = told("hypotheses.ciso-assistant.json")
    residual = told("hypotheses.ciso-assistant.json", "--stage", "residual")
    assert (current["format"], current["currency"]) == ("ciso-assistant", "EUR")
    assert float(str(residual["mean"])) < float(str(current["mean"]))
    assert told("meta.pyfair.json")["format"] == "pyfair"
