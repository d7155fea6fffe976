"""Forecasts are kept when a decision comes into force, stated before they are known, and scored by the rules."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accord.core import ledger
from accord.core.errors import Refused
from accord.core.models import User
from accord.core.roles import Role
from accord.decisions import selectors, services
from accord.decisions.models import ClosedYear, Decision, Estimate, Forecast, Frontier
from accord.decisions.selectors.inputs import collect
from accord.decisions.services import Stated
from accord.risk.services import run_loss

pytestmark = pytest.mark.django_db

BEFORE = dt.date(2026, 11, 25)
AFTER = dt.date(2028, 2, 10)
STARTS = {"MFA": "2027-Q1", "SOC": "2027-Q2", "DATA": "2028-Q1"}


@pytest.fixture
def frontier(company: Any, cio: User) -> Frontier:
    """What a frontier rests on, without planning: the plan here is put together by hand."""
    inputs = collect("both")
    result = {"problem": inputs.problem.to_json(), "laws": inputs.laws, "ceiling": [], "points": [], "compared": []}
    return Frontier.objects.create(by=cio, inputs_hash=inputs.hash, currency=inputs.currency, result=result)


@pytest.fixture
def decision(frontier: Frontier, cio: User, ciso: User) -> Decision:
    run_loss(ciso)
    made = services.propose(cio, services.make_plan(cio, frontier, "Mine", STARTS))
    services.sign(cio, made, Role.CIO, "password")
    return services.sign(ciso, made, Role.CISO, "password")


def sure(subject: str, percent: int, about: str = "finish") -> Stated:
    return Stated(about, subject, Decimal(percent) / 100)


def span(about: str, year: int, low: int, high: int) -> Stated:
    return Stated(about, str(year), None, Decimal(low), Decimal(high))


def test_all_forecasts_are_kept_at_the_second_key(frontier: Frontier, cio: User, ciso: User) -> None:
    run_loss(ciso)
    made = services.sign(cio, services.propose(cio, services.make_plan(cio, frontier, "Mine", STARTS)), Role.CIO, "x")
    assert not Forecast.objects.exists()
    made = services.sign(ciso, made, Role.CISO, "x")
    kept = {(one.kind, one.subject): one.data for one in made.forecasts.all()}
    assert {subject for kind, subject in kept if kind == "dates"} == set(STARTS)
    assert kept["dates", "SOC"]["finish_due"] == "2027-09-30"
    assert {subject for kind, subject in kept if kind == "loss"} == {"2027", "2028"}
    assert {subject for kind, subject in kept if kind == "benefit"} == {"GROW", "FAST", "SAFE"}
    year = kept["loss", "2027"]
    assert year["expected"] + kept["loss", "2028"]["expected"] == pytest.approx(made.plan.loss)
    assert year["mean"] == pytest.approx(1.3e6)
    assert year["loss_run"]["id"] is not None
    levels = [level for level, _ in year["quantiles"]]
    amounts = [amount for _, amount in year["quantiles"]]
    assert levels == sorted(levels) and amounts == sorted(amounts)
    assert ledger.verify().holds


def test_without_a_loss_run_the_distribution_stays_unknown(frontier: Frontier, cio: User, ciso: User) -> None:
    made = services.sign(cio, services.propose(cio, services.make_plan(cio, frontier, "Mine", STARTS)), Role.CIO, "x")
    made = services.sign(ciso, made, Role.CISO, "x")
    assert made.forecasts.get(kind="loss", subject="2027").data["curve"] is None
    ClosedYear.objects.create(year=2027, by=cio)
    scored = selectors.forecasts_of(made, AFTER)["years"][0]
    assert (scored.crps, scored.reason) == (None, "No loss run was there when it was signed.")


def test_what_is_stated_is_kept_once_and_only_before_it_is_known(decision: Decision, cio: User, ciso: User) -> None:
    services.state_estimates(cio, decision, Role.CIO, [sure("MFA", 90), span("loss", 2027, 0, 5_000_000)], BEFORE)
    with pytest.raises(Refused, match="stated it already"):
        services.state_estimates(cio, decision, Role.CIO, [sure("MFA", 60)], BEFORE)
    with pytest.raises(Refused, match="own role"):
        services.state_estimates(cio, decision, Role.CISO, [sure("MFA", 60)], BEFORE)
    with pytest.raises(Refused, match="before 2027-01-01"):
        services.state_estimates(ciso, decision, Role.CISO, [sure("MFA", 60)], dt.date(2027, 1, 1))
    with pytest.raises(Refused, match="no such thing"):
        services.state_estimates(ciso, decision, Role.CISO, [sure("SHOP", 60)], BEFORE)
    with pytest.raises(Refused, match="wrong way round"):
        services.state_estimates(ciso, decision, Role.CISO, [span("money", 2027, 5, 1)], BEFORE)
    with pytest.raises(Refused, match="range"):
        services.state_estimates(ciso, decision, Role.CISO, [Stated("loss", "2027", None, Decimal(1))], BEFORE)
    assert Estimate.objects.count() == 2


def test_the_database_refuses_a_probability_above_one(decision: Decision, cio: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Estimate.objects.create(decision=decision, role="cio", about="finish", subject="MFA", probability=2, by=cio)
    with pytest.raises(IntegrityError), transaction.atomic():
        Estimate.objects.create(decision=decision, role="cio", about="loss", subject="2027", low=2, high=1, by=cio)


def test_dates_are_scored_by_brier_and_unrecorded_ones_are_not(
    decision: Decision, company: Any, cio: User, ciso: User
) -> None:
    services.state_estimates(cio, decision, Role.CIO, [sure("MFA", 90), sure("SOC", 80), sure("DATA", 70)], BEFORE)
    services.state_estimates(ciso, decision, Role.CISO, [sure("MFA", 40), sure("SOC", 30)], BEFORE)
    company(actual_date=[{"initiative": "MFA", "started": "2027-01-15", "finished": "2027-03-31"},
                         {"initiative": "SOC", "started": "2027-04-11", "finished": ""}])  # fmt: skip
    found = selectors.forecasts_of(decision, AFTER)
    happened = {row.subject: row.happened for row in found["dated"] if row.about == "finish"}
    assert happened == {"MFA": True, "SOC": False, "DATA": None}
    mine, theirs = found["calibrations"]
    assert (mine.stated, mine.confidence.right.count) == (3, 2)
    assert mine.confidence.brier == pytest.approx((0.1**2 + 0.8**2) / 2)
    assert theirs.confidence.brier == pytest.approx((0.6**2 + 0.3**2) / 2)
    assert (mine.base, mine.plan) == (pytest.approx(0.25), pytest.approx(0.5))


def test_the_loss_of_a_year_is_scored_once_its_record_is_whole(decision: Decision, company: Any, cio: User) -> None:
    company(loss_event=[{"key": "E1", "scenario": "LEAK", "date": "2027-06-01", "amount": 120000}])
    first = selectors.forecasts_of(decision, AFTER)["years"][0]
    assert (first.actual, first.events, first.crps) == (120000, 1, None)
    with pytest.raises(Refused, match="not over"):
        services.close_year(cio, 2028, AFTER)
    services.close_year(cio, 2027, AFTER)
    scored = selectors.forecasts_of(decision, AFTER)["years"][0]
    assert scored.point == pytest.approx(abs(1.3e6 - 120000))
    # By hand, with E|Y - y| - E|Y - Y'| / 2 over the lattice of the year's loss: outages of 1 million at a rate of 0.5,
    # leaks of 4 million at 0.2.
    from math import exp, factorial

    chance: dict[float, float] = {}
    for a in range(12):
        for b in range(8):
            amount = a * 1e6 + b * 4e6
            both = exp(-0.7) * 0.5**a / factorial(a) * 0.2**b / factorial(b)
            chance[amount] = chance.get(amount, 0.0) + both
    spread = sum(p * q * abs(x - y) for x, p in chance.items() for y, q in chance.items())
    wanted = sum(p * abs(x - 120000) for x, p in chance.items()) - spread / 2
    assert scored.crps == pytest.approx(wanted, rel=0.05)  # the kept curve is told at 200 amounts
    assert scored.crps < scored.point


def test_a_year_without_an_incident_is_no_zero_until_somebody_says_so(decision: Decision, cio: User) -> None:
    assert selectors.forecasts_of(decision, AFTER)["years"][0].actual is None
    services.close_year(cio, 2027, AFTER)
    scored = selectors.forecasts_of(decision, AFTER)["years"][0]
    assert (scored.actual, scored.events) == (0.0, 0)
    assert scored.crps is not None


def test_ranges_count_where_the_truth_is_whole(decision: Decision, company: Any, cio: User) -> None:
    stated = [span("loss", 2027, 0, 100000), span("money", 2027, 500000, 900000)]
    services.state_estimates(cio, decision, Role.CIO, stated, BEFORE)
    company(
        loss_event=[{"key": "E1", "scenario": "LEAK", "date": "2027-06-01", "amount": 120000}],
        actual_cost=[{"initiative": "MFA", "year": 2027, "capital": 300000, "running": 30000}],
    )
    services.close_year(cio, 2027, AFTER)
    found = selectors.forecasts_of(decision, AFTER)
    assert {row.about: row.held for row in found["ranges"]} == {"loss": False, "money": None}
    company(actual_cost=[{"initiative": "SOC", "year": 2027, "capital": 400000, "running": 50000}])
    found = selectors.forecasts_of(decision, AFTER)
    assert {row.about: row.held for row in found["ranges"]} == {"loss": False, "money": True}
    assert (found["calibrations"][0].ranges.rate.hits, found["calibrations"][0].ranges.rate.count) == (1, 2)
    assert found["calibrations"][1].ranges is None


def test_stating_and_reading_on_screen_and_by_the_api(decision: Decision, cio: User, browse: Any) -> None:
    client = browse(cio)
    page = client.get(f"/decisions/{decision.key}/expect/cio/")
    assert page.status_code == 200 and "finished by the end of 2027-Q1" in page.content.decode()
    sent = client.post(f"/decisions/{decision.key}/expect/cio/", {"p_1": "85"})
    assert sent.status_code == 302, sent.content.decode()
    assert Estimate.objects.get().probability == Decimal("0.85")
    answer = client.post(
        f"/api/decisions/{decision.key}/estimates/cio",
        json.dumps([{"about": "loss", "subject": "2028", "low": 0, "high": 9e6}]),
        content_type="application/json",
    )
    assert answer.status_code == 201, answer.content
    read = client.get(f"/api/decisions/{decision.key}/forecasts").json()
    assert read["ranges"][0]["high"] == 9e6
    assert "85 %" in client.get("/tracking/").content.decode().replace("\xa0", " ")
