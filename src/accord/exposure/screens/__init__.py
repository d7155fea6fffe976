"""The screens of this room's table nouns."""

from __future__ import annotations

from accord.exposure.screens import windows
from accord.ui.nouns import NounScreens

SCREENS: tuple[NounScreens, ...] = (*windows.SCREENS,)
