"""The form in which an executive states what they expect, before it is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms

from accord.core.errors import Problem
from accord.decisions.models import Estimate
from accord.decisions.services import Stated
from accord.ui.format import default_currency

About = Estimate.About


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that can be stated still: a date of an initiative, or the money of a year."""

    about: str
    subject: str
    name: str
    due: str


class EstimateForm(forms.Form):
    """Per cent for dates, two ends for money; a blank line states nothing."""

    def __init__(self, lines: Sequence[Line], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        money: dict[str, Any] = {"required": False, "min_value": 0, "max_digits": 17, "decimal_places": 2}
        for n, line in enumerate(lines):
            if line.about in (About.START, About.FINISH):
                self.fields[f"p_{n}"] = forms.DecimalField(
                    required=False, min_value=0, max_value=100, decimal_places=2, label=f"{line.name}, {line.due}",
                    help_text="% sure",
                )  # fmt: skip
            else:
                for end, text in (("low", "5 % end"), ("high", "95 % end")):
                    self.fields[f"{end}_{n}"] = forms.DecimalField(
                        label=f"{line.name}, {text}", help_text=default_currency(), **money
                    )

    def rows(self) -> list[tuple[Line, list[forms.BoundField]]]:
        """The lines with their fields, for the page."""
        return [
            (line, [self[name] for name in (f"p_{n}", f"low_{n}", f"high_{n}") if name in self.fields])
            for n, line in enumerate(self.lines)
        ]

    def stated(self) -> list[Stated]:
        """What was filled in. A range with one end is handed on, so that it is refused with its reason."""
        found = []
        for n, line in enumerate(self.lines):
            values = {name: self.cleaned_data.get(f"{name}_{n}") for name in ("p", "low", "high")}
            if any(value is not None for value in values.values()):
                share = None if values["p"] is None else Decimal(values["p"]) / 100
                found.append(Stated(line.about, line.subject, share, values["low"], values["high"]))
        return found

    def refuse(self, problems: Sequence[Problem]) -> None:
        """Put the reasons beside the lines that they are about."""
        places = {f"{line.about}:{line.subject}": n for n, line in enumerate(self.lines)}
        for problem in problems:
            n = places.get(problem.column)
            name = next((f"{side}_{n}" for side in ("p", "low") if f"{side}_{n}" in self.fields), None)
            self.add_error(name, f"{problem.reason} {problem.remedy}".strip())
