"""The form for what really happened after a sheet on a patch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from accord.core.errors import Problem
from accord.decisions.models import SheetOutcome
from accord.risk.models import LossEvent

ANSWERS = (("", "not known"), ("yes", "yes"), ("no", "no"))


def _answer(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


class OutcomeForm(forms.Form):
    """Downtime, failed, incident with its loss event, and a note; blank is not known."""

    downtime_hours = forms.CharField(
        required=False, max_length=20, label="Downtime that it really took", help_text="Hours; 0 where it stayed up.",
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )  # fmt: skip
    failed = forms.ChoiceField(required=False, choices=ANSWERS, label="Was the patch taken back?")
    incident = forms.ChoiceField(
        required=False, choices=ANSWERS, label="Was there an incident while it waited?",
        help_text="That the weakness was used here.",
    )  # fmt: skip
    event = forms.ChoiceField(required=False, choices=(), label="Loss event", help_text="Where it is recorded.")
    note = forms.CharField(
        required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 3}), label="What is to be remembered"
    )

    def __init__(self, data: Any = None, *, kept: SheetOutcome | None = None) -> None:
        start = {} if kept is None else {
            "downtime_hours": "" if kept.downtime_hours is None else f"{kept.downtime_hours:g}",
            "failed": _answer(kept.failed), "incident": _answer(kept.incident),
            "event": kept.event.key if kept.event else "", "note": kept.note,
        }  # fmt: skip
        super().__init__(data, initial=start)
        field = self.fields["event"]
        assert isinstance(field, forms.ChoiceField)
        events = LossEvent.objects.order_by("-date")[:100]
        field.choices = [("", "–"), *((one.key, f"{one.key} of {one.date}") for one in events)]

    def refuse(self, problems: Sequence[Problem]) -> None:
        """Put the reasons beside the fields that they are about."""
        for problem in problems:
            name = problem.column if problem.column in self.fields else None
            self.add_error(name, f"{problem.reason} {problem.remedy}".strip())
