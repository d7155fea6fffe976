"""Forms of the joint table: a position, the sliders, a comment, and a signature with reservations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from accord.core.errors import Problem
from accord.decisions.models import Stance
from accord.decisions.positions import MOST_WEIGHT, NOTE, Insisted, View
from accord.decisions.selectors import Asked
from accord.decisions.services import Reserved
from accord.risk.forms import KeyForm
from accord.ui import format as write

RESERVATIONS = 4
CHOICES = (("", "Neither"), *Stance.Kind.choices)


class PositionForm(forms.Form):
    """One executive's position: a weight for each goal, what must be in or out, and why."""

    def __init__(self, *args: Any, problem: Mapping[str, Any], view: View | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.goals, self.items = problem["goals"], problem["initiatives"]
        for goal in self.goals:
            weight = view.weights.get(goal["key"]) if view else round(100 * goal["weight"], 1)
            self.fields[f"weight_{goal['key']}"] = forms.FloatField(
                label=goal["name"], min_value=0, max_value=MOST_WEIGHT,
                initial=None if weight is None else f"{weight:g}",
                widget=forms.NumberInput(attrs={"class": "input input-number", "step": "any", "inputmode": "decimal"}),
                error_messages={"required": "Give a weight, 0 if it counts nothing."},
            )  # fmt: skip
        for item in self.items:
            said = view.stances.get(item["key"]) if view else None
            label = f"{item['name']}: what you insist on"
            self.fields[f"kind_{item['key']}"] = forms.ChoiceField(
                choices=CHOICES, required=False, label=label, initial=said.kind if said else "",
                widget=forms.Select(attrs={"class": "select", "aria-label": label}),
            )  # fmt: skip
            self.fields[f"reason_{item['key']}"] = forms.CharField(
                required=False, max_length=500, initial=said.reason if said else "",
                widget=forms.TextInput(attrs={"class": "input", "aria-label": f"{item['name']}: why"}),
            )  # fmt: skip
        self.fields["note"] = forms.CharField(
            required=False, max_length=NOTE, initial=view.note if view else "", label="In your own words",
            widget=forms.Textarea(attrs={"rows": 3}), help_text="Shown with your position when both have handed in.",
        )  # fmt: skip

    @property
    def goal_rows(self) -> list[tuple[Any, Any]]:
        """(goal, its field) in the order of the frontier."""
        return [(goal, self[f"weight_{goal['key']}"]) for goal in self.goals]

    @property
    def item_rows(self) -> list[tuple[Any, Any, Any]]:
        """(initiative, field of the stance, field of the reason)."""
        return [(item, self[f"kind_{item['key']}"], self[f"reason_{item['key']}"]) for item in self.items]

    def view(self) -> View:
        """What was filled in."""
        values = self.cleaned_data
        stances = {
            item["key"]: Insisted(values[f"kind_{item['key']}"], values[f"reason_{item['key']}"])
            for item in self.items
            if values[f"kind_{item['key']}"]
        }
        return View({goal["key"]: values[f"weight_{goal['key']}"] for goal in self.goals}, stances, values["note"])

    def refuse(self, problems: Sequence[Problem]) -> None:
        """Put the reasons beside the fields that they are about."""
        for problem in problems:
            prefix = "weight" if problem.table == "goal" else "kind"
            name = f"{prefix}_{problem.column}" if f"{prefix}_{problem.column}" in self.fields else None
            self.add_error(name, f"{problem.reason} {problem.remedy}".strip())


class SlidersForm(forms.Form):
    """What if: each field is a slider with its value beside it."""

    budget = forms.IntegerField(required=False, min_value=-30, max_value=30, label="Budget of each year")
    mix = forms.IntegerField(required=False, min_value=0, max_value=100, label="Whose weights count")
    loss = forms.IntegerField(required=False, min_value=1, max_value=100, label="Most expected loss a year")

    def asked(self) -> Asked:
        """What was asked; a slider that was not moved stands where it began."""
        given = {name: value for name, value in self.cleaned_data.items() if value is not None}
        return Asked(**given)


class CommentForm(forms.Form):
    """A comment beside one figure."""

    figure = forms.CharField(max_length=150, widget=forms.HiddenInput)
    text = forms.CharField(max_length=2000, label="Comment", widget=forms.Textarea(attrs={"rows": 2}))

    def refuse(self, problems: Sequence[Problem]) -> None:
        """Put the reasons above the form."""
        for problem in problems:
            self.add_error("text" if problem.column == "text" else None, f"{problem.reason} {problem.remedy}".strip())


class SignForm(KeyForm):
    """A signature, with the points that the signer does not share."""

    def __init__(self, *args: Any, points: Mapping[tuple[str, str], str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        figures = [(f"{kind}:{key}", name) for (kind, key), name in (points or {}).items() if kind == "figure"]
        items = [(f"{kind}:{key}", name) for (kind, key), name in (points or {}).items() if kind == "initiative"]
        choices = (("", "No reservation"), ("Figures", tuple(figures)), ("Initiatives", tuple(items)))
        for row in range(1, RESERVATIONS + 1):
            self.fields[f"point_{row}"] = forms.ChoiceField(choices=choices, required=False, label=f"Point {row}")
            self.fields[f"reason_{row}"] = forms.CharField(
                required=False, max_length=1000, label=f"What you do not share in point {row}"
            )

    @property
    def key_fields(self) -> list[Any]:
        """The fields by which the signer proves who they are."""
        return [self["password"], self["code"]]

    @property
    def pairs(self) -> list[tuple[Any, Any]]:
        """(point, reason) of each line."""
        return [(self[f"point_{row}"], self[f"reason_{row}"]) for row in range(1, RESERVATIONS + 1)]

    @property
    def opened(self) -> bool:
        """Whether a line is filled in or wrong: then the page shows them."""
        return any(field.value() or field.errors for pair in self.pairs for field in pair)

    def clean(self) -> dict[str, Any]:
        """A line is whole or blank."""
        values: dict[str, Any] = super().clean() or {}
        for row in range(1, RESERVATIONS + 1):
            point, reason = values.get(f"point_{row}"), (values.get(f"reason_{row}") or "").strip()
            if point and not reason:
                self.add_error(f"reason_{row}", "Say what you do not share.")
            if reason and not point:
                self.add_error(f"point_{row}", "Choose the point that you mean.")
        return values

    def reservations(self) -> list[Reserved]:
        """The lines that are filled in."""
        found = []
        for row in range(1, RESERVATIONS + 1):
            if point := self.cleaned_data.get(f"point_{row}"):
                kind, _, key = point.partition(":")
                found.append(Reserved(kind, key, self.cleaned_data[f"reason_{row}"]))
        return found


def slider_words(asked: Asked, today: float, currency: str) -> dict[str, str]:
    """The value of each slider in words, as it stands beside it."""
    budget = "as planned" if asked.budget == 0 else f"{write.number(asked.budget)}{write.NBSP}%"
    if asked.budget > 0:
        budget = f"+{budget}"
    loss = "no limit"
    if asked.loss < 100:
        loss = f"{write.money(today * asked.loss / 100, currency, compact=True)} ({asked.loss}{write.NBSP}% of today)"
    mix = f"CIO {100 - asked.mix}{write.NBSP}%, CISO {asked.mix}{write.NBSP}%"
    return {"budget": budget, "mix": mix, "loss": loss}
