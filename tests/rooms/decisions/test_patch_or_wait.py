"""Patch or wait: prefilled from the model, figures of the engine, the owner's key for the CIO, and what came of it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from accord_patching import PASSWORD, account, scan, shop
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone

from accord.core import events, ledger
from accord.core.errors import Refused
from accord.core.models import LedgerEntry, User
from accord.core.roles import Role
from accord.core.twokey import TwoKeyState
from accord.decisions import selectors, services, sheets
from accord.decisions.access import require_change
from accord.decisions.forms.sheets import given
from accord.decisions.models import Sheet
from accord.decisions.selectors import patches
from accord.decisions.sheets import patch_facts
from accord.estate.models import System
from accord.exposure.models import Finding, Fix
from accord.organization.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(db: None) -> User:
    return account("owner", Role.MANAGER, person="P-1")


@pytest.fixture
def fix(ciso: User, tmp_path: Path) -> Fix:
    return shop(ciso, tmp_path)


def day(number: int) -> str:
    return str(timezone.localdate() + dt.timedelta(days=number))


def values(on: Fix, **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "system": "S-1", "fix": on.key, "now_day": day(0), "window_day": day(10), "mitigate_from": day(1),
        "mitigate_until": day(30), "measure": "Rule in the proxy", "accept_until": day(60), "retry_days": "7",
    }  # fmt: skip
    ranges = {
        "downtime": (1, 2, 4), "window_share": ("5%", "10%", "30%"), "fails": ("1%", "5%", "20%"),
        "residual": ("10%", "30%", "60%"), "once": (1000, 2000, 5000), "a_day": (0, 0, 0), "increase": (1, 3, 8),
    }  # fmt: skip
    for stem, ends in ranges.items():
        found |= dict(zip((f"{stem}_low", f"{stem}_mid", f"{stem}_high"), map(str, ends), strict=True))
    return {**found, **changes}


def draft(actor: User, on: Fix, **changes: Any) -> Sheet:
    return services.draft_sheet(actor, "patch_or_wait", "Web server", values(on, **changes))


def facts(sheet: Sheet, option: str = "") -> dict[str, Any]:
    rows = sheet.shown["facts"]
    if option:
        rows = next(one for one in sheet.shown["options"] if one["key"] == option)["facts"]
    return {fact["key"]: fact for fact in rows}


@pytest.fixture
def told() -> Any:
    """What the patch plan is told."""
    heard: list[dict[str, Any]] = []

    def hear(**said: Any) -> None:
        heard.append(said)

    events.fix_scheduled.subscribe(hear)
    yield heard
    events.fix_scheduled._handlers.remove(hear)


def test_it_is_filled_with_what_the_model_knows(fix: Fix) -> None:
    found = patch_facts.facts_of(System.objects.get(key="S-1"), fix)
    assert found is not None
    assert found.hourly.ends == pytest.approx((1000, 2000, 5000)), "productivity × share ÷ RTO"
    assert (found.on.open_findings, found.epss, found.exploited) == (2, 0.5, None)
    assert found.owner == {"key": "P-1", "name": "Ida Owner"}
    assert [(one["key"], one["head"], one["through"]) for one in found.feels] == [
        ("U-1", "Wanda Head", []), ("U-2", "", ["Ledger"]),
    ]  # fmt: skip
    filled = patch_facts.prefilled(found, timezone.localdate())
    assert filled["hourly"] == [1000, 2000, 5000]
    assert given(filled)["hourly_mid"] == "2000"
    assert "downtime" not in filled and "fails" not in filled, "nobody has stated them"


def test_a_day_of_waiting_is_the_price_of_its_findings_over_a_year(fix: Fix, ciso: User) -> None:
    sheet = draft(ciso, fix)
    mine = Finding.objects.filter(definition__identifier="nessus:1")
    whole = mine.aggregate(sum=Sum("price"))["sum"]
    assert facts(sheet)["sheet.a_day"]["value"] == pytest.approx(whole / 365.25)
    assert facts(sheet)["sheet.a_week"]["value"] == pytest.approx(7 * whole / 365.25)
    now, accepted = facts(sheet, "now"), facts(sheet, "accept")
    assert now["sheet.downtime"]["value"] == pytest.approx(2 * 2000)
    assert now["sheet.waiting"]["value"] == 0
    assert accepted["sheet.days"]["value"] == 60
    assert sum(facts(sheet, key)["sheet.cheapest"]["value"] for key in ("now", "window", "mitigate", "accept")) == (
        pytest.approx(1.0)
    )
    assert "costs about EUR" in sheet.shown["plain"][0]
    assert "Warehouse and Finance" in sheet.shown["plain"][-1]
    missing = " ".join(row["what"] for row in sheet.shown["missing"])
    assert "known to be exploited is unknown" in missing


def test_what_is_unknown_is_in_no_figure_and_is_listed(fix: Fix, ciso: User) -> None:
    blank = {f"{stem}_{end}": "" for stem in ("downtime", "fails", "residual") for end in ("low", "mid", "high")}
    sheet = draft(ciso, fix, **blank)
    assert facts(sheet, "now")["sheet.cost"]["value"] is None
    assert facts(sheet)["sheet.break_even"]["value"] is None
    said = [row["what"] for row in sheet.shown["missing"]]
    assert any("takes the system down" in what for what in said)
    assert any("patch fails is unknown" in what for what in said)
    assert any("mitigation leaves" in what for what in said)
    assert sheet.shown["path"] == {} and sheet.shown["beats"] == []


def test_an_accepted_patch_that_comes_anyway_has_no_downtime_of_its_own(fix: Fix, ciso: User) -> None:
    sheet = draft(ciso, fix, comes_anyway="yes")
    assert facts(sheet, "accept")["sheet.downtime"]["value"] == 0
    assert facts(sheet, "accept")["sheet.cost"]["value"] == facts(sheet, "accept")["sheet.waiting"]["value"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"now_day": day(-1)}, "is over"),
        ({"window_day": "", "mitigate_until": "", "mitigate_from": "", "accept_until": ""}, "nothing to choose"),
        ({"accept_until": day(366)}, "too far away"),
        ({"mitigate_until": day(5), "mitigate_from": day(9)}, "is before"),
        ({"fails_high": "150%"}, "too large"),
        ({"increase_low": "0.5"}, "too small"),
        ({"system": "S-9"}, "no system"),
        ({"fix": "FX-none"}, "no fix"),
        ({"window": "W-none"}, "no change window"),
        ({"downtime_low": "5"}, "out of order"),
        ({"system": "S-2"}, "closes no open finding"),
    ],
)
def test_bad_input_is_refused_with_its_reason(fix: Fix, ciso: User, changes: dict[str, str], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        draft(ciso, fix, **changes)


def signed(sheet: Sheet, cio_key: User, ciso: User, chosen: str) -> Sheet:
    sheet = services.propose_sheet(ciso, sheet, chosen)
    services.sign_sheet(cio_key, sheet, Role.CIO, "password")
    return services.sign_sheet(ciso, sheet, Role.CISO, "password")


def test_the_owner_in_it_signs_for_the_cio_and_the_plan_hears_of_it(
    fix: Fix, ciso: User, owner: User, told: list[dict[str, Any]]
) -> None:
    sheet = signed(draft(ciso, fix), owner, ciso, "window")
    assert (sheet.state, sheet.cio_for, str(sheet.until)) == (TwoKeyState.IN_FORCE, "P-1", day(10))
    assert sheet.recorded["keys"][0]["owner_in_it"] == "P-1"
    assert sheet.slots[0]["label"] == "CIO, by the owner in IT"
    assert [(one["system"], one["fix"], one["choice"], one["decision"]) for one in told] == [
        ("S-1", fix.key, "window", sheet.key)
    ]
    assert told[0]["address"] == f"/sheets/{sheet.key}/"
    assert ledger.verify().holds


def test_the_cio_may_sign_as_well(fix: Fix, cio: User, ciso: User) -> None:
    sheet = signed(draft(ciso, fix), cio, ciso, "now")
    assert (sheet.state, sheet.cio_for) == (TwoKeyState.IN_FORCE, "")


def test_nobody_else_turns_the_key_of_the_cio(fix: Fix, cio: User, ciso: User, owner: User) -> None:
    sheet = services.propose_sheet(ciso, draft(ciso, fix), "window")
    for who in (
        account("other", Role.MANAGER, person="P-2"), account("nobody", Role.MANAGER),
        account("analyst", Role.ANALYST, person="P-1"), ciso,
    ):  # fmt: skip
        with pytest.raises(Refused, match="do not hold the role"):
            services.sign_sheet(who, sheet, Role.CIO, "password")
    with pytest.raises(Refused, match="do not hold the role CISO"):
        services.sign_sheet(owner, sheet, Role.CISO, "password")
    System.objects.filter(key="S-1").update(it_owner=Person.objects.get(key="P-2"))
    with pytest.raises(Refused, match="another owner"):
        services.sign_sheet(owner, sheet, Role.CIO, "password")
    cover = services.draft_sheet(cio, "insurance", "Cover", {"layers": [
        {"name": "A", "per": "year", "attachment": "1", "limit": "2", "premium": "1"}]}, at_once=True)  # fmt: skip
    cover = services.propose_sheet(cio, cover, "1")
    with pytest.raises(Refused, match="do not hold the role"):
        services.sign_sheet(owner, cover, Role.CIO, "password")


def test_one_person_with_both_roles_does_not_sign_twice(fix: Fix, ciso: User) -> None:
    both = account("both", Role.MANAGER, Role.CISO, person="P-1")
    sheet = services.propose_sheet(ciso, draft(ciso, fix), "window")
    services.sign_sheet(both, sheet, Role.CIO, "password")
    with pytest.raises(Refused, match="two persons"):
        services.sign_sheet(both, sheet, Role.CISO, "password")


def test_the_database_keeps_delegated_keys_to_patches_and_asks_for_both(fix: Fix, ciso: User, owner: User) -> None:
    sheet = services.propose_sheet(ciso, draft(ciso, fix), "window")
    services.sign_sheet(owner, sheet, Role.CIO, "password")
    with pytest.raises(IntegrityError), transaction.atomic():
        Sheet.objects.filter(pk=sheet.pk).update(state=TwoKeyState.IN_FORCE)
    with pytest.raises(IntegrityError), transaction.atomic():
        Sheet.objects.filter(pk=sheet.pk).update(kind="supplier")


def test_it_runs_out_by_itself_and_frees_the_plan(
    fix: Fix, ciso: User, owner: User, told: list[dict[str, Any]]
) -> None:
    sheet = signed(draft(ciso, fix), owner, ciso, "window")
    last = timezone.localdate() + dt.timedelta(days=10)
    assert services.end_sheets_that_ran_out(last) == 0
    assert not sheet.ran_out(last)
    assert sheet.ran_out(last + dt.timedelta(days=1)), "when read, whether noted or not"
    assert services.end_sheets_that_ran_out(last + dt.timedelta(days=1)) == 1
    assert services.end_sheets_that_ran_out(last + dt.timedelta(days=1)) == 0, "once"
    assert [one["choice"] for one in told] == ["window", ""]
    assert LedgerEntry.objects.filter(noun="sheet", key=sheet.key, verb="run out").count() == 1


def test_a_newer_sheet_replaces_the_older_one(fix: Fix, ciso: User, owner: User, told: list[dict[str, Any]]) -> None:
    first = signed(draft(ciso, fix), owner, ciso, "window")
    second = signed(draft(ciso, fix), owner, ciso, "now")
    first.refresh_from_db()
    assert (first.state, second.state) == (TwoKeyState.SUPERSEDED, TwoKeyState.IN_FORCE)
    assert [(one["choice"], one["decision"]) for one in told] == [
        ("window", first.key), ("", first.key), ("now", second.key),
    ]  # fmt: skip


def test_what_is_over_is_neither_proposed_nor_signed(
    fix: Fix, ciso: User, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = services.propose_sheet(ciso, draft(ciso, fix), "window")
    later = timezone.localdate() + dt.timedelta(days=11)
    monkeypatch.setattr("accord.decisions.services.sheets.timezone.localdate", lambda: later)
    with pytest.raises(Refused, match="day is over"):
        services.sign_sheet(owner, sheet, Role.CIO, "password")


def test_when_it_was_patched_is_read_from_a_scan_that_looked(fix: Fix, ciso: User, owner: User, tmp_path: Path) -> None:
    sheet = signed(draft(ciso, fix), owner, ciso, "window")
    today = timezone.localdate()
    before = {row.what: row for row in patches.afterwards(sheet, None, today)}
    assert before["Patched by"].verdict == "open" and "still open" in before["Patched by"].really
    late = {row.what: row for row in patches.afterwards(sheet, None, today + dt.timedelta(days=11))}
    assert late["Patched by"].verdict == "no"
    scan(ciso, tmp_path, {"web.example": [(3, 80, 3)]}, day=9)
    assert patches.patched("S-1", fix.key).at is not None
    services.record_outcome(owner, sheet, {"downtime_hours": "3", "failed": "no", "incident": "no"})
    after = {row.what: row for row in patches.afterwards(sheet, patches.outcome_of(sheet), today)}
    assert {what: row.verdict for what, row in after.items()} == {
        "Patched by": "yes", "Downtime": "yes", "Taken back": "yes", "Incident while it waited": "yes", "Cost": "yes",
    }  # fmt: skip
    services.record_outcome(owner, sheet, {"downtime_hours": "9", "failed": "yes", "incident": "no"})
    again = {row.what: row.verdict for row in patches.afterwards(sheet, patches.outcome_of(sheet), today)}
    assert (again["Downtime"], again["Taken back"]) == ("no", "no")


def test_outcomes_are_of_what_was_in_force_and_in_range(fix: Fix, ciso: User, owner: User) -> None:
    sheet = draft(ciso, fix)
    with pytest.raises(Refused, match="was in force"):
        services.record_outcome(ciso, sheet, {})
    sheet = signed(sheet, owner, ciso, "window")
    with pytest.raises(Refused, match="no loss event"):
        services.record_outcome(ciso, sheet, {"event": "E-9", "incident": "yes"})
    with pytest.raises(Refused, match="hours"):
        services.record_outcome(ciso, sheet, {"downtime_hours": "-1"})


def test_a_manager_fills_in_sheets_on_own_systems_only(fix: Fix, owner: User) -> None:
    require_change(owner, "patch_or_wait", "S-1")
    for kind, system in (("patch_or_wait", "S-2"), ("insurance", ""), ("patch_or_wait", "")):
        with pytest.raises(PermissionDenied):
            require_change(owner, kind, system)


Browse = Callable[[User], Any]


def test_the_owner_and_the_ciso_fill_in_and_sign_on_the_screen(
    fix: Fix, ciso: User, owner: User, browse: Browse
) -> None:
    client = browse(owner)
    assert client.get("/sheets/-/new/insurance/").status_code == 403
    kinds = client.get("/sheets/-/new/").content.decode()
    assert "Patch or wait" in kinds and "Insurance" not in kinds
    chosen = client.get("/sheets/-/patches/").content.decode()
    assert "Defect 1" in chosen and "Ledger" not in chosen, "own systems only"
    form = client.get(f"/sheets/-/new/patch_or_wait/?system=S-1&fix={fix.key}").content.decode()
    assert "Ida Owner" in form and 'value="2000"' in form
    live = client.post("/sheets/-/patches/compare/", values(fix)).content.decode()
    assert "In plain words" in live and "Options side by side" in live and 'data-chart="course' in live
    assert "Nothing to compare" in client.post("/sheets/-/patches/compare/", values(fix, now_day="")).content.decode()
    assert client.post("/sheets/-/patches/compare/", values(fix, system="S-2")).status_code == 403
    assert client.post("/sheets/-/new/patch_or_wait/", {**values(fix), "title": ""}).status_code == 422
    made = client.post("/sheets/-/new/patch_or_wait/", {**values(fix), "title": "Web server"})
    sheet = Sheet.objects.get()
    assert made.headers["Location"] == f"/sheets/{sheet.key}/"
    client.post(f"/sheets/{sheet.key}/propose/", {"chosen": "window"})
    page = client.get(f"/sheets/{sheet.key}/").content.decode()
    assert "Sign as CIO" in page and "Sign as CISO" not in page
    client.post(f"/sheets/{sheet.key}/sign/cio/", {"password": PASSWORD})
    browse(ciso).post(f"/sheets/{sheet.key}/sign/ciso/", {"password": "correct horse battery staple"})
    sheet.refresh_from_db()
    assert (sheet.state, sheet.cio_for) == (TwoKeyState.IN_FORCE, "P-1")
    assert client.get(f"/sheets/{sheet.key}/outcome/").status_code == 200
    client.post(f"/sheets/{sheet.key}/outcome/", {"downtime_hours": "2", "failed": "no", "incident": "no"})
    page = client.get(f"/sheets/{sheet.key}/").content.decode()
    assert "What really happened" in page and "by the owner in IT" in page
    paper = client.get(f"/sheets/{sheet.key}/sheet.pdf")
    assert paper.status_code == 200 and paper.content.startswith(b"%PDF-1.7")


def test_the_api_drafts_one_and_takes_what_happened(fix: Fix, ciso: User, owner: User, browse: Browse) -> None:
    client = browse(owner)

    def post(path: str, body: dict[str, Any], key: str) -> Any:
        return client.post(path, json.dumps(body), content_type="application/json", headers={"Idempotency-Key": key})

    told = {"kind": "patch_or_wait", "title": "Web", "inputs": values(fix)}
    made = post("/api/sheets", told, "1")
    assert made.status_code == 201, made.content
    assert post("/api/sheets", {**told, "inputs": values(fix, system="S-2")}, "2").status_code == 403
    key = made.json()["key"]
    assert post(f"/api/sheets/{key}/propose", {"chosen": "now"}, "3").status_code == 200
    sheet = Sheet.objects.get()
    services.sign_sheet(owner, sheet, Role.CIO, "password")
    services.sign_sheet(ciso, sheet, Role.CISO, "password")
    answer = post(f"/api/sheets/{key}/outcome", {"downtime_hours": 2, "failed": False, "incident": False}, "4")
    assert answer.status_code == 200, answer.content
    read = client.get(f"/api/sheets/{key}").json()
    assert read["outcome"]["downtime_hours"] == 2 and read["after"][1]["verdict"] == "yes"
    assert selectors.find_sheet(key) is not None


def test_a_sheet_is_computed_alike_from_what_it_kept(fix: Fix, ciso: User) -> None:
    sheet = draft(ciso, fix)
    again = sheets.compute("patch_or_wait", sheet.inputs)
    assert again["options"] == sheet.figures["options"]


def test_the_look_back_tells_how_right_the_sheets_were(
    fix: Fix, ciso: User, owner: User, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = signed(draft(ciso, fix), owner, ciso, "now")
    today = timezone.localdate()
    assert patches.ended_in(today.year, today) == [], "its day is not over"
    services.record_outcome(owner, sheet, {"downtime_hours": "9", "failed": "yes", "incident": ""})
    Sheet.objects.filter(pk=sheet.pk).update(until=today - dt.timedelta(days=1))
    year = (today - dt.timedelta(days=1)).year
    (row,) = patches.ended_in(year, today)
    assert (row.downtime, row.held, row.failed, row.chance, row.incident) == (9, False, True, 0.05, None)
    page = browse(ciso).get(f"/look-back/{year}/").content.decode()
    assert "Downtime lay in its range 0 of 1 times." in page
    assert "1 of 1 patches were taken back, where 0.05 were forecast on average." in page
