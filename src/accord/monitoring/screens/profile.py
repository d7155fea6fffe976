"""The screens of the threat profile and of exercises."""

from __future__ import annotations

from accord.monitoring.nouns import profile as nouns
from accord.ui.nouns import NounScreens

THREAT_PROFILE = NounScreens(
    nouns.THREAT_PROFILE, "monitoring", path="threat-profile",
    list_actions=(
        ("Catalogue and groups", "monitoring:attack", "view", "threat_profile"),
        ("Take in a layer", "monitoring:layer_import", "import", "threat_profile"),
    ),
)  # fmt: skip
DETECTION_EXERCISES = NounScreens(nouns.DETECTION_EXERCISE, "monitoring", default_sort="-day")
SCREENS = (THREAT_PROFILE, DETECTION_EXERCISES)
