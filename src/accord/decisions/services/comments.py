"""What is said beside a figure."""

from __future__ import annotations

from accord.core import ledger
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.decisions import selectors
from accord.decisions.models import Comment

LONGEST = 2000


def add_comment(actor: User, noun: str, key: str, figure: str, text: str) -> Comment:
    """Say something about a figure of a frontier, plan, sitting or decision; it keeps the figure as it reads now."""
    found = selectors.figures_of(noun, key)
    if found is None:
        raise Refused(Problem(None, "key", f"There is no {noun} “{key[:100]}” with figures.", "", "comment"))
    shown = next((one for one in found if one.key == figure), None)
    if shown is None:
        known = ", ".join(one.key for one in found)
        raise Refused(
            Problem(None, "figure", f"It shows no figure “{figure[:100]}”.", f"Use one of {known}.", "comment")
        )
    text = text.strip()
    if not text or len(text) > LONGEST:
        reason = f"It has no text of 1 to {LONGEST} characters."
        raise Refused(Problem(None, "text", reason, "Say what you think of the figure.", "comment"))
    with ledger.write(actor) as log:
        comment = Comment.objects.create(
            noun=noun, key=key, figure=figure, label=shown.label[:300], value=shown.value[:200], text=text, by=actor
        )
        log.add("comment", noun, key, None, {"figure": figure, "value": shown.value, "text": text})
    return comment
