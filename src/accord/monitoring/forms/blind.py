"""The forms of what is not watched and of the threat profile."""

from __future__ import annotations

from decimal import Decimal

from django import forms

from accord.monitoring.services.blind.initiative import MOST_YEARS


class InitiativeForm(forms.Form):
    """A blind spot as an initiative, with its price."""

    key = forms.CharField(max_length=100, help_text="Stable and unique; it never changes.")
    name = forms.CharField(max_length=300)
    description = forms.CharField(max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 5}))
    quarters = forms.IntegerField(
        label="Duration, quarters", min_value=1, max_value=12, initial=1, help_text="From start to finish."
    )
    capital = forms.DecimalField(
        min_value=Decimal(0), max_digits=17, decimal_places=2, required=False, help_text="Once, in the first year."
    )
    running = forms.DecimalField(
        label="Running cost a year", min_value=Decimal(0), max_digits=17, decimal_places=2, required=False,
        help_text="Licences, storage, people.",
    )  # fmt: skip
    years = forms.IntegerField(
        label="Years of running cost", min_value=1, max_value=MOST_YEARS, initial=3,
        help_text="Counted from its own start.",
    )  # fmt: skip

    def clean(self) -> dict[str, object]:
        found = super().clean() or {}
        if not self.errors and found.get("capital") is None and found.get("running") is None:
            raise forms.ValidationError("Give a price: the capital, the running cost, or both. An estimate will do.")
        return found


class BundleForm(forms.Form):
    """ATT&CK's bundle."""

    upload = forms.FileField(
        label="Bundle", required=False,
        help_text="MITRE's enterprise-attack.json (STIX 2.1), also .gz. Leave it empty to download it.",
    )  # fmt: skip


class GroupsForm(forms.Form):
    """Why groups are chosen."""

    reason = forms.CharField(max_length=300, help_text="Why the organization reckons with them, such as its sector.")


class LayerForm(forms.Form):
    """A layer of the Navigator."""

    upload = forms.FileField(label="Layer", help_text="A layer of the ATT&CK Navigator, saved as JSON.")
    least = forms.FloatField(
        label="Least score", required=False,
        help_text="Only techniques with at least this score count; blank = all that are enabled.",
    )  # fmt: skip
