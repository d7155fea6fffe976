"""The screens of this room's table nouns, its badges, and where its pages stand in navigation and palette."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.urls import reverse

from accord.core.permissions import scoped
from accord.decisions import nouns
from accord.decisions.models import Plan
from accord.ui import badges, navigation, palette
from accord.ui.badges import Badge
from accord.ui.nouns import NounScreens
from accord.ui.palette import Hit

ACTUAL_COSTS = NounScreens(nouns.ACTUAL_COST, "decisions")
ACTUAL_DATES = NounScreens(nouns.ACTUAL_DATE, "decisions")
SCREENS = (ACTUAL_COSTS, ACTUAL_DATES)
BADGES = {
    "origin": {
        "today": Badge("Today", "neutral", "ring"),
        "cio": Badge("CIO alone", "cio", "square"),
        "ciso": Badge("CISO alone", "ciso", "diamond"),
        "joint": Badge("Joint", "joint", "check"),
        "split": Badge("Split in two", "neutral", "half"),
        "rosi": Badge("ROSI ranking", "neutral", "triangle"),
        "point": Badge("On the frontier", "info", "dot"),
        "own": Badge("By hand", "neutral", "ring"),
    },
    "stance": {
        "pin": Badge("Must be in", "good", "check"),
        "drop": Badge("Must be out", "warning", "cross"),
    },
    "sitting": {
        "open": Badge("Open, unseen", "info", "half"),
        "revealed": Badge("Both are shown", "joint", "check"),
        "closed": Badge("Closed unseen", "neutral", "dash"),
    },
    "hand": {
        "in": Badge("Handed in", "good", "check"),
        "waiting": Badge("Waiting", "neutral", "ring"),
    },
    "decision": {
        "superseded": Badge("Replaced", "neutral", "dash"),
        "ran out": Badge("Ran out", "neutral", "clock"),
        "revoked": Badge("Revoked", "warning", "cross"),
        "replaced": Badge("Replaced", "neutral", "dash"),
    },
    "outcome": {
        "yes": Badge("As planned", "good", "check"),
        "no": Badge("Not as planned", "warning", "cross"),
        "open": Badge("Not known yet", "neutral", "ring"),
    },
    "sheet_choice": {
        "chosen": Badge("Chosen", "joint", "check"),
    },
    "acceptance_scope": {
        "finding": Badge("Finding", "neutral", "dot"),
        "definition": Badge("Weakness", "info", "diamond"),
        "system": Badge("System", "cio", "square"),
        "unit": Badge("Unit", "neutral", "ring"),
    },
    "sheet": {
        "insurance": Badge("Insurance", "info", "ring"),
        "supplier": Badge("Supplier", "neutral", "square"),
        "retirement": Badge("Delayed retirement", "warning", "clock"),
        "materiality": Badge("Materiality", "joint", "diamond"),
        "patch_or_wait": Badge("Patch or wait", "danger", "half"),
    },
    "tracking": {
        "finished": Badge("Finished", "good", "check"),
        "running": Badge("Under way", "info", "half"),
        "due": Badge("Due, not started", "warning", "clock"),
        "waiting": Badge("Not yet due", "neutral", "ring"),
    },
}


def _search(user: Any, text: str, limit: int) -> list[Hit]:
    rows = scoped(user, "plan", Plan.objects.only("key", "name"))
    rows = rows.filter(Q(key__istartswith=text) | Q(name__icontains=text)).order_by("-made")[:limit]
    return [Hit(plan.name, reverse("decisions:plan_detail", args=[plan.key]), plan.key) for plan in rows]


def declare() -> None:
    entry = navigation.Entry
    navigation.register(
        entry("Plan", "Joint table", "decisions:joint_table", noun="plan", order=2, icon="joint"),
        entry("Plan", "Frontier", "decisions:frontier", noun="plan", order=4, icon="frontier"),
        entry("Plan", "Plans", "decisions:plan_list", noun="plan", order=6, icon="plan"),
        entry("Plan", "Decisions", "decisions:decision_list", noun="decision", order=8, icon="decision"),
        entry("Plan", "Sheets", "decisions:sheet_list", noun="sheet", order=8, icon="decision"),
        entry("Plan", "Acceptances", "decisions:acceptance_list", noun="acceptance", order=8, icon="decision"),
        entry("Plan", "Tracking", "decisions:tracking", noun="decision", order=9, icon="tracking"),
        entry("Brief", "Look back", "decisions:look_back", noun="brief", order=50, icon="tracking"),
    )
    for family, known in BADGES.items():
        badges.register(family, known)
    palette.register_searcher("plan", "Plans", _search)
    palette.register_page("What if", "decisions:what_if", noun="plan", verb="run")
    palette.register_page("New sheet", "decisions:sheet_choose", noun="sheet", verb="change")
    palette.register_page("Patch or wait", "decisions:patch_choose", noun="sheet", verb="change")
    palette.register_page("New acceptance", "decisions:acceptance_add", noun="acceptance", verb="change")
    palette.register_page("Compare plans", "decisions:plan_compare", noun="plan")
    for screens in SCREENS:
        palette.register_page(screens.title, f"decisions:{screens.noun.name}_list", noun=screens.noun.name)
