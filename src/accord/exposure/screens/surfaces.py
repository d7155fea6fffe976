"""The screens of surfaces, safeguards, tests of security, ends of support and paths, and where they stand."""

from __future__ import annotations

from accord.exposure.nouns import surfaces as nouns
from accord.exposure.views.security_tests import list_context, test_actions, test_context
from accord.ui import badges, navigation, palette
from accord.ui.badges import Badge
from accord.ui.nouns import NounScreens

SECURITY_TESTS = NounScreens(
    nouns.SECURITY_TEST, "exposure", default_sort="-starts", context=test_context, actions=test_actions,
    list_context=list_context,
    detail_template="exposure/security_test.html", list_template="exposure/security_test_list.html",
)  # fmt: skip
SCREENS = tuple(
    SECURITY_TESTS if noun is nouns.SECURITY_TEST else NounScreens(noun, "exposure") for noun in nouns.NOUNS
)
HELD = {
    "yes": Badge("Yes", "good", "check"),
    "no": Badge("No", "danger", "cross"),
    "unknown": Badge("Unknown", "caution", "half"),
    "not_asked": Badge("Not asked", "neutral", "dash"),
}
SUPPORT = {
    "ended": Badge("Ended", "danger", "cross"),
    "running": Badge("Supported", "good", "check"),
    "unknown": Badge("Cannot be told", "caution", "half"),
}


def declare() -> None:
    badges.register("held", HELD)
    badges.register("support", SUPPORT)
    entry = navigation.Entry
    navigation.register(
        entry("Exposure", "Coverage", "exposure:coverage", "coverage", "view", 2, "coverage"),
        entry("Exposure", "Paths to the goals", "exposure:paths", "path", "view", 4, "dependency"),
        entry("Exposure", "Security tests", "exposure:security_test_list", "security_test", "view", 36, "shield"),
        entry("Exposure", "End of support", "exposure:support_list", "support", "view", 38, "lifecycle"),
    )
    palette.register_page("Assets by safeguard", "exposure:coverage_assets", noun="coverage", words="unwatched edr mfa")
    palette.register_page(
        "Evidence from a tool's export", "exposure:evidence_export", noun="safeguard_evidence", verb="import",
        words="edr backup mfa logs csv upload",
    )  # fmt: skip
    for screens in SCREENS:
        if screens is not SECURITY_TESTS:
            noun = screens.noun
            palette.register_page(screens.title, f"exposure:{noun.name}_list", noun=noun.name)
