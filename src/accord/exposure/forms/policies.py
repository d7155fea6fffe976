"""Forms of the priority policy, of its keys, and of a triage case."""

from __future__ import annotations

from typing import Any

from django import forms

from accord.core.errors import Problem
from accord.engines.priority import KINDS, Policy, Urgency, default_policy
from accord.exposure.models import TriageCase
from accord.ui.format import default_currency

GRADES = ("medium", "high", "very high")
BANDS = ("critical", "high", "medium")


class Refusable(forms.Form):
    """A form that shows the reasons of a service beside its fields."""

    def refuse(self, problems: list[Problem]) -> None:
        for problem in problems:
            name = problem.column if problem.column in self.fields else None
            self.add_error(name, f"{problem.reason} {problem.remedy}".strip())


class PolicyForm(Refusable):
    """A policy: which table, and per class its name, days, and whether it asks for triage."""

    title = forms.CharField(max_length=200, label="Name of the policy")
    kind = forms.ChoiceField(choices=list(KINDS.items()), label="Table")
    reason = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}), label="Why")

    def __init__(self, *args: Any, rules: Policy | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        start = rules or default_policy()
        self.fields["kind"].initial = start.kind
        for slot in Urgency:
            at, one = int(slot), start.slots[slot]
            name = f"Class {at + 1}: name"
            self.fields[f"label_{at}"] = forms.CharField(max_length=60, initial=one.label, label=name)
            if slot is Urgency.NONE:
                continue
            self.fields[f"days_{at}"] = forms.IntegerField(
                required=False, min_value=1, max_value=3650, initial=one.days, label=f"Class {at + 1}: days",
                help_text="Blank = no deadline.",
            )  # fmt: skip
            self.fields[f"triage_{at}"] = forms.BooleanField(
                required=False, initial=one.triage, label=f"Class {at + 1}: opens a triage case"
            )
        self.fields["lift_share"] = forms.DecimalField(
            required=False, min_value=0, max_value=100, label="Lift by goal weight",
            help_text="% of goal weight or more",
            initial=None if start.lift_share is None else f"{start.lift_share * 100:g}",
        )  # fmt: skip
        self.fields["lift_loss"] = forms.DecimalField(
            required=False, min_value=0, label="Lift by loss at stake",
            help_text=f"{default_currency()} a year or more",
            initial=None if start.lift_loss is None else f"{start.lift_loss:.0f}",
        )  # fmt: skip
        for at, name in enumerate(GRADES):
            self.fields[f"goal_{at}"] = forms.DecimalField(
                min_value=0, max_value=100, initial=f"{start.goal_bounds[at] * 100:g}",
                label=f"SSVC: human impact {name}", help_text="% of goal weight or more",
            )  # fmt: skip
        for at, name in enumerate(BANDS):
            self.fields[f"band_{at}"] = forms.DecimalField(
                min_value=0, max_value=10, initial=f"{start.bands[at]:g}", label=f"CVSS: {name} from"
            )

    def table(self) -> dict[str, Any]:
        """The policy as plain data."""
        given = self.cleaned_data
        slots = [
            {
                "label": given[f"label_{int(slot)}"], "days": given.get(f"days_{int(slot)}"),
                "triage": given.get(f"triage_{int(slot)}", False),
            }
            for slot in Urgency
        ]  # fmt: skip
        share, loss = given.get("lift_share"), given.get("lift_loss")
        return {
            "kind": given["kind"], "slots": slots,
            "lift_share": None if not share else float(share) / 100, "lift_loss": None if not loss else float(loss),
            "goal_bounds": [float(given[f"goal_{at}"]) / 100 for at in range(3)],
            "bands": [float(given[f"band_{at}"]) for at in range(3)],
        }  # fmt: skip


class PolicyKeyForm(Refusable):
    """Prove again who you are, to turn a key."""

    password = forms.CharField(
        required=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text="Or use an authenticator code, or a security key just before.",
    )  # fmt: skip
    code = forms.CharField(
        required=False, label="Authenticator code", max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )  # fmt: skip


class PolicyDissentForm(PolicyKeyForm):
    """Say why, and prove who you are."""

    reason = forms.CharField(widget=forms.Textarea(attrs={"rows": 4}), help_text="It stays with the proposal.")
    field_order = ("reason", "password", "code")


class TriageForm(Refusable):
    """What came of a triage case."""

    looked_for = forms.CharField(
        label="What was looked for, and where", widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Logs, hosts, indicators, and the time that they reach back to.",
    )  # fmt: skip
    outcome = forms.ChoiceField(choices=[("", "Choose…"), *TriageCase.Outcome.choices])
