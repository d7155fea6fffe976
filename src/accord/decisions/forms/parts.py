"""What forms of sheets are made of: fields, and titled parts of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

ENDS = (("low", "5 %"), ("mid", "50 %"), ("high", "95 %"))
Choices = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of a form: its name, label, help, and the widget that fits.

    Columns of rows that are next to each other under one `group` stand below its name, each as its `short` label.
    """

    name: str
    label: str
    help: str = ""
    choices: Choices = ()
    type: str = "text"
    required: bool = False
    group: str = ""
    short: str = ""

    @property
    def narrow(self) -> bool:
        """A share takes less room than an amount, which says its currency."""
        return bool(self.group) and not self.help

    def field(self, suffix: str = "") -> forms.Field:
        label = f"{self.label}{suffix}"
        if self.choices:
            return forms.ChoiceField(choices=self.choices, required=self.required, label=label, help_text=self.help)
        attrs: dict[str, Any] = {} if self.type != "number" else {"inputmode": "decimal"}
        if self.narrow:
            attrs["size"] = 6
        widget = {
            "date": forms.DateInput(attrs={"type": "date"}),
            "moment": forms.DateTimeInput(attrs={"type": "datetime-local"}),
            "hidden": forms.HiddenInput(),
        }.get(self.type)
        return forms.CharField(
            max_length=300,
            required=self.required,
            label=label,
            help_text=self.help,
            widget=widget or forms.TextInput(attrs=attrs),
        )


@dataclass(frozen=True, slots=True)
class Part:
    """A titled part of a form: single fields, `rows` lines of the same fields, or `lines`: one for each group."""

    name: str
    title: str
    intro: str
    cells: tuple[Cell, ...]
    rows: int = 0
    lines: bool = False


def ends(stem: str, label: str, hint: str = "") -> tuple[Cell, ...]:
    return tuple(
        Cell(f"{stem}_{end}", f"{label}, {at}", hint, type="number", group=label, short=at) for end, at in ENDS
    )
