"""The table nouns of this room."""

from __future__ import annotations

from accord.core.nouns import register
from accord.exposure.nouns import windows


def declare() -> None:
    register(*windows.NOUNS)
