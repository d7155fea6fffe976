"""Rules in the navigation, the palette and the badges."""

from __future__ import annotations

from typing import Any

from accord.ui import badges, navigation, palette
from accord.ui.badges import Badge
from accord.ui.palette import Hit

STATES = {
    "ok": Badge("OK", "good", "check"),
    "no_source": Badge("No source", "warning", "ring"),
    "missing_field": Badge("Missing field", "warning", "half"),
    "unsupported": Badge("Unsupported", "danger", "cross"),
    "unknown": Badge("Nothing seen yet", "neutral", "clock"),
}
LEVELS = {
    "critical": Badge("Critical", "danger", "diamond"),
    "high": Badge("High", "warning", "triangle"),
    "medium": Badge("Medium", "caution", "square"),
    "low": Badge("Low", "info", "dot"),
    "informational": Badge("Informational", "neutral", "ring"),
    "none": Badge("Not told", "neutral", "dash"),
}
COURSES = {
    "keep": Badge("Keep", "good", "check"),
    "tune": Badge("Tune", "caution", "half"),
    "retire": Badge("Retire", "warning", "dash"),
}
TESTS = {
    "passed": Badge("Passed", "good", "check"),
    "failed": Badge("Failed", "danger", "cross"),
    "open": Badge("Not run yet", "neutral", "clock"),
}
PLACEHOLDERS = {
    "open": Badge("No values", "warning", "ring"),
    "given": Badge("Given", "good", "check"),
    "unused": Badge("No rule asks", "neutral", "dash"),
}


def _rules(user: Any, text: str, limit: int) -> list[Hit]:
    from accord.monitoring.models import Rule

    rows = Rule.objects.filter(title__icontains=text).order_by("title", "pk")
    return [Hit(one.title, one.get_absolute_url(), one.get_state_display(), "control") for one in rows[:limit]]


def declare() -> None:
    badges.register("rule_state", STATES)
    badges.register("rule_level", LEVELS)
    badges.register("rule_course", COURSES)
    badges.register("rule_test", TESTS)
    badges.register("placeholder", PLACEHOLDERS)
    navigation.register(navigation.Entry("Monitoring", "Rules", "monitoring:rule_list", "rule", "view", 40, "control"))
    palette.register_page(
        "Import rules", "monitoring:rule_import", noun="rule", verb="import", words="sigma collection zip pack"
    )
    palette.register_page(
        "Enable rules by policy", "monitoring:rule_policy", noun="rule", verb="change", words="product level"
    )
    palette.register_page("Texts that are no rules", "monitoring:rule_faults", noun="rule", words="broken refused yaml")
    palette.register_page(
        "Placeholders", "monitoring:placeholder_list", noun="placeholder", words="expand values rules wait sigma"
    )
    palette.register_searcher("rule", "Rules", _rules)
