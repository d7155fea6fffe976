"""What is not watched and the threat profile in the navigation, the palette and the badges."""

from __future__ import annotations

from accord.monitoring.nouns import profile
from accord.ui import badges, navigation, palette
from accord.ui.badges import Badge

STATES = {
    "receiving": Badge("Receiving", "good", "check"),
    "silent": Badge("Silent", "danger", "cross"),
    "never": Badge("Nothing yet", "neutral", "clock"),
    "paused": Badge("Intake paused", "warning", "half"),
    "off": Badge("Switched off", "neutral", "dash"),
}
CHANGES = {
    "usual": Badge("As usual", "good", "check"),
    "less": Badge("Much less", "warning", "triangle"),
    "more": Badge("Much more", "caution", "square"),
    "unknown": Badge("Not yet known", "neutral", "clock"),
}
LOGS = {
    "all": Badge("All send", "good", "check"),
    "partly": Badge("Some do not", "caution", "half"),
    "none": Badge("No logs", "danger", "cross"),
    "unknown": Badge("Cannot be told", "neutral", "dash"),
}
RULE = {
    "yes": Badge("Rule", "good", "check"),
    "part": Badge("Of a part", "caution", "half"),
    "no": Badge("No rule", "danger", "cross"),
}
TELEMETRY = {
    "yes": Badge("Arriving", "good", "check"),
    "some": Badge("For some rules", "caution", "half"),
    "no": Badge("Not arriving", "danger", "cross"),
    "none": Badge("No rule to feed", "neutral", "dash"),
}
PROOF = {
    "real": Badge("Fired", "good", "check"),
    "exercise": Badge("In an exercise", "good", "check"),
    "tests": Badge("By its tests", "caution", "half"),
    "failed": Badge("Not in the exercise", "danger", "cross"),
    "no": Badge("Never seen to fire", "warning", "ring"),
    "none": Badge("No rule to prove", "neutral", "dash"),
}


def declare() -> None:
    badges.register("source_watch", STATES)
    badges.register("source_change", CHANGES)
    badges.register("system_logs", LOGS)
    badges.register("cover_rule", RULE)
    badges.register("cover_telemetry", TELEMETRY)
    badges.register("cover_proof", PROOF)
    profile.declare()
    entry = navigation.Entry
    navigation.register(
        entry("Monitoring", "What is not watched", "monitoring:blind", "blind_spot", "view", 50, "coverage"),
        entry("Monitoring", "Threat profile", "monitoring:threat_profile_list", "threat_profile", "view", 60, "shield"),
    )
    palette.register_page(
        "Techniques: rule, telemetry, proof", "monitoring:technique_coverage", noun="blind_spot",
        words="att&ck mitre coverage gaps navigator",
    )  # fmt: skip
    palette.register_page(
        "ATT&CK and its groups", "monitoring:attack", noun="threat_profile", words="mitre stix catalogue sector"
    )
    palette.register_page(
        "Layer of the Navigator", "monitoring:layer_import", noun="threat_profile", verb="import",
        words="att&ck import json",
    )  # fmt: skip
    palette.register_page("Detection exercises", "monitoring:detection_exercise_list", noun="detection_exercise",
                          words="purple red team atomic test")  # fmt: skip
