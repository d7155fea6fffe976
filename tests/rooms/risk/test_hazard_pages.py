"""The pages and the API of what findings cost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from accord_scanned import scanned_estate
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accord.core.models import Job, User
from accord.core.roles import Role
from accord.exposure.models import Finding
from accord.exposure.selectors import fix_first, price_of
from accord.exposure.services.footholds import rate_of
from accord.risk import services
from accord.risk.models import HazardRun
from accord.ui.format import percent

pytestmark = pytest.mark.django_db
MID = 1


def client_of(user: User) -> Client:
    made = Client()
    made.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return made


@pytest.fixture
def scanned(organization: User, tmp_path: Path) -> User:
    return scanned_estate(organization, tmp_path)


@pytest.fixture
def priced(scanned: User) -> HazardRun:
    return services.run_hazard(scanned)


def page(user: User, path: str, at_most: int = 15) -> str:
    client = client_of(user)
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(path)
        body = answer.content.decode()
    assert answer.status_code == 200, path
    assert len(asked) <= at_most, f"{path}: {len(asked)} queries"
    return body


def test_before_the_first_run_the_page_says_what_to_do(ciso: User) -> None:
    body = page(ciso, "/hazard/")
    assert "Not computed yet" in body and "Price the findings" in body


def test_every_number_leads_to_its_inputs(scanned: User, priced: HazardRun) -> None:
    body = page(scanned, "/hazard/")
    for words in ("What open findings cost a year", "/hazard/systems/S-1/", "/hazard/scenarios/R-1/", "Anchor anew",
                  "Findings without EPSS", "Verizon DBIR"):  # fmt: skip
        assert words in body, words
    system = page(scanned, "/hazard/systems/S-1/")
    for words in ("From findings to money", "Defect 1", "/assets/A-1/", "/hazard/scenarios/R-1/",
                  "/hazard/systems/S-2/", "this one needs it", "it needs this one"):  # fmt: skip
        assert words in system, words
    scenario = page(scanned, "/hazard/scenarios/R-1/")
    for words in ("Share of them that begin with a finding", percent(0.25), "/hazard/systems/S-1/", percent(0.7)):
        assert words in scenario, words
    assert client_of(scanned).get("/hazard/systems/S-NONE/").status_code == 404


def test_the_page_says_what_became_of_its_inputs(scanned: User, priced: HazardRun) -> None:
    from accord_tables import table

    from accord.core.imports import import_tables

    assert "have changed since" not in page(scanned, "/hazard/")
    import_tables(scanned, [table("system", "key,name,reach\nS-1,Shipping,internet")])
    assert "have changed since" in page(scanned, "/hazard/")


def test_a_finding_shows_its_price_by_its_parts(scanned: User, priced: HazardRun) -> None:
    finding = Finding.objects.get(asset__key="A-1", definition__identifier="nessus:1", port=80)
    found = price_of(finding)
    assert found.value is not None and found.asset is not None
    assert found.value[MID] == pytest.approx(finding.price)
    assert found.rate == pytest.approx((rate_of(0.5),) * 3)
    assert found.copies == 2 and not found.accepted
    assert found.value[MID] == pytest.approx(found.rate[MID] * found.asset[MID] / 2)
    assert found.tail is not None and found.tail > 0
    body = page(scanned, finding.get_absolute_url(), at_most=25)
    for words in (
        "Price of this finding",
        f"EPSS {percent(0.5, 2)} within 30 days",
        "for each day of delay",
        "/hazard/",
    ):
        assert words in body, words
    told = client_of(scanned).get(f"/api/findings/{finding.pk}").json()
    assert told["pricing"]["value"][MID] == pytest.approx(finding.price)
    assert told["pricing"]["per_day"] == pytest.approx(finding.price / 365.25)
    unknown = Finding.objects.get(asset__key="A-1", definition__identifier="nessus:3")
    assert price_of(unknown).of_class == "high"


@pytest.mark.parametrize(
    ("asset", "weakness", "reason"),
    [("A-1", "nessus:4", "for information only"), ("A-3", "nessus:1", "No scenario reaches")],
)
def test_why_something_is_not_priced(scanned: User, priced: HazardRun, asset: str, weakness: str, reason: str) -> None:
    finding = Finding.objects.get(asset__key=asset, definition__identifier=weakness)
    assert reason in price_of(finding).reason
    assert reason in page(scanned, finding.get_absolute_url(), at_most=25)


def test_an_exception_has_a_price_and_is_in_no_total(scanned: User, priced: HazardRun) -> None:
    finding = Finding.objects.get(asset__key="A-2")
    cost = finding.price
    Finding.objects.filter(pk=finding.pk).update(state="suppressed", rank=None, price=None)
    finding.refresh_from_db()
    found = price_of(finding)
    assert found.accepted and found.value is not None and found.value[MID] == pytest.approx(cost)
    assert "Price of this exception" in page(scanned, finding.get_absolute_url(), at_most=25)
    from accord.exposure.services import recompute_rollups

    recompute_rollups(scanned)
    run = services.run_hazard(scanned)
    assert run.result["accepted"]["number"] == 1
    assert run.result["accepted"]["whole"] == pytest.approx(cost)
    assert run.result["by_findings"] == pytest.approx(priced.result["by_findings"] - (cost or 0.0))
    assert "Exceptions: what scanners suppress" in page(scanned, "/hazard/")


def test_what_to_fix_first_says_what_it_costs(scanned: User, priced: HazardRun) -> None:
    groups = {(one.definition, one.system): one for one in fix_first()}
    each = Finding.objects.get(asset__key="A-1", definition__identifier="nessus:1", port=80).price or 0.0
    assert groups["nessus:1", "S-1"].price == pytest.approx(2 * each)
    assert groups["nessus:1", ""].price is None, "on no system"
    assert "not priced" in page(scanned, "/")


def test_the_list_sorts_by_price(scanned: User, priced: HazardRun) -> None:
    rows = client_of(scanned).get("/api/findings?sort=-price&state=open").json()
    told = [row["price"] for row in rows["items"] if row["price"] is not None]
    assert told and told == sorted(told, reverse=True)
    assert "Price a year" in page(scanned, "/findings/?sort=-price")


def test_the_run_is_a_job(scanned: User, cio: User) -> None:
    assert client_of(scanned).post("/hazard/run/", {"anew": "1"}).status_code == 302
    job = Job.objects.get(kind="risk.run_hazard")
    assert job.params == {"anew": True}
    assert client_of(scanned).post("/hazard/run/").status_code == 302
    assert Job.objects.filter(kind="risk.run_hazard").count() == 1, "one on its way is enough"


def test_the_api_says_what_the_page_says(scanned: User) -> None:
    client = client_of(scanned)
    assert client.get("/api/hazard").status_code == 404
    run = services.run_hazard(scanned)
    told = client.get("/api/hazard").json()
    assert told["run"] == run.pk
    assert told["result"]["by_findings"] == pytest.approx(run.result["by_findings"])
    assert told["statements"][0]["value"] == pytest.approx(run.result["by_findings"])
    sent = client.post("/api/hazard/run", json.dumps({}), content_type="application/json")
    assert sent.status_code == 202, sent.content


def test_only_the_executives_compute(scanned: User, priced: HazardRun) -> None:
    from accord.core import accounts

    analyst = accounts.add_account(None, "ana@risk.example", "Ana", [(Role.ANALYST, "")])
    body = page(analyst, "/hazard/")
    assert "Anchor anew and price" not in body
    assert client_of(analyst).post("/hazard/run/").status_code == 403
