"""Frontiers: kept with their plans and inputs, told as they grow, stopped without loss, refused with the conflict."""

from __future__ import annotations

from typing import Any

import pytest

from accord.core import jobs, ledger
from accord.core.errors import Refused
from accord.core.models import Job, LedgerEntry, User
from accord.core.roles import Role
from accord.decisions import selectors, services
from accord.decisions.models import Frontier, Plan
from accord.engines import portfolio
from accord.strategy.models import Initiative

pytestmark = pytest.mark.django_db


def test_plans_are_kept_with_exact_figures_and_reasons(frontier: Frontier) -> None:
    problem = portfolio.Problem.from_json(frontier.result["problem"])
    origins = {plan.origin for plan in frontier.plans.all()}
    assert {"cio", "ciso", "joint", "rosi"} <= origins
    for plan in frontier.plans.all():
        starts = {item.initiative.key: problem.index(item.start) for item in plan.items.select_related("initiative")}
        outcome = portfolio.evaluate(problem, starts)
        assert (plan.value, plan.loss) == pytest.approx((outcome.value, outcome.loss))
        assert not portfolio.check(problem, starts)
        assert {row["key"] for row in plan.result["reasons"]} == {i.key for i in problem.initiatives}
        assert {row["key"] for row in plan.result["schedule"]} == set(starts)
        assert sum(row["value"] for row in plan.result["goals"]) == pytest.approx(plan.value)
        assert sum(plan.result["loss_by_quarter"]) == pytest.approx(plan.loss)
    assert ledger.verify().holds
    assert set(LedgerEntry.objects.filter(noun__in=("plan", "frontier")).values_list("verb", flat=True)) == {
        "add",
        "run",
    }


def test_ends_are_what_each_would_choose(frontier: Frontier) -> None:
    """Capital of 700,000 and 400,000: the most value needs both of the CIO's, the least loss both of the CISO's."""
    cio, ciso = (set(_starts(frontier, origin)) for origin in ("cio", "ciso"))
    assert {"SHOP", "DATA"} <= cio
    assert {"MFA", "SOC"} <= ciso and "SHOP" not in ciso
    plans = {plan.origin: plan for plan in frontier.plans.all()}
    assert plans["ciso"].loss < plans["joint"].loss < plans["cio"].loss or plans["joint"].loss in {
        plans["cio"].loss, plans["ciso"].loss,
    }  # fmt: skip


def _starts(frontier: Frontier, origin: str) -> dict[str, str]:
    rows = frontier.plans.get(origin=origin).items.values_list("initiative__key", "start")
    return dict(rows)


def test_money_beside_its_limit(frontier: Frontier) -> None:
    for plan in frontier.plans.all():
        for row in plan.result["money"]:
            assert row["capital"] <= row["capital_limit"] + 1e-6
            parts = [p for one in plan.result["schedule"] for p in one["money"] if p["year"] == row["year"]]
            assert sum(p["capital"] for p in parts) == pytest.approx(row["capital"])


def test_the_summary_that_the_command_line_prints(frontier: Frontier) -> None:
    found = selectors.frontier_summary()
    assert found is not None
    assert [row["origin"] for row in found["plans"]][:3] == ["cio", "ciso", "joint"]
    for row in found["plans"]:
        assert 0 <= row["value"] <= 1 and row["loss"] > 0 and row["gap"] >= 0 and row["count"] >= 0


def test_stale_once_an_input_changes_and_only_then(frontier: Frontier, company: Any) -> None:
    assert not selectors.is_stale(frontier)
    company(unit=[{"key": "U", "name": "Unit"}])
    company(initiative=[{"key": "SHOP", "description": "Words only"}])
    assert not selectors.is_stale(frontier)
    company(initiative_goal=[{"initiative": "SHOP", "goal": "GROW", "contribution": 0.6}])
    assert selectors.is_stale(frontier)


def test_pinned_by_one_and_dropped_by_the_other_is_refused_by_name(company: Any, cio: User, ciso: User) -> None:
    shop = Initiative.objects.get(key="SHOP")
    services.set_stance(cio, Role.CIO, shop, "pin")
    services.set_stance(ciso, Role.CISO, shop, "drop")
    with pytest.raises(Refused, match=r"New shop was pinned by the CIO.*New shop was dropped by the CISO"):
        services.run_frontier(cio, seconds=1.0)
    assert not Frontier.objects.exists()


def test_pins_and_drops_are_kept(company: Any, cio: User, ciso: User) -> None:
    services.set_stance(cio, Role.CIO, Initiative.objects.get(key="DATA"), "pin")
    services.set_stance(ciso, Role.CISO, Initiative.objects.get(key="SHOP"), "drop")
    frontier = services.run_frontier(cio, points=3, seconds=1.0)
    for plan in frontier.plans.all():
        keys = set(plan.items.values_list("initiative__key", flat=True))
        assert "DATA" in keys and "SHOP" not in keys
    reasons = {row["key"]: row for row in frontier.plans.get(origin="joint").result["reasons"]}
    assert reasons["DATA"]["kind"] == "pinned" and reasons["SHOP"]["kind"] == "dropped"


class Enough(Exception):
    """The watcher has seen enough."""


def test_stopping_keeps_what_was_found(company: Any, cio: User) -> None:
    steps: list[str] = []

    def tell(done: int, total: int, message: str, so_far: dict[str, Any] | None) -> None:
        steps.append(message)
        if done == 3:
            assert so_far is not None and so_far["points"]
            raise Enough

    with pytest.raises(services.Interrupted) as stopped:
        services.run_frontier(cio, points=5, seconds=2.0, tell=tell, stop=Enough)
    kept = stopped.value.frontier
    assert kept is not None and not kept.complete and kept.plans.filter(origin="joint").exists()
    assert len(steps) == 3


@pytest.mark.django_db(transaction=True)
def test_the_job_tells_and_keeps(company: Any, cio: User) -> None:
    job = jobs.run_now(cio, "decisions.frontier", points=3, seconds=1.0)
    assert job.state == Job.State.DONE, job.error
    assert Frontier.objects.get().pk == job.result["frontier"]
    assert job.done == job.total == 7


@pytest.mark.django_db(transaction=True)
def test_what_if(company: Any, cio: User) -> None:
    frontier = services.run_frontier(cio, points=3, seconds=1.0)
    plan = frontier.plans.get(origin="cio")
    out = next(row["key"] for row in plan.result["reasons"] if not row["chosen"])
    job = jobs.run_now(cio, "decisions.what_if", plan=plan.key, initiative=out, seconds=1.0)
    assert job.state == Job.State.DONE, job.error
    assert job.result["key"] == out
    assert not job.result["possible"] or job.result["value_most"] <= 1e-6
    refused = jobs.run_now(cio, "decisions.what_if", plan=plan.key, initiative="NOTHING")
    assert refused.state == Job.State.FAILED and "NOTHING" in refused.error


def test_a_plan_by_hand_is_checked_and_exact(frontier: Frontier, cio: User) -> None:
    made = services.make_plan(cio, frontier, "Mine", {"MFA": "2027-Q1", "DATA": "2027-Q2"})
    problem = portfolio.Problem.from_json(frontier.result["problem"])
    outcome = portfolio.evaluate(problem, {"MFA": 0, "DATA": 1})
    assert (made.origin, made.value, made.loss) == ("own", pytest.approx(outcome.value), pytest.approx(outcome.loss))
    assert made.result["gap"] is None or made.result["gap"] >= 0
    with pytest.raises(Refused, match="capital budget of 2027 is exceeded by 150,000"):
        services.make_plan(cio, frontier, "Too much", {"SHOP": "2027-Q1", "MFA": "2027-Q2"})
    with pytest.raises(Refused, match="engineer in 2027-Q1 is short by 2"):
        services.make_plan(cio, frontier, "At once", {"MFA": "2027-Q1", "DATA": "2027-Q1"})
    with pytest.raises(Refused, match="not among"):
        services.make_plan(cio, frontier, "Unknown", {"MOON": "2027-Q1"})
    with pytest.raises(Refused, match="name"):
        services.make_plan(cio, frontier, "  ", {})
    assert Plan.objects.filter(origin="own").count() == 1
