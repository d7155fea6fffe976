"""Plans under sampled inputs: the laws, exact figures, regret, and the choice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from accord_portfolios import figures, make

from accord.engines.portfolio import Contribution, Effect, Initiative, Problem, YearCost, evaluate, robust
from accord.engines.portfolio.robust import Z95, at, sampled


def question(wide: bool = True) -> Problem:
    """Two initiatives of which one fits: “sure” brings what it says, “bold” more, or next to nothing."""
    bold = Initiative(
        "bold", "Bold", "cio", 1, costs=(YearCost(1, 60.0),), contributions=(Contribution("growth", 0.5),),
        benefit_range=(0.05, 1.1) if wide else (0.99, 1.01),
    )  # fmt: skip
    sure = replace(bold, key="sure", name="Sure", contributions=(Contribution("growth", 0.45),), benefit_range=None)
    return make(bold, sure, quarters=4, capital=80.0, goals={"growth": 1.0}, scenarios={"theft": 40.0}, first="2027-Q1")


PLANS = ({"bold": 0}, {"sure": 0})


def test_laws_meet_the_interval_at_its_ends_and_its_middle() -> None:
    for value, ends in ((1.0, (0.8, 1.6)), (0.2, (-0.1, 0.3)), (0.5, (0.0, 0.9))):
        assert at(value, ends, 0.0) == pytest.approx(value)
        assert at(value, ends, -Z95) == pytest.approx(ends[0])
        assert at(value, ends, Z95) == pytest.approx(ends[1])
    assert at(0.9, (0.5, 1.0), 5.0, 0.0, 1.0) == 1.0


def test_a_sample_changes_what_has_an_interval_and_nothing_else() -> None:
    item = Initiative(
        "a", "A", "cio", 1, costs=(YearCost(1, 60.0, 8.0),), contributions=(Contribution("growth", 0.4, (0.2, 0.5)),),
        effects=(Effect("theft", 0.5, 0.2, (0.3, 0.6)),), cost_range=(0.5, 2.0), benefit_range=(0.5, 1.0),
    )  # fmt: skip
    problem = make(item, scenarios={"theft": 60.0, "outage": 40.0})
    theft = replace(problem.scenarios[0], loss_range=(30.0, 240.0))
    problem = replace(problem, scenarios=(theft, problem.scenarios[1]))
    drawn = sampled(problem, np.array([Z95, -Z95, Z95, -Z95, Z95]))
    other = drawn.initiatives[0]
    assert other.costs == (YearCost(1, pytest.approx(120.0), pytest.approx(16.0)),)  # type: ignore[arg-type]
    assert other.contributions[0].share == pytest.approx(0.5 * 0.5)
    assert (other.effects[0].frequency, other.effects[0].magnitude) == (pytest.approx(0.3), 0.2)
    assert [s.loss for s in drawn.scenarios] == [pytest.approx(240.0), 40.0]
    assert drawn.budgets == problem.budgets


def test_the_bold_plan_is_best_as_stated_and_the_sure_one_when_inputs_differ() -> None:
    assert evaluate(question(), PLANS[0]).value > evaluate(question(), PLANS[1]).value
    found = robust(question(), PLANS, price=100.0, samples=64, replans=4, seconds=2.0)
    assert found.choice == 1 and found.uncertain == 1
    bold, sure = found.standings
    assert sure.regret < bold.regret and sure.worst_regret < bold.worst_regret
    assert 0.3 < bold.best < 0.55 and bold.best + sure.best == pytest.approx(1.0)
    # Beyond the median the bold one gains at most a tenth of 0.5 · 3/4 above what it says.
    assert sure.worst_regret <= 100.0 * 0.75 * (0.5 * 1.1 ** (3.5 / Z95) - 0.45)
    assert sure.value == pytest.approx((0.45 * 0.75,) * 3) and sure.loss == pytest.approx((40.0,) * 3)
    narrow = robust(question(wide=False), PLANS, price=100.0, samples=64, replans=0)
    assert narrow.choice == 0 and narrow.standings[0].regret == 0.0 and narrow.standings[0].best == 1.0


def test_regret_is_against_the_best_plan_known_and_figures_are_exact() -> None:
    problem = question()
    found = robust(problem, PLANS, price=100.0, samples=16, replans=0)
    worlds = []
    from accord.engines.portfolio.robust import _points

    for row in _points(1, 16, 0):
        worlds.append([100.0 * v - x for v, x in (figures(sampled(problem, row), plan) for plan in PLANS)])
    worth = np.array(worlds)
    regret = worth.max(axis=1)[:, None] - worth
    for p, standing in enumerate(found.standings):
        assert standing.regret == pytest.approx(regret[:, p].mean())
        assert standing.worst_regret == pytest.approx(regret[:, p].max())


def test_overspending_counts_and_is_told() -> None:
    item = Initiative(
        "a",
        "A",
        "cio",
        1,
        costs=(YearCost(1, 60.0),),
        contributions=(Contribution("growth", 0.5),),
        cost_range=(0.9, 1.5),
    )
    other = replace(item, key="b", name="B")
    problem = make(item, other, quarters=4, capital=70.0, first="2027-Q1")
    found = robust(problem, [{"a": 0}], price=1.0, samples=64, replans=2, seconds=1.0)
    assert 0.5 < found.standings[0].keeps < 0.9 and found.standings[0].overspent > 0
    assert found.replanned == 2 and set(found.frequency) == {"a", "b"}


def test_the_same_seed_gives_the_same_and_nonsense_is_refused() -> None:
    one, two = (robust(question(), PLANS, price=100.0, samples=16, replans=0, seed=3) for _ in range(2))
    assert one == two
    with pytest.raises(ValueError, match="no input has an interval"):
        robust(make(Initiative("a", "A", "cio", 1)), [{}])
    with pytest.raises(ValueError, match="power of two"):
        robust(question(), PLANS, samples=10)
    with pytest.raises(ValueError, match="no plan"):
        robust(question(), [])
