"""The planner's question says what the tables say; what is unknown is left out by name and never read as 0."""

from __future__ import annotations

from typing import Any

import pytest

from accord.core.errors import Refused
from accord.core.models import User
from accord.core.roles import Role
from accord.decisions import selectors, services
from accord.decisions.models import Stance
from accord.strategy.models import Budget, Capacity, Initiative, InitiativeCost

pytestmark = pytest.mark.django_db


def items(inputs: selectors.PlanInputs) -> dict[str, Any]:
    return {item.key: item for item in inputs.problem.initiatives}


def test_the_horizon_is_that_of_the_budgets(company: Any) -> None:
    problem = selectors.collect().problem
    assert (problem.first_quarter, problem.quarters) == ("2027-Q1", 8)
    company(budget=[{"year": 2030, "capital": 1, "running": 1}])
    assert selectors.collect().problem.quarters == 8  # 2029 has no budget: what comes after it is not reached


def test_weights_are_effective_and_a_share_above_holds_for_each_leaf(company: Any) -> None:
    problem = selectors.collect().problem
    assert {g.key: g.weight for g in problem.goals} == pytest.approx({"GROW": 0.75, "FAST": 0.125, "SAFE": 0.125})
    assert {c.goal: c.share for c in items(selectors.collect())["DATA"].contributions} == {"FAST": 0.4, "SAFE": 0.4}


def test_shares_above_and_on_a_leaf_multiply_what_is_left(company: Any) -> None:
    company(initiative_goal=[{"initiative": "DATA", "goal": "FAST", "contribution": 0.5}])
    found = {c.goal: c.share for c in items(selectors.collect())["DATA"].contributions}
    assert found == pytest.approx({"FAST": 1 - 0.6 * 0.5, "SAFE": 0.4})


def test_losses_are_expected_ones_with_the_controls_of_today(company: Any) -> None:
    assert {s.key: s.loss for s in selectors.collect().problem.scenarios} == pytest.approx({"OUT": 5e5, "LEAK": 8e5})
    company(
        control=[{"key": "C", "name": "Backup", "state": "operating"}],
        control_effect=[
            {"control": "C", "scenario": "OUT", "magnitude_low": 0.5, "magnitude_mid": 0.5, "magnitude_high": 0.5}
        ],
    )
    assert {s.key: s.loss for s in selectors.collect().problem.scenarios} == pytest.approx({"OUT": 2.5e5, "LEAK": 8e5})


def test_effects_count_at_their_middle(company: Any) -> None:
    effects = items(selectors.collect())["SOC"].effects
    assert {(e.scenario, e.frequency, e.magnitude) for e in effects} == {("LEAK", None, 0.3), ("OUT", None, 0.4)}


def test_unknown_costs_leave_an_initiative_out_and_what_requires_it(company: Any) -> None:
    InitiativeCost.objects.filter(initiative__key="DATA").update(running=None)
    InitiativeCost.objects.filter(initiative__key="MFA").delete()
    company(
        initiative_relation=[
            {"initiative": "SHOP", "kind": "requires", "other": "DATA"},
            {"initiative": "SOC", "kind": "excludes", "other": "MFA"},
        ]
    )
    inputs = selectors.collect()
    assert set(items(inputs)) == {"SOC"}
    assert items(inputs)["SOC"].excludes == ()
    reasons = {one.key: one.reason for one in inputs.left_out}
    assert reasons["DATA"] == "Its running cost of year 1 is unknown."
    assert reasons["MFA"] == "Its costs are unknown."
    assert "requires DATA" in reasons["SHOP"]
    assert all(one.remedy for one in inputs.left_out)


def test_an_unknown_weight_and_an_unknown_frequency_are_left_out(company: Any) -> None:
    company(
        goal=[{"key": "FAST", "weight": ""}],
        scenario=[{"key": "OUT", "frequency_low": "", "frequency_mid": "", "frequency_high": ""}],
    )
    inputs = selectors.collect()
    assert {one.key for one in inputs.left_out} == {"FAST", "SAFE", "OUT"}
    assert [g.key for g in inputs.problem.goals] == ["GROW"]
    assert items(inputs)["DATA"].contributions == ()
    assert [s.key for s in inputs.problem.scenarios] == ["LEAK"]


def test_missing_budget_and_capacity_are_refused_with_the_remedy(company: Any) -> None:
    Capacity.objects.filter(quarter="2028-Q2").delete()
    with pytest.raises(Refused, match=r"engineer.*2028-Q2.*State how many"):
        selectors.collect()
    Budget.objects.all().delete()
    with pytest.raises(Refused, match="no budget"):
        selectors.collect()


def test_whose_stances_are_heard(company: Any, cio: User, ciso: User) -> None:
    shop = Initiative.objects.get(key="SHOP")
    services.set_stance(cio, Role.CIO, shop, "pin", "We need it")
    services.set_stance(ciso, Role.CISO, shop, "drop")
    both, one = items(selectors.collect("both"))["SHOP"], items(selectors.collect("ciso"))["SHOP"]
    assert (both.pinned_by, both.dropped_by) == (("cio",), ("ciso",))
    assert (one.pinned_by, one.dropped_by) == ((), ("ciso",))
    assert not items(selectors.collect("none"))["SHOP"].dropped_by


def test_the_hash_follows_the_inputs(company: Any) -> None:
    before = selectors.collect().hash
    assert selectors.collect().hash == before
    company(budget=[{"year": 2028, "capital": 400001, "running": 200000}])
    assert selectors.collect().hash != before


def test_only_the_own_role_and_only_words_that_mean_something(company: Any, cio: User) -> None:
    shop = Initiative.objects.get(key="SHOP")
    with pytest.raises(Refused, match="Only the CISO"):
        services.set_stance(cio, Role.CISO, shop, "pin")
    with pytest.raises(Refused, match="is none"):
        services.set_stance(cio, Role.CIO, shop, "maybe")
    services.set_stance(cio, Role.CIO, shop, "pin")
    services.set_stance(cio, Role.CIO, shop, "drop", "Changed my mind")
    assert Stance.objects.get().kind == "drop"
    services.set_stance(cio, Role.CIO, shop, "")
    assert not Stance.objects.exists()
