"""The pages and the API of the loss and of the appetite."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from accord_tables import table
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accord.core.imports import import_tables
from accord.core.models import Job, User
from accord.core.roles import Role
from accord.risk import services
from accord.risk.models import Appetite

pytestmark = pytest.mark.django_db
PASSWORD = "Kq7-vmz!29pd"
Log = Callable[[User], Client]


@pytest.fixture
def log_in() -> Log:
    def client(user: User) -> Client:
        made = Client()
        made.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
        return made

    return client


def test_before_the_first_run_the_page_says_what_to_do(ciso: User, log_in: Log) -> None:
    body = log_in(ciso).get("/loss/").content.decode()
    assert "Not computed yet" in body
    assert "Compute now" in body


def test_the_loss_page_shows_every_part_and_asks_few_questions(organization: User, log_in: Log) -> None:
    services.run_loss(organization)
    client = log_in(organization)
    with CaptureQueriesContext(connection) as asked:
        answer = client.get("/loss/")
    body = answer.content.decode()
    assert answer.status_code == 200
    assert len(asked) <= 8
    for text in ("Expected loss a year", "Ransomware", "Not quantified", "Flood", "Not assigned", "Shipping",
                 "Deliver on time", "Warehouse", "Proven bounds", "Without controls", 'id="loss-curve"'):  # fmt: skip
        assert text in body, text
    assert "have changed since" not in body
    import_tables(organization, [table("control", "key,name,state\nCT-3,Training,retired")])
    with CaptureQueriesContext(connection) as asked:
        body = client.get("/loss/").content.decode()
    assert "have changed since" in body
    assert len(asked) <= 15


def test_a_run_is_asked_for_once(organization: User, log_in: Log) -> None:
    client = log_in(organization)
    for _ in range(2):
        assert client.post("/loss/run/").status_code == 302
    assert Job.objects.filter(kind="risk.run_loss").count() == 1
    assert "Compute the annual loss" in client.get("/loss/").content.decode()


def test_the_page_of_a_scenario_draws_its_intervals(organization: User, log_in: Log) -> None:
    services.run_loss(organization)
    client = log_in(organization)
    body = client.get("/scenarios/R-1/").content.decode()
    for text in ("Frequency without controls", "Frequency with today", "Part of the worst", 'id="scenario-losses"'):
        assert text in body, text
    unknown = client.get("/scenarios/R-4/").content.decode()
    assert 'id="scenario-losses"' not in unknown
    assert "It is in no loss run yet." in unknown


def test_the_appetite_goes_from_the_form_to_two_keys(cio: User, ciso: User, log_in: Log) -> None:
    of_cio, of_ciso = log_in(cio), log_in(ciso)
    wrong = of_cio.post(
        "/appetite/new/", {"amount_0": "1000000", "percent_0": "10", "amount_1": "500000", "percent_1": "5"}
    )
    assert wrong.status_code == 422
    assert "not above the one before" in wrong.content.decode()
    half = of_cio.post("/appetite/new/", {"amount_0": "1000000"})
    assert "Give both of the line" in half.content.decode()
    lines = {"amount_0": "1000000", "percent_0": "10", "amount_3": "5000000", "percent_3": "1"}
    assert of_cio.post("/appetite/new/", lines).status_code == 302
    appetite = Appetite.objects.get()
    assert appetite.points == [[1e6, 0.1], [5e6, 0.01]]
    page = of_cio.get("/appetite/").content.decode()
    assert f"/appetite/{appetite.pk}/sign/cio/" in page
    assert f"/appetite/{appetite.pk}/sign/ciso/" not in page
    for role, client in (("cio", of_cio), ("ciso", of_ciso)):
        path = f"/appetite/{appetite.pk}/sign/{role}/"
        assert "5,000,000" in client.get(path).content.decode()
        assert client.post(path, {}).status_code == 422
        refused = client.post(path, {"password": "not it"})
        assert refused.status_code == 422
        assert "not your password" in refused.content.decode()
        assert client.post(path, {"password": PASSWORD}).status_code == 302
    appetite.refresh_from_db()
    assert (appetite.state, appetite.cio_method, appetite.ciso_method) == ("in_force", "password", "password")


def test_nobody_signs_in_the_others_role(cio: User, log_in: Log) -> None:
    appetite = services.propose_appetite(cio, [[1e6, 0.1]])
    answer = log_in(cio).post(f"/appetite/{appetite.pk}/sign/ciso/", {"password": PASSWORD})
    assert answer.status_code == 422
    assert "do not hold the role" in answer.content.decode()
    appetite.refresh_from_db()
    assert appetite.ciso_signer is None


def test_a_dissent_needs_its_reason_and_shows_it(cio: User, ciso: User, log_in: Log) -> None:
    appetite = services.propose_appetite(cio, [[1e6, 0.1]])
    client = log_in(ciso)
    path = f"/appetite/{appetite.pk}/dissent/ciso/"
    assert client.post(path, {"password": PASSWORD}).status_code == 422
    assert client.post(path, {"password": PASSWORD, "reason": "Far too high."}).status_code == 302
    assert "Far too high." in client.get("/appetite/").content.decode()


def test_a_proposal_is_withdrawn_from_the_page(cio: User, log_in: Log) -> None:
    appetite = services.propose_appetite(cio, [[1e6, 0.1]])
    client = log_in(cio)
    assert client.post(f"/appetite/{appetite.pk}/withdraw/").status_code == 302
    appetite.refresh_from_db()
    assert appetite.state == "withdrawn"


def test_the_api_says_what_the_screens_say(organization: User, cio: User, log_in: Log) -> None:
    client = log_in(organization)
    assert client.get("/api/loss").status_code == 404
    run = services.run_loss(organization)
    body = client.get("/api/loss").json()
    assert (body["run"], body["stale"], body["currency"]) == (run.pk, False, "EUR")
    assert body["result"]["mean"] == run.result["mean"]
    assert body["statements"][0]["key"] == "loss.mean"
    proposal = {"points": [{"amount": 1e6, "probability": 0.1}]}
    made = client.post("/api/appetite", json.dumps(proposal), content_type="application/json")
    assert made.status_code == 201, made.content
    assert made.json()["state"] == "proposed"
    (shown,) = client.get("/api/appetite").json()
    assert shown["points"][0]["accepted"] == 0.1
    assert 0 < shown["points"][0]["today"] < 1
    again = client.post("/api/appetite", json.dumps(proposal), content_type="application/json")
    assert again.status_code == 422
    assert "waits for a key" in again.json()["detail"]
    queued = client.post("/api/loss/run", content_type="application/json")
    assert queued.status_code == 202
    assert Job.objects.get(pk=queued.json()["id"]).kind == "risk.run_loss"


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ANALYST, Role.BOARD])
def test_only_executives_run_and_propose(role: Role, organization: User, log_in: Log) -> None:
    from accord.core import accounts

    reader = log_in(accounts.add_account(None, "reader@risk.example", "Reader", [(role, "")]))
    assert reader.post("/loss/run/").status_code == 403
    assert reader.get("/appetite/new/").status_code == 403
    assert reader.get("/loss/").status_code == (403 if role is Role.BOARD else 200)
    assert "Compute now" not in reader.get("/loss/").content.decode()
