"""Pages and operations: what each shows, to whom, with how many queries; and the walk from frontier to tracking."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from accord_small_company import PASSWORD, account
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accord.core.models import User
from accord.core.roles import Role
from accord.decisions import selectors, services
from accord.decisions.models import Decision, Frontier, Stance
from accord.strategy.models import InitiativeGoal

pytestmark = pytest.mark.django_db
MOST_QUERIES = 15


def paths(frontier: Frontier, decision: Decision) -> list[str]:
    joint = frontier.plans.get(origin="joint").key
    return [
        "/frontier/", "/joint-table/", "/joint-table/?show=differ", "/plans/", "/plans/?origin=joint",
        f"/plans/{joint}/", "/plans/-/compare/", f"/plans/-/compare/?plan={joint}", "/decisions/",
        f"/decisions/{decision.key}/", "/tracking/", f"/tracking/?decision={decision.key}",
    ]  # fmt: skip


OF_EXECUTIVES = (
    "/plans/{joint}/change/",
    "/plans/{joint}/propose/",
    "/plans/{joint}/what-if/MFA/",
    "/joint-table/cio/SHOP/",
    "/decisions/{decision}/sign/cio/",
    "/decisions/{decision}/dissent/cio/",
)


def test_every_page_answers_within_fifteen_queries(frontier: Frontier, cio: User, browse: Any) -> None:
    decision = services.propose(cio, frontier.plans.get(origin="joint"))
    client = browse(cio)
    own = [p.format(joint=decision.plan.key, decision=decision.key) for p in OF_EXECUTIVES]
    for path in [*paths(frontier, decision), *own]:
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(path)
        assert answer.status_code == 200, path
        assert len(queries) <= MOST_QUERIES, f"{path}: {len(queries)}"


def test_an_auditor_reads_all_and_writes_nothing(frontier: Frontier, cio: User, browse: Any) -> None:
    decision = services.propose(cio, frontier.plans.get(origin="joint"))
    client = browse(account("auditor", Role.AUDITOR))
    for path in paths(frontier, decision):
        assert client.get(path).status_code == 200, path
    for path in OF_EXECUTIVES:
        assert client.get(path.format(joint=decision.plan.key, decision=decision.key)).status_code == 403
    assert client.post("/frontier/run/").status_code == 403


def test_before_anything_was_computed(cio: User, browse: Any) -> None:
    client = browse(cio)
    for path in ("/frontier/", "/joint-table/", "/plans/", "/plans/-/compare/", "/decisions/", "/tracking/"):
        assert client.get(path).status_code == 200, path
    assert client.get("/plans/NONE/").status_code == 404
    assert client.get("/api/frontier").status_code == 404


def test_the_frontier_shows_its_plans_side_by_side(frontier: Frontier, cio: User, browse: Any) -> None:
    page = browse(cio).get("/frontier/").content.decode()
    for word in ("Today", "CIO alone", "CISO alone", "Joint proposal", "ROSI ranking", "vega"):
        assert word in page
    InitiativeGoal.objects.filter(initiative__key="SHOP").update(contribution="0.1")
    assert "have changed since" not in browse(cio).get("/frontier/").content.decode()  # not through the gate


def test_the_plan_says_why_and_why_not(frontier: Frontier, cio: User, browse: Any) -> None:
    plan = frontier.plans.get(origin="cio")
    page = browse(cio).get(f"/plans/{plan.key}/").content.decode()
    for row in plan.result["reasons"]:
        assert row["name"] in page
    short = next(row for row in plan.result["reasons"] if row["kind"] == "short")
    assert short["shortages"][0]["what"] in page


def test_pinning_on_screen(frontier: Frontier, cio: User, ciso: User, browse: Any) -> None:
    answer = browse(cio).post("/joint-table/cio/SHOP/", {"kind": "pin", "reason": "The shop is promised"})
    assert answer.status_code == 302
    assert Stance.objects.get().reason == "The shop is promised"
    refused = browse(cio).post("/joint-table/ciso/SHOP/", {"kind": "drop"})
    assert refused.status_code == 422 and "Only the CISO" in refused.content.decode()
    assert browse(cio).get("/joint-table/cfo/SHOP/").status_code == 404
    browse(ciso).post("/joint-table/ciso/SHOP/", {"kind": "drop", "reason": ""})
    table = browse(ciso).get("/joint-table/?show=disputed").content.decode()
    assert "New shop" in table and "The shop is promised" in table and "Second factor" not in table


def test_a_plan_by_hand_on_screen(frontier: Frontier, cio: User, browse: Any) -> None:
    plan = frontier.plans.get(origin="joint")
    client = browse(cio)
    broken = client.post(f"/plans/{plan.key}/change/", {"name": "X", "start_MFA": "2027-Q1", "start_DATA": "2027-Q1"})
    assert broken.status_code == 422 and "short by 2" in broken.content.decode()
    made = client.post(f"/plans/{plan.key}/change/", {"name": "Mine", "start_MFA": "2027-Q1"})
    assert made.status_code == 302 and client.get(made.headers["Location"]).status_code == 200


def test_from_the_frontier_to_a_decision_in_force_and_its_tracking(
    frontier: Frontier, company: Any, cio: User, ciso: User, browse: Any
) -> None:
    plan = frontier.plans.get(origin="joint")
    first, second = browse(cio), browse(ciso)
    proposed = first.post(f"/plans/{plan.key}/propose/", {"title": "Plan 2027", "note": "Both gain"})
    decision = Decision.objects.get()
    assert proposed.headers["Location"] == f"/decisions/{decision.key}/"
    assert "waits for" in second.get("/joint-table/").content.decode()
    sign = f"/decisions/{decision.key}/sign"
    wrong = first.post(f"{sign}/cio/", {"password": "wrong"})
    assert wrong.status_code == 422 and "not your password" in wrong.content.decode()
    assert first.post(f"{sign}/ciso/", {"password": PASSWORD}).status_code == 422
    assert first.post(f"{sign}/cio/", {"password": PASSWORD}).status_code == 302
    assert Decision.objects.get().state == "proposed"
    company(initiative_goal=[{"initiative": "SHOP", "goal": "GROW", "contribution": 0.9}])
    assert second.post(f"{sign}/ciso/", {"password": PASSWORD}).status_code == 302
    decision = Decision.objects.get()
    assert decision.state == "in_force" and decision.cio_method == "password"
    frozen = decision.frozen
    assert (frozen["value"], frozen["loss"]) == (plan.value, plan.loss)
    assert frozen["result"] == json.loads(json.dumps(plan.result))
    page = second.get(f"/decisions/{decision.key}/").content.decode()
    assert decision.content_hash in page and "In force" in page
    assert "Plan 2027" in first.get("/tracking/").content.decode()
    assert first.get("/api/tracking").json()["decision"] == decision.key


def test_dissent_with_its_reason_is_recorded_and_not_in_force(
    frontier: Frontier, cio: User, ciso: User, browse: Any
) -> None:
    decision = services.propose(cio, frontier.plans.get(origin="cio"))
    client = browse(ciso)
    path = f"/decisions/{decision.key}/dissent/ciso/"
    assert client.post(path, {"password": PASSWORD, "reason": " "}).status_code == 422
    assert client.post(path, {"password": PASSWORD, "reason": "It doubles the loss"}).status_code == 302
    decision = Decision.objects.get()
    assert (decision.state, decision.dissent_reason) == ("dissent", "It doubles the loss")
    assert "It doubles the loss" in client.get(f"/decisions/{decision.key}/").content.decode()
    assert "No plan is in force" in client.get("/tracking/").content.decode()


def test_withdrawing(frontier: Frontier, cio: User, browse: Any) -> None:
    decision = services.propose(cio, frontier.plans.get(origin="joint"))
    assert browse(cio).post(f"/decisions/{decision.key}/withdraw/").status_code == 302
    assert Decision.objects.get().state == "withdrawn"


def test_forecast_beside_actual(frontier: Frontier, company: Any, cio: User, ciso: User) -> None:
    plan = services.make_plan(cio, frontier, "Mine", {"MFA": "2027-Q1", "SOC": "2027-Q2", "DATA": "2028-Q1"})
    decision = services.propose(cio, plan)
    services.sign(cio, decision, Role.CIO, "password")
    services.sign(ciso, decision, Role.CISO, "password")
    company(
        actual_cost=[{"initiative": "MFA", "year": 2027, "capital": 300000, "running": ""}],
        actual_date=[{"initiative": "MFA", "started": "2027-01-15", "finished": "2027-05-10"},
                     {"initiative": "SOC", "started": "2027-04-11", "finished": ""}],
        loss_event=[{"key": "E1", "scenario": "LEAK", "date": "2027-06-01", "amount": 120000}],
    )  # fmt: skip
    held = selectors.in_force()
    assert held is not None
    found = selectors.tracking(held, dt.date(2028, 2, 10))
    first, second = found.money
    assert (first.capital, first.capital_actual, first.running_actual) == (650000, 300000, None)
    assert (first.known, first.expected, second.capital_actual) == (1, 2, None)
    dates = {row.key: row for row in found.dates}
    assert (dates["MFA"].state, dates["MFA"].late) == ("finished", 40)
    assert (dates["SOC"].state, dates["SOC"].late) == ("running", (dt.date(2028, 2, 10) - dt.date(2027, 9, 30)).days)
    assert (dates["DATA"].state, dates["DATA"].late) == ("due", 40)
    loss = {row.year: row for row in found.losses}
    assert (loss[2027].actual, loss[2027].events, loss[2027].over) == (120000, 1, True)
    assert (loss[2028].actual, loss[2028].over) == (None, False)
    assert loss[2027].forecast + loss[2028].forecast == pytest.approx(plan.loss)
    assert loss[2027].forecast < loss[2027].today == pytest.approx(1.3e6)


def test_operations(frontier: Frontier, cio: User, ciso: User, browse: Any) -> None:
    client = browse(cio)
    found = client.get("/api/frontier").json()
    assert found["stale"] is False and {row["origin"] for row in found["plans"]} >= {"cio", "ciso", "joint"}
    key = next(row["key"] for row in found["plans"] if row["origin"] == "joint")
    assert client.get(f"/api/plans/{key}").json()["result"]["reasons"]
    assert client.get("/api/plans?origin=joint").json()["items"][0]["key"] == key
    assert len(client.get("/api/joint-table").json()) == 4

    def send(method: str, path: str, body: dict[str, Any]) -> Any:
        return getattr(client, method)(path, json.dumps(body), content_type="application/json")

    assert send("put", "/api/joint-table/cio/SHOP", {"kind": "pin", "reason": ""}).status_code == 200
    assert send("put", "/api/joint-table/ciso/SHOP", {"kind": "pin", "reason": ""}).status_code == 422
    refused = send("post", "/api/plans", {"name": "X", "starts": {"MFA": "2027-Q1", "DATA": "2027-Q1"}})
    assert refused.status_code == 422 and "short by 2" in refused.json()["detail"]
    assert send("post", "/api/plans", {"name": "X", "starts": {"MFA": "2027-Q1"}}).status_code == 201
    proposed = send("post", "/api/decisions", {"plan": key})
    assert proposed.status_code == 201 and [k["state"] for k in proposed.json()["keys"]] == ["waiting", "waiting"]
    name = proposed.json()["key"]
    assert client.get(f"/api/decisions/{name}").json()["content"]["plan"] == key
    assert send("post", f"/api/decisions/{name}/withdraw", {}).json()["state"] == "withdrawn"
    assert send("post", "/api/frontier/run", {"heard": "none"}).status_code == 202
    assert client.get(f"/api/plans/{key}/what-if/SHOP").status_code == 404
