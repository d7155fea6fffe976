"""Triage cases, one's own notices and priority policies on the API. Signing stays a matter of the page: two keys."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from ninja import Body, Field, Router, Schema

from accord.core.api import actor_of, idempotent
from accord.core.permissions import guard_api
from accord.exposure.lists.triage import NOTICES, TRIAGE
from accord.exposure.models import PriorityPolicy, TriageCase
from accord.exposure.services import policies, triage
from accord.ui.lists import item
from accord.ui.nouns.operations import list_operation

router = Router()
list_operation(router, "/triage", TRIAGE)
list_operation(router, "/notices", NOTICES)


class Closing(Schema):
    """What came of a case ("compromised", "not_compromised", "unknown"), and what was looked for."""

    outcome: str = Field(max_length=20)
    looked_for: str = Field(max_length=4000)


class Proposal(Schema):
    """A policy as a table: its labels, days and answers by class (docs/methods-priority.md)."""

    title: str = Field(max_length=200)
    reason: str = Field(max_length=2000)
    table: dict[str, Any]


def _case(pk: int) -> TriageCase:
    found = TriageCase.objects.select_related("definition", "closed_by").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _case_as_json(case: TriageCase) -> dict[str, Any]:
    return {**item(TRIAGE, case), "systems": case.systems, "looked_for": case.looked_for or None}


@router.get("/triage/{int:pk}", summary="One triage case", operation_id="get_triage", response=dict[str, Any])
@guard_api("view", "triage_case")
def case(request: HttpRequest, pk: int) -> dict[str, Any]:
    return _case_as_json(_case(pk))


@router.post("/triage/{int:pk}/close", summary="Close a triage case", operation_id="close_triage",
             response=dict[str, Any])  # fmt: skip
@guard_api("change", "triage_case")
@idempotent
def close(request: HttpRequest, pk: int, body: Body[Closing]) -> dict[str, Any]:
    return _case_as_json(triage.close_case(actor_of(request), _case(pk), body.outcome, body.looked_for))


def _policy_as_json(found: PriorityPolicy) -> dict[str, Any]:
    return {
        "id": found.pk, "title": found.title, "reason": found.reason, "state": str(found.state), "table": found.table,
        "proposed_at": found.proposed_at.isoformat() if found.proposed_at else None,
        "in_force_at": found.in_force_at.isoformat() if found.in_force_at else None,
    }  # fmt: skip


@router.get("/policies/priority", summary="Priority policies, newest first", operation_id="list_priority_policies",
            response=dict[str, Any])  # fmt: skip
@guard_api("view", "policy")
def priority_policies(request: HttpRequest) -> dict[str, Any]:
    """At most the newest hundred."""
    return {"items": [_policy_as_json(one) for one in PriorityPolicy.objects.order_by("-pk")[:100]]}


@router.post("/policies/priority", summary="Propose a priority policy", operation_id="propose_priority_policy",
             response=dict[str, Any])  # fmt: skip
@guard_api("change", "policy")
@idempotent
def propose(request: HttpRequest, body: Body[Proposal]) -> dict[str, Any]:
    """It waits for the keys of both executives; what it would move is counted by a worker."""
    return _policy_as_json(policies.propose_policy(actor_of(request), body.title, body.reason, body.table))
