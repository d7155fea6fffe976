"""Findings cut to some systems, definitions or components, at a price that does not depend on how many there are.

Few findings are fetched by an index of what they are cut to, and sorted: `few` notes that, so that further filters
(severity, reach …) do not draw the database to an index of theirs, of which most rows are of others. Many findings
are met on the walk through the order by priority, which an expression in place of the column keeps the database from
leaving. Neither needs statistics, which SQLite has none of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from django.db.models import F, Q, QuerySet, Value

from accord.estate.models import System, SystemAsset
from accord.ui.lists import sparse

Rows = QuerySet[Any]
MANY = 15_000
"""Above so many open findings the walk through the order soon meets them."""
MANY_ASSETS = 5_000


def few(found: Rows) -> Rows:
    """Note that the rows are few already."""
    return cast(Rows, found.alias(_few=Value(True)))


def are_few(found: Rows) -> bool:
    return "_few" in found.query.annotations


def plain(found: Rows, name: str) -> tuple[Rows, str]:
    """The rows, and the name by which to filter a number without its index where they are few already."""
    if not are_few(found):
        return found, name
    return cast(Rows, found.alias(**{f"_{name}": F(name) + 0})), f"_{name}"


def on_assets(found: Rows, systems: Q) -> Rows:
    """Findings on the assets of the systems that fit (a condition on System). One query, two for very many assets."""
    wanted = System.objects.filter(systems)
    links = SystemAsset.objects.filter(system__in=wanted)
    rows = list(links.values_list("asset_id", "asset__exposure__open_findings", "system_id")[: MANY_ASSETS + 1])
    if len(rows) > MANY_ASSETS:
        return of_systems(found, wanted.values_list("pk", flat=True))
    if sum(number or 0 for _, number, _ in rows) > MANY:
        return of_systems(found, {system for _, _, system in rows})
    return few(found.filter(asset_id__in={asset for asset, _, _ in rows}))


def of_systems(found: Rows, systems: Iterable[int]) -> Rows:
    """Findings of systems with many, met on the walk through the order."""
    assets = SystemAsset.objects.filter(system_id__in=list(systems)).values("asset_id")
    return sparse(found.alias(_owner=F("asset_id") + 0).filter(_owner__in=assets))


def of_definitions(found: Rows, sizes: Mapping[int, int]) -> Rows:
    """Findings of these definitions (primary key → open findings). No query."""
    if sum(sizes.values()) > MANY and len(sizes) > 1:
        return sparse(found.alias(_kind=F("definition_id") + 0).filter(_kind__in=list(sizes)))
    return few(found.filter(definition_id__in=list(sizes)))


def starting(path: str, text: str) -> Q:
    """A prefix as a range, which an ordinary index answers on both databases."""
    return Q(**{f"{path}__gte": text, f"{path}__lt": text + "\uffff"})
