"""The screens of this room's nouns, and where they stand in the navigation and the palette."""

from __future__ import annotations

from accord.organization.screens import searcher
from accord.risk import nouns
from accord.ui import navigation, palette
from accord.ui.nouns import NounScreens

SCENARIOS = NounScreens(nouns.SCENARIO, "risk")
SCENARIO_SYSTEMS = NounScreens(nouns.SCENARIO_SYSTEM, "risk")
SCENARIO_LOSSES = NounScreens(nouns.SCENARIO_LOSS, "risk")
CONTROL_EFFECTS = NounScreens(nouns.CONTROL_EFFECT, "risk")
INITIATIVE_EFFECTS = NounScreens(nouns.INITIATIVE_EFFECT, "risk")
LOSS_EVENTS = NounScreens(nouns.LOSS_EVENT, "risk")
SCREENS = (SCENARIOS, SCENARIO_SYSTEMS, SCENARIO_LOSSES, CONTROL_EFFECTS, INITIATIVE_EFFECTS, LOSS_EVENTS)


def declare() -> None:
    for order, (screens, icon) in enumerate(((SCENARIOS, "scenario"), (LOSS_EVENTS, "incident"))):
        noun = screens.noun
        navigation.register(
            navigation.Entry(
                "Risk", screens.title, f"risk:{noun.name}_list", noun=noun.name, order=order * 20 + 20, icon=icon
            )
        )
    palette.register_searcher("scenario", "Scenarios", searcher(SCENARIOS))
    for screens in (SCENARIO_SYSTEMS, SCENARIO_LOSSES, CONTROL_EFFECTS, INITIATIVE_EFFECTS):
        noun = screens.noun
        palette.register_page(screens.title, f"risk:{noun.name}_list", noun=noun.name)
