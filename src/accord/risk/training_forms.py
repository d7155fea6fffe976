"""The form of one round of the calibration training."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms

from accord.core.errors import Problem
from accord.risk.services.trainings import Given
from accord.risk.training import RANGE, Question

SURE = [("", "Leave out")] + [
    (str(p), words)
    for p, words in (
        (0, "No, certain"), (10, "No, 90 % sure"), (20, "No, 80 % sure"), (30, "No, 70 % sure"), (40, "No, 60 % sure"),
        (50, "I cannot tell"), (60, "Yes, 60 % sure"), (70, "Yes, 70 % sure"), (80, "Yes, 80 % sure"),
        (90, "Yes, 90 % sure"), (100, "Yes, certain"),
    )
]  # fmt: skip


class RoundForm(forms.Form):
    """Two numbers per range question, one confidence per yes/no question; a blank question is left out."""

    def __init__(self, asked: Sequence[Question], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = asked
        for question in asked:
            if question.kind == RANGE:
                for end, words in (("low", "at least"), ("high", "at most")):
                    self.fields[f"{question.key}_{end}"] = forms.DecimalField(
                        required=False, max_digits=24, decimal_places=9, help_text=question.unit,
                        label=f"{question.text} – {words}",
                    )  # fmt: skip
            else:
                self.fields[question.key] = forms.ChoiceField(required=False, choices=SURE, label=question.text)

    def clean(self) -> dict[str, Any]:
        """A range is whole and rises, or blank."""
        values: dict[str, Any] = super().clean() or {}
        for question in self.asked:
            if question.kind != RANGE:
                continue
            low, high = (values.get(f"{question.key}_{end}") for end in ("low", "high"))
            for end, value, other in (("low", low, high), ("high", high, low)):
                name = f"{question.key}_{end}"
                if value is None and other is not None and name not in self.errors:
                    self.add_error(name, "Give both ends of the range, or leave both blank.")
            if low is not None and high is not None and low > high:
                self.add_error(f"{question.key}_low", "The smaller number comes first.")
        return values

    def answers(self) -> dict[str, Given]:
        """What was filled in, by question."""
        found: dict[str, Given] = {}
        for question in self.asked:
            if question.kind == RANGE:
                low, high = (self.cleaned_data.get(f"{question.key}_{end}") for end in ("low", "high"))
                if low is not None and high is not None:
                    found[question.key] = (low, high)
            elif self.cleaned_data.get(question.key):
                found[question.key] = Decimal(self.cleaned_data[question.key]) / 100
        return found

    def refuse(self, problems: Sequence[Problem]) -> None:
        """Put the reasons beside the questions that they are about."""
        for problem in problems:
            name = next((n for n in (problem.column, f"{problem.column}_low") if n in self.fields), None)
            self.add_error(name, f"{problem.reason} {problem.remedy}".strip())
