"""This room's operations on the API: the annual loss, the risk appetite, and the room's nouns."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Schema

from accord.core import jobs
from accord.core.api import idempotent
from accord.core.permissions import guard_api
from accord.risk import selectors, services
from accord.risk.hazard import reading
from accord.risk.models import Appetite
from accord.risk.screens import SCREENS
from accord.ui.nouns.operations import noun_operations

router = Router()


class LossOut(Schema):
    """The latest loss run: its figures as on the screen (`statements`), and everything it computed (`result`)."""

    run: int
    at: str
    by: str
    currency: str
    inputs_hash: str
    stale: bool
    statements: list[dict[str, Any]]
    result: dict[str, Any]


class JobOut(Schema):
    """A job that was put into the queue; watch it at /jobs/{id}."""

    id: str
    state: str


class PointIn(Schema):
    """A year may cost more than `amount` with at most `probability` (0–1)."""

    amount: float
    probability: float


class AppetiteIn(Schema):
    points: list[PointIn]


class AppetiteOut(Schema):
    """An appetite: its points beside the present probability (null = beyond the computed curve), and its keys."""

    id: int
    state: str
    points: list[dict[str, Any]]
    content_hash: str
    keys: list[dict[str, Any]]
    in_force_at: str | None


@router.get("/loss", response=LossOut, summary="Annual loss", operation_id="get_loss")
@guard_api("view", "loss")
def latest_loss(request: HttpRequest) -> dict[str, Any]:
    """The latest loss run. 404 where none was made."""
    run = selectors.latest_run()
    if run is None:
        raise Http404
    facts = selectors.statements(run, selectors.appetite_in_force())
    return {
        "run": run.pk, "at": run.at.isoformat(), "by": run.by.email, "currency": run.currency,
        "inputs_hash": run.inputs_hash, "stale": selectors.is_stale(run),
        "statements": [fact.as_json() for fact in facts], "result": run.result,
    }  # fmt: skip


class HazardOut(Schema):
    """The latest hazard run: its figures as on the screen (`statements`), and everything it computed (`result`)."""

    run: int
    at: str
    by: str
    currency: str
    inputs_hash: str
    statements: list[dict[str, Any]]
    result: dict[str, Any]


@router.get("/hazard", response=HazardOut, summary="What findings cost", operation_id="get_hazard")
@guard_api("view", "hazard")
def latest_hazard(request: HttpRequest) -> dict[str, Any]:
    """The latest hazard run. 404 where none was made."""
    run = reading.latest()
    if run is None:
        raise Http404
    return {
        "run": run.pk, "at": run.at.isoformat(), "by": run.by.email, "currency": run.currency,
        "inputs_hash": run.inputs_hash, "statements": [fact.as_json() for fact in reading.statements(run)],
        "result": {**run.result, "systems": reading.systems(run)},
    }  # fmt: skip


@router.post("/hazard/run", response={202: JobOut}, summary="Price the findings", operation_id="run_hazard")
@guard_api("run", "hazard")
@idempotent
def price_findings(request: HttpRequest, anew: bool = False) -> tuple[int, dict[str, Any]]:
    """Put a hazard run into the queue. `anew`: anchor every scenario at today's findings."""
    job = jobs.enqueue(request.user, "risk.run_hazard", anew=anew)  # type: ignore[arg-type]
    return 202, {"id": str(job.pk), "state": str(job.state)}


@router.post("/loss/run", response={202: JobOut}, summary="Compute the annual loss", operation_id="run_loss")
@guard_api("run", "loss")
@idempotent
def run_loss(request: HttpRequest) -> tuple[int, dict[str, Any]]:
    """Put a loss run into the queue."""
    job = jobs.enqueue(request.user, "risk.run_loss")  # type: ignore[arg-type]
    return 202, {"id": str(job.pk), "state": str(job.state)}


@router.get("/appetite", response=list[AppetiteOut], summary="Risk appetite", operation_id="list_appetite")
@guard_api("view", "appetite")
def appetites(request: HttpRequest) -> list[dict[str, Any]]:
    """The newest appetites, whatever their state, held against the latest loss run."""
    run = selectors.latest_run()
    curve = selectors.curve(run) if run is not None else []
    return [_appetite(appetite, curve) for appetite in selectors.appetites()]


@router.post("/appetite", response={201: AppetiteOut}, summary="Propose an appetite", operation_id="propose_appetite")
@guard_api("change", "appetite")
@idempotent
def propose(request: HttpRequest, body: AppetiteIn) -> tuple[int, dict[str, Any]]:
    """Open the two slots on a curve. Signing needs a person who proves who they are, on the screen."""
    points = [[point.amount, point.probability] for point in body.points]
    return 201, _appetite(services.propose_appetite(request.user, points), [])  # type: ignore[arg-type]


def _appetite(appetite: Appetite, curve: list[tuple[float, float]]) -> dict[str, Any]:
    rows = selectors.compare(appetite.frozen["points"], curve)
    return {
        "id": appetite.pk, "state": str(appetite.state), "content_hash": appetite.content_hash,
        "points": [
            {"amount": r.amount, "accepted": r.accepted, "today": r.probability, "above": r.above} for r in rows
        ],
        "keys": [
            {
                "role": slot["role"], "state": slot["state"], "method": slot["method"], "dissent": slot["dissent"],
                "signer": slot["signer"].email if slot["signer"] else None,
                "at": slot["at"].isoformat() if slot["at"] else None,
            }
            for slot in appetite.slots
        ],
        "in_force_at": appetite.in_force_at.isoformat() if appetite.in_force_at else None,
    }  # fmt: skip


noun_operations(router, *SCREENS)
