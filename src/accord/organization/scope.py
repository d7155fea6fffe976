"""What a department head's scope opens into: the unit and all units below it."""

from __future__ import annotations

from collections import defaultdict

from accord.core import permissions
from accord.organization.models import Unit


def unit_and_below(keys: frozenset[str]) -> set[str]:
    """The keys and those of all units under them. One query."""
    children: dict[str | None, list[str]] = defaultdict(list)
    for key, parent in Unit.objects.values_list("key", "parent__key"):
        children[parent].append(key)
    found: set[str] = set()
    open_ = list(keys)
    while open_:
        key = open_.pop()
        if key not in found:
            found.add(key)
            open_.extend(children[key])
    return found


def declare() -> None:
    permissions.expand_scopes_with(unit_and_below)
