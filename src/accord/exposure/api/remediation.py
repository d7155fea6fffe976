"""Fixes, campaigns, tickets and patch plans on the API."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Body, Field, Router, Schema

from accord.core import jobs
from accord.core.api import actor_of, idempotent
from accord.core.permissions import guard_api
from accord.exposure.lists import CAMPAIGNS, FIXES, PATCH_JOBS, PATCH_PLANS, TICKETS
from accord.exposure.models import Campaign, Fix, PatchPlan, SystemFix, Ticket
from accord.exposure.screens import windows
from accord.exposure.selectors import remediation
from accord.exposure.services import campaigns as services
from accord.exposure.services.patch_plan import check_span
from accord.ui.lists import item, list_json
from accord.ui.nouns.operations import Page, list_operation, list_parameters, noun_operations

router = Router()
list_operation(router, "/fixes", FIXES)
list_operation(router, "/campaigns", CAMPAIGNS)
list_operation(router, "/tickets", TICKETS)
list_operation(router, "/patch-plans", PATCH_PLANS)
noun_operations(router, *windows.SCREENS)


class NewCampaign(Schema):
    """A campaign of fixes by their keys."""

    name: str = Field(max_length=200)
    purpose: str = Field("", max_length=1000)
    owner: str = Field("", max_length=100)
    aim: date
    fixes: list[str] = Field(max_length=2000)


class TicketChange(Schema):
    """What the other side says of a ticket; what is left out stays."""

    state: str | None = Field(None, max_length=10)
    reference: str | None = Field(None, max_length=200)
    address: str | None = Field(None, max_length=500)
    note: str | None = Field(None, max_length=500)


class NewPlan(Schema):
    """Loss is counted `until` a day; jobs without a price up to class `first` come before priced ones (-1 = none)."""

    until: date | None = None
    first: int = 1


@router.get("/fixes/{key}", summary="One fix with its systems", operation_id="get_fix", response=dict[str, Any])
@guard_api("view", "fix")
def fix(request: HttpRequest, key: str) -> dict[str, Any]:
    found = Fix.objects.select_related("definition").filter(key=key).first()
    if found is None:
        raise Http404
    rows = SystemFix.objects.filter(fix=found).select_related("system", "owner").order_by("pk")
    names = ("open_findings", "in_progress", "claimed", "accepted", "assets", "unpriced", "price_low", "price_mid",
             "price_high", "due")  # fmt: skip
    return {
        **item(FIXES, found),
        "on_systems": [
            {"system": part.system.key if part.system else None, "owner": part.owner.key if part.owner else None,
             "urgency": part.worst_code, **{name: getattr(part, name) for name in names}}
            for part in rows[:1000]
        ],
    }  # fmt: skip


@router.get("/deadlines", summary="Deadlines met and missed, capacity and backlog", operation_id="get_deadlines",
            response=dict[str, Any])  # fmt: skip
@guard_api("view", "fix")
def deadlines(request: HttpRequest, urgency: str = "", unit: str = "", team: str = "") -> dict[str, Any]:
    """By month, of a class, a unit's or a team's systems; and over all months by class, unit and team."""
    found = remediation.flow(urgency, unit, team)
    return {
        "months": [asdict(month) for month in found.months],
        "share_closed_a_month": asdict(found.pooled),
        "forecast": found.forecast and [dict(zip(("month", "low", "median", "high"), row, strict=True))
                                        for row in found.forecast],
        "open_now": found.open_now,
        "counted_at": found.counted_at,
        "by": {group: [{**asdict(one), "share": one.share} for one in remediation.kept_by(group)]
               for group in ("class", "unit", "team")},
    }  # fmt: skip


@router.post("/campaigns", summary="Start a campaign", operation_id="start_campaign", response=dict[str, Any])
@guard_api("change", "campaign")
@idempotent
def start_campaign(request: HttpRequest, body: Body[NewCampaign]) -> dict[str, Any]:
    made = services.start_campaign(actor_of(request), body.name, body.purpose, body.owner, body.aim, body.fixes)
    return item(CAMPAIGNS, made)


@router.post("/campaigns/{int:pk}/tickets", summary="Make the tickets of a campaign",
             operation_id="make_campaign_tickets", response=dict[str, Any])  # fmt: skip
@guard_api("change", "ticket")
@idempotent
def campaign_tickets(request: HttpRequest, pk: int) -> dict[str, Any]:
    """A ticket for each fix and each owner of a system; one that is open stays the only one."""
    campaign = Campaign.objects.filter(pk=pk).first()
    if campaign is None:
        raise Http404
    fixes = list(Fix.objects.filter(campaigns__campaign=campaign, open_findings__gt=0))
    return {"items": [item(TICKETS, one) for one in services.make_tickets(actor_of(request), fixes, campaign)]}


@router.post("/fixes/{key}/tickets", summary="Make the tickets of a fix", operation_id="make_fix_tickets",
             response=dict[str, Any])  # fmt: skip
@guard_api("change", "ticket")
@idempotent
def fix_tickets(request: HttpRequest, key: str) -> dict[str, Any]:
    found = Fix.objects.filter(key=key).first()
    if found is None:
        raise Http404
    return {"items": [item(TICKETS, one) for one in services.make_tickets(actor_of(request), [found])]}


@router.patch("/tickets/{int:pk}", summary="Say what became of a ticket", operation_id="change_ticket",
              response=dict[str, Any])  # fmt: skip
@guard_api("change", "ticket")
@idempotent
def change_ticket(request: HttpRequest, pk: int, body: Body[TicketChange]) -> dict[str, Any]:
    """The external reference and state come back here. "done" only claims: the next scan verifies."""
    found = Ticket.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    fresh = services.change_ticket(actor_of(request), found, body.state, body.reference, body.address, body.note)
    return item(TICKETS, Ticket.objects.select_related("fix", "owner", "campaign").get(pk=fresh.pk))


@router.post("/patch-plans", summary="Compute a patch plan", operation_id="make_patch_plan", response=dict[str, Any])
@guard_api("run", "patch_plan")
@idempotent
def make_plan(request: HttpRequest, body: Body[NewPlan]) -> dict[str, Any]:
    """A worker computes it; follow the job."""
    _, until = check_span(body.until, body.first)
    job = jobs.enqueue(actor_of(request), "exposure.patch_plan", until=until.isoformat(), first=body.first)
    return {"job": str(job.pk)}


@router.get("/patch-plans/{int:pk}", summary="One patch plan", operation_id="get_patch_plan", response=dict[str, Any])
@guard_api("view", "patch_plan")
def plan(request: HttpRequest, pk: int) -> dict[str, Any]:
    found = PatchPlan.objects.select_related("by").filter(pk=pk).first()
    if found is None:
        raise Http404
    out = [dict(zip(("why", "text", "jobs", "rate", "unpriced"), row, strict=True))
           for row in remediation.left_out(found)]  # fmt: skip
    return {**item(PATCH_PLANS, found), "stale": remediation.is_stale(found), "figures": found.figures, "out": out}


@router.get("/patch-plans/{int:pk}/jobs", summary="The jobs of a patch plan", operation_id="list_patch_jobs",
            response=Page, openapi_extra={"parameters": list_parameters(PATCH_JOBS)})  # fmt: skip
@guard_api("view", "patch_plan")
def plan_jobs(request: HttpRequest, pk: int) -> dict[str, Any]:
    return list_json(PATCH_JOBS, request)
