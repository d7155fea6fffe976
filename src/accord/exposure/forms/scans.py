"""What a person hands in: files of scanners and of feeds, and decisions on targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.urls import reverse

from accord.exposure.models import VexStatement
from accord.outlet.vex.records import JUSTIFICATIONS


class ManyFilesInput(forms.ClearableFileInput):
    """A field for several files at once."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Its value is the list of files."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=ManyFilesInput(attrs={"multiple": True, "class": "input"}), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given: Sequence[Any] = data if isinstance(data, list | tuple) and data else [data or None]
        return [super(ManyFilesField, self).clean(one, initial) for one in given]


class ScanForm(forms.Form):
    """Reports of scanners."""

    uploads = ManyFilesField(
        label="Files", allow_empty_file=True,
        help_text="The format is told by the content; also gzipped, or a ZIP or TAR of reports. A table or list "
                  "of no known format can be mapped.",
    )  # fmt: skip
    target = forms.CharField(
        label="What was scanned", max_length=150, required=False,
        help_text="For one report that does not name it, such as a list of packages: the project's or the image's "
                  "name. Else its file's name stands for it.",
    )  # fmt: skip


class FeedForm(forms.Form):
    """Feeds from files, where the network does not allow the download."""

    uploads = ManyFilesField(
        label="Files", help_text="KEV, EPSS, Vulnrichment, release cycles, or a bundle that `accord feeds pack` made."
    )


class TargetsForm(forms.Form):
    """A decision on the chosen targets."""

    action = forms.ChoiceField(choices=[(a, a) for a in ("claim", "new", "ignore", "restore")])
    targets = forms.TypedMultipleChoiceField(coerce=int, required=False)
    asset = forms.CharField(max_length=100, required=False)
    reason = forms.CharField(max_length=500, required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        chosen = data.getlist("targets") if hasattr(data, "getlist") else []
        whole = [one for one in chosen if one.isascii() and one.isdigit() and len(one) < 16]
        self.fields["targets"].choices = [(one, one) for one in whole]  # type: ignore[attr-defined]


def asset_attributes() -> dict[str, str]:
    """The attributes of an input that suggests assets while one types."""
    return {"data-options": reverse("ui:options", args=["asset"])}


class StatementForm(forms.Form):
    """A VEX statement of a person."""

    NAMES = ("definition", "status", "purl", "asset", "justification", "impact", "action")

    definition = forms.CharField(
        label="Weakness", max_length=300, help_text="CVE, advisory or check, such as CVE-2024-3094."
    )
    status = forms.ChoiceField(label="It is", choices=VexStatement.Status.choices)
    purl = forms.CharField(
        label="Product (package URL)", max_length=700, required=False,
        help_text="With a version it holds for that one only: pkg:deb/debian/curl@7.64.0.",
    )  # fmt: skip
    asset = forms.CharField(
        label="Asset (key)", max_length=100, required=False, help_text="Without, it holds everywhere."
    )
    justification = forms.ChoiceField(
        label="Why it is not affected", required=False,
        choices=[("", "in words only"), *((code, words) for code, (words, _) in JUSTIFICATIONS.items())],
    )  # fmt: skip
    impact = forms.CharField(
        label="In words", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    action = forms.CharField(
        label="What is done about it", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["asset"].widget.attrs.update(asset_attributes())
