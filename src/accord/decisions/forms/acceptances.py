"""The forms of an acceptance: what is left open until when and why, and why one ends before its day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone

from accord.core.errors import Problem
from accord.decisions.models import Acceptance
from accord.program.models import Control
from accord.ui import format as write


class Refusable(forms.Form):
    """A form that takes the reasons of a service beside the fields that they are about."""

    def refuse(self, problems: Sequence[Problem]) -> None:
        for problem in problems:
            name = problem.column if problem.column in self.fields else None
            self.add_error(name, f"{problem.reason} {problem.remedy}".strip())


class AcceptanceForm(Refusable):
    """Scope, key of what it is about, last day, reason, and what lowers the risk meanwhile."""

    scope = forms.ChoiceField(choices=Acceptance.Scope.choices, label="Scope")
    subject = forms.CharField(
        max_length=200, label="About",
        help_text="Its key: F-17 of a finding, CVE-2024-1234 of a weakness, or the key of the system or unit.",
    )  # fmt: skip
    until = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), label="Until the end of")
    reason = forms.CharField(
        max_length=5000, widget=forms.Textarea(attrs={"rows": 3}), label="Why they are left open",
        help_text="It is signed with it.",
    )  # fmt: skip
    measures = forms.CharField(
        required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 2}), label="What is done meanwhile"
    )
    controls = forms.MultipleChoiceField(
        required=False, choices=(), label="Compensating controls", help_text="Safeguards that lower the risk meanwhile."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        latest = timezone.localdate() + timedelta(days=settings.ACCORD_ACCEPTANCE_DAYS)
        self.fields["until"].help_text = f"At the latest {write.date(latest)}."
        field = self.fields["controls"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = list(
            Control.objects.exclude(state=Control.ControlState.RETIRED).order_by("name").values_list("key", "name")
        )


class RevokeForm(Refusable):
    """Why it ends now."""

    reason = forms.CharField(max_length=5000, widget=forms.Textarea(attrs={"rows": 3}), label="Why it ends now")
