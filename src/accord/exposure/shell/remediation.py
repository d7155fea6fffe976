"""Remediation in the navigation, the palette and the badges; what it hears."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accord.exposure.nouns import windows as nouns
from accord.exposure.screens import windows
from accord.exposure.services import fix_events
from accord.ui import badges, navigation, palette
from accord.ui.badges import Badge
from accord.ui.palette import Hit

TICKET_STATES = {
    "open": Badge("Open", "warning", "ring"),
    "taken": Badge("In progress", "info", "half"),
    "done": Badge("Done, says the other side", "info", "dot"),
    "refused": Badge("Refused", "neutral", "dash"),
}


def _fixes(user: Any, text: str, limit: int) -> list[Hit]:
    from accord.exposure.models import Fix

    named = Q(component__gte=text, component__lt=text + "\uffff")
    rows = Fix.objects.filter(named | Q(key=text.upper()[:3] + text[3:].lower())).order_by("component", "pk")
    return [Hit(f.title, f.get_absolute_url(), f.key, "fix") for f in rows[:limit]]


def declare() -> None:
    nouns.declare()
    fix_events.declare()
    badges.register("ticket", TICKET_STATES)
    entry = navigation.Entry
    navigation.register(
        entry("Repair", "Fixes", "exposure:fix_list", "fix", "view", 12, "control"),
        entry("Repair", "Campaigns", "exposure:campaign_list", "campaign", "view", 14, "initiative"),
        entry("Repair", "Patch plans", "exposure:patch_plan_list", "patch_plan", "view", 16, "plan"),
    )
    windows.declare()
    palette.register_page("Tickets", "exposure:ticket_list", noun="ticket", words="remediation jira issue owner")
    palette.register_page(
        "Deadlines and capacity", "exposure:deadlines", noun="fix", words="sla met missed backlog forecast"
    )
    palette.register_page(
        "Compute a patch plan", "exposure:patch_plan_new", noun="patch_plan", verb="run", words="schedule windows"
    )
    palette.register_searcher("fix", "Fixes", _fixes)
