"""Forms of exceptions: conditions and rules, and what is said when one is saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils import timezone

from accord.monitoring.forms.alerts import analysts
from accord.monitoring.models import Alert, AlertEvent
from accord.monitoring.services.exception_gate import ADDRESS, HOST, OPERATORS, USER

ROWS = 10
SUGGESTED = 8
USED = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One condition as the form shows it."""

    number: int
    field: str = ""
    operator: str = "equals"
    value: str = ""
    used: bool = False


def rows_of(given: QueryDict) -> list[Row]:
    """The conditions that were filled in; those that are not ticked are shown and not used."""
    found = []
    for number in range(1, ROWS + 1):
        field, value = given.get(f"field_{number}", "").strip(), given.get(f"value_{number}", "")
        used = given.get(f"use_{number}") == "yes"
        found.append(Row(number, field, given.get(f"operator_{number}", "equals"), value, used))
    return found


def conditions_of(rows: Sequence[Row]) -> list[dict[str, str]]:
    """The conditions that are ticked."""
    return [{"field": row.field, "operator": row.operator, "value": row.value} for row in rows if row.used]


def filled(conditions: Sequence[Mapping[str, str]], used: int) -> list[Row]:
    """Rows for these conditions, of which the first are ticked, and empty ones after them."""
    rows = [
        Row(number, one["field"], one["operator"], one["value"], number <= used)
        for number, one in enumerate(conditions[:ROWS], 1)
    ]
    return [*rows, *(Row(number) for number in range(len(rows) + 1, ROWS + 1))]


def suggestions(alert: Alert, hits: Sequence[AlertEvent]) -> list[dict[str, str]]:
    """Conditions that all kept hits of an alert fit: fields that its rule asks for first, then user, host, address."""
    told: dict[str, set[str]] = {}
    for hit in hits:
        # Of a correlation rule only the group is in its events; how many there were is no condition.
        for name, value in (hit.group or hit.asked).items():
            if isinstance(value, str | int | float | bool) and str(value).strip():
                told.setdefault(name, set()).add(str(value))
    shared = [(name, next(iter(values))) for name, values in told.items() if len(values) == 1 and "; " not in name]
    envelope = [(USER, alert.user), (HOST, alert.host), (ADDRESS, alert.address)]
    own = {USER: "user", HOST: "host", ADDRESS: "address"}
    for name, value in envelope:
        if value and len({getattr(hit, own[name]).lower() for hit in hits}) == 1:
            shared.append((name, value))
    return [
        {"field": name, "operator": "equals", "value": value}
        for name, value in shared if len(value) < 500 and not value.endswith("…")
    ][:SUGGESTED]  # fmt: skip


class SaveForm(forms.Form):
    """What is said when an exception is put in force."""

    title = forms.CharField(max_length=200, help_text="What it is about, for the list.")
    owner = forms.ChoiceField(help_text="Who answers for it.")
    expires = forms.DateField(label="Until", widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))
    despite = forms.CharField(
        max_length=1000, required=False, label="Why it is right although true alerts lose hits",
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    proof = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, true_alerts: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = analysts()  # type: ignore[attr-defined]
        most = settings.ACCORD_EXCEPTION_DAYS
        self.fields["expires"].help_text = f"At most {most} days; then its hits are alerts again."
        if not true_alerts:
            del self.fields["despite"]
        else:
            self.fields["despite"].required = True

    def clean_expires(self) -> datetime:
        """The end of that day."""
        day = self.cleaned_data["expires"]
        return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))

    def refuse(self, problems: Any) -> None:
        for problem in problems:
            place = problem.column if problem.column in self.fields else None
            self.add_error(place, f"{problem.reason} {problem.remedy}".strip())


__all__ = ["OPERATORS", "ROWS", "Row", "SaveForm", "conditions_of", "filled", "rows_of", "suggestions"]
