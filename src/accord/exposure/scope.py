"""What of this room a department head sees: the findings on the assets of the systems that their units use."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accord.core import permissions
from accord.estate.scope import systems_of


def _of_units(rows: Any, units: set[str]) -> Any:
    from accord.exposure.selectors.narrow import on_assets

    return on_assets(rows, Q(pk__in=systems_of(units)))


def declare() -> None:
    permissions.scope_noun("finding", _of_units)
