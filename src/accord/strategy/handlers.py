"""Hears of initiatives that other rooms want, and makes them through the same gate as a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from accord.core import events
from accord.core.errors import Problem, Refused
from accord.core.imports import TextRow, TextTable, import_tables
from accord.core.permissions import allowed
from accord.strategy.models import Initiative

COSTS = ("initiative", "year", "capital", "running")


def make(key: str, initiative: Mapping[str, str], costs: Sequence[Mapping[str, str]], actor: Any) -> None:
    """Handler of `initiative_wanted`: add the initiative and its costs, all or nothing.

    `Refused` where the actor may not, where the key is taken, or where a value cannot be read.
    """
    if not (allowed(actor, "change", "initiative") and allowed(actor, "change", "initiative_cost")):
        raise Refused("Your roles do not include “change initiative”: ask the CIO or the CISO.")
    if Initiative.objects.filter(key=key).exists():
        raise Refused(Problem(None, "key", f"There is an initiative {key}.", "Give another key."))
    columns = ["key", *initiative]
    tables = [TextTable("initiative", columns, [TextRow(1, {"key": key, **initiative})])]
    if costs:
        rows = [TextRow(n, {"initiative": key, **cost}) for n, cost in enumerate(costs, 1)]
        tables.append(TextTable("initiative_cost", list(COSTS), rows))
    import_tables(actor, tables)


def declare() -> None:
    events.initiative_wanted.subscribe(make)
