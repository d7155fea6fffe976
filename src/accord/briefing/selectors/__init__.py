"""What homes and briefs show: reads over the rooms below, each with a known number of queries."""

from __future__ import annotations

from accord.briefing.selectors.brief import board_brief
from accord.briefing.selectors.homes import HOMES, home_of, roles_of

__all__ = ["HOMES", "board_brief", "home_of", "roles_of"]
