"""The joint table on the API: sittings, positions, prices of differences, what if, comments."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from ninja import Field, Query, Router, Schema

from accord.core.api import actor_of, idempotent
from accord.core.errors import Problem, Refused
from accord.core.permissions import allowed, guard_api
from accord.core.roles import Role
from accord.decisions import selectors, services
from accord.decisions.models import Comment, Sitting
from accord.decisions.positions import Insisted, View

router = Router()
On = Literal["frontier", "plan", "sitting", "decision"]


class InsistedIn(Schema):
    """pin = it must be in every plan, drop = it must be in none."""

    kind: Literal["pin", "drop"]
    reason: str = Field("", max_length=500)


class PositionIn(Schema):
    """One executive's position. Weights are relative; `hand_in` makes it final."""

    weights: dict[str, float]
    stances: dict[str, InsistedIn] = Field(default_factory=dict)
    note: str = Field("", max_length=2000)
    hand_in: bool = False


class CommentIn(Schema):
    """A comment beside a figure, such as plan.loss."""

    noun: On
    key: str = Field(max_length=100)
    figure: str = Field(max_length=150)
    text: str = Field(max_length=2000)


class AskedIn(Schema):
    """Per cent more or less budget; the CISO's share of the weights; the most loss a year in per cent of today's."""

    budget: int = Field(0, ge=-30, le=30)
    mix: int = Field(50, ge=0, le=100)
    loss: int = Field(100, ge=1, le=100)


def _sitting(key: str) -> Sitting:
    found = selectors.find_sitting(key)
    if found is None:
        raise Http404
    return found


def _shown(sitting: Sitting) -> dict[str, Any]:
    """A sitting as everybody who may see it sees it: positions only once both were shown."""
    revealed = sitting.state == Sitting.State.REVEALED
    views = selectors.positions(sitting) if revealed else {}
    return {
        "key": sitting.key, "state": str(sitting.state), "frontier": sitting.frontier_id,
        "opened_by": sitting.opened_by.email, "opened_at": sitting.opened_at.isoformat(),
        "hands": [
            {"role": hand.role.value, "handed_in": hand.handed_in, "hash": hand.hash or None,
             "at": hand.at.isoformat() if hand.at else None} for hand in selectors.hands(sitting)
        ],
        "revealed_at": sitting.revealed_at.isoformat() if sitting.revealed_at else None,
        "positions": {role: view.as_json() for role, view in views.items()} if revealed else None,
        "differences": sitting.differences,
    }  # fmt: skip


@router.get("/sittings", summary="Sittings", operation_id="list_sittings", response=list[dict[str, Any]])
@guard_api("view", "sitting")
def list_sittings(request: HttpRequest) -> list[dict[str, Any]]:
    """The last fifty sittings, newest first, without what was written in them."""
    return [
        {"key": one.key, "state": str(one.state), "frontier": one.frontier_id, "opened_at": one.opened_at.isoformat(),
         "revealed_at": one.revealed_at.isoformat() if one.revealed_at else None} for one in selectors.sittings()[:50]
    ]  # fmt: skip


@router.post("/sittings", response={201: dict[str, Any]}, summary="Open a sitting", operation_id="open_sitting")
@guard_api("change", "sitting")
@idempotent
def open_sitting(request: HttpRequest) -> tuple[int, dict[str, Any]]:
    """Begin a round on the latest frontier."""
    frontier = selectors.latest_frontier()
    if frontier is None:
        raise Refused(Problem(None, "frontier", "There is no frontier.", "Compute one first."))
    return 201, _shown(services.open_sitting(actor_of(request), frontier))


@router.get("/sittings/{str:key}", summary="Sitting", operation_id="get_sitting", response=dict[str, Any])
@guard_api("view", "sitting")
def get_sitting(request: HttpRequest, key: str) -> dict[str, Any]:
    """How far both are; both positions and the price of each difference once both have handed in."""
    return _shown(_sitting(key))


@router.get(
    "/sittings/{str:key}/positions/{role}", summary="Own position", operation_id="get_position",
    response=dict[str, Any],
)  # fmt: skip
@guard_api("change", "sitting")
def get_position(request: HttpRequest, key: str, role: Literal["cio", "ciso"]) -> dict[str, Any]:
    """What one wrote oneself, before both are shown. 403 for everybody else, 404 where nothing is written."""
    try:
        found = selectors.own_position(actor_of(request), _sitting(key), Role(role))
    except Refused as refused:
        raise PermissionDenied(str(refused)) from refused
    if found is None:
        raise Http404
    return found.as_json()


@router.put(
    "/sittings/{str:key}/positions/{role}", summary="Write or hand in a position", operation_id="put_position",
    response=dict[str, Any],
)  # fmt: skip
@guard_api("change", "sitting")
@idempotent
def put_position(request: HttpRequest, key: str, role: Literal["cio", "ciso"], body: PositionIn) -> dict[str, Any]:
    """Keep one's own position in private, or hand it in for good."""
    view = View(body.weights, {k: Insisted(one.kind, one.reason) for k, one in body.stances.items()}, body.note)
    services.save_position(actor_of(request), _sitting(key), Role(role), view, hand_in=body.hand_in)
    return _shown(_sitting(key))


@router.post("/sittings/{str:key}/close", summary="Close a sitting", operation_id="close_sitting",
             response=dict[str, Any])  # fmt: skip
@guard_api("change", "sitting")
@idempotent
def close_sitting(request: HttpRequest, key: str) -> dict[str, Any]:
    """End a sitting before both have handed in; what was written there is destroyed unread."""
    services.close_sitting(actor_of(request), _sitting(key))
    return _shown(_sitting(key))


@router.get("/what-if", summary="What if", operation_id="get_sliders", response=dict[str, Any])
@guard_api("run", "plan")
def what_if(request: HttpRequest, asked: Query[AskedIn]) -> dict[str, Any]:
    """Another budget, mix of weights or limit on the loss: the best plan that is found at once, with its proof."""
    frontier = selectors.latest_frontier()
    if frontier is None:
        raise Http404
    answer = selectors.what_if(selectors.table(frontier), selectors.Asked(**asked.dict()))
    return {"frontier": frontier.pk, "currency": frontier.currency, "asked": asked.dict(), **asdict(answer)}


@router.get("/comments", summary="Comments", operation_id="list_comments", response=list[dict[str, Any]])
@guard_api("view", "comment")
def list_comments(request: HttpRequest, noun: On, key: str) -> list[dict[str, Any]]:
    """What was said beside the figures of a frontier, plan, sitting or decision, oldest first."""
    _may_see(request, noun)
    found = selectors.comments_of(noun, key)
    return [_comment(one) for said in found.values() for one in said]


@router.post("/comments", response={201: dict[str, Any]}, summary="Comment", operation_id="add_comment")
@guard_api("change", "comment")
@idempotent
def add_comment(request: HttpRequest, body: CommentIn) -> tuple[int, dict[str, Any]]:
    """Say something beside a figure; it keeps the figure as it reads now."""
    _may_see(request, body.noun)
    return 201, _comment(services.add_comment(actor_of(request), body.noun, body.key, body.figure, body.text))


def _may_see(request: HttpRequest, noun: str) -> None:
    if not allowed(actor_of(request), "view", "plan" if noun == "frontier" else noun):
        raise PermissionDenied(f"Your roles do not include “view {noun}”.")


def _comment(one: Comment) -> dict[str, Any]:
    return {
        "noun": one.noun, "key": one.key, "figure": one.figure, "label": one.label, "value": one.value,
        "text": one.text, "by": one.by.email, "at": one.at.isoformat(),
    }  # fmt: skip
