"""The screens of this room's noun, and where they stand in the navigation and the palette."""

from __future__ import annotations

from accord.organization.screens import searcher
from accord.program import nouns
from accord.ui import navigation, palette
from accord.ui.nouns import NounScreens

CONTROLS = NounScreens(nouns.CONTROL, "program")
CONTROL_SYSTEMS = NounScreens(nouns.CONTROL_SYSTEM, "program")
SCREENS = (CONTROLS, CONTROL_SYSTEMS)


def declare() -> None:
    navigation.register(
        navigation.Entry("Risk", "Controls", "program:control_list", noun="control", order=30, icon="control")
    )
    palette.register_searcher("control", "Controls", searcher(CONTROLS))
    palette.register_page(CONTROL_SYSTEMS.title, "program:control_system_list", noun="control_system")
