"""Files of no known format: a person says which column is which field, sees what comes of it, and imports."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accord.core.errors import Refused
from accord.core.models import StoredFile, User
from accord.core.permissions import guard
from accord.exposure.lists.mappings import MAPPINGS
from accord.exposure.models import ImportMapping
from accord.exposure.services import mapped
from accord.intake.mapped import FIELDS, Mapping, MappingError, guess
from accord.intake.own import TARGET_KINDS
from accord.ui.access import may
from accord.ui.lists import list_page

LIST_VIEW = list_page(MAPPINGS)
SALT = "exposure.mapping"
SHOWN = ("title", "id", "severity", "cvss_score", "component", "component_version", "port", "path")


def address_of(request: HttpRequest, stored: StoredFile, name: str) -> str:
    """Where the person who handed a file in maps it; nobody else can open that address."""
    token = signing.dumps({"file": stored.pk, "name": name, "user": request.user.pk}, salt=SALT, compress=True)
    return reverse("exposure:mapping_file", args=[token])


def _shape(request: HttpRequest, token: str) -> mapped.Shape:
    try:
        held = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        raise Http404 from None
    if held["user"] != request.user.pk:
        raise Http404
    return mapped.shape_of(get_object_or_404(StoredFile, pk=held["file"]), held["name"])


class MappingForm(forms.Form):
    """The fields of a finding, each with the column that holds it."""

    scanner = forms.CharField(label="What the file comes from", max_length=60)
    target_kind = forms.ChoiceField(
        label="What was looked at", choices=[(kind, kind.replace("_", " ").capitalize()) for kind in TARGET_KINDS]
    )
    whole = forms.BooleanField(
        label="The file lists everything that is open on its assets",
        required=False,
        help_text="Then what it does not list any more counts as gone. Leave it off for extracts.",
    )
    severities = forms.CharField(
        label="Words for severity",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One a line, such as “urgent = critical”. Critical, high, medium, low and info are known.",
    )
    separator = forms.CharField(label="Between several values in a cell", max_length=3, initial=",", strip=False)
    seen_format = forms.CharField(
        label="How times are written",
        max_length=40,
        required=False,
        help_text="Such as %d/%m/%Y %H:%M. Empty: ISO 8601 and what scanners usually write.",
    )
    name = forms.CharField(
        label="Keep the mapping as",
        max_length=100,
        required=False,
        help_text="Files with the same columns are then recognized. Empty: used this once.",
    )

    def __init__(self, shape: mapped.Shape, data: Any = None) -> None:
        held = shape.known
        start = Mapping.of(held.content) if held else guess(shape.columns.names, "")
        initial: dict[str, Any] = {
            "scanner": start.scanner, "target_kind": start.target_kind, "whole": start.whole, "name": held or "",
            "separator": start.separator, "seen_format": start.seen_format,
            "severities": "\n".join(f"{told} = {meant}" for told, meant in start.values.get("severity", {}).items()),
            **{f"field_{name}": column for name, column in start.fields.items()},
        }  # fmt: skip
        super().__init__(data, initial=initial)
        self.list_path = start.list_path if held else shape.columns.list_path
        choices = [("", "not in the file"), *((name, _sampled(name, shape)) for name in shape.columns.names)]
        for one in FIELDS:
            self.fields[f"field_{one.name}"] = forms.ChoiceField(
                label=one.label, choices=choices, required=False, help_text=one.meaning
            )

    @property
    def of_file(self) -> list[Any]:
        return [self[name] for name in self.fields if not name.startswith("field_")]

    @property
    def of_columns(self) -> list[Any]:
        return [self[name] for name in self.fields if name.startswith("field_")]

    def mapping(self) -> Mapping:
        """What was filled in; MappingError where it cannot be used."""
        given = self.cleaned_data
        words = {}
        for line in given["severities"].splitlines():
            told, mark, meant = line.partition("=")
            if line.strip() and not mark:
                raise MappingError("severities", f"“{line.strip()}” has no “=”.", "Write “urgent = critical”.")
            if mark:
                words[told.strip().lower()] = meant.strip().lower()
        fields = {one.name: given[f"field_{one.name}"] for one in FIELDS if given[f"field_{one.name}"]}
        made = Mapping(
            given["scanner"], fields, {}, {"severity": words} if words else {}, given["target_kind"], self.list_path,
            given["separator"], given["whole"], given["seen_format"],
        )  # fmt: skip
        made.check()
        return made

    def refuse(self, name: str, text: str) -> None:
        known = next((one for one in (name, f"field_{name}") if one in self.fields), None)
        self.add_error("severities" if name == "severity" else known, text)


def _sampled(name: str, shape: mapped.Shape) -> str:
    samples = shape.columns.samples.get(name) or ()
    return f"{name} ({samples[0][:40]})" if samples else f"{name} (empty)"


@guard("import", "scan")
@require_http_methods(["GET", "POST"])
def of_file(request: HttpRequest, token: str) -> HttpResponse:
    """The mapping of one file: filled in, looked at, used."""
    try:
        shape = _shape(request, token)
    except Refused as error:
        messages.error(request, str(error))
        return redirect("exposure:scan_import")
    form = MappingForm(shape, request.POST if request.method == "POST" else None)
    shown = None
    if form.is_valid():
        try:
            mapping = form.mapping()
            shown = mapped.look(shape, mapping)
            if "import" in request.POST:
                return _import(request, shape, mapping, form.cleaned_data["name"])
        except MappingError as problem:
            form.refuse(problem.field, f"{problem.problem} {problem.remedy}")
        except Refused as error:
            for one in error.problems:
                form.refuse(one.column or "", f"{one.reason} {one.remedy}")
    context = {
        "title": f"Map {shape.name}", "form": form, "shape": shape, "shown": shown,
        "rows": [_row(one) for one in shown.findings] if shown else [],
        "breadcrumb": [("Scans", reverse("exposure:scan_list")), ("Import", reverse("exposure:scan_import"))],
        "cancel_href": reverse("exposure:scan_import"),
    }  # fmt: skip
    return render(request, "exposure/mapping.html", context, status=422 if form.errors else 200)


def _row(finding: dict[str, Any]) -> dict[str, Any]:
    return {"target": finding["target"]["name"], **{name: finding.get(name, "") for name in SHOWN}}


def _import(request: HttpRequest, shape: mapped.Shape, mapping: Mapping, name: str) -> HttpResponse:
    actor = cast(User, request.user)
    if name:
        mapped.keep(actor, name, mapping, shape.columns)
    scan, is_new, done = mapped.take(actor, shape.stored, shape.name, mapping)
    if not is_new:
        messages.info(request, f"{scan.name} is here already; the same file adds nothing.")
    elif done.refused_rows:
        messages.warning(request, f"{scan.name} is on its way in; {done.refused_rows:,} rows could not be read.")
    else:
        messages.success(request, f"{scan.name} is on its way in.")
    return redirect("exposure:scan_detail", pk=scan.pk)


@guard("change", "mapping")
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    held = get_object_or_404(ImportMapping, pk=pk)
    mapped.remove(cast(User, request.user), held)
    messages.success(request, f"The mapping “{held.name}” is forgotten. What was imported by it stays.")
    return redirect("exposure:mapping_list")


@guard("view", "mapping")
@require_http_methods(["GET"])
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    held = get_object_or_404(ImportMapping.objects.select_related("by"), pk=pk)
    labels = {one.name: one.label for one in FIELDS}
    context = {
        "title": held.name, "held": held, "breadcrumb": [("Mappings", reverse("exposure:mapping_list"))],
        "fields": [(labels.get(name, name), column) for name, column in held.content.get("fields", {}).items()],
        "may_change": may(request.user, "change", "mapping"),
        "words": held.content.get("values", {}).get("severity", {}),
    }  # fmt: skip
    return render(request, "exposure/mapping_detail.html", context)
