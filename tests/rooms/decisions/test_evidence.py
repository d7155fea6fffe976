"""What the pictures of a plan rest on: it sums to the plan's own figures, and to the annual loss of the same laws."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from accord.decisions.evidence import Evidence, _power
from accord.decisions.models import Frontier
from accord.decisions.selectors.inputs import PlanInputs, collect
from accord.engines.portfolio import evaluate, spending

pytestmark = pytest.mark.django_db
STARTS = {"MFA": "2027-Q1", "SOC": "2027-Q2", "DATA": "2028-Q1"}


@pytest.fixture
def asked(company: Any) -> PlanInputs:
    return collect("none")


@pytest.fixture
def plan(asked: PlanInputs) -> dict[str, int]:
    return {key: asked.problem.index(start) for key, start in STARTS.items()}


@pytest.fixture
def own(asked: PlanInputs, plan: dict[str, int]) -> dict[str, Any]:
    return Evidence(asked.problem, asked.laws).of_plan(plan)


def test_steps_lead_from_the_loss_of_today_to_that_of_the_plan(
    asked: PlanInputs, plan: dict[str, int], own: dict[str, Any]
) -> None:
    assert [step["key"] for step in own["steps"]] == ["MFA", "SOC", "DATA"]
    changed = evaluate(asked.problem, plan).loss - evaluate(asked.problem, {}).loss
    assert sum(step["loss"] for step in own["steps"]) == pytest.approx(changed, rel=1e-12)


def test_a_step_is_what_its_initiative_changes_beside_those_before_it(asked: PlanInputs, own: dict[str, Any]) -> None:
    alone = evaluate(asked.problem, {"MFA": 0}).loss - evaluate(asked.problem, {}).loss
    assert own["steps"][0] == {"key": "MFA", "name": "Second factor", "loss": pytest.approx(alone)}
    assert own["steps"][2]["loss"] == pytest.approx(0.0, abs=1e-6)  # the data platform touches no scenario


def test_money_by_quarter_sums_to_what_is_spent_in_each_year(
    asked: PlanInputs, plan: dict[str, int], own: dict[str, Any]
) -> None:
    used = spending(asked.problem, plan)
    for kind in ("capital", "running"):
        years = [sum(own["by_quarter"][kind][4 * n : 4 * n + 4]) for n in range(2)]
        assert years == pytest.approx([getattr(used, kind)[year] for year in (2027, 2028)])


def test_the_loss_before_and_after_has_the_plans_own_means(
    asked: PlanInputs, plan: dict[str, int], own: dict[str, Any]
) -> None:
    mean = own["curves"]["mean"]
    assert mean["today"] == pytest.approx(1.3e6, rel=1e-9)
    assert mean["after"] == pytest.approx(sum(evaluate(asked.problem, plan).residual.values()), rel=1e-9)
    assert mean["low"] < mean["after"] < mean["high"]


def test_curves_fall_and_lie_within_the_band_of_the_effects(own: dict[str, Any]) -> None:
    curves = own["curves"]
    for name in ("today", "after", "weakest", "strongest"):
        assert np.all(np.diff(curves[name]) <= 1e-9)
    between = zip(curves["strongest"], curves["after"], curves["weakest"], strict=True)
    assert all(low <= middle + 2e-3 and middle <= high + 2e-3 for low, middle, high in between)
    assert curves["amounts"][0] == 0.0 and np.all(np.diff(curves["amounts"]) > 0)


def test_the_loss_after_is_that_of_an_independent_simulation(own: dict[str, Any]) -> None:
    """Outages: 0.5 a year of 1 M × 0.6; leaks: 0.2 × 0.5 a year of 4 M × 0.7; Poisson, amounts fixed."""
    draw = np.random.default_rng(11)
    years = 400_000
    loss = draw.poisson(0.5, years) * 0.6e6 + draw.poisson(0.2 * 0.5, years) * 2.8e6
    amounts, told = np.array(own["curves"]["amounts"]), np.array(own["curves"]["after"])
    for amount in (3e5, 9e5, 1.5e6, 3.0e6, 3.7e6):
        found = float(np.mean(loss > amount))
        within = np.abs(amounts - amount) < 2.4e5
        assert told[within].min() - 4e-3 <= found <= told[within].max() + 4e-3


def test_what_strikes_several_scenarios_at_once_is_in_the_curves(company: Any) -> None:
    """Outages 0.5 a year and leaks 0.2 a year, of which 0.1 come together; amounts fixed."""
    company(
        shared_cause=[{"key": "CLOUD", "name": "Cloud", "rate_low": 0.1, "rate_mid": 0.1, "rate_high": 0.1}],
        shared_cause_scenario=[{"cause": "CLOUD", "scenario": key, "probability": 1} for key in ("OUT", "LEAK")],
    )
    asked = collect("none")
    curves = Evidence(asked.problem, asked.laws).of_plan({})["curves"]
    assert curves["mean"]["today"] == pytest.approx(1.3e6, rel=1e-6)
    draw = np.random.default_rng(5)
    years = 400_000
    together = draw.poisson(0.1, years)
    loss = (draw.poisson(0.4, years) + together) * 1e6 + (draw.poisson(0.1, years) + together) * 4e6
    amounts, told = np.array(curves["amounts"]), np.array(curves["today"])
    for amount in (0.5e6, 1.5e6, 2.5e6, 4.5e6, 5.5e6):
        within = np.abs(amounts - amount) < 3e5
        found = float(np.mean(loss > amount))
        assert told[within].min() - 4e-3 <= found <= told[within].max() + 4e-3


def test_what_falls_on_goals_and_on_none_is_the_whole_loss(own: dict[str, Any]) -> None:
    found = own["goal_loss"]
    for when in ("today", "after"):
        whole = own["curves"]["mean"][when]
        assert sum(row[when] for row in found["goals"].values()) + found["rest"][when] == pytest.approx(whole)


def test_six_plans_stand_side_by_side(frontier: Frontier) -> None:
    rows = frontier.plans.get(origin="joint").result["compared"]
    assert [row["origin"] for row in rows] == ["today", "cio", "ciso", "split", "rosi", "joint"]
    by_origin = {plan.origin: plan for plan in frontier.plans.all()}
    for row in rows[1:]:
        if row["value"] is not None:
            plan = by_origin[row["origin"]]
            assert (row["value"], row["loss"]) == (plan.value, plan.loss)
            money = sum(part["capital"] + part["running"] for part in plan.result["money"])
            assert row["money"] == pytest.approx(money)


def test_without_laws_nothing_is_said_of_the_distribution(asked: PlanInputs) -> None:
    found = Evidence(asked.problem, None).of_plan({"MFA": 0})
    assert found["curves"] is None and found["goal_loss"] is None and found["steps"]


def test_a_plan_is_kept_as_plain_data(own: dict[str, Any]) -> None:
    assert json.loads(json.dumps(own, allow_nan=False)) == own


@pytest.mark.parametrize(
    ("whole", "reached", "power"), [(0.5, 0.5, 1.0), (0.25, 0.5, 0.5), (1.0, 1.0, 1.0), (0.5, 1.0, 0.0)]
)
def test_benefits_that_still_grow_take_the_part_that_is_reached(whole: float, reached: float, power: float) -> None:
    assert _power(whole, reached) == pytest.approx(power)


def test_the_tornado_stands_on_the_expected_loss_that_is_left(
    asked: PlanInputs, plan: dict[str, int], own: dict[str, Any]
) -> None:
    rows, left = own["swings"], sum(evaluate(asked.problem, plan).residual.values())
    assert rows and all(row["value"] == pytest.approx(left, rel=1e-9) for row in rows)
    widths = [abs(row["high"] - row["low"]) for row in rows]
    assert widths == sorted(widths, reverse=True) and min(widths) > 0 and len(rows) <= 8


def test_a_swing_is_the_loss_with_that_effect_at_its_end(
    asked: PlanInputs, plan: dict[str, int], own: dict[str, Any]
) -> None:
    """Only effects are uncertain here; each swing is found again by putting its end into the laws."""
    assert asked.laws is not None
    by_name = {asked.problem.initiative(key).name: key for key in plan}
    scenarios = {one.name: one.key for one in asked.problem.scenarios}
    for row in own["swings"]:
        initiative, side = row["what"].rsplit(" on ", 1)
        for end, place in (("low", 0), ("high", 2)):
            laws = json.loads(json.dumps(asked.laws))
            for effect in laws["effects"]:
                if (effect["initiative"], effect["scenario"]) == (by_name[initiative], scenarios[row["scenario"]]):
                    effect[side][1] = effect[side][place]
            book = Evidence(asked.problem, laws)
            factors = [book._factors(plan, key, 1) for key in ("OUT", "LEAK")]
            loss = sum(f * m * base for (f, m), base in zip(factors, (0.5e6, 0.8e6), strict=True))
            assert row[end] == pytest.approx(loss, rel=1e-9)
        assert row["low"] > row["value"] > row["high"]


def test_plans_of_laws_without_their_inputs_have_no_tornado(asked: PlanInputs) -> None:
    assert asked.laws is not None
    laws = {
        **asked.laws,
        "scenarios": [{k: v for k, v in row.items() if k != "forms"} for row in asked.laws["scenarios"]],
    }
    assert Evidence(asked.problem, laws).of_plan({"MFA": 0})["swings"] is None
    assert Evidence(asked.problem, None).of_plan({"MFA": 0})["swings"] is None


def test_a_form_of_loss_swings_by_its_range_after_controls_and_effects(company: Any) -> None:
    """Outages: 0.5 a year, of which the plan leaves 0.6 in magnitude and an operating control 0.8 in frequency."""
    company(
        scenario_loss=[{"scenario": "OUT", "form": "response", "low": 5e5, "mid": 1e6, "high": 2e6}],
        control=[{"key": "BCK", "name": "Copies", "state": "operating"}],
        control_effect=[
            {"control": "BCK", "scenario": "OUT", "frequency_low": 0.1, "frequency_mid": 0.2, "frequency_high": 0.4}
        ],
    )
    asked = collect("none")
    starts = {key: asked.problem.index(start) for key, start in STARTS.items()}
    left = sum(evaluate(asked.problem, starts).residual.values())
    rows = {
        (row["scenario"], row["what"]): row for row in Evidence(asked.problem, asked.laws).of_plan(starts)["swings"]
    }
    outage = next(one.name for one in asked.problem.scenarios if one.key == "OUT")
    amount, control = rows[outage, "response"], rows[outage, "Copies on frequency"]
    assert amount["value"] == pytest.approx(left, rel=1e-9)
    assert amount["high"] - amount["low"] == pytest.approx(0.5 * 0.8 * 0.6 * 1.5e6)
    mean = left - evaluate(asked.problem, starts).residual["LEAK"]
    assert control["low"] - left == pytest.approx(mean * (0.9 / 0.8 - 1))
    assert control["high"] - left == pytest.approx(mean * (0.6 / 0.8 - 1))
