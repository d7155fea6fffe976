"""Forms of rules."""

from __future__ import annotations

from typing import Any

from django import forms

from accord.monitoring.models import Rule
from accord.monitoring.services.rules.policy import Wanted

SKELETON = """title: What it finds, in a few words
id: {id}
status: experimental
description: What an attacker does, and what an analyst looks at first
logsource:
    product: linux
    service: auditd
detection:
    selection:
        exe|endswith: /nc
    condition: selection
falsepositives:
    - What else looks like it
level: medium
tags:
    - attack.execution
"""


class TextForm(forms.Form):
    """A rule's text."""

    text = forms.CharField(
        label="Rule (YAML, as Sigma defines it)",
        widget=forms.Textarea(attrs={"rows": 28, "spellcheck": "false", "class": "mono", "wrap": "off"}),
        max_length=1 << 20,
        strip=False,
    )
    note = forms.CharField(label="Why", max_length=500, required=False, help_text="Stands in the version's history.")


class ImportForm(forms.Form):
    """An archive of rules."""

    collection = forms.CharField(
        label="Collection", max_length=100,
        help_text="The name under which its rules are kept. The same name again compares with what is there.",
    )  # fmt: skip
    upload = forms.FileField(label="ZIP or TAR with Sigma rules (.yml)")


class PolicyForm(forms.Form):
    """Which rules are enabled."""

    level = forms.ChoiceField(label="From level", required=False)
    delivered = forms.BooleanField(
        label="Only products that a source delivers",
        required=False,
        help_text="Products of which an event has come. Rules of no product are of every one.",
    )
    products = forms.MultipleChoiceField(
        label="Or these products", required=False, widget=forms.CheckboxSelectMultiple, help_text="None: all."
    )
    statuses = forms.MultipleChoiceField(
        label="Statuses",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None: all but deprecated and unsupported.",
    )
    collections = forms.MultipleChoiceField(
        label="Collections", required=False, widget=forms.CheckboxSelectMultiple, help_text="None: all."
    )
    also_pinned = forms.BooleanField(
        label="Also rules that somebody switched one by one", required=False,
        help_text="Otherwise the policy passes them over.",
    )  # fmt: skip

    def __init__(self, choices: dict[str, list[tuple[str, str]]], data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        levels = [(value, label) for value, label in reversed(Rule.Level.choices) if value != Rule.Level.NONE]
        self.fields["level"].choices = [("", "Every level"), *levels]  # type: ignore[attr-defined]
        for name in ("products", "statuses", "collections"):
            self.fields[name].choices = choices[name.removesuffix("es" if name == "statuses" else "s")]  # type: ignore[attr-defined]

    def wanted(self) -> Wanted:
        given = self.cleaned_data
        return Wanted(given["level"], given["products"], given["delivered"], given["statuses"], given["collections"])


class TestForm(forms.Form):
    """Events that a rule must or must not match."""

    name = forms.CharField(label="Name", max_length=200)
    matches = forms.ChoiceField(
        label="The events", choices=[("yes", "must match"), ("no", "must not match")], initial="yes"
    )
    least = forms.IntegerField(
        label="At least",
        required=False,
        min_value=1,
        max_value=200,
        help_text="How many of the events must match; empty: all. Of a correlation rule, how often it fires.",
    )
    events = forms.CharField(
        label="Events (JSON)",
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "class": "mono"}),
        help_text="One object, a list, or one object on each line, as the product writes them.",
    )  # fmt: skip


class CourseForm(forms.Form):
    """What is decided of a rule."""

    course = forms.ChoiceField(label="Decision", choices=Rule.Course.choices)
    note = forms.CharField(label="Reason", max_length=500)


class PlaceholderForm(forms.Form):
    """The values of a placeholder."""

    name = forms.CharField(label="Placeholder", max_length=202, help_text="As it stands between the % in the rule.")
    values = forms.CharField(
        label="Values, one on each line", required=False, max_length=1_100_000,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "class": "mono"}),
        help_text="At most 1,000 of 1,000 characters, taken as they are: * is a star. An empty field takes the values "
        "away.",
    )  # fmt: skip
    note = forms.CharField(label="Note", max_length=500, required=False, help_text="Where the values come from.")

    def refuse(self, problems: Any) -> None:
        for problem in problems:
            place = problem.column if problem.column in self.fields else None
            self.add_error(place, f"{problem.reason} {problem.remedy}".strip())


class PlaceholderImportForm(forms.Form):
    """A file of values."""

    upload = forms.FileField(label="File (.yml)")
