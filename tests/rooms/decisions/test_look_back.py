"""The yearly look back: money, benefit, loss and calibration against the case, for whoever reads briefs."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from accord_small_company import account
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accord.core.models import User
from accord.core.roles import Role
from accord.decisions import selectors, services
from accord.decisions.models import Decision, Frontier
from accord.decisions.selectors.inputs import collect
from accord.decisions.services import Stated
from accord.decisions.views.forecasts import gaps, statements
from accord.engines.portfolio import Problem, evaluate
from accord.risk.services import run_loss

pytestmark = pytest.mark.django_db

AFTER = dt.date(2028, 2, 10)


@pytest.fixture
def frontier(company: Any, cio: User) -> Frontier:
    """What a frontier rests on, without planning: the plan here is put together by hand."""
    inputs = collect("both")
    result = {"problem": inputs.problem.to_json(), "laws": inputs.laws, "ceiling": [], "points": [], "compared": []}
    return Frontier.objects.create(by=cio, inputs_hash=inputs.hash, currency=inputs.currency, result=result)


@pytest.fixture
def decision(frontier: Frontier, cio: User, ciso: User) -> Decision:
    run_loss(ciso)
    plan = services.make_plan(cio, frontier, "Mine", {"MFA": "2027-Q1", "DATA": "2027-Q2"})
    made = services.sign(cio, services.propose(cio, plan), Role.CIO, "password")
    made = services.sign(ciso, made, Role.CISO, "password")
    stated = [Stated("finish", "MFA", Decimal("0.9")), Stated("loss", "2027", None, Decimal(0), Decimal(3_000_000))]
    services.state_estimates(cio, made, Role.CIO, stated, dt.date(2026, 11, 25))
    return made


def test_a_year_is_told_against_its_case(decision: Decision, company: Any, cio: User) -> None:
    company(
        actual_date=[{"initiative": "MFA", "started": "2027-01-15", "finished": "2027-03-20"},
                     {"initiative": "DATA", "started": "2027-05-11", "finished": "2027-12-20"}],
        actual_cost=[{"initiative": key, "year": 2027, "capital": 300000, "running": 20000} for key in ("MFA", "DATA")],
        loss_event=[{"key": "E1", "scenario": "OUT", "date": "2027-06-01", "amount": 900000}],
    )  # fmt: skip
    services.close_year(cio, 2027, AFTER)
    found = selectors.look_back(2027, AFTER)
    assert found.case == decision
    assert found.money is not None and (found.money.capital_actual, found.money.running_actual) == (600000, 40000)
    assert found.loss is not None and found.loss.actual == 900000 and found.loss.crps is not None
    assert {one.subject: one.happened for one in found.dated if one.about == "finish"} == {"MFA": True, "DATA": False}
    cio_calibration = found.of_year[0]
    assert cio_calibration.confidence is not None and cio_calibration.confidence.brier == pytest.approx(0.01)
    assert cio_calibration.ranges is not None and cio_calibration.ranges.rate.hits == 1
    assert gaps(found) == []
    facts = {fact.key: fact for fact in statements(found)}
    assert facts["look_back.in_time"].value == pytest.approx(0.5)
    assert facts["look_back.paid"].value == 640000


def test_benefit_is_the_case_planned_again_with_real_dates(decision: Decision, company: Any) -> None:
    company(actual_date=[{"initiative": "DATA", "started": "2027-05-11", "finished": "2027-12-20"}])
    found = selectors.look_back(2027, AFTER)
    problem = Problem.from_json(decision.frozen["inputs"]["problem"])
    late = evaluate(problem, {"DATA": 3}).value_by_goal  # one quarter long, finished in the fourth
    assert {one.key: one.delivered for one in found.benefits} == pytest.approx(late)
    assert sum(one.case for one in found.benefits) == pytest.approx(decision.frozen["value"])
    assert 0 < sum(late.values()) < decision.frozen["value"]


def test_what_is_not_recorded_is_listed_and_in_no_figure(decision: Decision) -> None:
    found = selectors.look_back(2027, AFTER)
    assert found.actual_loss is None
    assert {one.happened for one in found.dated} == {None}
    said = " ".join(what for what, _ in gaps(found))
    assert "Whether all losses of 2027 are recorded is unknown." in said
    assert "Second factor: its actual dates are unknown." in said
    facts = {fact.key: fact for fact in statements(found)}
    assert {facts[key].figure for key in ("look_back.in_time", "look_back.paid", "look_back.loss")} == {"unknown"}


def test_a_board_reader_sees_it_without_links_into_the_rooms(decision: Decision, browse: Any) -> None:
    board = account("board", Role.BOARD)
    year = timezone.localdate().year
    page = browse(board).get(f"/look-back/{year}/")
    assert page.status_code == 200
    text = page.content.decode()
    assert decision.title in text
    assert f"/decisions/{decision.key}/" not in text
    assert browse(board).post(f"/look-back/{year - 1}/close/").status_code == 403
    assert browse(board).get("/look-back/2999/").status_code == 404


def test_a_year_before_anything_says_so(cio: User, browse: Any) -> None:
    page = browse(cio).get("/look-back/2024/").content.decode()
    assert "No plan was in force in 2024" in page
    assert browse(cio).get("/api/look-back/2024").json()["case"] is None


def test_its_pages_ask_few_questions_however_many_decisions_there_were(
    decision: Decision, frontier: Frontier, cio: User, ciso: User, browse: Any
) -> None:
    client, year = browse(cio), timezone.localdate().year

    def asked(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200, path
        return len(queries)

    once = asked(f"/look-back/{year}/")
    second = services.propose(cio, services.make_plan(cio, frontier, "Other", {"SOC": "2027-Q1"}))
    services.sign(cio, second, Role.CIO, "password")
    services.sign(ciso, second, Role.CISO, "password")
    assert asked(f"/look-back/{year}/") == once <= 15
    for path in ("/tracking/", "/sheets/", "/sheets/-/new/", f"/decisions/{second.key}/expect/cio/"):
        assert asked(path) <= 15, path
