"""This room's operations on the API about acceptances."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema

from accord.core.api import actor_of, idempotent
from accord.core.errors import Problem, Refused
from accord.core.permissions import guard_api
from accord.decisions import selectors, services
from accord.decisions.lists import ACCEPTANCES
from accord.decisions.models import Acceptance
from accord.ui.nouns.operations import list_operation

router = Router()
list_operation(router, "/acceptances", ACCEPTANCES)


class AcceptanceIn(Schema):
    """What is left open until when and why. `predecessor`: the key of one in force that it is to replace."""

    scope: Literal["finding", "definition", "system", "unit"]
    subject: str = Field(max_length=200)
    until: date
    reason: str = Field(max_length=5000)
    measures: str = Field("", max_length=5000)
    controls: list[str] = Field(default_factory=list, max_length=50)
    predecessor: str = Field("", max_length=100)


class ReasonIn(Schema):
    """Why it ends."""

    reason: str = Field(max_length=5000)


@router.post(
    "/acceptances", response={201: dict[str, Any]}, summary="Propose an acceptance", operation_id="add_acceptance"
)  # fmt: skip
@guard_api("change", "acceptance")
@idempotent
def add_acceptance(request: HttpRequest, body: AcceptanceIn) -> tuple[int, dict[str, Any]]:
    """Freeze what is open in the scope now and open the two keys. Signing needs a person, on the screen."""
    old = selectors.find_acceptance(body.predecessor) if body.predecessor else None
    if body.predecessor and (old is None or not old.holds(timezone.localdate())):
        raise Refused(Problem(None, "predecessor", "There is no such acceptance in force.", "Leave it out."))
    made = services.propose_acceptance(
        actor_of(request), body.scope, body.subject, body.until, body.reason, measures=body.measures,
        controls=body.controls, predecessor=old,
    )  # fmt: skip
    return 201, selectors.acceptance_as_json(made, timezone.localdate())


@router.get(
    "/acceptances/{str:key}", response=dict[str, Any], summary="Acceptance", operation_id="get_acceptance"
)  # fmt: skip
@guard_api("view", "acceptance")
def acceptance(request: HttpRequest, key: str) -> dict[str, Any]:
    """One acceptance: its keys, what it costs a year now, how many findings came after it."""
    return selectors.acceptance_as_json(_acceptance_or_404(key), timezone.localdate())


@router.post(
    "/acceptances/{str:key}/withdraw", response=dict[str, Any], summary="Withdraw an acceptance",
    operation_id="withdraw_acceptance",
)  # fmt: skip
@guard_api("change", "acceptance")
@idempotent
def withdraw_acceptance(request: HttpRequest, key: str) -> dict[str, Any]:
    """Take a proposal back before it is in force."""
    found = services.withdraw_acceptance(actor_of(request), _acceptance_or_404(key))
    return selectors.acceptance_as_json(found, timezone.localdate())


@router.post(
    "/acceptances/{str:key}/revoke", response=dict[str, Any], summary="Revoke an acceptance",
    operation_id="revoke_acceptance",
)  # fmt: skip
@guard_api("revoke", "acceptance")
@idempotent
def revoke_acceptance(request: HttpRequest, key: str, body: ReasonIn) -> dict[str, Any]:
    """End it before its day: its findings are open again with their deadlines."""
    found = services.revoke_acceptance(actor_of(request), _acceptance_or_404(key), body.reason)
    return selectors.acceptance_as_json(found, timezone.localdate())


def _acceptance_or_404(key: str) -> Acceptance:
    found = selectors.find_acceptance(key)
    if found is None:
        raise Http404
    return found
