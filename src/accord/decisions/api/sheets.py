"""This room's operations on the API about sheets: drafted, computed, proposed, withdrawn, and what came of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema

from accord.core.api import actor_of, idempotent
from accord.core.permissions import guard_api
from accord.decisions import selectors, services
from accord.decisions.access import require_change
from accord.decisions.lists import SHEETS
from accord.decisions.models import Sheet
from accord.ui.nouns.operations import list_operation

router = Router()
list_operation(router, "/sheets", SHEETS)


class SheetIn(Schema):
    """A sheet to draft; `inputs` as the form of its kind has them."""

    kind: Literal["insurance", "supplier", "retirement", "materiality", "patch_or_wait"]
    title: str = Field(max_length=300)
    note: str = Field("", max_length=5000)
    inputs: dict[str, Any]


class OutcomeIn(Schema):
    """What really happened after a sheet on a patch; null is not known. `event` is the key of a loss event."""

    downtime_hours: float | None = None
    failed: bool | None = None
    incident: bool | None = None
    event: str = Field("", max_length=100)
    note: str = Field("", max_length=5000)


class ChoiceIn(Schema):
    """The option that is proposed."""

    chosen: str = Field(max_length=100)


@router.post("/sheets", response={201: dict[str, Any]}, summary="Draft a sheet", operation_id="add_sheet")
@guard_api("change", "sheet")
@idempotent
def add_sheet(request: HttpRequest, body: SheetIn) -> tuple[int, dict[str, Any]]:
    """Check the inputs and compute the options. An insurance is computed by a job: `content` is null until then."""
    require_change(actor_of(request), body.kind, str(body.inputs.get("system", "")))
    made = services.draft_sheet(actor_of(request), body.kind, body.title, body.inputs, note=body.note)
    return 201, selectors.sheet_as_json(made, timezone.localdate())


@router.get("/sheets/{str:key}", summary="Sheet", operation_id="get_sheet", response=dict[str, Any])
@guard_api("view", "sheet")
def sheet(request: HttpRequest, key: str) -> dict[str, Any]:
    """One sheet: its options with their figures, what is unknown, its keys, whether it ran out, what came of it."""
    return _sheet(_sheet_or_404(key))


@router.post(
    "/sheets/{str:key}/compute", response=dict[str, Any], summary="Compute a sheet again",
    operation_id="compute_sheet",
)  # fmt: skip
@guard_api("change", "sheet")
@idempotent
def compute_sheet(request: HttpRequest, key: str) -> dict[str, Any]:
    """Put a draft whose computation failed or was stopped into the queue again; `job` says how far it is."""
    found = services.recompute_sheet(actor_of(request), _own_sheet(request, key))
    return selectors.sheet_as_json(found, timezone.localdate())


@router.post(
    "/sheets/{str:key}/propose", response=dict[str, Any], summary="Propose a sheet", operation_id="propose_sheet"
)  # fmt: skip
@guard_api("change", "sheet")
@idempotent
def propose_sheet(request: HttpRequest, key: str, body: ChoiceIn) -> dict[str, Any]:
    """Freeze the options with the chosen one. Signing needs a person who proves who they are, on the screen."""
    made = services.propose_sheet(actor_of(request), _own_sheet(request, key), body.chosen)
    return selectors.sheet_as_json(made, timezone.localdate())


@router.post(
    "/sheets/{str:key}/withdraw", response=dict[str, Any], summary="Withdraw a sheet", operation_id="withdraw_sheet"
)  # fmt: skip
@guard_api("change", "sheet")
@idempotent
def withdraw_sheet(request: HttpRequest, key: str) -> dict[str, Any]:
    """Take a draft or a proposal back."""
    found = services.withdraw_sheet(actor_of(request), _own_sheet(request, key))
    return selectors.sheet_as_json(found, timezone.localdate())


@router.post(
    "/sheets/{str:key}/outcome", response=dict[str, Any], summary="What really happened", operation_id="add_outcome"
)  # fmt: skip
@guard_api("change", "sheet")
@idempotent
def add_outcome(request: HttpRequest, key: str, body: OutcomeIn) -> dict[str, Any]:
    """Write down what happened after a sheet on a patch; when it was patched is read from the scans."""
    found = _own_sheet(request, key)
    answers = {True: "yes", False: "no", None: ""}
    values = body.dict() | {"failed": answers[body.failed], "incident": answers[body.incident]}
    services.record_outcome(actor_of(request), found, values)
    return _sheet(found)


def _sheet_or_404(key: str) -> Sheet:
    found = selectors.find_sheet(key)
    if found is None:
        raise Http404
    return found


def _own_sheet(request: HttpRequest, key: str) -> Sheet:
    """A sheet that the caller may fill in and propose."""
    found = _sheet_or_404(key)
    require_change(actor_of(request), found.kind, found.system)
    return found


def _sheet(found: Sheet) -> dict[str, Any]:
    """A sheet with what came of it, where it is about a patch."""
    today = timezone.localdate()
    outcome = selectors.outcome_of(found) if found.kind == Sheet.Kind.PATCH_OR_WAIT else None
    return {
        **selectors.sheet_as_json(found, today),
        "outcome": None if outcome is None else selectors.outcome_as_json(outcome),
        "after": [asdict(row) for row in selectors.afterwards(found, outcome, today)],
    }
