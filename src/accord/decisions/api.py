"""This room's operations on the API."""

from __future__ import annotations

from ninja import Router

from accord.decisions.screens import SCREENS
from accord.ui.nouns.operations import noun_operations

router = Router()
noun_operations(router, *SCREENS)
