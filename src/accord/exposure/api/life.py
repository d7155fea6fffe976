"""The life of findings on the API: people's acts, VEX statements, undoing an import, versions of fingerprints."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from ninja import Body, Field, Router, Schema

from accord.core.api import actor_of, idempotent
from accord.core.permissions import guard_api, scoped
from accord.exposure.lists.statements import STATEMENTS
from accord.exposure.models import Finding, Scan, VexStatement
from accord.exposure.services import refingerprint, statements, undo
from accord.exposure.services.lifecycle import AT_ONCE, NAMES, Wish, act, submit
from accord.intake.fingerprint import VERSIONS
from accord.ui.lists import item
from accord.ui.nouns.operations import list_operation


class Act(Schema):
    """One act to chosen findings, or to all that fit filters of the list (`filters`: name → values)."""

    action: str = Field(max_length=30)
    findings: list[int] = Field(default=[], max_length=2000)
    filters: dict[str, list[str]] | None = None
    note: str = Field(default="", max_length=500)
    justification: str = Field(default="", max_length=60)


class Saying(Schema):
    """A VEX statement about a package URL, an asset (key), or both."""

    definition: str = Field(max_length=300)
    status: str = Field(max_length=20)
    purl: str = Field(default="", max_length=700)
    asset: str = Field(default="", max_length=100)
    justification: str = Field(default="", max_length=60)
    impact: str = Field(default="", max_length=1000)
    action: str = Field(default="", max_length=1000)


class Reason(Schema):
    """Why."""

    reason: str = Field(max_length=500)


@idempotent
def _do(request: HttpRequest, body: Act) -> dict[str, Any]:
    actor, wish = actor_of(request), Wish(body.action, body.note, body.justification).checked()
    if body.filters is not None or len(body.findings) > AT_ONCE:
        return {"job": str(submit(actor, wish, body.findings, body.filters).pk)}
    rows = scoped(actor, "finding", Finding.objects.filter(pk__in=body.findings))
    done = act(actor, Finding.objects.filter(pk__in=list(rows.values_list("pk", flat=True))), wish)
    return {"changed": done.changed, "passed": dict(done.passed)}


def _of(verb: str, body: Act) -> Act:
    if NAMES.get(body.action, ("", verb))[1] != verb:
        raise PermissionDenied(f"“{body.action}” is done under /findings/{NAMES[body.action][1]}.")
    return body


router = Router()
list_operation(router, "/statements", STATEMENTS)


@router.post("/findings/work", summary="Start, stop, claim fixed, take back", operation_id="work_on_findings",
             response=dict[str, Any])  # fmt: skip
@guard_api("work", "finding")
def work(request: HttpRequest, body: Body[Act]) -> Any:
    """`action`: start, stop, claim, take_back. With `filters`, a worker does it: follow the job."""
    return _do(request, _of("work", body))


@router.post("/findings/judge", summary="False positive, not affected, reopen", operation_id="judge_findings",
             response=dict[str, Any])  # fmt: skip
@guard_api("judge", "finding")
def judge(request: HttpRequest, body: Body[Act]) -> Any:
    """`action`: false_positive, not_affected (with a `justification` of OpenVEX), reopen."""
    return _do(request, _of("judge", body))


@router.post("/statements", summary="Say something of a weakness", operation_id="state",
             response=dict[str, Any])  # fmt: skip
@guard_api("change", "vex_statement")
@idempotent
def state(request: HttpRequest, body: Body[Saying]) -> dict[str, Any]:
    return item(STATEMENTS, statements.declare(actor_of(request), **body.dict()))


@router.post("/statements/{int:pk}/withdraw", summary="Take a statement back", operation_id="withdraw_statement",
             response=dict[str, Any])  # fmt: skip
@guard_api("change", "vex_statement")
@idempotent
def withdraw(request: HttpRequest, pk: int, body: Body[Reason]) -> dict[str, Any]:
    one = VexStatement.objects.select_related("definition", "asset", "target").filter(pk=pk).first()
    if one is None:
        raise Http404
    return item(STATEMENTS, statements.withdraw(actor_of(request), one, body.reason))


@router.get("/scans/{int:pk}/undo", summary="What undoing an import would do", operation_id="preview_undo",
            response=dict[str, Any])  # fmt: skip
@guard_api("undo", "scan")
def preview(request: HttpRequest, pk: int) -> dict[str, Any]:
    found = _scan(pk)
    if undo.amount(found) > undo.LOOKED_AT_ONCE:
        return {"entries": undo.amount(found), "preview": None}
    return {"entries": undo.amount(found), "preview": undo.preview(found).plain()}


@router.post("/scans/{int:pk}/undo", summary="Undo an import", operation_id="undo_import",
             response=dict[str, Any])  # fmt: skip
@guard_api("undo", "scan")
@idempotent
def undoing(request: HttpRequest, pk: int, body: Body[Reason]) -> dict[str, Any]:
    """A worker does it; follow the job."""
    return {"job": str(undo.submit(actor_of(request), _scan(pk), body.reason).pk)}


@router.get("/fingerprints", summary="Versions of fingerprints", operation_id="get_fingerprints",
            response=dict[str, Any])  # fmt: skip
@guard_api("view", "fingerprint")
def versions(request: HttpRequest) -> dict[str, Any]:
    used = refingerprint.in_force()
    return {
        "in_force": used, "waiting": refingerprint.waiting(used),
        "versions": [{"version": v.number, "title": v.title, "reason": v.reason} for v in VERSIONS.values()],
    }  # fmt: skip


@router.post("/fingerprints/{int:version}", summary="Use a version of fingerprints", operation_id="use_fingerprints",
             response=dict[str, Any])  # fmt: skip
@guard_api("run", "fingerprint")
@idempotent
def use(request: HttpRequest, version: int) -> dict[str, Any]:
    """A worker renews the keys; follow the job."""
    return {"job": str(refingerprint.submit(actor_of(request), version).pk)}


def _scan(pk: int) -> Scan:
    found = Scan.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
