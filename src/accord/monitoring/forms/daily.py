"""Forms of the daily watch: a note to the next shift, and whether it comes by mail."""

from __future__ import annotations

from django import forms

from accord.core.errors import Problem
from accord.monitoring.services.daily import MOST_NOTE


class NoteForm(forms.Form):
    """What the next shift should know."""

    text = forms.CharField(
        max_length=MOST_NOTE, label="Note to the next shift", widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It is signed with your name and the time, and stays as it is.",
    )  # fmt: skip

    def refuse(self, problems: list[Problem]) -> None:
        for problem in problems:
            self.add_error("text", f"{problem.reason} {problem.remedy}".strip())


class MailForm(forms.Form):
    """Whether the account is mailed the daily watch."""

    wanted = forms.BooleanField(required=False, label="Send me the daily watch by mail each morning")
