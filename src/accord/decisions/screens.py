"""The screens of this room's table nouns."""

from __future__ import annotations

from accord.decisions import nouns
from accord.ui import palette
from accord.ui.nouns import NounScreens

ACTUAL_COSTS = NounScreens(nouns.ACTUAL_COST, "decisions")
ACTUAL_DATES = NounScreens(nouns.ACTUAL_DATE, "decisions")
SCREENS = (ACTUAL_COSTS, ACTUAL_DATES)


def declare() -> None:
    for screens in SCREENS:
        palette.register_page(screens.title, f"decisions:{screens.noun.name}_list", noun=screens.noun.name)
