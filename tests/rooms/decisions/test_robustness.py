"""How firm plans are: studied under ranges, for one more of each limit, and against the tail; kept and shown."""

from __future__ import annotations

from typing import Any

import pytest

from accord.core import jobs
from accord.core.errors import Refused
from accord.core.models import Job, LedgerEntry, User
from accord.decisions import selectors, services
from accord.decisions.models import Frontier, Plan, Robustness
from accord.engines import portfolio

pytestmark = pytest.mark.django_db


@pytest.fixture
def studied(frontier: Frontier, cio: User) -> Robustness:
    return services.run_robustness(cio, frontier, seconds=12.0)


def test_every_plan_has_its_regret_and_one_is_chosen(studied: Robustness) -> None:
    robust = studied.result["robust"]
    plans = {row["key"]: row for row in robust["plans"]}
    assert set(plans) == set(studied.frontier.plans.exclude(origin="own").values_list("key", flat=True))
    assert robust["uncertain"] > 0 and robust["replanned"] > 0
    regrets = [row["regret"] for row in robust["plans"]]
    assert regrets == sorted(regrets) and regrets[0] >= 0
    assert [row["choice"] for row in robust["plans"]].count(True) == 1 and robust["plans"][0]["choice"]
    for row in robust["plans"]:
        assert row["value"] == sorted(row["value"]) and row["loss"] == sorted(row["loss"])
        assert row["regret"] <= row["worst_regret"] + 1e-9
    assert {row["key"] for row in robust["initiatives"]} == {"SHOP", "DATA", "MFA", "SOC"}
    assert {row["key"] for row in robust["not_stated"]} == {"SHOP", "DATA", "MFA", "SOC"}
    assert LedgerEntry.objects.filter(noun="robustness", verb="run").count() == 1


def test_what_is_short_has_a_price_that_planning_again_confirms(studied: Robustness) -> None:
    rows = studied.result["worth"]["rows"]
    assert rows, "two executives want more than the budget holds"
    for row in rows:
        assert row["used"] <= row["limit"] * (1 + 1e-9)
        if row["step"] is not None:
            assert 0 <= row["step"]["found"] <= row["step"]["most"] * (1 + 1e-9) + 1e-6


def test_tails_are_exact_and_a_plan_against_the_tail_can_be_kept(studied: Robustness, cio: User) -> None:
    tail = studied.result["tail"]
    named = {row["origin"]: row for row in tail["named"]}
    assert named["ciso"]["tvar"]["value"] < named["today"]["tvar"]["value"]
    for row in tail["named"]:
        assert row["tvar"]["lower"] <= row["tvar"]["value"] <= row["tvar"]["upper"]
        assert row["mean"] <= row["tvar"]["upper"]
    assert tail["plans"]
    assert min(row["tvar"]["value"] for row in tail["plans"]) <= named["ciso"]["tvar"]["upper"]
    for row in tail["plans"]:
        assert row["value"] >= (row["floor"] if row["floor"] > 0 else 0) - 1e-9
        assert row["bound"] <= row["tvar"]["upper"] * (1 + 1e-9)
    made = services.keep_tail_plan(cio, studied, 1)
    assert made.origin == Plan.Origin.OWN
    assert made.value == pytest.approx(tail["plans"][0]["value"])
    problem = portfolio.Problem.from_json(studied.frontier.result["problem"])
    starts = {row["key"]: problem.index(row["start"]) for row in made.result["schedule"]}
    assert not portfolio.check(problem, starts)
    with pytest.raises(Refused):
        services.keep_tail_plan(cio, studied, 99)


@pytest.mark.django_db(transaction=True)
def test_the_job_keeps_the_study(company: Any, cio: User) -> None:
    jobs.run_now(cio, "decisions.frontier", points=3, seconds=1.0)
    frontier = selectors.latest_frontier()
    assert frontier is not None
    job = jobs.run_now(cio, "decisions.robustness", frontier=frontier.pk, seconds=2.0)
    assert job.state == Job.State.DONE, job.error
    found = selectors.latest_robustness(frontier)
    assert found is not None and found.pk == job.result["robustness"]


def test_the_page_shows_it_and_says_what_to_do_before(frontier: Frontier, cio: User, browse: Any) -> None:
    before = browse(cio).get("/frontier/robustness/")
    assert before.status_code == 200 and "Study now" in before.content.decode()
    services.run_robustness(cio, frontier, seconds=3.0)
    after = browse(cio).get("/frontier/robustness/").content.decode()
    assert "robust choice" in after and "What one more is worth" in after and "TVaR when done" in after
