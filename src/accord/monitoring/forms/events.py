"""What is looked for among stored events."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from accord.monitoring.models import Source
from accord.monitoring.store import Search

WINDOWS = {
    "1h": ("Last hour", timedelta(hours=1)), "24h": ("Last 24 hours", timedelta(days=1)),
    "7d": ("Last 7 days", timedelta(days=7)), "30d": ("Last 30 days", timedelta(days=30)),
    "all": ("All that is stored", timedelta(days=36_500)),
}  # fmt: skip
DEFAULT = "24h"
WRITTEN = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d")
AHEAD = timedelta(days=3650)
"""Beyond now, so that events of clocks that are ahead are found as well."""


class SearchForm(forms.Form):
    """Text, who, where, which source, and when."""

    q = forms.CharField(required=False, max_length=200, label="Text in the record", strip=True)
    host = forms.CharField(required=False, max_length=300, label="Host", help_text="Whole; a * at an end is anything.")
    user = forms.CharField(required=False, max_length=300, label="User", help_text="Whole; a * at an end is anything.")
    address = forms.CharField(
        required=False, max_length=60, label="Address", help_text="From or to; also a network, 10.1.0.0/16."
    )
    source = forms.ChoiceField(required=False, label="Source")
    product = forms.CharField(required=False, max_length=60, label="Product", help_text="windows, linux, aws …")
    window = forms.ChoiceField(
        required=False, label="When", choices=[(name, label) for name, (label, _) in WINDOWS.items()]
    )
    since = forms.DateTimeField(required=False, label="From", input_formats=WRITTEN)
    until = forms.DateTimeField(required=False, label="Until", input_formats=WRITTEN)

    def __init__(self, data: Any, **told: Any) -> None:
        super().__init__({**{"window": DEFAULT}, **{name: data[name] for name in data}}, **told)
        names = Source.objects.order_by("name", "pk").values_list("key", "name")
        source: Any = self.fields["source"]
        source.choices = [("", "Any source"), *names]

    def clean_address(self) -> str:
        text = str(self.cleaned_data["address"]).strip()
        if not text:
            return ""
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            raise forms.ValidationError("It is no address. Write one such as 10.1.2.3, or a network.") from None
        if network.version == 6 and network.num_addresses > 1:
            raise forms.ValidationError("Networks of IPv6 cannot be searched for. Write one address.")
        return text

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        since, until = found.get("since"), found.get("until")
        if since and until and since >= until:
            self.add_error("until", "It is before the time from which on is searched.")
        return found

    def search(self, now: datetime | None = None) -> Search:
        """What a form that is valid asks for."""
        told, moment = self.cleaned_data, now or timezone.now()
        until = told["until"] or moment + AHEAD
        length = WINDOWS[told["window"] or DEFAULT][1]
        end = told["until"] or moment
        since = told["since"] or end - min(length, end - datetime(1900, 1, 1, tzinfo=end.tzinfo))
        source = Source.objects.filter(key=told["source"]).values_list("pk", flat=True).first()
        return Search(
            since, until, told["q"], told["host"], told["user"], told["address"], source if told["source"] else None,
            told["product"].lower(),
        )  # fmt: skip
