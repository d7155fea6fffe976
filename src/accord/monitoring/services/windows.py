"""How long an open alert of a rule takes further hits, where that is not its level's."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from accord.core import ledger
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.monitoring.models import GroupingWindow, Rule

MOST = 30 * 24 * 60


def set_window(actor: User, rule: int | None, minutes: str) -> GroupingWindow | None:
    """Give a rule its own window in minutes (at most 30 days); "" takes it back to that of its level."""
    about = Rule.objects.filter(pk=rule).first() if rule is not None else None
    if about is None:
        raise Refused("There is no such rule.")
    text = minutes.strip()
    if text and not (text.isascii() and text.isdigit() and len(text) < 8 and 1 <= int(text) <= MOST):
        raise Refused(Problem(None, "minutes", f"“{text[:20]}” is no number of minutes.", f"Give 1 to {MOST:,}."))
    with ledger.write(actor) as log:
        held = GroupingWindow.objects.filter(rule=about).first()
        before = {"window_minutes": int(held.length.total_seconds() // 60)} if held else {"window_minutes": None}
        if not text:
            if held is not None:
                held.delete()
            made = None
        else:
            made = held or GroupingWindow(rule=about)
            made.length, made.by, made.at = timedelta(minutes=int(text)), actor, timezone.now()
            made.save()
        log.add("change", "rule", about.identifier, before, {"window_minutes": int(text) if text else None})
    return made
