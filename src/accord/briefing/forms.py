"""The words of a brief that its issuer chooses."""

from __future__ import annotations

from typing import Any

from django import forms

from accord.briefing.draft import ASK_LENGTH, MOST_ASKS, TITLE_LENGTH, Draft
from accord.core.errors import Problem


class BriefForm(forms.Form):
    """Title, and the decisions asked: a line each."""

    title = forms.CharField(max_length=TITLE_LENGTH, label="Title")
    asks = forms.CharField(
        required=False, max_length=(ASK_LENGTH + 2) * MOST_ASKS, label="Decisions asked of the board",
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=f"One in each line, at most {MOST_ASKS} of {ASK_LENGTH} characters.",
    )  # fmt: skip

    def __init__(self, data: Any, draft: Draft) -> None:
        given = data if data and "title" in data else None
        self.figures = draft.figures
        self.seen = given.get("figures") if given else None
        super().__init__(given, initial={"title": draft.title, "asks": "\n".join(ask.text for ask in draft.asks)})

    def lines(self) -> list[str]:
        """The decisions asked."""
        return str(self.cleaned_data["asks"]).splitlines()

    def clean(self) -> dict[str, Any]:
        """Where the form says which figures its reader saw, they must be those of now."""
        values: dict[str, Any] = super().clean() or {}
        if self.seen is not None and self.seen != self.figures:
            self.add_error(None, "The figures have changed since this page was shown. Look at them again, then issue.")
        return values

    def refuse(self, problems: list[Problem]) -> None:
        """Put the reasons beside the fields that they are about."""
        for problem in problems:
            where = f"Line {problem.row}: " if problem.row else ""
            name = problem.column if problem.column in self.fields else None
            self.add_error(name, f"{where}{problem.reason} {problem.remedy}")
