"""What a person says of a source."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.urls import reverse

from accord.monitoring.models import Source
from accord.monitoring.services.sources.settings import TRANSPORTS

TEXT = {"class": "input"}
KINDS = (Source.Kind.SYSLOG, Source.Kind.FILES, Source.Kind.HTTP, Source.Kind.NATS, Source.Kind.UPLOAD)
"""Kinds that can be added here."""


class SourceForm(forms.Form):
    """What every source has."""

    name = forms.CharField(max_length=200, widget=forms.TextInput(TEXT), help_text="Such as “Domain controllers”.")
    owner = forms.CharField(
        max_length=100, required=False, label="Owner (key of a person)", widget=forms.TextInput(TEXT)
    )
    zone = forms.CharField(
        max_length=60, required=False, label="Zone of times without one", widget=forms.TextInput(TEXT),
        help_text="Such as Europe/Vienna or +01:00. Without it such times stay unknown.",
    )  # fmt: skip
    retention_days = forms.IntegerField(
        label="Events are kept for (days)", initial=90, min_value=1, max_value=3650,
        widget=forms.NumberInput(TEXT),
    )  # fmt: skip
    silent_after = forms.FloatField(
        label="Silent after (minutes)", required=False, min_value=1, max_value=525_600,
        widget=forms.NumberInput({**TEXT, "step": "any"}),
        help_text="Without it a source counts as silent by its own past.",
    )  # fmt: skip

    host = forms.CharField(
        max_length=300, required=False, label="Machine of logs that name none", widget=forms.TextInput(TEXT),
        help_text="Such as web-01.example.org, for access logs and audit logs of one machine.",
    )  # fmt: skip
    asset = forms.CharField(
        max_length=100, required=False, label="Its events are about asset (key)", widget=forms.TextInput(TEXT),
        help_text="Taken where an event itself names no asset that is known. Empty: such events are of no asset.",
    )  # fmt: skip
    settings_names: tuple[str, ...] = ("host",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["asset"].widget.attrs["data-options"] = reverse("ui:options", args=["asset"])

    def told(self) -> dict[str, Any]:
        """The fields as the services take them."""
        data = dict(self.cleaned_data)
        minutes = data.pop("silent_after")
        settings = {name: data.pop(name) for name in self.settings_names}
        return {**data, "silent_after": timedelta(minutes=minutes) if minutes else None, "settings": settings}


class SyslogForm(SourceForm):
    """Where syslog is listened for, and from whom."""

    transport = forms.ChoiceField(choices=list(TRANSPORTS.items()), widget=forms.Select(TEXT))
    port = forms.IntegerField(initial=6514, min_value=1, max_value=65_535, widget=forms.NumberInput(TEXT))
    address = forms.CharField(
        max_length=60, required=False, widget=forms.TextInput(TEXT), help_text="Of this machine; empty = all of them."
    )
    networks = forms.CharField(
        max_length=4000, required=False, label="Senders", widget=forms.TextInput(TEXT),
        help_text="Networks by space, such as 10.1.0.0/16; empty = everybody whom no other source of this port takes.",
    )  # fmt: skip
    certificate = forms.CharField(
        max_length=500, required=False, widget=forms.TextInput(TEXT),
        help_text="Path of a PEM file on this machine; without it one is made.",
    )  # fmt: skip
    key = forms.CharField(max_length=500, required=False, widget=forms.TextInput(TEXT), help_text="Path of its key.")
    authority = forms.CharField(
        max_length=500, required=False, label="Authority of senders", widget=forms.TextInput(TEXT),
        help_text="Path of a PEM file: then a sender must show a certificate of it.",
    )  # fmt: skip
    settings_names = ("host", "transport", "port", "address", "networks", "certificate", "key", "authority")


class FilesForm(SourceForm):
    """Which files are followed."""

    paths = forms.CharField(
        max_length=8000, widget=forms.Textarea({**TEXT, "rows": 4}), label="Files, folders and patterns",
        help_text="One a line, such as /var/log/nginx/*.log. A folder means all in it.",
    )  # fmt: skip
    start = forms.ChoiceField(
        choices=[("beginning", "From their beginning"), ("end", "Only what comes from now on")],
        widget=forms.Select(TEXT),
    )  # fmt: skip
    settings_names = ("host", "paths", "start")


def _path(label: str, text: str) -> forms.CharField:
    return forms.CharField(
        max_length=500, required=False, label=label, widget=forms.TextInput(TEXT), help_text=text
    )  # fmt: skip


class StreamForm(SourceForm):
    """Which stream is taken, by which consumer, and how the collector signs in."""

    servers = forms.CharField(
        max_length=2000, widget=forms.TextInput(TEXT), help_text="By space, such as tls://nats-1.example.org:4222."
    )
    stream = forms.CharField(max_length=200, widget=forms.TextInput(TEXT), help_text="It must be there.")
    durable = forms.CharField(
        max_length=200, label="Durable consumer", widget=forms.TextInput(TEXT), initial="accord",
        help_text="A pull consumer with explicit acknowledgement; it is made where there is none.",
    )  # fmt: skip
    subjects = forms.CharField(
        max_length=4000, required=False, widget=forms.TextInput(TEXT),
        help_text="By space, such as logs.linux.* or logs.>; empty = all of the stream.",
    )  # fmt: skip
    start = forms.ChoiceField(
        choices=[("beginning", "With all that the stream holds"), ("end", "Only with what comes from now on")],
        label="A new consumer begins", widget=forms.Select(TEXT),
    )  # fmt: skip
    unacknowledged = forms.IntegerField(
        required=False, min_value=1, max_value=1_000_000, label="Unacknowledged messages at most",
        widget=forms.NumberInput(TEXT), help_text="Of a new consumer, all its collectors together; 5,000 if empty.",
    )  # fmt: skip
    user = forms.CharField(max_length=200, required=False, widget=forms.TextInput(TEXT))
    password_file = _path("Password", "Path of a file that holds it, on the collector's machine.")
    token_file = _path("Token", "Path of a file that holds it.")
    credentials = _path("Credentials", "Path of a .creds file.")
    nkey = _path("NKey", "Path of a file that holds the seed.")
    authority = _path("Authority of the servers", "Path of a PEM file; without it this machine says whom it trusts.")
    certificate = _path("Own certificate", "Path of a PEM file, where the servers ask for one.")
    key = _path("Its key", "Path of a PEM file.")
    settings_names = (
        "host", "servers", "stream", "durable", "subjects", "start", "unacknowledged", "user", "password_file",
        "token_file", "credentials", "nkey", "authority", "certificate", "key",
    )  # fmt: skip


FORMS: dict[str, type[SourceForm]] = {
    Source.Kind.SYSLOG: SyslogForm, Source.Kind.FILES: FilesForm, Source.Kind.HTTP: SourceForm,
    Source.Kind.NATS: StreamForm, Source.Kind.UPLOAD: SourceForm,
}  # fmt: skip


def initial_of(source: Source) -> dict[str, Any]:
    """What the form of a source shows at first."""
    given = dict(source.settings)
    given["networks"] = " ".join(given.get("networks", ()))
    given["servers"], given["subjects"] = (" ".join(given.get(name, ())) for name in ("servers", "subjects"))
    given["paths"] = "\n".join(given.get("paths", ()))
    return {
        "name": source.name, "owner": source.owner.key if source.owner else "",
        "asset": source.asset.key if source.asset else "", "zone": source.zone,
        "retention_days": source.retention_days,
        "silent_after": source.silent_after.total_seconds() / 60 if source.silent_after else None, **given,
    }  # fmt: skip


class _Several(forms.ClearableFileInput):
    allow_multiple_selected = True


class _Files(forms.FileField):
    def clean(self, data: Any, initial: Any = None) -> Any:
        given = data if isinstance(data, list | tuple) else [data]
        return [super(_Files, self).clean(one, initial) for one in given]


class HandInForm(forms.Form):
    """Files that are brought in by hand, and to which source."""

    source = forms.CharField(
        max_length=200, initial="Handed in", widget=forms.TextInput(TEXT),
        help_text="A name; the source is added where there is none.",
    )  # fmt: skip
    uploads = _Files(
        label="Files",
        widget=_Several({"class": "input"}),
        help_text="Logs in any format that Accord reads; EVTX; packed by gzip or Zstandard; ZIP and TAR archives.",
    )  # fmt: skip
