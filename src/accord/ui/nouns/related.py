"""The tables of an object's page: rows of other nouns that refer to it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.db.models import QuerySet, Sum
from django.http import HttpRequest

from accord.core import nouns
from accord.core.nouns import Column, Noun
from accord.core.permissions import Reach, reach, scoped
from accord.core.values import Kind
from accord.ui import format as write
from accord.ui.access import may
from accord.ui.lists import ListColumn
from accord.ui.lists.screen import Cell
from accord.ui.nouns.address import link_to, list_url
from accord.ui.nouns.fields import list_column
from accord.ui.nouns.screens import NounScreens, Related

FEW = 10


def related_to(screens: NounScreens) -> list[Related]:
    """The tables that the room declared, or every column of any noun that refers to this one."""
    if screens.related is not None:
        return list(screens.related)
    return [
        Related(other.name, column.name)
        for other in nouns.everything()
        for column in other.columns
        if column.kind is Kind.REF and column.noun == screens.noun.name
    ]


def related_table(wanted: Related, request: HttpRequest, thing: Any) -> dict[str, Any] | None:
    """One table for `ui/parts/related.html`: its first FEW rows, and what no row is assigned to."""
    other = nouns.find(wanted.noun)
    if other is None or not may(request.user, "view", other.name):
        return None
    column = other.column(wanted.through)
    rows = scoped(request.user, other.name, other.queryset()).filter(**{column.attribute: thing})
    found = list(rows.order_by("pk")[: FEW + 1])
    names = wanted.columns or [c.name for c in other.columns if c.name != column.name and c.kind is not Kind.LONG][:6]
    columns = [list_column(other, other.column(name)) for name in names]
    query = f"?{column.name}={quote(str(thing.key), safe='')}"
    mine = may(request.user, "change", other.name)
    whole = reach(request.user, "view", other.name) is Reach.ALL
    everything, add = list_url(other.name), list_url(other.name, "new")
    return {
        "title": wanted.title or _title(other, column),
        "slug": f"{other.name}-{column.name}",
        "columns": columns,
        "count": f"{FEW}+" if len(found) > FEW else len(found),
        "rows": [_row(other, columns, row) for row in found[:FEW]],
        "all_href": f"{everything}{query}" if everything and len(found) > FEW else "",
        "add_href": f"{add}{query}&next={request.path}" if add and mine else "",
        "empty": "None.",
        "note": _not_assigned(other, column, rows, found) if whole else "",
    }


def cell_of(column: ListColumn, row: Any) -> Cell:
    """One value of a row as a cell."""
    value = column.of(row)
    href = column.link(row) if column.link is not None else None
    return Cell(column, value, write.plain(column.kind, value), href, value is None or write.is_unknown(value))


def _title(other: Noun, column: Column) -> str:
    """The plural of what stands in the table: of the far end where the rows only join two nouns."""
    ends = [c for c in other.key_columns if c.kind is Kind.REF and c.name != column.name]
    same = [c for c in other.columns if c.kind is Kind.REF and c.noun == column.noun]
    if column.back:
        return column.back
    if other.tree == column.name:
        return f"{_plural(other)} below it"
    if len(same) > 1:
        return f"{_plural(other)} ({column.title.lower()})"
    far = nouns.find(ends[0].noun) if other.is_link and column.key and len(ends) == 1 else None
    return _plural(far or other)


def _plural(noun: Noun) -> str:
    return noun.label_plural[:1].upper() + noun.label_plural[1:]


def _not_assigned(other: Noun, column: Column, rows: QuerySet[Any], found: list[Any]) -> str:
    """What the shares out of this object leave over."""
    if other.share_of != column.name:
        return ""
    if len(found) <= FEW:
        total = sum((row.share for row in found), Decimal(0))
    else:
        total = rows.aggregate(total=Sum("share"))["total"]
    return f"Not assigned: {write.percent(1 - total)}"


def _row(other: Noun, columns: list[ListColumn], row: Any) -> dict[str, Any]:
    """The cells; the row's own page is behind its first cell, or behind an arrow where that leads elsewhere."""
    cells, href = [cell_of(column, row) for column in columns], link_to(other, row)
    if cells and not cells[0].href:
        return {"cells": [replace(cells[0], href=href), *cells[1:]], "href": None}
    return {"cells": cells, "href": href}
