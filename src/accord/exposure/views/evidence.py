"""Takes the export of a tool as evidence of a safeguard."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accord.core.errors import Refused
from accord.core.models import User
from accord.core.permissions import guard
from accord.exposure.models.surfaces import EVIDENCED

MOST = 50_000_000
INTRO = (
    "A machine on the list has the safeguard on the day of its row. One that is not on it keeps what is known. "
    "Names that match no single asset are told and change nothing."
)


class ExportForm(forms.Form):
    """The list of a tool, what it is evidence of, and the tool."""

    upload = forms.FileField(
        label="File",
        help_text="CSV or XLSX with a column that names the machine (hostname, device name …) and, where the tool has "
        "it, the day when it was seen last.",
    )
    safeguard = forms.ChoiceField(choices=EVIDENCED, help_text="What every machine of the list has.")
    source = forms.CharField(max_length=100, help_text="The tool, such as Defender for Endpoint or Veeam.")
    day = forms.DateField(
        label="Exported on", help_text="Counts for rows without a day of their own.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )  # fmt: skip


@guard("import", "safeguard_evidence")
@require_http_methods(["GET", "POST"])
def export(request: HttpRequest) -> HttpResponse:
    """Take one export and say what matched."""
    posted = request.method == "POST"
    form = ExportForm(request.POST, request.FILES) if posted else ExportForm(initial={"day": timezone.localdate()})
    taken = None
    if posted and form.is_valid():
        given: dict[str, Any] = form.cleaned_data
        if given["upload"].size > MOST:
            form.add_error("upload", f"It has more than {MOST // 1_000_000} MB.")
        elif given["day"] > timezone.localdate():
            form.add_error("day", "It lies in the future.")
        else:
            from accord.exposure.services.evidence import take_export

            try:
                taken = take_export(
                    cast(User, request.user), given["upload"].name or "file", given["upload"].read(),
                    given["safeguard"], given["source"].strip(), given["day"],
                )  # fmt: skip
            except Refused as error:
                for problem in error.problems:
                    form.add_error("upload", f"{problem.reason} {problem.remedy}".strip())
    context = {
        "title": "Evidence from an export", "form": form, "taken": taken,
        "breadcrumb": [("Coverage", reverse("exposure:coverage"))],
        "cancel_href": reverse("exposure:coverage"), "submit_label": "Take in",
        "form_intro": INTRO,
    }  # fmt: skip
    return render(request, "exposure/evidence_export.html", context, status=422 if form.errors else 200)
