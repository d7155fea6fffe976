"""What a person hands in about campaigns, tickets and patch plans."""

from __future__ import annotations

from typing import Any

from django import forms

from accord.engines.priority import Urgency
from accord.exposure.models import Ticket
from accord.exposure.selectors.policy import policy

DATE = {"type": "date", "class": "input"}
TEXT = {"class": "input"}


class CampaignForm(forms.Form):
    """Who leads it, and by when it should be done."""

    name = forms.CharField(max_length=200, widget=forms.TextInput(TEXT))
    purpose = forms.CharField(
        max_length=1000, required=False, widget=forms.Textarea({"class": "input", "rows": 3}),
        help_text="What it is for, in plain words.",
    )  # fmt: skip
    owner = forms.CharField(
        max_length=100, required=False, label="Owner (key of a person)", widget=forms.TextInput(TEXT)
    )
    aim = forms.DateField(label="Done by", widget=forms.DateInput(DATE))


class TicketForm(forms.Form):
    """What the other side says of a ticket."""

    state = forms.ChoiceField(choices=Ticket.State.choices, widget=forms.Select({"class": "input"}))
    reference = forms.CharField(max_length=200, required=False, widget=forms.TextInput(TEXT))
    address = forms.CharField(max_length=500, required=False, widget=forms.TextInput(TEXT))
    note = forms.CharField(max_length=500, required=False, widget=forms.TextInput(TEXT))


class PatchPlanForm(forms.Form):
    """Until when loss is counted, and which jobs without a price come before all priced ones."""

    until = forms.DateField(
        label="Loss counted until", widget=forms.DateInput(DATE),
        help_text="A fix removes its loss a day from the end of its window until this day.",
    )  # fmt: skip
    first = forms.TypedChoiceField(
        label="Jobs without a price that come first", coerce=int, widget=forms.Select({"class": "input"}),
        help_text="A price that nobody knows is not a low one. The others come after all priced jobs.",
    )  # fmt: skip

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        first: Any = self.fields["first"]
        classes = [(int(u), policy().label(u)) for u in Urgency if u is not Urgency.NONE]
        first.choices = [
            (-1, "None of them"), *((n, f"Those to be fixed within {label} or sooner") for n, label in classes)
        ]
