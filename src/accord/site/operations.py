"""Operations on the API that belong to no single room: tables in and out, ledger, jobs, accounts, own account."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import File, Router, Schema
from ninja.files import UploadedFile

from accord.core import jobs, ledger
from accord.core.api import idempotent
from accord.core.errors import Refused
from accord.core.models import Job, User
from accord.core.permissions import guard_api
from accord.site import exchange
from accord.site.screens import accounts as account_screens
from accord.site.screens import jobs as job_screens
from accord.site.screens import ledger as ledger_screens
from accord.ui.nouns.operations import list_operation

router = Router()
list_operation(router, "/ledger", ledger_screens.LIST)
list_operation(router, "/jobs", job_screens.LIST)
list_operation(router, "/accounts", account_screens.LIST)


class Verdict(Schema):
    """`broken` is the number of the first entry that does not hold, or null."""

    holds: bool
    entries: int
    head: str
    broken: int | None
    problem: str


class JobState(Schema):
    """A job; `result` may be partial while it runs."""

    id: uuid.UUID
    kind: str
    title: str
    state: str
    done: int
    total: int | None
    message: str
    error: str
    result: Any
    created: datetime
    finished: datetime | None


class Preview(Schema):
    """What an import does or would do. `refused` is never empty without `applied` being false."""

    applied: bool
    summary: list[dict[str, Any]]
    refused: list[dict[str, Any]]


class Me(Schema):
    """The account that a token acts for."""

    email: str
    name: str
    roles: dict[str, list[str]]


@router.get("/me", response=Me, summary="The account behind the token")
@guard_api("view", "own_account")
def me(request: HttpRequest) -> dict[str, Any]:
    user: User = request.user  # type: ignore[assignment]
    roles = {role.value: sorted(scope) for role, scope in user.roles.items()}
    return {"email": user.email, "name": user.name, "roles": roles}


@router.get("/ledger/verdict", response=Verdict, summary="Prove the chain")
@guard_api("view", "ledger")
def verdict(request: HttpRequest) -> dict[str, Any]:
    found = ledger.verify()
    return {
        "holds": found.holds, "entries": found.entries, "head": found.head, "broken": found.broken,
        "problem": found.problem,
    }  # fmt: skip


@router.get("/jobs/{pk}", response=JobState, summary="One job")
@guard_api("view", "job")
def job(request: HttpRequest, pk: uuid.UUID) -> Job:
    return get_object_or_404(Job, pk=pk)


@router.post("/jobs/{pk}/cancel", response=JobState, summary="Ask a job to stop")
@guard_api("change", "job")
@idempotent
def cancel_job(request: HttpRequest, pk: uuid.UUID) -> Any:
    found = get_object_or_404(Job, pk=pk)
    jobs.cancel(request.user, found)  # type: ignore[arg-type]
    return JobState.from_orm(found).model_dump(mode="json")


@router.post("/imports", response=Preview, summary="Import tables (CSV, XLSX), whole or not at all")
@guard_api("import", "file")
@idempotent
def import_tables(request: HttpRequest, files: File[list[UploadedFile]], dry_run: bool = False) -> dict[str, Any]:
    user: User = request.user  # type: ignore[assignment]
    stored = exchange.keep_tables(user, ((f.name or "file", f.chunks()) for f in files))
    found = exchange.preview(user, stored)
    refused = [
        {"table": p.table, "row": p.row, "column": p.column, "reason": p.reason, "remedy": p.remedy}
        for p in found.refused
    ]
    applied = found.can_apply and not dry_run
    if applied:
        job = jobs.run_now(user, "site.import_tables", files=[f.pk for f in stored], digest=found.digest())
        if job.state != Job.State.DONE:
            raise Refused(job.error)
    return {"applied": applied, "summary": found.summary(), "refused": refused}


@router.get("/tables/{name}", summary="One table as CSV, or `all` as a workbook")
@guard_api("import", "file")
def table(request: HttpRequest, name: str) -> HttpResponse:
    may = [noun.name for noun in exchange.exportable(request.user)]  # type: ignore[arg-type]
    if name == "all":
        return HttpResponse(exchange.workbook(may), content_type=exchange.XLSX)
    if name not in may:
        raise Http404
    return HttpResponse(exchange.csv_bytes(name), content_type="text/csv; charset=utf-8")
