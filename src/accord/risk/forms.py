"""Forms of the appetite and of its keys."""

from __future__ import annotations

from typing import Any

from django import forms

from accord.core.errors import Problem
from accord.risk.services.appetites import MOST_POINTS
from accord.ui.format import default_currency

ROWS = 6


class AppetiteForm(forms.Form):
    """The points of an appetite, a line each: an amount and how often a year may exceed it, in per cent."""

    def __init__(self, *args: Any, points: list[list[float]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = points or []
        for row in range(max(ROWS, min(len(given) + 1, MOST_POINTS))):
            amount, probability = given[row] if row < len(given) else (None, None)
            self.fields[f"amount_{row}"] = forms.DecimalField(
                required=False, min_value=0, max_digits=17, decimal_places=2, label=f"Amount {row + 1}",
                initial=None if amount is None else f"{amount:.0f}", help_text=default_currency(),
            )  # fmt: skip
            self.fields[f"percent_{row}"] = forms.DecimalField(
                required=False, min_value=0, max_value=100, decimal_places=4, label=f"Highest probability {row + 1}",
                initial=None if probability is None else f"{probability * 100:g}", help_text="% of years",
            )  # fmt: skip

    @property
    def pairs(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The two fields of each line."""
        return [(self[f"amount_{row}"], self[f"percent_{row}"]) for row in range(len(self.fields) // 2)]

    def clean(self) -> dict[str, Any]:
        """A line is whole or blank."""
        values: dict[str, Any] = super().clean() or {}
        for row in range(len(self.fields) // 2):
            names = (f"amount_{row}", f"percent_{row}")
            blank = [name for name in names if values.get(name) is None and name not in self.errors]
            if len(blank) == 1:
                self.add_error(blank[0], "Give both of the line, or leave both blank.")
        return values

    def points(self) -> list[list[float]]:
        """The lines that are filled in: (amount, probability 0–1)."""
        values = self.cleaned_data
        lines = [(values.get(f"amount_{row}"), values.get(f"percent_{row}")) for row in range(len(self.fields) // 2)]
        return [[float(a), float(p) / 100.0] for a, p in lines if a is not None and p is not None]

    def refuse(self, problems: list[Problem]) -> None:
        """Put the reasons beside the lines that they are about."""
        filled = [row for row in range(len(self.fields) // 2) if self.cleaned_data.get(f"amount_{row}") is not None]
        for problem in problems:
            side = "percent" if problem.column == "probability" else "amount"
            known = problem.row is not None and problem.row <= len(filled)
            name = f"{side}_{filled[problem.row - 1]}" if known and problem.row else None
            self.add_error(name, f"{problem.reason} {problem.remedy}".strip())


class KeyForm(forms.Form):
    """Prove again who you are, to turn a key."""

    password = forms.CharField(
        required=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text="Or use an authenticator code, or a security key just before.",
    )  # fmt: skip
    code = forms.CharField(
        required=False, label="Authenticator code", max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )  # fmt: skip

    def refuse(self, problems: list[Problem]) -> None:
        """Put the reasons beside the fields that they are about."""
        for problem in problems:
            name = problem.column if problem.column in self.fields else None
            self.add_error(name, f"{problem.reason} {problem.remedy}".strip())


class DissentForm(KeyForm):
    """Say why, and prove who you are: a dissent is recorded like a signature."""

    reason = forms.CharField(widget=forms.Textarea(attrs={"rows": 4}), help_text="It stays with the proposal.")
    field_order = ("reason", "password", "code")
