"""Import and export of tables."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accord.core import nouns
from accord.core.errors import Refused
from accord.core.models import StoredFile
from accord.core.permissions import allowed, guard
from accord.site import exchange


def _start(request: HttpRequest, problems: list[object] | None = None, status: int = 200) -> HttpResponse:
    user = request.user
    tables = [
        {
            "noun": noun,
            "may_import": allowed(user, "import", noun.name),
            "may_export": allowed(user, "export", noun.name),
        }
        for noun in nouns.everything()
    ]
    context = {"title": "Import and export", "tables": tables, "problems": problems or []}
    return render(request, "site/data.html", context, status=status)


@guard("import", "file")
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    return _start(request)


@guard("import", "file")
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """Keep the files and show what they would change."""
    uploads = request.FILES.getlist("files")
    if not uploads:
        return _start(request, ["Choose at least one CSV or XLSX file."], 422)
    try:
        stored = exchange.keep_tables(request.user, ((f.name or "file", f.chunks()) for f in uploads))  # type: ignore[arg-type]
        found = exchange.preview(request.user, stored)  # type: ignore[arg-type]
    except Refused as error:
        return _start(request, list(error.problems), 422)
    request.session["import"] = [one.pk for one in stored]
    context = {
        "title": "Preview of the import", "difference": found, "digest": found.digest(),
        "file_name": ", ".join(one.name for one in stored), "apply_href": "/data/import/", "cancel_href": "/data/",
        "breadcrumb": [("Import and export", "/data/")],
    }  # fmt: skip
    return render(request, "ui/import_diff.html", context, status=200 if found.can_apply else 422)


@guard("import", "file")
@require_POST
def apply(request: HttpRequest) -> HttpResponse:
    """Import what was previewed; refused if anything has changed since."""
    by_id = StoredFile.objects.in_bulk(request.session.get("import", []))
    stored = [by_id[pk] for pk in request.session.get("import", []) if pk in by_id]
    if not stored:
        return _start(request, ["The preview is gone. Hand the files in again."], 422)
    found = exchange.preview(request.user, stored)  # type: ignore[arg-type]
    job = exchange.start_import(request.user, stored, found, request.POST.get("digest", ""))  # type: ignore[arg-type]
    if job.state == job.State.FAILED:
        return _start(request, [job.reason], 422)
    request.session.pop("import", None)
    if job.is_over:
        messages.success(request, f"Imported: {len(found.added):,} added, {len(found.changed):,} changed.")
        return redirect("site:data")
    return redirect("site:job", pk=job.pk)


@guard("import", "file")
@require_GET
def export(request: HttpRequest, what: str) -> HttpResponse:
    """`all` or `template` as a workbook, `csv` as a zip of CSV files, or one table as CSV."""
    day = timezone.localdate().isoformat()
    may = [noun.name for noun in exchange.exportable(request.user)]  # type: ignore[arg-type]
    if what == "all":
        body, name, kind = exchange.workbook(may), f"accord-{day}.xlsx", exchange.XLSX
    elif what == "template":
        body, name, kind = exchange.template_workbook(may), "accord-template.xlsx", exchange.XLSX
    elif what == "csv":
        body, name, kind = exchange.csv_folder(may), f"accord-{day}.zip", "application/zip"
    elif what in may:
        body, name, kind = exchange.csv_bytes(what), f"{what}.csv", "text/csv; charset=utf-8"
    else:
        raise Http404("There is no such table.")
    response = HttpResponse(body, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
