"""Sheets: figures that hold against closed forms, unknowns that stay unknown, two keys, and what runs out."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accord.core import checks, jobs, ledger
from accord.core.errors import Refused
from accord.core.models import Job, LedgerEntry, User
from accord.core.roles import Role
from accord.core.twokey import TwoKeyState
from accord.decisions import selectors, services, sheets
from accord.decisions.models import Sheet
from accord.decisions.sheets.reading import silent
from accord.estate.models import System
from accord.risk.models import ScenarioLoss

pytestmark = pytest.mark.django_db

LAYERS = {
    "layers": [{"name": "Primary", "per": "year", "attachment": "1000000", "limit": "3000000", "premium": "500000"}]
}
EXPECTED = 0.5 * 1e6 + 0.2 * 4e6
"""Of the small company: an outage of a million every two years, a leak of four million every five."""


def facts(sheet: Sheet, option: str) -> dict[str, Any]:
    chosen = next(one for one in sheet.shown["options"] if one["key"] == option)
    return {fact["key"]: fact for fact in chosen["facts"]}


def compute(sheet: Sheet) -> Job:
    """Let a worker take the newest job of a sheet."""
    job = selectors.job_of(sheet)
    assert job is not None
    jobs.run_in_worker.call(str(job.pk))
    job.refresh_from_db()
    sheet.refresh_from_db()
    return job


def incident(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "incident": "Mail of a supplier read by strangers",
        "threshold": "2000000",
        "material_from": "50%",
        "not_below": "10%",
        "forms": [
            {"form": "response", "amount_low": 400000, "amount_mid": 800000, "amount_high": 1600000},
            {"form": "fines", "amount_low": 100000, "amount_mid": 300000, "amount_high": 900000},
        ],
    }
    return {**values, **changes}


def signed(sheet: Sheet, cio: User, ciso: User, chosen: str) -> Sheet:
    sheet = services.propose_sheet(cio, sheet, chosen)
    services.sign_sheet(cio, sheet, Role.CIO, "password")
    return services.sign_sheet(ciso, sheet, Role.CISO, "password")


def test_what_a_layer_pays_is_that_of_the_year_counted_by_hand(company: Any, cio: User) -> None:
    sheet = services.draft_sheet(cio, "insurance", "Cyber cover", LAYERS, at_once=True)
    from math import exp, factorial

    def poisson(rate: float, n: int) -> float:
        return exp(-rate) * rate**n / factorial(n)

    recovery = sum(
        poisson(0.5, a) * poisson(0.2, b) * min(max(a * 1e6 + b * 4e6 - 1e6, 0), 3e6)
        for a in range(30)
        for b in range(20)
    )
    bought, none = facts(sheet, "1"), facts(sheet, "none")
    assert none["sheet.mean"]["value"] == pytest.approx(EXPECTED)
    assert bought["sheet.recovery"]["value"] == pytest.approx(recovery, rel=2e-3)
    assert bought["sheet.mean"]["value"] == pytest.approx(EXPECTED - recovery, rel=2e-3)
    assert bought["sheet.total"]["value"] == pytest.approx(EXPECTED - recovery + 500_000, rel=2e-3)
    loading = next(fact for fact in sheet.shown["facts"] if fact["key"] == "layer.1.loading")
    assert loading["value"] == pytest.approx(500_000 / recovery, rel=2e-3)
    assert facts(sheet, "1")["sheet.var_99"]["value"] == pytest.approx(none["sheet.var_99"]["value"] - 3e6, rel=1e-3)


def test_a_premium_that_is_unknown_stays_unknown_and_is_listed(company: Any, cio: User) -> None:
    layer = {**LAYERS["layers"][0], "premium": ""}
    sheet = services.draft_sheet(cio, "insurance", "Cyber cover", {"layers": [layer]}, at_once=True)
    assert facts(sheet, "1")["sheet.premium"]["figure"] == "unknown"
    assert facts(sheet, "1")["sheet.total"]["value"] is None
    assert [row["what"] for row in sheet.shown["missing"]] == ["Primary: its premium is unknown."]


def test_layers_that_overlap_or_are_in_another_currency_are_refused_with_their_place(company: Any, cio: User) -> None:
    second = {"name": "Excess", "per": "year", "attachment": "3500000", "limit": "1000000"}
    with pytest.raises(Refused, match="Excess: it begins at 3,500,000, inside of Primary") as refused:
        services.draft_sheet(cio, "insurance", "Cover", {"layers": [*LAYERS["layers"], second]})
    assert [(p.table, p.row, p.column) for p in refused.value.problems] == [("layers", 2, "attachment")]
    with pytest.raises(Refused) as refused:
        services.draft_sheet(cio, "insurance", "Cover", {"layers": [{}, *LAYERS["layers"], {}, second]})
    assert [p.row for p in refused.value.problems] == [4], "a blank row counts"
    with pytest.raises(Refused, match="not in EUR"):
        services.draft_sheet(cio, "insurance", "Cover", {"layers": [{**second, "attachment": "USD 3500000"}]})
    with pytest.raises(Refused, match="no layer"):
        services.draft_sheet(cio, "insurance", "Cover", {"layers": []})
    assert not Sheet.objects.exists()


def test_suppliers_are_compared_by_what_they_do_to_scenarios(company: Any, cio: User) -> None:
    values = {
        "supplier": "Harbour Cloud",
        "years": "3",
        "options": [
            {"name": "Keep", "cost_a_year": "100000", "one_off": "0"},
            {"name": "Second source", "cost_a_year": "160000", "one_off": "200000"},
            {"name": "Change", "one_off": "50000"},
        ],
        "effects": [
            {
                "option": "Second source",
                "scenario": "OUT",
                "frequency_low": "-60%",
                "frequency_mid": "-50%",
                "frequency_high": "-20%",
            },
            {"option": "Change", "scenario": "LEAK"},
        ],
    }
    sheet = services.draft_sheet(cio, "supplier", "Hosting", values)
    second = facts(sheet, "2")
    assert second["sheet.mean"]["value"] == pytest.approx(EXPECTED - 250_000)
    assert second["sheet.mean"]["interval"] == pytest.approx([EXPECTED - 300_000, EXPECTED - 100_000])
    assert second["sheet.total"]["value"] == pytest.approx(3 * (EXPECTED - 250_000 + 160_000) + 200_000)
    assert facts(sheet, "3")["sheet.total"]["value"] is None
    said = " ".join(row["what"] for row in sheet.shown["missing"])
    assert "Change: its cost a year is unknown." in said
    assert "Leak: what it does is unknown." in said


def test_intervals_the_wrong_way_round_and_effects_below_nothing_are_refused(company: Any, cio: User) -> None:
    System.objects.create(key="OLD", name="Old shop")
    values = {
        "system": "OLD",
        "planned": "2027-01-01",
        "until": "2027-07-01",
        "effects": [{"scenario": "OUT", "frequency_low": "0.5", "frequency_mid": "0.2", "frequency_high": "0.9"}],
    }
    with pytest.raises(Refused, match="out of order"):
        services.draft_sheet(cio, "retirement", "Old shop", values)
    with pytest.raises(Refused, match="too small"):
        services.draft_sheet(
            cio,
            "retirement",
            "Old shop",
            {
                **values,
                "effects": [{"scenario": "OUT", "frequency_low": "-2", "frequency_mid": "0", "frequency_high": "1"}],
            },
        )
    with pytest.raises(Refused, match="no scenario “NONE”"):
        services.draft_sheet(cio, "retirement", "Old shop", {**values, "effects": [{"scenario": "NONE"}]})
    with pytest.raises(Refused, match="not after"):
        services.draft_sheet(cio, "retirement", "Old shop", {**values, "effects": [], "until": "2026-12-31"})


def test_a_delay_tells_the_loss_a_day_and_runs_out_by_itself(company: Any, cio: User, ciso: User) -> None:
    System.objects.create(key="OLD", name="Old shop")
    today = timezone.localdate()
    values = {
        "system": "OLD",
        "planned": str(today - dt.timedelta(days=100)),
        "until": str(today + dt.timedelta(days=265)),
        "saved_a_year": "365250",
        "one_off": "0",
        "effects": [{"scenario": "OUT", "frequency_low": "10%", "frequency_mid": "20%", "frequency_high": "50%"}],
    }
    sheet = services.draft_sheet(cio, "retirement", "Old shop one year longer", values)
    delay = facts(sheet, "delay")
    assert delay["sheet.a_day"]["value"] == pytest.approx(0.2 * 500_000 / 365.25)
    assert delay["sheet.added"]["value"] == pytest.approx(0.2 * 500_000 / 365.25 * 365)
    assert delay["sheet.balance"]["value"] == pytest.approx(365_000 - 0.2 * 500_000 / 365.25 * 365)
    sheet = signed(sheet, cio, ciso, "delay")
    assert sheet.state == TwoKeyState.IN_FORCE
    assert not sheet.ran_out(today + dt.timedelta(days=265))
    assert sheet.ran_out(today + dt.timedelta(days=266))


def test_what_a_delay_adds_is_unknown_until_somebody_says_it(company: Any, cio: User) -> None:
    System.objects.create(key="OLD", name="Old shop")
    values = {"system": "OLD", "planned": "2027-01-01", "until": "2027-07-01", "saved_a_year": "100000"}
    sheet = services.draft_sheet(cio, "retirement", "Old shop", values)
    delay = facts(sheet, "delay")
    assert {fact["value"] for fact in delay.values()} == {None}
    assert len(sheet.shown["missing"]) == 2


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "undetermined"),
        ({"threshold": "600000"}, "material"),
        ({"threshold": "9000000"}, "not_material"),
        ({"threshold": "", "revenue": "100000000", "revenue_share": "0.5%"}, "material"),
        (
            {
                "threshold": "9000000",
                "forms": [{"form": "response", "amount_low": 1, "amount_mid": 2, "amount_high": 3}, {"form": "fines"}],
            },
            "undetermined",
        ),
        ({"forms": [{"form": "fines"}]}, "undetermined"),
    ],
)
def test_the_verdict_follows_from_the_stated_limits(
    changes: dict[str, Any], verdict: str, company: Any, cio: User
) -> None:
    sheet = services.draft_sheet(cio, "materiality", "Mail incident", incident(**changes))
    assert sheet.shown["proposal"] == verdict, sheet.shown["reason"]
    assert not Job.objects.exists(), "what is quick is computed while one waits"


def test_there_is_no_default_for_a_threshold_or_a_limit(company: Any, cio: User) -> None:
    with pytest.raises(Refused) as refused:
        services.draft_sheet(cio, "materiality", "X", incident(material_from="", not_below=""))
    assert [p.column for p in refused.value.problems] == ["material_from", "not_below"]
    with pytest.raises(Refused, match="No threshold"):
        services.draft_sheet(cio, "materiality", "X", incident(threshold=""))
    with pytest.raises(Refused, match="above the chance"):
        services.draft_sheet(cio, "materiality", "X", incident(material_from="10%", not_below="50%"))


def test_both_keys_freeze_it_and_the_ledger_holds(company: Any, cio: User, ciso: User) -> None:
    sheet = services.draft_sheet(cio, "insurance", "Cyber cover", LAYERS, at_once=True)
    with pytest.raises(Refused, match="none of the options"):
        services.propose_sheet(cio, sheet, "7")
    sheet = signed(sheet, cio, ciso, "1")
    assert (sheet.state, sheet.frozen["chosen_name"]) == ("in_force", "Primary")
    assert json.loads(sheet.record)["content_hash"] == sheet.content_hash
    verbs = LedgerEntry.objects.filter(noun="sheet").order_by("number").values_list("verb", flat=True)
    assert list(verbs) == ["add", "propose", "sign", "sign"]
    assert ledger.verify().holds
    with pytest.raises(Refused, match="proposed already"):
        services.change_sheet(cio, sheet, "Other", LAYERS)
    assert not [problem for problem in checks.run() if sheet.key in str(problem)]
    Sheet.objects.filter(pk=sheet.pk).update(content=sheet.content.replace("Primary", "Nothing"))
    assert [problem for problem in checks.run() if sheet.key in str(problem)]


def test_the_database_refuses_force_without_both_keys(company: Any, cio: User) -> None:
    sheet = services.propose_sheet(cio, services.draft_sheet(cio, "insurance", "Cover", LAYERS, at_once=True), "1")
    with pytest.raises(IntegrityError), transaction.atomic():
        Sheet.objects.filter(pk=sheet.pk).update(state=TwoKeyState.IN_FORCE)


def test_a_dissent_keeps_it_out_of_force(company: Any, cio: User, ciso: User) -> None:
    sheet = services.propose_sheet(cio, services.draft_sheet(cio, "insurance", "Cover", LAYERS, at_once=True), "1")
    sheet = services.dissent_sheet(ciso, sheet, Role.CISO, "The excess is too high.")
    assert (sheet.state, sheet.recorded["dissent"]["reason"]) == ("dissent", "The excess is too high.")
    with pytest.raises(Refused, match="not in force yet"):
        services.withdraw_sheet(cio, sheet)


def test_pages_of_every_kind_show_what_was_filled_in_and_change_it(company: Any, cio: User, browse: Any) -> None:
    System.objects.create(key="OLD", name="Old shop")
    client = browse(cio)
    for kind in ("insurance", "supplier", "retirement", "materiality"):
        assert client.get(f"/sheets/-/new/{kind}/").status_code == 200
    refused = client.post("/sheets/-/new/insurance/", {"title": "Cover", "layers_0_name": "A", "layers_0_limit": "x"})
    assert refused.status_code == 422
    assert "is not a number" in refused.content.decode()
    form = {
        "title": "Cover",
        "layers_0_name": "Primary",
        "layers_0_per": "year",
        "layers_0_attachment": "1000000",
        "layers_0_limit": "1234567",
        "layers_0_premium": "500000",
    }
    answer = client.post("/sheets/-/new/insurance/", form)
    sheet = Sheet.objects.get()
    assert answer.headers["Location"] == f"/sheets/{sheet.key}/"
    assert "1234567" in client.get(f"/sheets/{sheet.key}/change/").content.decode()
    client.post(f"/sheets/{sheet.key}/change/", {**form, "title": "Cover 2027"})
    assert Sheet.objects.get().title == "Cover 2027"
    compute(sheet)
    client.post(f"/sheets/{sheet.key}/propose/", {"chosen": "1"})
    page = client.get(f"/sheets/{sheet.key}/").content.decode()
    assert "Sign as CIO" in page
    assert "Premium loading" in page or "premium loading" in page


def test_the_api_drafts_proposes_and_reads(company: Any, cio: User, browse: Any) -> None:
    client = browse(cio)
    made = client.post(
        "/api/sheets",
        json.dumps({"kind": "materiality", "title": "Mail", "inputs": incident()}),
        content_type="application/json",
        headers={"Idempotency-Key": "1"},
    )
    assert made.status_code == 201, made.content
    key = made.json()["key"]
    read = client.get(f"/api/sheets/{key}").json()
    assert read["content"]["proposal"] == "undetermined"
    assert client.get("/api/sheets").status_code == 200


def test_an_insurance_is_a_draft_without_figures_until_its_job_is_done(company: Any, cio: User, browse: Any) -> None:
    client = browse(cio)
    sheet = services.draft_sheet(cio, "insurance", "Cover", LAYERS)
    assert sheet.figures == {}
    with pytest.raises(Refused, match="not computed yet"):
        services.propose_sheet(cio, sheet, "1")
    with pytest.raises(Refused, match="being computed already"):
        services.recompute_sheet(cio, sheet)
    page = client.get(f"/sheets/{sheet.key}/").content.decode()
    assert "The options are being computed" in page and "/progress/" in page and 'name="chosen"' not in page
    read = client.get(f"/api/sheets/{sheet.key}").json()
    assert (read["content"], read["job"]["state"]) == (None, "queued")
    job = compute(sheet)
    assert job.state == Job.State.DONE, job.error
    assert (job.total, job.result) == (2, {"sheet": sheet.key})
    at_once = services.draft_sheet(cio, "insurance", "Cover", LAYERS, at_once=True)
    assert sheet.figures["options"] == at_once.figures["options"]
    page = client.get(f"/sheets/{sheet.key}/").content.decode()
    assert "Options side by side" in page and 'name="chosen"' in page
    read = client.get(f"/api/sheets/{sheet.key}").json()
    assert read["job"] is None and len(read["content"]["options"]) == 2
    figures = sheet.figures
    Job.objects.filter(pk=job.pk).update(state=Job.State.QUEUED)
    compute(sheet)
    assert sheet.figures == figures
    verbs = LedgerEntry.objects.filter(noun="sheet", key=sheet.key).order_by("number").values_list("verb", flat=True)
    assert list(verbs) == ["add", "run"]
    assert ledger.verify().holds


def test_figures_of_what_was_filled_in_before_are_not_kept(company: Any, cio: User) -> None:
    sheet = services.draft_sheet(cio, "insurance", "Cover", LAYERS)
    first = selectors.job_of(sheet)
    assert first is not None
    wider = {"layers": [{**LAYERS["layers"][0], "limit": "4000000"}]}
    changed = []

    def tell(done: int, total: int, message: str) -> None:
        if not changed:
            changed.append(services.change_sheet(cio, sheet, "Cover", wider))

    assert services.compute_sheet(cio, sheet.key, tell=tell) is None
    sheet.refresh_from_db()
    first.refresh_from_db()
    assert (sheet.figures, first.state) == ({}, Job.State.CANCELLED)
    assert services.compute_sheet(cio, sheet.key, wanted=lambda held: False) is None
    assert compute(sheet).state == Job.State.DONE
    assert sheet.figures["inputs"]["layers"][0]["limit"] == "4000000"
    services.change_sheet(cio, sheet, "Cover", LAYERS)
    sheet.refresh_from_db()
    assert sheet.figures == {}, "the figures of the wider layer are gone at once"


def test_a_running_job_of_a_sheet_that_was_filled_in_again_the_same_gives_way_to_the_new_one(
    company: Any, cio: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = services.draft_sheet(cio, "insurance", "Cover", LAYERS)
    first = selectors.job_of(sheet)
    assert first is not None
    slow = sheets.insurance.compute

    def meanwhile(inputs: Any, tell: Any) -> Any:
        found = slow(inputs, silent)  # too late to be told to stop
        monkeypatch.setattr(sheets.insurance, "compute", slow)
        services.change_sheet(cio, sheet, "Cover", LAYERS)
        return found

    monkeypatch.setattr(sheets.insurance, "compute", meanwhile)
    jobs.run_in_worker.call(str(first.pk))
    sheet.refresh_from_db()
    assert sheet.figures == {}
    assert compute(sheet).state == Job.State.DONE
    assert sheet.figures


def test_a_computation_that_fails_says_why_and_is_started_again(company: Any, cio: User, browse: Any) -> None:
    client = browse(cio)
    losses = list(ScenarioLoss.objects.all())
    ScenarioLoss.objects.all().delete()
    sheet = services.draft_sheet(cio, "insurance", "Cover", LAYERS)
    assert compute(sheet).state == Job.State.FAILED
    page = client.get(f"/sheets/{sheet.key}/").content.decode()
    assert "<p>No scenario has figures yet. Give a scenario its frequency and its loss per event.</p>" in page
    assert "Compute again" in page and 'name="chosen"' not in page
    assert "No scenario" in client.get(f"/api/sheets/{sheet.key}").json()["job"]["reason"]
    ScenarioLoss.objects.bulk_create(losses)
    assert client.post(f"/sheets/{sheet.key}/compute/").headers["Location"] == f"/sheets/{sheet.key}/"
    assert compute(sheet).state == Job.State.DONE
    assert sheet.figures
    with pytest.raises(Refused, match="computed already"):
        services.recompute_sheet(cio, sheet)


def test_what_broke_is_told_without_its_traceback(company: Any, cio: User, browse: Any) -> None:
    sheet = services.draft_sheet(cio, "insurance", "Cover", LAYERS)
    job = selectors.job_of(sheet)
    assert job is not None
    Job.objects.filter(pk=job.pk).update(state=Job.State.FAILED, error="MemoryError: none left\nTraceback (most recent")
    page = browse(cio).get(f"/sheets/{sheet.key}/").content.decode()
    assert "MemoryError: none left. Compute again; if it fails once more, show the job to support." in page
    assert "Traceback" not in page


def test_a_stopped_or_withdrawn_sheet_is_not_computed(company: Any, cio: User, browse: Any) -> None:
    client = browse(cio)
    sheet = services.draft_sheet(cio, "insurance", "Cover", LAYERS)
    job = selectors.job_of(sheet)
    assert job is not None
    Job.objects.filter(pk=job.pk).update(cancel_requested=True)
    assert compute(sheet).state == Job.State.CANCELLED
    assert sheet.figures == {}
    assert "The computation was stopped." in client.get(f"/sheets/{sheet.key}/").content.decode()
    answer = client.post(
        f"/api/sheets/{sheet.key}/compute", content_type="application/json", headers={"Idempotency-Key": "again"}
    )
    assert answer.json()["job"]["state"] == "queued", answer.content
    services.withdraw_sheet(cio, sheet)
    assert compute(sheet).state == Job.State.CANCELLED
    assert "withdrawn before its options were computed" in client.get(f"/sheets/{sheet.key}/").content.decode()
