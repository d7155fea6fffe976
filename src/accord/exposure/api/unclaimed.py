"""Unclaimed targets and feeds on the API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Body, Field, Router, Schema

from accord.core import jobs
from accord.core.api import actor_of, idempotent
from accord.core.permissions import guard_api, require
from accord.exposure import services
from accord.exposure.lists import FEEDS, UNCLAIMED
from accord.exposure.models import Target
from accord.ui.lists import item
from accord.ui.nouns.operations import list_operation

router = Router()
list_operation(router, "/unclaimed", UNCLAIMED)
list_operation(router, "/feeds", FEEDS)


class Chosen(Schema):
    """Targets by their identifier."""

    targets: list[int] = Field(max_length=200)


class Claim(Chosen):
    """To which asset (its key) the targets belong."""

    asset: str = Field(max_length=100)


class Ignore(Chosen):
    """Why nobody needs to look at the targets."""

    reason: str = Field(max_length=500)


def _targets(found: list[Target]) -> dict[str, Any]:
    fresh = Target.objects.select_related("asset").filter(pk__in=[target.pk for target in found]).order_by("pk")
    return {"items": [item(UNCLAIMED, target) for target in fresh]}


@router.post("/unclaimed/claim", summary="Tie targets to an asset", operation_id="claim", response=dict[str, Any])
@guard_api("change", "unclaimed")
@idempotent
def claim(request: HttpRequest, body: Body[Claim]) -> dict[str, Any]:
    return _targets(services.claim(actor_of(request), body.targets, body.asset))


@router.post(
    "/unclaimed/claim-as-new", summary="Make an asset of each", operation_id="claim_as_new", response=dict[str, Any]
)  # fmt: skip
@guard_api("change", "unclaimed")
@idempotent
def claim_as_new(request: HttpRequest, body: Body[Chosen]) -> dict[str, Any]:
    require(actor_of(request), "change", "asset")
    made = services.claim_as_new(actor_of(request), body.targets)
    return {"assets": [asset.key for asset in made]}


@router.post("/unclaimed/ignore", summary="Leave targets out", operation_id="ignore", response=dict[str, Any])
@guard_api("change", "unclaimed")
@idempotent
def ignore(request: HttpRequest, body: Body[Ignore]) -> dict[str, Any]:
    return _targets(services.ignore(actor_of(request), body.targets, body.reason))


@router.post(
    "/unclaimed/restore", summary="Make targets unclaimed again", operation_id="restore", response=dict[str, Any]
)  # fmt: skip
@guard_api("change", "unclaimed")
@idempotent
def restore(request: HttpRequest, body: Body[Chosen]) -> dict[str, Any]:
    return _targets(services.restore(actor_of(request), body.targets))


@router.post("/feeds/update", summary="Download the feeds", operation_id="update_feeds", response=dict[str, Any])
@guard_api("run", "feed")
@idempotent
def update_feeds(request: HttpRequest) -> dict[str, Any]:
    """A worker does it; follow the job."""
    return {"job": str(jobs.enqueue(actor_of(request), "exposure.feeds", "Download the knowledge feeds").pk)}
