"""Scanner files in, and what each scan looked at, found and closed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord.core import files
from accord.core.errors import Refused
from accord.core.models import Job, User
from accord.core.permissions import guard
from accord.core.statements import Statement
from accord.exposure import services
from accord.exposure.forms import ScanForm
from accord.exposure.lists import SCANS
from accord.exposure.models import Scan
from accord.exposure.selectors.life import scope_of
from accord.exposure.services.mapped import can_be_mapped
from accord.exposure.shell.links import findings_href
from accord.exposure.views.mappings import address_of
from accord.intake import archive
from accord.ui import format as write
from accord.ui import parts
from accord.ui.access import may
from accord.ui.lists import list_page

LIST_VIEW = list_page(SCANS)
SHOWN = 50
MOST_PACKED = 200
"""Files of an archive that one page takes in."""


@guard("import", "scan")
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Take several files; a worker reads them."""
    form = ScanForm(request.POST, request.FILES) if request.method == "POST" else ScanForm()
    to_map: list[tuple[str, str]] = []
    if request.method == "POST" and form.is_valid() and _is_about_one(form):
        target = form.cleaned_data["target"]
        taken = [
            _take(request, archive.about(target, name) if target else name, chunks)
            for file in form.cleaned_data["uploads"]
            for name, chunks in _reports(request, file)
        ]
        scans = [one for one in taken if isinstance(one, Scan)]
        unmapped = [one for one in taken if isinstance(one, tuple)]
        if unmapped and len(taken) == 1:
            return redirect(unmapped[0][1])
        if unmapped:
            to_map = unmapped
        elif len(scans) == 1:
            return redirect("exposure:scan_detail", pk=scans[0].pk)
        elif scans:
            return redirect("exposure:scan_list")
    context = {
        "title": "Import scanner files", "form": form, "breadcrumb": [("Scans", reverse("exposure:scan_list"))],
        "cancel_href": reverse("exposure:scan_list"), "submit_label": "Import", "to_map": to_map,
        "form_intro": "A file lands whole or is refused with its reason. What a scan looked for and did not see any "
                      "more is closed. The same file again changes nothing.",
    }  # fmt: skip
    return render(request, "exposure/scan_import.html", context, status=422 if form.errors else 200)


def _is_about_one(form: ScanForm) -> bool:
    """Whether what is told of one report is told of one; else the form says so."""
    given = form.cleaned_data["uploads"]
    if form.cleaned_data["target"] and (len(given) > 1 or _is_packed(given[0].file)):
        form.add_error("target", "It tells what one report is about. Hand in one report with it.")
    return form.is_valid()


def _is_packed(stream: Any) -> bool:
    """Whether it is an archive of reports (a ZIP that is a report by itself is none)."""
    from accord.intake import registry
    from accord.intake.records import IntakeError

    if not archive.is_archive(stream):
        return False
    try:
        registry.detect(stream)
    except IntakeError:
        return True
    return False


def _reports(request: HttpRequest, file: Any) -> Iterator[tuple[str, Iterable[bytes]]]:
    """The name and bytes of a report, or of each that an archive holds."""
    name = file.name or "file"
    if _is_packed(file.file):
        yield from _members(request, file.file, name)
    else:
        yield name, file.chunks()


def _members(request: HttpRequest, stream: Any, name: str) -> Iterator[tuple[str, Iterable[bytes]]]:
    from accord.intake.records import IntakeError

    times = archive.last_names(stream)
    try:
        for number, member in enumerate(archive.members(stream, name=name)):
            if number == MOST_PACKED:
                messages.error(
                    request,
                    f"{name}: the first {MOST_PACKED} files are taken; for more, use accord import on the server.",
                )
                return
            if member.problem:
                messages.error(request, f"{member.name}: {member.problem}")
            else:
                member.stream.seek(0)
                yield archive.apart(member.name, times), files.chunks(member.stream)
    except IntakeError as error:
        messages.error(request, f"{name}: {error.problem} {error.remedy}")


def _take(request: HttpRequest, name: str, chunks: Iterable[bytes]) -> Scan | tuple[str, str] | None:
    """The scan of a file, or the file's name and where it is mapped; None where it is refused."""
    try:
        actor = cast(User, request.user)
        stored = files.keep(actor, name, chunks)
        if can_be_mapped(stored, name):
            return name, address_of(request, stored, name)
        scan, is_new = services.submit(actor, stored, name)
    except Refused as error:
        messages.error(request, str(error))
        return None
    if is_new:
        messages.success(request, f"{scan.name} is kept and on its way in.")
    else:
        messages.info(request, f"{scan.name} is here already; the same file adds nothing.")
    return scan


@guard("view", "scan")
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    scan = get_object_or_404(Scan.objects.select_related("by", "file"), pk=pk)
    job = Job.objects.filter(pk=scan.job).first() if scan.job else None
    covered = list(
        scan.covered.select_related("target", "target__asset").order_by("-observations", "target_id")[: SHOWN + 1]
    )  # fmt: skip
    stopped = not scan.is_over and (job is None or job.is_over)
    context = {
        "title": write.dated(scan),
        "subtitle": f"{scan.scanner or scan.format or 'Unknown scanner'} {scan.scanner_version}".strip(),
        "breadcrumb": [("Scans", reverse("exposure:scan_list"))],
        "scan": scan,
        "statements": _statements(scan) if scan.state != Scan.State.REFUSED else [],
        "job": job if job is not None and not job.is_over else None,
        "job_url": reverse("exposure:scan_progress", args=[scan.pk]),
        "failed": job.reason if job is not None and job.state == Job.State.FAILED else "",
        "covered": covered[:SHOWN],
        "covered_more": len(covered) > SHOWN,
        "may_resume": stopped and may(request.user, "import", "scan"),
        "scope": scope_of(scan),
        "may_undo": scan.state in (Scan.State.LANDED, Scan.State.APPLYING) and may(request.user, "undo", "scan"),
        "undo_stopped": scan.state == Scan.State.UNDOING and (job is None or job.is_over),
        "undo_left": sorted((scan.undo or {}).get("left", {}).items()),
        "stated": scan.statements.filter(ended=None).count(),
        "may_retry": scan.state == Scan.State.REFUSED and may(request.user, "import", "scan"),
        "history": parts.history("scan", scan.pk),
    }
    return render(request, "exposure/scan.html", context)


def _statements(scan: Scan) -> list[Statement]:
    found = [
        ("added", "Added", "findings", findings_href(search=f"scan:{scan.pk}")),
        ("changed", "Changed", "findings", ""),
        ("unchanged", "Seen again", "observations", ""),
        ("closed", "Closed", "findings", ""),
        ("reopened", "Reopened", "findings", ""),
        ("refused", "Rows refused", "rows", ""),
    ]
    return [
        Statement(
            f"scan.{name}", label, getattr(scan, name), unit, source=scan.name, query="exposure.Scan", href=href,
            as_of=scan.observed, tone="warning" if name in ("reopened", "refused") and getattr(scan, name) else "",
        )
        for name, label, unit, href in found
    ]  # fmt: skip


@guard("view", "scan")
@require_GET
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that htmx asks for each second."""
    scan = get_object_or_404(Scan, pk=pk)
    job = get_object_or_404(Job, pk=scan.job)
    url = reverse("exposure:scan_progress", args=[pk])
    response = render(request, "ui/parts/job.html", {"job": job, "url": url})
    if job.is_over:
        response["HX-Refresh"] = "true"
    return response


@guard("import", "scan")
@require_POST
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on with a scan that stopped, or try a refused file again."""
    scan = get_object_or_404(Scan, pk=pk)
    try:
        services.start(cast(User, request.user), scan)
        messages.success(request, "It goes on where it stopped.")
    except Refused as error:
        messages.error(request, str(error))
    return redirect("exposure:scan_detail", pk=pk)
