"""On the API: frontier, plans, decisions, stances, tracking, and the table nouns."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Any, Literal

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema

from accord.core import jobs
from accord.core.api import actor_of, idempotent
from accord.core.errors import Problem, Refused
from accord.core.permissions import guard_api
from accord.core.roles import Role
from accord.decisions import selectors, services
from accord.decisions.lists import DECISIONS, PLANS
from accord.decisions.models import Decision, Frontier, Plan
from accord.decisions.screens import SCREENS
from accord.strategy.models import Initiative
from accord.ui.nouns.operations import list_operation, noun_operations

router = Router()
list_operation(router, "/plans", PLANS)
list_operation(router, "/decisions", DECISIONS)


class JobOut(Schema):
    """A job that was put into the queue; watch it at /jobs/{id}."""

    id: str
    state: str


class FrontierIn(Schema):
    """Whose pins and drops the computation keeps."""

    heard: Literal["both", "cio", "ciso", "none"] = "both"


class PlanIn(Schema):
    """A plan by hand: initiative → the quarter in which it starts, such as 2027-Q1."""

    name: str = Field(max_length=300)
    starts: dict[str, str]
    frontier: int | None = None


class ProposalIn(Schema):
    plan: str
    title: str = Field("", max_length=300)
    note: str = Field("", max_length=5000)


class EstimateIn(Schema):
    """A probability of a date (start, finish), or a 90 % range of a year (loss, money)."""

    about: Literal["start", "finish", "loss", "money"]
    subject: str = Field(max_length=100)
    probability: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None


class StanceIn(Schema):
    """pin = it must be in every plan, drop = it must be in none, blank = neither."""

    kind: Literal["pin", "drop", ""]
    reason: str = Field("", max_length=500)


@router.get("/frontier", summary="Frontier", operation_id="get_frontier", response=dict[str, Any])
@guard_api("view", "plan")
def latest(request: HttpRequest) -> dict[str, Any]:
    """The latest frontier: its points with proofs, the marked plans, what is left out. 404 where there is none."""
    found = selectors.latest_frontier()
    summary = selectors.frontier_summary()
    if found is None or summary is None:
        raise Http404
    kept = ("points", "references", "ceiling", "product", "product_bound", "left_out", "heard", "seconds")
    result = {name: found.result[name] for name in kept}
    return {**summary, "inputs_hash": found.inputs_hash, "stale": selectors.is_stale(found), "result": result}


@router.post("/frontier/run", response={202: JobOut}, summary="Compute the frontier", operation_id="run_frontier")
@guard_api("run", "plan")
@idempotent
def run(request: HttpRequest, body: FrontierIn) -> tuple[int, dict[str, Any]]:
    """Put the computation into the queue."""
    job = jobs.enqueue(actor_of(request), "decisions.frontier", heard=body.heard)
    return 202, {"id": str(job.pk), "state": str(job.state)}


@router.post("/plans", response={201: dict[str, Any]}, summary="Plan by hand", operation_id="add_plan")
@guard_api("change", "plan")
@idempotent
def add_plan(request: HttpRequest, body: PlanIn) -> tuple[int, dict[str, Any]]:
    """Check and keep a plan under the inputs of a frontier (the latest one unless named)."""
    wanted = Frontier.objects.filter(pk=body.frontier).first() if body.frontier is not None else None
    frontier = selectors.latest_frontier() if body.frontier is None else wanted
    if frontier is None:
        raise Refused(Problem(None, "frontier", "There is no such frontier.", "Compute one first."))
    return 201, _plan(services.make_plan(actor_of(request), frontier, body.name, body.starts))


@router.get("/plans/{str:key}", summary="Plan", operation_id="get_plan", response=dict[str, Any])
@guard_api("view", "plan")
def plan(request: HttpRequest, key: str) -> dict[str, Any]:
    """One plan: its statements, and everything that was computed about it."""
    return _plan(_plan_or_404(key))


@router.get(
    "/plans/{str:key}/what-if/{path:initiative}", summary="What if it were in", operation_id="get_what_if",
    response=dict[str, Any],
)  # fmt: skip
@guard_api("view", "plan")
def what_if(request: HttpRequest, key: str, initiative: str) -> dict[str, Any]:
    """The last answer to what becomes of a plan with one more initiative held in. 404 where it was never asked."""
    last = jobs.latest("decisions.what_if", plan=_plan_or_404(key).key, initiative=initiative)
    if last is None:
        raise Http404
    return {"job": str(last.pk), "state": str(last.state), "result": last.result}


@router.post(
    "/plans/{str:key}/what-if/{path:initiative}", response={202: JobOut}, summary="Ask what if it were in",
    operation_id="run_what_if",
)  # fmt: skip
@guard_api("run", "plan")
@idempotent
def ask_what_if(request: HttpRequest, key: str, initiative: str) -> tuple[int, dict[str, Any]]:
    """Plan again with one initiative held in, at no more loss: put into the queue."""
    found = _plan_or_404(key)
    job = jobs.enqueue(actor_of(request), "decisions.what_if", plan=found.key, initiative=initiative)
    return 202, {"id": str(job.pk), "state": str(job.state)}


@router.get("/joint-table", summary="Joint table", operation_id="get_joint_table", response=list[dict[str, Any]])
@guard_api("view", "plan")
def joint_table(request: HttpRequest) -> list[dict[str, Any]]:
    """Every initiative: when each would start it alone and jointly, and what either insists on."""
    return [
        {
            "initiative": row.key, "name": row.name, "sponsor": row.sponsor, "cio": row.cio, "ciso": row.ciso,
            "joint": row.joint, "agreement": row.agreement, "disputed": row.disputed,
            "stances": {role: {"kind": s.kind, "reason": s.reason} for role, s in row.stances.items()},
        }
        for row in selectors.opinions(selectors.latest_frontier())
    ]  # fmt: skip


@router.put(
    "/joint-table/{role}/{path:initiative}", response=StanceIn, summary="Pin or drop", operation_id="set_stance"
)  # fmt: skip
@guard_api("change", "plan")
@idempotent
def set_stance(request: HttpRequest, role: Literal["cio", "ciso"], initiative: str, body: StanceIn) -> dict[str, Any]:
    """Say in one's own role whether an initiative must be in or out."""
    found = Initiative.objects.filter(key=initiative).first()
    if found is None:
        raise Http404
    services.set_stance(actor_of(request), Role(role), found, body.kind, body.reason)
    return {"kind": body.kind, "reason": body.reason}


@router.post("/decisions", response={201: dict[str, Any]}, summary="Propose a plan", operation_id="propose_decision")
@guard_api("change", "decision")
@idempotent
def propose(request: HttpRequest, body: ProposalIn) -> tuple[int, dict[str, Any]]:
    """Freeze a plan and open the two keys. Signing needs a person who proves who they are, on the screen."""
    made = services.propose(actor_of(request), _plan_or_404(body.plan), title=body.title, note=body.note)
    return 201, _decision(made)


@router.get("/decisions/{str:key}", summary="Decision", operation_id="get_decision", response=dict[str, Any])
@guard_api("view", "decision")
def decision(request: HttpRequest, key: str) -> dict[str, Any]:
    """One decision: its keys, and the content that they bind, exactly as it was hashed."""
    return _decision(_decision_or_404(key))


@router.post(
    "/decisions/{str:key}/withdraw", response=dict[str, Any], summary="Withdraw", operation_id="withdraw_decision"
)  # fmt: skip
@guard_api("change", "decision")
@idempotent
def withdraw(request: HttpRequest, key: str) -> dict[str, Any]:
    """Take a proposal back before it is in force."""
    return _decision(services.withdraw(actor_of(request), _decision_or_404(key)))


@router.get(
    "/decisions/{str:key}/forecasts", summary="Forecasts", operation_id="get_forecasts", response=dict[str, Any]
)  # fmt: skip
@guard_api("view", "estimate")
def forecasts(request: HttpRequest, key: str) -> dict[str, Any]:
    """What a decision forecast and what each executive stated, scored as far as the truth is known."""
    found = _decision_or_404(key)
    if "schedule" not in found.frozen["result"]:
        raise Http404
    scored = selectors.forecasts_of(found, timezone.localdate())
    kept = ("dated", "years", "ranges", "calibrations")
    return {"decision": found.key, **{name: selectors.as_data(scored[name]) for name in kept}}


@router.post(
    "/decisions/{str:key}/estimates/{role}", response={201: dict[str, int]}, summary="State what one expects",
    operation_id="add_estimates",
)  # fmt: skip
@guard_api("change", "estimate")
@idempotent
def add_estimates(
    request: HttpRequest, key: str, role: Literal["cio", "ciso"], body: list[EstimateIn]
) -> tuple[int, dict[str, int]]:
    """State in one's own role what one expects, before it is known; never changed afterwards."""
    stated = [services.Stated(one.about, one.subject, one.probability, one.low, one.high) for one in body]
    made = services.state_estimates(actor_of(request), _decision_or_404(key), Role(role), stated)
    return 201, {"kept": len(made)}


@router.get("/look-back/{int:year}", summary="Look back", operation_id="get_look_back", response=dict[str, Any])
@guard_api("view", "brief")
def look_back(request: HttpRequest, year: int) -> dict[str, Any]:
    """A calendar year: money, benefit, loss and dates against the case, and the calibration of both executives."""
    today = timezone.localdate()
    if not 2000 <= year <= today.year:
        raise Http404
    found = selectors.look_back(year, today)
    return {
        "year": year, "over": found.over, "closed": found.closed, "case": found.case.key if found.case else None,
        "decided": [one.key for one in found.decided], "sheets": [one.key for one in found.sheets],
        "money": asdict(found.money) if found.money else None, "loss": asdict(found.loss) if found.loss else None,
        "actual_loss": found.actual_loss, "events": found.events,
        "benefits": [asdict(one) for one in found.benefits], "dated": [asdict(one) for one in found.dated],
        "ranges": [asdict(one) for one in found.ranges],
        "of_year": selectors.as_data(found.of_year), "so_far": selectors.as_data(found.so_far),
    }  # fmt: skip


@router.get("/tracking", summary="Tracking", operation_id="get_tracking", response=dict[str, Any])
@guard_api("view", "decision")
def tracking(request: HttpRequest, decision: str = "") -> dict[str, Any]:
    """Money, dates and loss, forecast beside actual, of the decision in force or of the one that is named."""
    found = _decision_or_404(decision) if decision else selectors.in_force()
    if found is None or "schedule" not in found.frozen["result"]:
        raise Http404
    rows = selectors.tracking(found, timezone.localdate())
    return {
        "decision": found.key, "as_of": rows.as_of, "currency": selectors.currency_of(found.plan),
        "money": [asdict(row) for row in rows.money], "dates": [asdict(row) for row in rows.dates],
        "losses": [asdict(row) for row in rows.losses],
    }  # fmt: skip


def _plan_or_404(key: str) -> Plan:
    found = selectors.find_plan(key)
    if found is None:
        raise Http404
    return found


def _decision_or_404(key: str) -> Decision:
    found = selectors.find_decision(key)
    if found is None:
        raise Http404
    return found


def _plan(found: Plan) -> dict[str, Any]:
    return {
        "key": found.key, "name": found.name, "origin": found.origin, "frontier": found.frontier_id,
        "made": found.made.isoformat(), "by": found.by.email, "inputs_hash": found.inputs_hash,
        "value": found.value, "loss": found.loss, "currency": selectors.currency_of(found),
        "statements": [fact.as_json() for fact in selectors.statements(found)], "result": found.result,
    }  # fmt: skip


def _decision(found: Decision) -> dict[str, Any]:
    return {
        "key": found.key, "title": found.title, "note": found.note, "state": str(found.state),
        "plan": found.plan.key, "content_hash": found.content_hash, "content": found.frozen,
        "keys": [
            {
                "role": slot["role"], "state": slot["state"], "method": slot["method"], "dissent": slot["dissent"],
                "signer": slot["signer"].email if slot["signer"] else None,
                "at": slot["at"].isoformat() if slot["at"] else None,
            }
            for slot in found.slots
        ],
        "reservations": [
            {"role": one.role, "kind": one.kind, "point": one.point, "name": one.name, "reason": one.reason}
            for one in selectors.reservations(found)
        ],
        "record": found.recorded, "record_hash": found.record_hash,
        "in_force_at": found.in_force_at.isoformat() if found.in_force_at else None,
    }  # fmt: skip


noun_operations(router, *SCREENS)
