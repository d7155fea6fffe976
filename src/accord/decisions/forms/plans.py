"""Forms of this room."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from accord.core.errors import Problem
from accord.decisions.models import Stance

HEARD = (
    ("both", "Keep the pins and drops of both"),
    ("cio", "Keep those of the CIO only"),
    ("ciso", "Keep those of the CISO only"),
    ("none", "As if nobody had pinned or dropped anything"),
)


class RunForm(forms.Form):
    """How to compute the frontier."""

    heard = forms.ChoiceField(choices=HEARD, label="Pins and drops")


class StanceForm(forms.Form):
    """What one executive insists on about an initiative."""

    kind = forms.ChoiceField(
        choices=(("", "Neither"), *Stance.Kind.choices), required=False, label="This initiative",
        widget=forms.RadioSelect,
    )  # fmt: skip
    reason = forms.CharField(required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3}))

    def refuse(self, problems: list[Problem]) -> None:
        """Put the reasons beside the fields that they are about."""
        for problem in problems:
            name = problem.column if problem.column in self.fields else None
            self.add_error(name, f"{problem.reason} {problem.remedy}".strip())


class ProposeForm(forms.Form):
    """What is proposed to the other executive."""

    title = forms.CharField(max_length=300)
    note = forms.CharField(
        required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Why this plan. It is no part of what is signed.",
    )  # fmt: skip

    def refuse(self, problems: list[Problem]) -> None:
        """Put the reasons above the form."""
        for problem in problems:
            self.add_error(None, f"{problem.reason} {problem.remedy}".strip())


class OwnPlanForm(forms.Form):
    """A plan put together by hand: for each initiative the quarter in which it starts, or nothing."""

    name = forms.CharField(max_length=300, label="Name of the plan")

    def __init__(
        self, *args: Any, initiatives: Iterable[tuple[str, str]] = (), quarters: Iterable[str] = (),
        starts: dict[str, str] | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        choices = [("", "Not in the plan"), *((q, q) for q in quarters)]
        self.keys = []
        for key, name in initiatives:
            self.keys.append(key)
            self.fields[f"start_{key}"] = forms.ChoiceField(
                choices=choices, required=False, label=name, initial=(starts or {}).get(key, ""), help_text=key
            )

    def starts(self) -> dict[str, str]:
        """Initiative → the quarter chosen for it."""
        return {key: self.cleaned_data[f"start_{key}"] for key in self.keys if self.cleaned_data[f"start_{key}"]}

    def refuse(self, problems: list[Problem]) -> None:
        """Put the reasons beside the initiatives that they are about."""
        for problem in problems:
            name = f"start_{problem.column}" if f"start_{problem.column}" in self.fields else None
            name = "name" if problem.column == "name" else name
            self.add_error(name, f"{problem.reason} {problem.remedy}".strip())
