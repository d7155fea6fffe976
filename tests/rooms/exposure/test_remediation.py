"""Campaigns, tickets, deadlines and patch plans from findings to the screen."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accord.core import events
from accord.core.errors import Refused
from accord.core.imports import import_tables
from accord.core.models import User, Webhook, WebhookDelivery
from accord.exposure import services
from accord.exposure.models import (
    Campaign,
    Finding,
    Fix,
    FixDecision,
    MonthlyFlow,
    PatchJob,
    PatchPlan,
    SystemFix,
    Ticket,
)  # fmt: skip
from accord.exposure.selectors import remediation
from accord.exposure.selectors.patch_calendar import calendar_of
from accord.exposure.services import campaigns, patch_inputs
from accord.exposure.services.fix_events import recount
from accord.exposure.services.flows import outcome, recount_flows
from accord.exposure.services.patch_plan import make_plan

Nessus = Callable[..., Path]
NOW = datetime(2026, 5, 20, tzinfo=UTC)


def quiet(*_: Any) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def landed(estate: User, nessus: Nessus, rows: Any) -> User:
    """Three weaknesses on the shop's two hosts and one on the payroll's; teams and owners are known."""
    import_tables(
        estate,
        [
            rows("person", "key,name,email", "P-1,Olga,olga@exposure.example", "P-2,Pia,pia@exposure.example"),
            rows("system", "key,name,reach,it_owner", "S-SHOP,Shop,internet,P-1", "S-PAY,Payroll,internal,P-2"),
        ],
    )
    hosts = {"web.shop.example": [(1, 443, 4), (2, 0, 3)], "db.shop.example": [(1, 443, 4), (3, 0, 2)],
             "pay.example": [(1, 443, 4)]}  # fmt: skip
    services.import_scan(estate, nessus(hosts, plugins=(1, 2, 3)))
    return estate


@pytest.fixture
def windows(landed: User, rows: Any) -> date:
    """Two windows in one and two weeks, one team with two hours in each, one hour for each fix."""
    day = timezone.localdate()
    first, second = day + timedelta(days=7), day + timedelta(days=14)
    import_tables(
        landed,
        [
            rows("change_window", "key,name,starts,start_time,hours,most_restarts",
                 f"W-1,First,{first},22:00,4,3", f"W-2,Second,{second},22:00,4,"),
            rows("team_hours", "window,team,hours", "W-1,Unix,2", "W-2,Unix,2"),
            rows("system_team", "system,team", "S-SHOP,Unix", "S-PAY,Unix"),
            rows("fix_effort", "applies_to,hours_low,hours,hours_high,restart,downtime_low,downtime,downtime_high",
                 "kind:remedy,0.5,1,2,yes,0.25,0.5,1"),
        ],
    )  # fmt: skip
    return day


PRICES = {("Defect 1", "A-WEB"): 1000, ("Defect 2", "A-WEB"): 200, ("Defect 1", "A-DB"): 1000,
          ("Defect 3", "A-DB"): 50, ("Defect 1", "A-PAY"): 400}  # fmt: skip
"""What findings cost a year, by weakness and asset."""


def price_everything() -> None:
    """Give open findings prices as a hazard run would, and no deadlines."""
    for (title, asset), price in PRICES.items():
        found = Finding.objects.filter(definition__title=title, asset__key=asset)
        assert found.update(price=price, due=None) == 1


def test_a_landed_scan_counts_fixes_and_months(landed: User) -> None:
    assert Fix.objects.count() == 3
    assert sorted(SystemFix.objects.values_list("system__key", "owner__key", "open_findings")) == [
        ("S-PAY", "P-2", 1), ("S-SHOP", "P-1", 1), ("S-SHOP", "P-1", 1), ("S-SHOP", "P-1", 2),
    ]  # fmt: skip
    whole = MonthlyFlow.objects.filter(whole=True)
    assert sum(row.opened for row in whole) == 5


def test_a_campaign_goes_forward_by_evidence_alone(
    landed: User, nessus: Nessus, moment: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "localdate", lambda *_: date(2026, 5, 4))
    keys = list(Fix.objects.values_list("key", flat=True))
    campaign = campaigns.start_campaign(landed, "Summer", "", "P-1", date(2026, 6, 1), keys)
    Campaign.objects.update(started=moment(0.5))
    Finding.objects.filter(asset__key="A-WEB").update(state=Finding.State.CLAIMED)
    recount(landed)
    campaign.refresh_from_db()
    assert (campaign.open_findings, campaign.claimed, campaign.verified) == (5, 2, 0)
    assert campaign.verified_share == 0
    services.import_scan(landed, nessus({"web.shop.example": []}, end=moment(3), plugins=(1, 2, 3)))
    campaign.refresh_from_db()
    assert (campaign.open_findings, campaign.claimed, campaign.verified) == (3, 0, 2)
    assert campaign.verified_share == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"fixes": []}, "0 fixes were chosen"),
        ({"fixes": ["FX-000000000000"]}, "There is no fix"),
        ({"owner": "P-9"}, "Nobody has the key"),
        ({"aim": date(2020, 1, 1)}, "has passed"),
        ({"name": " "}, "empty or taken"),
    ],
)
def test_a_wrong_campaign_is_refused_whole(landed: User, told: dict[str, Any], said: str) -> None:
    given = {"name": "A", "purpose": "", "owner": "", "aim": timezone.localdate(),
             "fixes": [Fix.objects.values_list("key", flat=True)[0]], **told}  # fmt: skip
    with pytest.raises(Refused, match=said):
        campaigns.start_campaign(landed, **given)
    assert not Campaign.objects.exists()


def test_a_ticket_for_each_owner_goes_out_once_and_comes_back(landed: User) -> None:
    Webhook.objects.create(title="Desk", address="https://desk.example/in", salt="s")
    fix = Fix.objects.get(systems=2)
    made = campaigns.make_tickets(landed, [fix])
    assert sorted((t.owner.key, t.findings) for t in made) == [("P-1", 2), ("P-2", 1)]
    assert campaigns.make_tickets(landed, [fix]) == []
    sent = [json.loads(d.body) for d in WebhookDelivery.objects.filter(event="ticket.created")]
    assert sorted(one["data"]["owner"] for one in sent) == ["P-1", "P-2"]
    changed = campaigns.change_ticket(landed, made[0], state="done", reference="JIRA-7")
    assert (changed.state, changed.reference) == ("done", "JIRA-7")
    assert WebhookDelivery.objects.filter(event="ticket.changed").count() == 1
    fix.refresh_from_db()
    assert fix.open_findings == 3
    assert [t.owner.key for t in campaigns.make_tickets(landed, [fix])] == [made[0].owner.key]
    with pytest.raises(Refused, match="Another ticket"):
        campaigns.change_ticket(landed, changed, state="open")
    with pytest.raises(Refused, match="is no state"):
        campaigns.change_ticket(landed, changed, state="gone")
    with pytest.raises(Refused, match="no address"):
        campaigns.change_ticket(landed, changed, address="javascript:alert(1)")


@pytest.mark.parametrize(
    ("state", "due", "closed", "settled"),
    [
        ("closed", 10, 5, ("met", 5)),
        ("closed", 10, 10, ("met", 10)),
        ("closed", 10, 12, ("missed", 10)),
        ("closed", None, 12, ("undated", 12)),
        ("open", 10, None, ("missed", 10)),
        ("claimed", 10, None, ("missed", 10)),
        ("accepted", 10, None, None),
        ("open", 25, None, None),
        ("open", None, None, None),
    ],
)
def test_a_deadline_is_kept_by_evidence_alone(
    state: str, due: int | None, closed: int | None, settled: tuple[str, int] | None
) -> None:
    def day(number: int | None) -> datetime | None:
        return None if number is None else datetime(2026, 5, number, tzinfo=UTC)

    found = outcome(state, day(due), day(closed), NOW)
    assert found == (None if settled is None else (settled[0], 2026 * 12 + 4))


def test_months_agree_with_the_findings_one_by_one(landed: User, nessus: Nessus, moment: Any) -> None:
    services.import_scan(landed, nessus({"web.shop.example": [(1, 443, 4)]}, end=moment(40), plugins=(1, 2, 3)))
    Finding.objects.update(due=None)
    Finding.objects.filter(asset__key="A-DB").update(due=moment(3))
    Finding.objects.filter(state="closed").update(due=moment(60))
    recount_flows(landed)
    told = {str(m.month): m for m in remediation.flow().months}
    assert (told["2026-05-01"].opened, told["2026-05-01"].missed) == (5, 2)
    june = told["2026-06-01"]
    assert (june.open_before, june.opened, june.closed, june.met, june.kept) == (5, 0, 1, 1, 1.0)
    assert june.share.value == pytest.approx(0.2)
    assert [(one.key, one.met, one.missed) for one in remediation.kept_by("unit")] == [("U-S", 1, 2)]
    assert remediation.flow(unit="U-H").months[0].opened == 1
    assert remediation.flow(team="Unix").months == []


def test_a_plan_removes_the_most_and_says_what_is_out(landed: User, windows: date) -> None:
    price_everything()
    plan = make_plan(landed, windows + timedelta(days=21), 1, quiet)
    jobs = {(j.fix.title, j.system.key): j for j in plan.jobs.select_related("fix", "system", "window")}
    placed = {place: j.window.key for place, j in jobs.items() if j.window}
    assert placed == {
        ("Defect 1", "S-SHOP"): "W-1", ("Defect 1", "S-PAY"): "W-1",
        ("Defect 2", "S-SHOP"): "W-2", ("Defect 3", "S-SHOP"): "W-2",
    }  # fmt: skip
    first = jobs["Defect 1", "S-SHOP"]
    assert first.rate_mid == pytest.approx(2000 / 365.25)
    assert first.removed == pytest.approx(2000 / 365.25 * (21 - 7 - 22 / 24 - 4 / 24))
    assert plan.figures["exact"] and plan.figures["share"] == pytest.approx(1)
    assert plan.figures["removed"][1] == pytest.approx(sum(j.removed or 0 for j in jobs.values()))
    assert not remediation.is_stale(plan)
    assert plan.figures["hours"] == [2, 4, 8]


def test_what_cannot_be_planned_is_listed_with_its_reason(landed: User, windows: date, rows: Any) -> None:
    import_tables(landed, [rows("system_team", "system,team", "S-PAY,Windows")])
    plan = make_plan(landed, windows + timedelta(days=21), 1, quiet)
    out = {why: (number, rate, unpriced) for why, _, number, rate, unpriced in remediation.left_out(plan)}
    assert out == {"too_long": (1, None, 1)}
    assert plan.figures["unpriced"] == 4 and plan.figures["removed"] == [0, 0, 0]
    assert plan.figures["unpriced_planned"] == 3
    Fix.objects.first()
    from accord.exposure.models import FixEffort

    FixEffort.objects.all().delete()
    again = make_plan(landed, windows + timedelta(days=21), 1, quiet)
    assert set(again.jobs.values_list("why", flat=True)) == {PatchJob.Why.NO_EFFORT}


def test_a_freeze_closes_its_window_and_costs_what_it_delays(landed: User, windows: date, rows: Any) -> None:
    price_everything()
    free = make_plan(landed, windows + timedelta(days=21), 1, quiet)
    day = windows + timedelta(days=7)
    import_tables(
        landed,
        [
            rows("change_freeze", "key,name,starts,ends", f"Z-1,Close of books,{day},{day}"),
            rows("freeze_system", "freeze,system", "Z-1,S-PAY"),
        ],
    )
    assert remediation.is_stale(free)
    plan = make_plan(landed, windows + timedelta(days=21), 1, quiet)
    pay = plan.jobs.select_related("window").get(system__key="S-PAY")
    assert pay.window is not None and pay.window.key == "W-2"
    cost = plan.figures["freezes"][0]
    lost = free.figures["value"] - plan.figures["value"]
    assert lost > 0 and cost["estimate"] == pytest.approx(lost)
    assert cost["low"] - 1e-6 <= lost <= cost["high"] + 1e-6
    assert plan.inputs != free.inputs


def test_a_signed_sheet_pins_holds_and_drops(landed: User, windows: date) -> None:
    price_everything()
    until = windows + timedelta(days=21)

    def say(system: str, title: str, choice: str, window: str, last: date | None) -> None:
        events.fix_scheduled.send(
            system=system, fix=Fix.objects.get(title=title).key, choice=choice, window=window, until=last,
            decision="SH-1", address="/sheets/SH-1/", actor=landed,
        )  # fmt: skip

    say("S-SHOP", "Defect 1", "window", "W-2", windows + timedelta(days=14))
    say("S-PAY", "Defect 1", "accept", "", until)
    say("S-SHOP", "Defect 2", "mitigate", "", until)
    say("S-SHOP", "Defect 3", "mitigate", "", windows + timedelta(days=8))
    say("S-NONE", "Defect 3", "accept", "", until)
    plan = make_plan(landed, until, 1, quiet)
    found = {
        (j.fix.title, j.system.key): (j.why, j.window.key if j.window else None, j.sheet)
        for j in plan.jobs.select_related("fix", "system", "window")
    }
    assert found == {
        ("Defect 1", "S-SHOP"): ("planned", "W-2", "SH-1"), ("Defect 1", "S-PAY"): ("dropped", None, "SH-1"),
        ("Defect 2", "S-SHOP"): ("held", None, "SH-1"), ("Defect 3", "S-SHOP"): ("planned", "W-2", "SH-1"),
    }  # fmt: skip
    say("S-SHOP", "Defect 1", "window", "W-9", None)
    say("S-PAY", "Defect 1", "", "", None)
    assert remediation.is_stale(plan)
    assert FixDecision.objects.count() == 3
    again = make_plan(landed, until, 1, quiet)
    told = dict(again.jobs.filter(fix__title="Defect 1").values_list("system__key", "why"))
    assert told == {"S-SHOP": "pin_broken", "S-PAY": "planned"}


@pytest.mark.parametrize(
    ("lower", "higher"), [("3.0.7", "3.0.10"), ("1.1.1n-0+deb11u3", "1.1.1w-0+deb11u1"), ("2.36", "2.36.1")]
)
def test_versions_in_order(lower: str, higher: str) -> None:
    one, two = patch_inputs.order_of(lower), patch_inputs.order_of(higher)
    assert one is not None and two is not None and one < two


@pytest.mark.parametrize("version", ["", "1.2.0-rc1", "2.3.1, 2.12.2", ">= 4", "v1.2", "r12"])
def test_versions_whose_order_is_not_certain(version: str) -> None:
    assert patch_inputs.order_of(version) is None


def test_lower_versions_are_done_by_the_highest(landed: User, windows: date) -> None:
    found = list(Finding.objects.filter(asset__key__in=("A-WEB", "A-DB")).order_by("pk"))
    for finding, version in zip(found, ("3.0.7", "3.0.8", "3.0.8", "2.9"), strict=True):
        Finding.objects.filter(pk=finding.pk).update(component="openssl", fixed_version=version, price=365.25)
    recount(landed)
    plan = make_plan(landed, windows + timedelta(days=21), 1, quiet)
    shop = plan.jobs.filter(system__key="S-SHOP").select_related("fix")
    told = {j.fix.target_version: (len(j.also), j.findings, j.rate_mid) for j in shop}
    assert told == {"3.0.8": (1, 3, pytest.approx(3)), "2.9": (0, 1, pytest.approx(1))}


def test_an_asset_of_two_systems_is_not_counted_twice_in_a_plan(landed: User, windows: date, rows: Any) -> None:
    import_tables(landed, [rows("system_asset", "system,asset,share", "S-SHOP,A-PAY,0")])
    price_everything()
    plan = make_plan(landed, windows + timedelta(days=21), 1, quiet)
    whole = sum(plan.jobs.values_list("rate_mid", flat=True))
    assert whole * 365.25 == pytest.approx(2650)


def test_the_calendar_of_a_team(landed: User, windows: date) -> None:
    plan = make_plan(landed, windows + timedelta(days=21), 1, quiet)
    text = calendar_of(plan).decode()
    assert text.count("BEGIN:VEVENT") == len(set(plan.jobs.exclude(window=None).values_list("window", flat=True)))
    assert "\r\nSUMMARY:First: 2 fixes\r\n" in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "VEVENT" not in calendar_of(plan, "Nobody").decode()


def test_screens(landed: User, windows: date, client: Client, django_assert_max_num_queries: Any) -> None:
    price_everything()
    plan = make_plan(landed, windows + timedelta(days=21), 1, quiet)
    campaign = campaigns.start_campaign(
        landed, "Summer", "", "P-1", windows, list(Fix.objects.values_list("key", flat=True))
    )
    ticket = campaigns.make_tickets(landed, list(Fix.objects.all()))[0]
    client.force_login(landed)
    fix = Fix.objects.get(systems=2)
    pages = ["/fixes/", "/fixes/?system=S-PAY&overdue=no", "/fixes/deadlines/?unit=U-S", fix.get_absolute_url(),
             "/campaigns/", campaign.get_absolute_url(), f"/campaigns/new/?search={fix.key}", "/tickets/",
             ticket.get_absolute_url(), "/patch-plans/", plan.get_absolute_url(),
             f"{plan.get_absolute_url()}jobs/?team=Unix", "/change-windows/", "/fix-efforts/"]  # fmt: skip
    for page in pages:
        with django_assert_max_num_queries(25):
            answer = client.get(page)
        assert answer.status_code == 200, page
    heads = client.get("/change-windows/").content.decode().partition("<thead>")[2].partition("</thead>")[0]
    assert re.search(r"At <span class=\"th-unit\">UTC</span>", heads)
    assert re.search(r"<dt>At, UTC\b", client.get("/change-windows/W-1/").content.decode())
    assert "Proven to be the best" in client.get(plan.get_absolute_url()).content.decode()
    assert client.get(f"{plan.get_absolute_url()}calendar/").status_code == 200
    lines = client.get(f"{plan.get_absolute_url()}jobs/?format=csv")
    assert b"".join(lines.streaming_content).count(b"\n") == PatchJob.objects.filter(plan=plan).count() + 1  # type: ignore[attr-defined]
    assert PatchPlan.objects.count() == 1 and Ticket.objects.count() == 4
