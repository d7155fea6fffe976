"""Knowledge and priority in the navigation, the palette and the badges."""

from __future__ import annotations

from typing import Any

from accord.engines.priority import CODES
from accord.ui import badges, navigation, palette
from accord.ui.badges import Badge

TRIAGE_STATES = {"open": Badge("Open", "danger", "bolt"), "closed": Badge("Closed", "good", "check")}
OUTCOMES = {
    "compromised": Badge("Compromised", "danger", "cross"),
    "not_compromised": Badge("Not compromised", "good", "check"),
    "unknown": Badge("Cannot be told", "warning", "half"),
}


class UrgencyBadges(dict[str, Badge]):
    """The badges of the classes, with the names that the policy in force gives them."""

    def get(self, key: Any, default: Any = None) -> Any:
        from accord.exposure.selectors.policy import PUBLISHED, policy

        found = super().get(key, default)
        rules = policy()
        if found is None or rules is PUBLISHED:
            return found
        codes = {code: int(slot) for slot, code in CODES.items()}
        worst, _, best = str(key).partition("/")
        label = rules.label(codes[worst]).capitalize()
        if best:
            label += f" to {rules.label(codes[best])}"
        return Badge(label, found.tone, found.shape)


def declare() -> None:
    badges.register("triage", TRIAGE_STATES)
    badges.register("triage_outcome", OUTCOMES)
    badges.FAMILIES["urgency"] = UrgencyBadges(badges.FAMILIES["urgency"])
    entry = navigation.Entry
    navigation.register(
        entry("Exposure", "Triage cases", "exposure:triage_list", "triage_case", "view", 45, "finding"),
        entry("Exposure", "Priority policy", "exposure:policy", "policy", "view", 55, "key"),
    )
    palette.register_page("Notices", "exposure:notice_list", noun="notice", words="mail told exploited news")
    palette.register_page(
        "Propose a priority policy", "exposure:policy_new", noun="policy", verb="change", words="deadline days ssvc"
    )
