"""Scans on the API: what came in, and handing in."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from ninja import File, Form, Router, Schema
from ninja.files import UploadedFile

from accord.core import files
from accord.core.api import actor_of, idempotent
from accord.core.models import StoredFile
from accord.core.permissions import guard_api
from accord.exposure import services
from accord.exposure.lists import SCANS
from accord.exposure.models import Scan
from accord.intake import archive
from accord.ui.lists import item
from accord.ui.nouns.operations import list_operation

router = Router()
list_operation(router, "/scans", SCANS)


class Received(Schema):
    """A scan that was handed in. `new` false: that very file is here already and adds nothing."""

    scan: int
    state: str
    new: bool
    job: str | None


@router.get(
    "/scans/{int:pk}", summary="One scan with its refused rows", operation_id="get_scan", response=dict[str, Any]
)  # fmt: skip
@guard_api("view", "scan")
def scan(request: HttpRequest, pk: int) -> dict[str, Any]:
    found = Scan.objects.select_related("by", "file").filter(pk=pk).first()
    if found is None:
        raise Http404
    return {
        **item(SCANS, found),
        "complete": found.complete,
        "applied": found.applied,
        "landed": found.landed,
        "observed_is_told": found.observed_is_told,
        "file": found.file.digest,
        "problems": found.problems,
        "job": str(found.job) if found.job else None,
    }


@idempotent
def _submit(request: HttpRequest, stored: StoredFile, name: str) -> dict[str, Any]:
    found, is_new = services.submit(actor_of(request), stored, name)
    return {"scan": found.pk, "state": str(found.state), "new": is_new, "job": str(found.job) if found.job else None}


@router.post("/scans", summary="Hand in a scanner's file", operation_id="import_scan", response=Received)
@guard_api("import", "scan")
def import_scan(request: HttpRequest, file: File[UploadedFile], target: Form[str] = "") -> Any:
    """A worker takes it in; follow `GET /scans/{scan}`. The same file again is the same scan.

    `target` tells what was scanned where the report does not name it; else its file's name stands for it.
    """
    name = file.name or "file"
    if target.strip():
        name = archive.about(target, name)
    return _submit(request, files.keep(actor_of(request), name, file.chunks()), name)


@router.post(
    "/scans/{int:pk}/resume", summary="Go on with a scan that stopped", operation_id="resume_scan", response=Received
)  # fmt: skip
@guard_api("import", "scan")
@idempotent
def resume(request: HttpRequest, pk: int) -> dict[str, Any]:
    found = Scan.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    job = services.start(actor_of(request), found)
    return {"scan": found.pk, "state": str(found.state), "new": False, "job": str(job.pk)}
