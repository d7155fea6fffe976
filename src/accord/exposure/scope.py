"""What of this room a department head sees: the findings on the assets of the systems that their units use."""

from __future__ import annotations

from accord.core import permissions
from accord.estate.scope import assets_of


def declare() -> None:
    permissions.scope_noun("finding", lambda rows, units: rows.filter(asset__in=assets_of(units)))
