"""Forms of sheets: a group of fields for each part, rows where there may be several, blank for unknown.

A form only gathers text; what is right is decided by the kind's own `read`, which import and API use as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from accord.core.errors import Problem
from accord.decisions.forms import patches
from accord.decisions.forms.parts import ENDS, Cell, Part, ends
from accord.decisions.sheets import insurance, materiality, supplier
from accord.estate.models import System
from accord.risk.models import LossEvent, Scenario, ScenarioLoss
from accord.ui.format import default_currency

EFFECT_ROWS = 6


def _effects(options: bool = False) -> Part:
    scenarios = [("", "–"), *Scenario.objects.order_by("key").values_list("key", "name")]
    first = (Cell("option", "Option"),) if options else ()
    return Part(
        "effects",
        "What it does to scenarios",
        "By how much each side rises (negative: falls), at 5, 50 and 95 %, such as 10% or -25%. Leave a side blank "
        "where it is not touched." + (" An option is meant by its name above." if options else ""),
        (
            *first,
            Cell("scenario", "Scenario", choices=scenarios),
            *ends("frequency", "How often"),
            *ends("magnitude", "Loss per event"),
        ),
        EFFECT_ROWS,
    )


def _insurance() -> tuple[Part, ...]:
    money = default_currency()
    return (
        Part("", "", "", (Cell("until", "Last day of the cover", "Blank: it does not run out.", type="date"),)),
        Part(
            "layers",
            "Layers on offer",
            "A layer pays what exceeds its attachment, up to its limit. Layers of one kind must not overlap. A premium "
            "that is not known yet stays blank.",
            (
                Cell("name", "Name"),
                Cell("per", "Of each", choices=insurance.PER),
                Cell("attachment", "Attachment", money, type="number"),
                Cell("limit", "Limit", money, type="number"),
                Cell("premium", "Premium a year", money, type="number"),
            ),
            insurance.MOST_LAYERS,
        ),
    )


def _supplier() -> tuple[Part, ...]:
    money = default_currency()
    return (
        Part(
            "",
            "",
            "",
            (
                Cell("supplier", "Supplier", required=True),
                Cell("years", "Years to compare", "1 to 10", type="number", required=True),
                Cell("until", "Last day of the decision", "Blank: it does not run out.", type="date"),
            ),
        ),
        Part(
            "options",
            "Options",
            "Keep, change, take a second source. A cost that is not known yet stays blank; 0 is none.",
            (
                Cell("name", "Name"),
                Cell("cost_a_year", "Cost a year", money, type="number"),
                Cell("one_off", "One-off cost", money, type="number"),
            ),
            supplier.MOST_OPTIONS,
        ),
        _effects(options=True),
    )


def _retirement() -> tuple[Part, ...]:
    money = default_currency()
    systems = [("", "–"), *System.objects.order_by("key").values_list("key", "name")]
    return (
        Part(
            "",
            "",
            "",
            (
                Cell("system", "System", choices=systems, required=True),
                Cell("planned", "Planned day of retirement", type="date", required=True),
                Cell(
                    "until", "Kept until, at the latest", "The decision runs out after it.", type="date", required=True
                ),
                Cell("saved_a_year", "The delay saves a year", f"{money}; blank is unknown", type="number"),
                Cell("one_off", "The delay costs once", f"{money}; 0 is none", type="number"),
            ),
        ),
        Part(
            "",
            "Added loss a day, where it is known",
            "Or say below what the delay does to scenarios, not both.",
            ends("extra_a_day", "Added loss a day", money),
        ),
        _effects(),
    )


def _materiality() -> tuple[Part, ...]:
    money = default_currency()
    events = [("", "–"), *((e.key, f"{e.key} of {e.date}") for e in LossEvent.objects.order_by("-date")[:100])]
    return (
        Part(
            "",
            "",
            "",
            (
                Cell("incident", "Incident", "What happened, in a few words.", required=True),
                Cell("event", "Loss event", "Where it is recorded already.", choices=events),
                Cell("aware_at", "Aware since", "The time zone is that of this Accord.", type="moment"),
                Cell(
                    "deadline_hours",
                    "Deadline after awareness",
                    "Hours; the organization's own or one that it is under.",
                    type="number",
                ),
                Cell("deadline_basis", "What the deadline rests on", "The rule or contract, as you cite it."),
            ),
        ),
        Part(
            "",
            "Threshold",
            "An amount, or a share of a revenue, or both: then the smaller one holds.",
            (
                Cell("threshold", "Threshold", money, type="number"),
                Cell("revenue", "Revenue a year", money, type="number"),
                Cell("revenue_share", "Threshold as a share of it", "Such as 0.5%", type="number"),
            ),
        ),
        Part(
            "",
            "When it counts as what",
            "The organization's own limits: there is no default.",
            (
                Cell("material_from", "Material from this chance on", "Such as 50%", type="number", required=True),
                Cell("not_below", "Not material below this chance", "Such as 10%", type="number", required=True),
            ),
        ),
        Part(
            "forms",
            "Loss by form",
            "5, 50 and 95 % of each form that there may be; blank is unknown, 0 is none.",
            (Cell("form", "Form", choices=[("", "–"), *ScenarioLoss.Form.choices]), *ends("amount", "Loss", money)),
            materiality.MOST_FORMS,
        ),
    )


PARTS = {
    "insurance": _insurance, "supplier": _supplier, "retirement": _retirement, "materiality": _materiality,
    "patch_or_wait": patches.parts,
}  # fmt: skip


class SheetForm(forms.Form):
    """The form of one kind, built from its parts."""

    title = forms.CharField(max_length=300, label="Title of the sheet")
    note = forms.CharField(
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Why it is to be decided",
        help_text="It is no part of what is signed.",
    )

    def __init__(self, kind: str, data: Any = None, *, given: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.plan = PARTS[kind]()
        for part in self.plan:
            for row in range(part.rows):
                for cell in part.cells:
                    self.fields[f"{part.name}_{row}_{cell.name}"] = cell.field(f" {row + 1}")
            if not part.rows:
                for cell in part.cells:
                    self.fields[cell.name] = cell.field()
        for name, value in (given or {}).items():
            if name in self.fields:
                self.fields[name].initial = value

    def parts(self) -> Iterable[dict[str, Any]]:
        """For the template: title, intro, and the bound fields (in rows where there are several)."""
        for part in self.plan:
            rows = [[self[f"{part.name}_{row}_{cell.name}"] for cell in part.cells] for row in range(part.rows)]
            fields = [] if part.rows or part.lines else [self[cell.name] for cell in part.cells]
            yield {
                "title": part.title,
                "intro": part.intro,
                "fields": fields,
                "rows": rows,
                "lines": self._lines(part),
                "heads": _heads(part.cells),
                "below": [(cell.short, cell.narrow) for cell in part.cells if cell.group],
                "name": part.name,
            }

    def _lines(self, part: Part) -> list[tuple[str, str, list[forms.BoundField]]]:
        """(label, help, fields) of each group of cells, where each has a line of its own."""
        groups = dict.fromkeys(cell.group for cell in part.cells) if part.lines else {}
        return [
            (group, next(cell.help for cell in part.cells if cell.group == group),
             [self[cell.name] for cell in part.cells if cell.group == group])
            for group in groups
        ]  # fmt: skip

    def values(self) -> dict[str, Any]:
        """What was filled in, as `read` takes it."""
        found: dict[str, Any] = {}
        for part in self.plan:
            if part.rows:
                found[part.name] = [self._row(part, row) for row in range(part.rows)]
            else:
                found.update({cell.name: self.cleaned_data.get(cell.name, "") for cell in part.cells})
        return found

    def _row(self, part: Part, row: int) -> dict[str, str]:
        values = {cell.name: self.cleaned_data.get(f"{part.name}_{row}_{cell.name}", "") for cell in part.cells}
        # A choice that always has a value does not make a line.
        fixed = {cell.name for cell in part.cells if cell.choices and cell.choices[0][0]}
        return values if any(value for name, value in values.items() if name not in fixed) else {}

    def refuse(self, problems: Sequence[Problem]) -> None:
        """Put the reasons beside the fields that they are about."""
        for problem in problems:
            name: str | None = problem.column
            if problem.table and problem.row:
                name = f"{problem.table}_{problem.row - 1}_{problem.column}"
            if name not in self.fields:
                place = f"{problem.table} {problem.row}: " if problem.table and problem.row else ""
                self.add_error(None, f"{place}{problem.reason} {problem.remedy}".strip())
            else:
                self.add_error(name, f"{problem.reason} {problem.remedy}".strip())


def _heads(cells: Sequence[Cell]) -> list[tuple[str, str, int, bool]]:
    """The upper line of a table's head: label, help, over how many columns below it stands (0: none), and if narrow."""
    found: list[tuple[str, str, int, bool]] = []
    for cell in cells:
        if cell.group and found and found[-1][0] == cell.group:
            found[-1] = (cell.group, cell.help, found[-1][2] + 1, cell.narrow)
        else:
            found.append((cell.group or cell.label, cell.help, 1 if cell.group else 0, cell.narrow))
    return found


def given(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a form from stored inputs, to change a draft."""
    found: dict[str, Any] = {}
    for name, value in inputs.items():
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            for n, row in enumerate(value):
                found.update({f"{name}_{n}_{column}": text for column, text in given(row).items()})
        elif isinstance(value, list) and len(value) == 3:
            found.update({f"{name}_{end}": f"{number:.15g}" for (end, _), number in zip(ENDS, value, strict=True)})
        elif name == "aware_at" and value:
            found[name] = f"{timezone.localtime(datetime.fromisoformat(value)):%Y-%m-%dT%H:%M}"
        else:
            found[name] = value
    return found


class ChoiceForm(forms.Form):
    """Which option is proposed."""

    chosen = forms.ChoiceField(choices=(), widget=forms.RadioSelect, label="Propose this option")

    def __init__(self, options: Sequence[Mapping[str, Any]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["chosen"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(one["key"], one["name"]) for one in options]
