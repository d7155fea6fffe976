"""The screens of windows, freezes, hours, teams, efforts and rules."""

from __future__ import annotations

from accord.exposure.nouns import windows as nouns
from accord.ui import navigation, palette
from accord.ui.nouns import NounScreens

CHANGE_WINDOWS = NounScreens(nouns.CHANGE_WINDOW, "exposure", default_sort="starts")
SCREENS = (CHANGE_WINDOWS, *(NounScreens(noun, "exposure") for noun in nouns.NOUNS[1:]))


def declare() -> None:
    navigation.register(
        navigation.Entry(
            "Repair", "Change windows", "exposure:change_window_list", "change_window", "view", 34, "capacity"
        )
    )
    for screens in SCREENS[1:]:
        noun = screens.noun
        palette.register_page(screens.title, f"exposure:{noun.name}_list", noun=noun.name, words="patch plan change")
