"""Forms of triage and silences."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse

from accord.core.models import User
from accord.monitoring.services.silences import KINDS
from accord.monitoring.services.triage import ANALYSTS


def analysts() -> list[tuple[str, str]]:
    """Who works on alerts: (e-mail, name). One query."""
    rows = User.objects.filter(is_active=True, grants__role__in=ANALYSTS).distinct().order_by("name", "email")
    return [(user.email, str(user)) for user in rows]


class SilenceForm(forms.Form):
    """A silence: what it is about, from when, until when, why."""

    rule = forms.CharField(required=False, max_length=200, help_text="Its identifier; empty = every rule.")
    entity_kind = forms.ChoiceField(
        required=False, choices=[("", "none"), *((kind, kind.capitalize()) for kind in KINDS)], label="Kind of entity"
    )
    entity = forms.CharField(required=False, max_length=300, help_text="The name of the host or user, or the address.")
    asset = forms.CharField(required=False, max_length=100, help_text="Its key.")
    system = forms.CharField(required=False, max_length=100, help_text="Its key.")
    since = forms.DateTimeField(label="From", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    until = forms.DateTimeField(widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    reason = forms.CharField(max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, noun in (("asset", "asset"), ("system", "system")):
            self.fields[name].widget.attrs["data-options"] = reverse("ui:options", args=[noun])

    def refuse(self, problems: Any) -> None:
        for problem in problems:
            place = problem.column if problem.column in self.fields else None
            self.add_error(place, f"{problem.reason} {problem.remedy}".strip())
