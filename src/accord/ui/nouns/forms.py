"""The form of a noun: one field per column; what may stand in it is checked by the gate that imports use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.db.models import Model
from django.urls import reverse

from accord.core import ledger, nouns
from accord.core.errors import Problem
from accord.core.nouns import Column, Noun
from accord.core.values import Kind, render
from accord.ui.nouns.fields import unit_of

FEW = 60
"""References to a noun with at most so many rows are chosen from a list, others by typing."""

NUMERIC = frozenset({Kind.INT, Kind.DECIMAL, Kind.MONEY, Kind.SHARE})
HINTS = {
    Kind.SHARE: "A share from 0 to 1, or a percentage such as 25%.",
    Kind.QUARTER: "A quarter, as 2027-Q1.",
    Kind.LIST: "One per line, or separated by semicolons.",
}


class NounForm(forms.Form):
    """The columns of a noun as texts. `values()` is what `core.imports.save_row` takes."""

    def __init__(
        self, noun: Noun, *args: Any, thing: Model | None = None, currency: str = "EUR", **kwargs: Any
    ) -> None:
        self.noun, self.thing = noun, thing
        row = noun.row(thing) if thing is not None else {}
        initial = {name: _text(noun.column(name), value) for name, value in row.items()}
        kwargs["initial"] = {**initial, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        for column in noun.columns:
            if thing is not None and column.key:
                continue
            self.fields[column.name] = _field(column, kwargs["initial"].get(column.name, ""), currency)
        if thing is not None:
            self.fields["_seen"] = forms.CharField(
                widget=forms.HiddenInput, required=False, initial=ledger.canonical(row)
            )

    def values(self) -> dict[str, str]:
        """Text by column, the key included."""
        given = {name: text for name, text in self.cleaned_data.items() if name != "_seen"}
        if self.thing is not None:
            row = self.noun.row(self.thing)
            given.update({column.name: render(row[column.name]) for column in self.noun.key_columns})
        return {column.name: given[column.name] for column in self.noun.columns if column.name in given}

    def refuse(self, problems: Iterable[Problem]) -> None:
        """Put each problem to its field, or above the form."""
        for problem in problems:
            text = f"{problem.reason} {problem.remedy}".strip()
            self.add_error(problem.column if problem.column in self.fields else None, text)


def _field(column: Column, present: str, currency: str) -> forms.Field:
    text = " ".join(part for part in (column.help, HINTS.get(column.kind, "")) if part)
    label = column.title
    unit = currency if column.kind is Kind.MONEY else unit_of(column)
    if unit:
        label = f"{label}, {unit}"
    widget = _widget(column, present)
    return forms.CharField(
        label=label, required=column.required or column.key, help_text=text, widget=widget, strip=False,
        error_messages={"required": "It is blank. Every row needs it."},
    )  # fmt: skip


def _widget(column: Column, present: str) -> forms.Widget:
    start = [("", "Choose…" if column.required or column.key else "unknown")]
    match column.kind:
        case Kind.LONG | Kind.LIST:
            return forms.Textarea(attrs={"rows": 4 if column.kind is Kind.LONG else 3, "class": "input"})
        case Kind.CHOICE:
            return forms.Select(choices=[*start, *column.choices], attrs={"class": "select"})
        case Kind.BOOL:
            return forms.Select(choices=[*start, ("yes", "yes"), ("no", "no")], attrs={"class": "select"})
        case Kind.REF:
            return _ref_widget(column, start, present)
        case Kind.DATE:
            return forms.DateInput(attrs={"type": "date", "class": "input"})
        case kind if kind in NUMERIC:
            return forms.TextInput(attrs={"inputmode": "decimal", "class": "input input-number", "autocomplete": "off"})
        case _:
            return forms.TextInput(attrs={"class": "input", "maxlength": column.max_length, "autocomplete": "off"})


def _ref_widget(column: Column, start: list[tuple[str, str]], present: str) -> forms.Widget:
    target = nouns.get(column.noun)
    found = options(target, limit=FEW + 1)
    if len(found) <= FEW:
        if present and present not in dict(found):
            found.append((present, present))
        return forms.Select(choices=[*start, *((k, f"{k} · {label}" if label else k) for k, label in found)],
                            attrs={"class": "select"})  # fmt: skip
    return forms.TextInput(
        attrs={
            "class": "input",
            "autocomplete": "off",
            "placeholder": f"Key or name of the {target.label}",
            "data-options": reverse("ui:options", args=[target.name]),
        }
    )


def options(noun: Noun, text: str = "", limit: int = 20, rows: Any = None) -> list[tuple[str, str]]:
    """(key, title) of the noun's objects whose key or title holds the text, in order of key. One query."""
    from django.db.models import Q

    queryset = noun.model._default_manager.all() if rows is None else rows
    names = ["key"]
    if noun.has(noun.title) and noun.title != "key":
        names.append(noun.column(noun.title).attribute)
    if text:
        match = Q()
        for name in names:
            match |= Q(**{f"{name}__icontains": text})
        queryset = queryset.filter(match)
    return [
        (row[0], str(row[1]) if len(row) > 1 else "") for row in queryset.order_by("key").values_list(*names)[:limit]
    ]


def _text(column: Column, value: Any) -> str:
    if column.kind is Kind.LIST:
        return "\n".join(str(part) for part in value or ())
    return render(value)


def prefill(noun: Noun, params: Mapping[str, Any]) -> dict[str, str]:
    """Initial texts of a new object's form from URL parameters that name columns."""
    return {column.name: str(params[column.name])[:300] for column in noun.columns if column.name in params}
