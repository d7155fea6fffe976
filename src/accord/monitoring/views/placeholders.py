"""Placeholders of rules: what rules ask for, the values that are given, and giving them."""

from __future__ import annotations

from typing import cast
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accord.core.errors import Refused
from accord.core.models import User
from accord.core.permissions import guard
from accord.monitoring.forms.rules import PlaceholderForm, PlaceholderImportForm
from accord.monitoring.models import Placeholder, Rule
from accord.monitoring.services import placeholders
from accord.ui import parts
from accord.ui.access import may

SHOWN = 100


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [("Rules", reverse("monitoring:rule_list")), *more]


def href(name: str) -> str:
    """The page of one placeholder: its name may hold any character."""
    return f"{reverse('monitoring:placeholder')}?{urlencode({'name': name})}"


@guard("view", "placeholder")
@require_GET
def every(request: HttpRequest) -> HttpResponse:
    found = placeholders.asked()
    waiting = [one for one in found if one.state == "open"]
    return render(request, "monitoring/placeholder_list.html", {
        "title": "Placeholders", "breadcrumb": _crumbs(),
        "rows": [(one, href(one.name)) for one in found], "waiting": waiting,
        "next_href": href(waiting[0].name) if waiting else "",
        "may_change": may(request.user, "change", "placeholder"),
    })  # fmt: skip


@guard("view", "placeholder")
@require_http_methods(["GET", "POST"])
def one(request: HttpRequest) -> HttpResponse:
    """One placeholder: its values, the rules that ask for it, its history."""
    name = request.GET.get("name", "").strip()[: placeholders.LONGEST_NAME]
    held = Placeholder.objects.filter(name=name).select_related("by").first() if name else None
    may_change = may(request.user, "change", "placeholder")
    if request.method == "POST":
        return give(request)
    start = {"name": name, "values": "\n".join(held.values) if held else "", "note": held.note if held else ""}
    return _page(request, name, held, PlaceholderForm(initial=start), may_change)


@guard("change", "placeholder")
def give(request: HttpRequest) -> HttpResponse:
    """Keep the values of one placeholder."""
    form = PlaceholderForm(request.POST)
    name = request.GET.get("name", "").strip()[: placeholders.LONGEST_NAME]
    if form.is_valid():
        told = form.cleaned_data
        try:
            made = placeholders.give(cast(User, request.user), told["name"], told["values"].splitlines(), told["note"])
        except Refused as error:
            form.refuse(error.problems)
        else:
            words = f"{len(made.values)} values are given" if made is not None else "It has no values now"
            messages.success(request, f"{told['name']}: {words}. The rules are compiled anew; it holds in a minute.")
            return redirect("monitoring:placeholder_list")
    held = Placeholder.objects.filter(name=name).select_related("by").first()
    return _page(request, name, held, form, True, 422)


def _page(
    request: HttpRequest, name: str, held: Placeholder | None, form: PlaceholderForm, may_change: bool,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    asking = [rule for rule, _, _ in placeholders.rules_by_name().get(name, [])]
    rows = Rule.objects.filter(pk__in=asking).defer("needs").order_by("-enabled", "title")
    return render(request, "monitoring/placeholder.html", {
        "title": f"%{name}%" if name else "Values for a placeholder", "placeholder": held, "form": form,
        "breadcrumb": _crumbs(("Placeholders", reverse("monitoring:placeholder_list"))),
        "rules": list(rows[:SHOWN]), "asking": len(asking), "shown": SHOWN, "may_change": may_change,
        "cancel_href": reverse("monitoring:placeholder_list"),
        "history": parts.history("placeholder", name) if name else [],
    }, status=status)  # fmt: skip


@guard("change", "placeholder")
@require_http_methods(["GET", "POST"])
def take_file(request: HttpRequest) -> HttpResponse:
    """Take values from a file, as `accord watch --placeholders` takes it."""
    form = PlaceholderImportForm(request.POST, request.FILES) if request.method == "POST" else PlaceholderImportForm()
    if form.is_valid():
        file = form.cleaned_data["upload"]
        try:
            given = placeholders.read(file)
            placeholders.give_many(cast(User, request.user), given, f"From {file.name}"[:500])
        except Refused as error:
            for problem in error.problems:
                line = f"Line {problem.row}: " if problem.row and problem.column == "upload" else ""
                form.add_error("upload", f"{line}{problem.reason} {problem.remedy}".strip())
        else:
            messages.success(request, f"Values of {len(given)} placeholders are given. The rules are compiled anew.")
            return redirect("monitoring:placeholder_list")
    return render(request, "ui/form.html", {
        "title": "Take values from a file", "form": form, "submit_label": "Take them",
        "breadcrumb": _crumbs(("Placeholders", reverse("monitoring:placeholder_list"))),
        "cancel_href": reverse("monitoring:placeholder_list"),
        "form_intro": "A name and its values on each line, such as Administrators: [ann, bob]. The values of the names "
        "that it holds are replaced; other names stay as they are.",
    }, status=422 if form.errors else 200)  # fmt: skip
